# SPDX-License-Identifier: MIT
"""A multiboot kernel: the state that it starts in, and what it is told."""
from kgdb import *

# What is said on the command line of the test.
APPEND = "one two"
WORDS = "with words"

MAGIC = {"mb1": 0x2BADB002, "mb1flat": 0x2BADB002}[GUEST]


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
    return gdb.parse_and_eval(f"info->{name}")


def is_told():
    run_to("start")
    gdb.execute("next", to_string=True)
    check("command line", field("cmdline").string().split(" ", 1)[1], APPEND)
    check("loader", field("boot_loader_name").string(), "kvmgdbstub")
    check("lower memory", int(field("mem_lower")), 639)
    check("upper memory", int(field("mem_upper")), 31 * 1024)
    check("modules", int(field("mods_count")), 2)
    for i in range(2):
        module = field(f"mods[{i}]")
        size = int(module["end"]) - int(module["start"])
        path, _, words = module["text"].string().partition(" ")
        with open(path, "rb") as file:
            content = file.read()
        memory = gdb.selected_inferior().read_memory(module["start"], size)
        check(f"module {i}: content", memory.tobytes(), content)
        check(f"module {i}: words", words, ["", WORDS][i])


def ends():
    stop = run()
    check("exit code", getattr(stop, "exit_code", None), 0)
    check_in("it says so", "command line: ", console())


connect()
starts_as_specified()
is_told()
# All of it is there again after a reset.
monitor("reset")
fresh()
starts_as_specified()
is_told()
ends()
