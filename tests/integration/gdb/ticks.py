# SPDX-License-Identifier: MIT
"""Interrupts of a timer: in HLT and in running code, stopped at, stepped."""
from kgdb import *

HLT_SIZE = 1

connect()
idle, handler, counted = sym("idle"), sym("on_tick"), sym("counted")

# It waits in HLT, and the timer wakes it.
run_to("on_tick")
check("the first tick: not counted", u32("ticks"), 0)
check("the first tick: interrupts are off", number("$eflags") >> 9 & 1, 0)
run_to("counted")
check("the first tick: counted", u32("ticks"), 1)

# Its end by steps: back behind the HLT, interrupts on.
for n in range(20):
    run("stepi")
    if pc() == idle + HLT_SIZE:
        break
check("back behind the HLT", hex(pc()), hex(idle + HLT_SIZE))
check("interrupts are on", number("$eflags") >> 9 & 1, 1)

# A step takes no interrupt, however many are due; time stands still meanwhile.
for n in range(60):
    run("stepi")
    check(f"step {n}: not in the handler",
          idle <= pc() < handler, True)
check("60 steps: nothing counted", u32("ticks"), 1)

# A count of ticks, each one an arrival.
stop = gdb.Breakpoint("*on_tick")
for n in range(1, 6):
    run()
    check(f"tick {n}: at the handler", hex(pc()), hex(handler))
    check(f"tick {n}: counted before", u32("ticks"), n)
stop.enabled = False

# `step-irq on`: the step that comes to an interrupt is its delivery.
run_to("spin")
check("in the loop", u32("ticks"), 10)
monitor("step-irq on")
turn = u32("turns")
for n in range(200000):
    run("stepi")
    if pc() == handler:
        break
check("step-irq: a step comes to the handler", hex(pc()), hex(handler))
check("step-irq: nothing of it is done", u32("ticks"), 10)
flags_at = 4 if "16" in GUEST else 8 if "32" in GUEST else 16
check("step-irq: TF is not in the frame",
      number(f"*(unsigned short *)($sp + {flags_at})") >> 8 & 1, 0)
monitor("step-irq off")

# The rest in one go.
stop = run()
check("it exits with its ticks", stop.exit_code, 20)
