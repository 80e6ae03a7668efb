# SPDX-License-Identifier: MIT
"""--on-reset=stop: a stop that says who has reset the machine, behind the
instruction; all is as it was, and the guest can go on from there."""
from kgdb import *

WAYS = [("after", "by the keyboard controller (port 0x64)"),
        ("after_92", "by bit 0 of port 0x92"),
        ("after_cf9", "by the reset control register (port 0xcf9)")]

connect()
for way, (label, words) in enumerate(WAYS):
    write(sym("way"), bytes([way]))
    stop = run()
    check(f"{label}: signal", getattr(stop, "stop_signal", None), "SIGPWR")
    check(f"{label}: pc", hex(pc()), hex(sym(label)))
    check(f"{label}: memory is as it was", u32("counter"), way + 1)
    check_in(f"{label}: why", f"the guest reset the machine {words}",
             announced() + told())
    gdb.execute(f"set $pc = {sym('work')}")

# The instruction itself, stepped.
write(sym("way"), bytes([0]))
run_to("resets")
stop = run("stepi")
check("a step: signal", getattr(stop, "stop_signal", None), "SIGPWR")
check("a step: pc", hex(pc()), hex(sym("after")))

stop = run()
check("it goes on behind it", getattr(stop, "exit_code", None), 9)
check("the stub's status", stub_status(), 9)
