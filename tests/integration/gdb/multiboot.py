# SPDX-License-Identifier: MIT
"""A multiboot kernel: the state that it starts in, and what it is told."""
from kgdb import *

# What is said on the command line of the test.
APPEND = "one two"
WORDS = "with words"

MAGIC = 0x36D76289 if GUEST == "mb2" else 0x2BADB002


def starts_as_specified():
    check("pc", pc(), sym("_start"))
    check("architecture", architecture(), "i386")
    check("eax", number("$eax") & 0xFFFFFFFF, MAGIC)
    check("cr0: protected, no paging", number("$cr0") & ~0x10, 1)
    check("cr4", number("$cr4"), 0)
    check("interrupts are off", number("$eflags") & 0x20200, 0)
    for name in ("cs", "ds", "es", "fs", "gs", "ss"):
        check(f"{name}: base", number(f"${name}_base"), 0)
        check(f"{name}: limit", number(f"${name}_limit"), 0xFFFFFFFF)


def field(name):
    return gdb.parse_and_eval(name)


def check_module(i, module, start, end):
    path, _, words = module["text"].string().partition(" ")
    with open(path, "rb") as file:
        content = file.read()
    memory = gdb.selected_inferior().read_memory(start, int(end) - int(start))
    check(f"module {i}: content", memory.tobytes(), content)
    check(f"module {i}: words", words, ["", WORDS][i])


def is_told():
    """A structure with a field for each thing."""
    run_to("start")
    gdb.execute("next", to_string=True)
    check("command line", field("info->cmdline").string().split(" ", 1)[1],
          APPEND)
    check("loader", field("info->boot_loader_name").string(), "kvmgdbstub")
    check("lower memory", int(field("info->mem_lower")), 639)
    check("upper memory", int(field("info->mem_upper")), 31 * 1024)
    check("modules", int(field("info->mods_count")), 2)
    for i in range(2):
        module = field(f"info->mods[{i}]")
        check_module(i, module, module["start"], module["end"])


def is_told_by_tags():
    """A list of tags, looked at by 64-bit code."""
    run_to("start")
    check("architecture: now", architecture(), "i386:x86-64")
    gdb.execute("next", to_string=True)
    check("aligned", int(field("info")) % 8, 0)
    tag = "info->first"
    texts, modules = [], 0
    while int(field(f"({tag}).type")) != 0:
        kind, size = int(field(f"({tag}).type")), int(field(f"({tag}).size"))
        if kind in (1, 2):
            texts.append(field(f"({tag}).text").address.cast(
                gdb.lookup_type("char").pointer()).string())
        elif kind == 3:
            module = field(f"({tag}).module")
            text = module["text"].address.cast(
                gdb.lookup_type("char").pointer())
            check_module(modules, {"text": text}, module["start"],
                         module["end"])
            modules += 1
        elif kind == 4:
            check("lower memory", int(field(f"({tag}).memory.lower")), 639)
            check("upper memory", int(field(f"({tag}).memory.upper")),
                  31 * 1024)
        at = int(field(f"&({tag})"))
        tag = f"*(struct tag *){at + (size + 7) // 8 * 8}"
    check("command line", texts[0].split(" ", 1)[1], APPEND)
    check("loader", texts[1], "kvmgdbstub")
    check("modules", modules, 2)


def ends():
    stop = run()
    check("exit code", getattr(stop, "exit_code", None), 0)
    check_in("it says so", "command line: ", console())


tell = is_told_by_tags if GUEST == "mb2" else is_told
connect()
starts_as_specified()
tell()
# All of it is there again after a reset.
monitor("reset")
fresh()
if GUEST == "mb2":
    # gdb is told of 32-bit code when the guest has executed some.
    run("stepi")
    check("architecture: again", architecture(), "i386")
else:
    starts_as_specified()
tell()
ends()
