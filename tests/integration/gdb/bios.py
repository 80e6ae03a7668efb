# SPDX-License-Identifier: MIT
"""A boot sector that calls the BIOS, or raises an exception that nobody
handles, stops at that instruction with a line of text."""
from kgdb import *


def expect_stop(label, place, signal, text):
    stop = run()
    check(f"{label}: signal", getattr(stop, "stop_signal", None), signal)
    check(f"{label}: pc", hex(pc()), hex(sym(place)))
    check(f"{label}: stack", hex(reg("sp")), hex(sym("_start")))
    check_in(f"{label}: said", text, told())


connect()
for n in range(2):  # going on is no way out, and no hang either
    expect_stop(f"call {n}", "print", "SIGSYS",
                "at 0000:7c0d: int 0x10 (AX 0x0e41), but this machine has no "
                "BIOS")
gdb.execute("set $pc = $pc + 2")
for n in range(2):
    expect_stop(f"exception {n}", "bad", "SIGILL",
                "the guest has no handler for it")
gdb.execute("set $pc = $pc + 2")
stop = run()
check("a halt of its own", getattr(stop, "stop_signal", None), "SIGSTOP")
