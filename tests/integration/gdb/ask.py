# SPDX-License-Identifier: MIT
"""A guest that calls the debugger, at port 0x8a00: a stop behind the instruction
which says so, from where it goes on."""
from kgdb import *


def check_asked(label, stop, place, counted, kind="StopEvent"):
    check(f"{label}: what gdb makes of it", type(stop).__name__, kind)
    check(f"{label}: pc", hex(pc()), hex(sym(place)))
    check(f"{label}: it has executed", u32("counter"), counted)
    check_in(f"{label}: why", "the guest calls the debugger (port 0x8a00)",
             announced() + told())


connect()
check_asked("first", run(), "asked", 0)
check_in("its signal", "SIGTRAP", announced())
check_asked("second", run(), "asked_again", 1)

# Stepped, and beside a breakpoint.
gdb.execute(f"set $pc = {sym('_start')}")
run_to("ask")
check_asked("a step", run("stepi"), "asked", 1)
breakpoint = gdb.Breakpoint("*asked_again")
# For gdb that is then one stop, of both.
check_asked("with a breakpoint behind it", run(), "asked_again", 2,
            "BreakpointEvent")
breakpoint.delete()

stop = run()
check("the end", getattr(stop, "exit_code", None), 5)
check("the stub's status", stub_status(), 5)
