#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""lldb has addresses of 64 bits from the start: it breaks in a higher half that
the guest comes to from 16 or 32-bit code."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "lib"))
from checks import check, check_in  # noqa: E402
from lldb import Session, need_lldb  # noqa: E402
from outside import Context, finish  # noqa: E402
from stub import need_kvm  # noqa: E402

STEPS = [
    ("breakpoint set -n high1 -n high2 -n high3 -n high4 -n high5 -n high6",
     ["6 locations"]),
    ("breakpoint set -H -n high7", ["Breakpoint 2"]),
    ("process continue",           ["stop reason = breakpoint 1.",
                                    "`high1"]),
    ("memory read -s 4 -f d -c 1 `&counter`", [" 1\n"]),
    ("disassemble -c 1 -s `$rip`", ["incl   "]),
    ("breakpoint delete 1",        ["1 breakpoints deleted"]),
    ("watchpoint set variable counter", ["Watchpoint created"]),
    ("continue",                   ["stop reason = watchpoint 1",
                                    "old value: 1", "new value: 2"]),
    ("watchpoint delete 1",        ["1 watchpoints deleted"]),
    ("thread continue",            ["stop reason = breakpoint 2.1",
                                    "`high7"]),
]


def rise(context, guest, mode):
    with Session(context, guest, f"--mode={mode}") as lldb:
        said = lldb.batch(*(command for command, _ in STEPS))
        for command, parts in STEPS:
            label = f"{guest}: {command}"
            check(f"{label}: reached", command in said, True)
            for part in parts:
                check_in(label, part, said.get(command, ""))


need_kvm()
need_lldb()
rise(Context(), "rise16.elf", "real")
rise(Context(), "rise32.elf", "prot")
finish()
