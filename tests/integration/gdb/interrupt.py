# SPDX-License-Identifier: MIT
"""Ctrl-C in an endless loop, again and again, none lost and none left over."""
from kgdb import *

connect()
again = sym("again")
code = [address for address, _, _ in instructions(again, 2)]

# Until the guest got anywhere: an interrupt may come before its first
# instruction.
rounds = 0
while rounds < 20 or u32("counter") == 0:
    before = u32("counter")
    stop = interrupt()
    check("it is SIGINT", getattr(stop, "stop_signal", None), "SIGINT")
    check_in("in the loop", pc(), code)
    expect("never backwards", u32("counter") >= before, "counter")
    rounds += 1

# One that is left over would end the step or the run below.
counter = u32("counter")
if pc() != again:
    run("stepi")
run("stepi 2")
check("two steps are one round", u32("counter") - counter, 1)
check("pc", hex(pc()), hex(again))
gdb.Breakpoint("*again")
stop = run()
check("then a breakpoint", type(stop).__name__, "BreakpointEvent")
check("one round later", u32("counter") - counter, 2)
