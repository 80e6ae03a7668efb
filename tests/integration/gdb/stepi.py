# SPDX-License-Identifier: MIT
"""Single steps: each executes one instruction, no more and no less."""
from kgdb import *

connect()
again = sym("again")
jump = instructions(again, 2)[1][0]

for n in range(1, 11):
    run("stepi")
    check(f"round {n}: at the jump", hex(pc()), hex(jump))
    check(f"round {n}: counted", u32("counter"), n)
    run("stepi")
    check(f"round {n}: back", hex(pc()), hex(again))
    check(f"round {n}: not counted", u32("counter"), n)

run("stepi 99")
check("99 steps: pc", hex(pc()), hex(jump))
check("99 steps: counter", u32("counter"), 60)

# Neither a breakpoint where a step begins nor one where it ends matters.
here = gdb.Breakpoint(f"*{jump:#x}")
there = gdb.Breakpoint("*again")
run("stepi")
check("off a breakpoint: pc", hex(pc()), hex(again))
check("off a breakpoint: counter", u32("counter"), 60)
run("stepi")
check("onto a breakpoint: pc", hex(pc()), hex(jump))
check("onto a breakpoint: counter", u32("counter"), 61)
run()
check("continue off it: pc", hex(pc()), hex(again))
check("continue off it: counter", u32("counter"), 61)
