# SPDX-License-Identifier: MIT
"""A boot sector that asks the BIOS for what it has not, or raises an exception
that nobody handles, stops at that instruction with a line of text."""
from kgdb import *


def expect_stop(label, place, signal, text):
    stop = run()
    check(f"{label}: signal", getattr(stop, "stop_signal", None), signal)
    check(f"{label}: pc", hex(pc()), hex(sym(place)))
    check(f"{label}: stack", hex(reg("sp")), hex(sym("_start")))
    check_in(f"{label}: said", text, told())


def step_over(place):
    run_to(place)
    run("stepi")


connect()
step_over("print")
check("a call is one step", hex(pc()), hex(sym("print") + 2))
check("and leaves the stack alone", hex(reg("sp")), hex(sym("_start")))
REFUSED = ("at 0000:7c12: int 0x10 (AX 0x0012): this machine's screen has text, "
           "mode 0x13 and VBE's modes, and no such dots")
for n in range(2):  # going on is no way out, and no hang either
    expect_stop(f"call {n}", "draw", "SIGSYS", REFUSED)
check("a step of it", run("stepi").stop_signal, "SIGSYS")
check("stays there", hex(pc()), hex(sym("draw")))
gdb.execute("set $pc = $pc + 2")
for n in range(2):
    expect_stop(f"exception {n}", "bad", "SIGILL",
                "the guest has no handler for it")
gdb.execute("set $pc = $pc + 2")
stop = run()
check("a halt of its own", getattr(stop, "stop_signal", None), "SIGSTOP")
