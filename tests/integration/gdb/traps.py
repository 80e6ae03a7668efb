# SPDX-License-Identifier: MIT
"""A guest with an int3 handler of its own does not notice the debugger."""
from kgdb import *


def step_to(place):
    run("stepi")
    check(f"a step to {place}", hex(pc()), hex(sym(place)))


connect()

# Step by step: into each handler, and out again.
run_to("own")
step_to("on_bp")
check("stepped into on_bp: no hit yet", u32("hits"), 0)
run_to("behind")
step_to("invalid")
step_to("on_ud")
run_to("onward")
check("one round: hits", u32("hits"), 1)
check("one round: traces", u32("traces"), 0)

# Another, every single instruction.
run("stepi")
for _ in range(100):
    if u32("rounds") == 2:
        break
    run("stepi")
check("two rounds", u32("rounds"), 2)
check("two rounds: hits", u32("hits"), 2)
check("two rounds: traces", u32("traces"), 0)

# Running, with a breakpoint of ours beside its own.
stop = gdb.Breakpoint("*behind")
run()
check("third round: at ours", hex(pc()), hex(sym("behind")))
check("third round: hits", u32("hits"), 3)
stop.delete()

# Where its own int3 comes by the stub it can stop there.
gdb.execute("monitor guest-traps stop")
check("told", gdb.execute("monitor guest-traps", to_string=True), "stop\n")
watch = gdb.Breakpoint("*onward")
run()
check("third round: behind the ud2", hex(pc()), hex(sym("onward")))
run()
if pc() != sym("onward"):
    check_in("stopped at its own", pc(), (sym("own"), sym("behind")))
    check("not delivered yet", u32("hits"), 3)
    run()
check("fourth round", hex(pc()), hex(sym("onward")))
check("fourth round: hits", u32("hits"), 4)
watch.delete()
gdb.execute("monitor guest-traps reflect")
event = run()
check("exit code", getattr(event, "exit_code", None), 5)
