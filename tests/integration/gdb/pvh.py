# SPDX-License-Identifier: MIT
"""Xen's PVH protocol: the state that a guest starts in, and what it is told."""
from kgdb import *

# What is said on the command line of the test.
APPEND = "one two"
WORDS = "with words"

RAM, RESERVED = 1, 2
MAP = [(0, 0x9FC00, RAM), (0x9FC00, 0x400, RESERVED),
       (0xF0000, 0x10000, RESERVED), (0x100000, 31 << 20, RAM)]


def starts_as_specified():
    """Xen, docs/misc/pvh.pandoc."""
    check("architecture", architecture(), "i386")
    check("pc: of the note, not of ELF's header", pc(), sym("pvh_entry"))
    check("cr0: PE alone (ET is fixed)", number("$cr0") & ~0x10, 1)
    check("cr4", number("$cr4"), 0)
    check("interrupts are off", number("$eflags") & 0x20300, 0)
    for name in ("cs", "ds", "es", "ss"):
        check(f"{name}: base", number(f"${name}_base"), 0)
        check(f"{name}: limit", number(f"${name}_limit"), 0xFFFFFFFF)
    check("tr: base", number("$tr_base"), 0)
    check("tr: limit", number("$tr_limit"), 0x67)
    check("the structure's magic", number("*(unsigned int *)$ebx"), 0x336EC578)


def field(name):
    return gdb.parse_and_eval(f"info->{name}")


def is_told():
    run_to("start")
    check("architecture: now", architecture(), "i386:x86-64")
    gdb.execute("next", to_string=True)
    check("command line", field("cmdline").string(), APPEND)
    check("memory", [tuple(int(field(f"map[{i}]")[name])
                           for name in ("base", "length", "type"))
                     for i in range(int(field("ranges")))], MAP)
    check("modules", int(field("mods_count")), 2)
    for i in range(2):
        module = field(f"mods[{i}]")
        path, _, words = module["text"].string().partition(" ")
        with open(path, "rb") as file:
            content = file.read()
        check(f"module {i}: content", read(int(module["start"]),
                                           int(module["size"])), content)
        check(f"module {i}: words", words, ["", WORDS][i])


connect()
starts_as_specified()
is_told()
stop = run()
check("exit code", getattr(stop, "exit_code", None), 0)
check_in("it says so", "command line: one two\n", console())
