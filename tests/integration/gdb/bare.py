# SPDX-License-Identifier: MIT
"""User code whose kernel handles no exception at all: steps, breakpoints and
watchpoints there do not shut the guest down."""
from kgdb import *

connect()
user_add, vectors, strings = sym("add"), sym("vectors"), sym("strings")

# Into user mode, and on from there.
run_to("enter")
run("stepi")
check("a step into user mode", hex(pc()), hex(sym("user")))
check("at level 3", number("$cs") & 3, 3)
run("stepi")
check("and one there", hex(pc()), hex(instructions(sym("user"), 2)[1][0]))

# More instructions away than a waiting breakpoint lets the guest be stepped.
breakpoint_ = gdb.Breakpoint(f"*{user_add:#x}")
for n in range(2):
    stop = run()
    check(f"{n}: the breakpoint", getattr(stop, "breakpoints", None),
          [breakpoint_])
    check(f"{n}: count", u32("count"), n)
run("stepi")
check("stepi from there", hex(pc()), hex(instructions(user_add, 2)[1][0]))
check("counted", u32("count"), 2)
breakpoint_.delete()

# More breakpoints than there are debug registers.
many = [gdb.Breakpoint(f"*{user_add + n:#x}") for n in range(16, 22)]
run_to("vectors")
for unused in many:
    unused.delete()

# An SSE access beside what is watched, which KVM emulates nowhere.
watch = gdb.Breakpoint("*(int*)&beside", gdb.BP_WATCHPOINT,
                       gdb.WP_WRITE)
for place in range(1, 4):
    run("stepi")
    check(f"SSE, step {place}", hex(pc()),
          hex(instructions(vectors, 4)[place][0]))
check("lanes", [number(f"((int*)&lane)[{n}]") for n in range(4)],
      [2, 4, 6, 8])
gdb.execute(f"set $pc = {vectors:#x}")
stop = run()
check("the watchpoint behind them", getattr(stop, "breakpoints", None),
      [watch])
check("what was written", u32("beside"), 1)
check("lanes again", [number(f"((int*)&lane)[{n}]") for n in range(4)],
      [4, 8, 12, 16])
watch.delete()

# All of a repeated instruction, and TF is nowhere to be seen.
run_to("fill")
run("stepi")
check("rep stosb", (hex(pc()), number("$rcx")), (hex(sym("user_end")), 0))
check("filled", read(sym("filled"), 100000), b"\x55" * 100000)
check("no TF", number("$eflags") & 0x100, 0)
check("nothing on the kernel's stack", read(sym("stack") - 64, 64), bytes(64))

stop = run()
check("to the end", getattr(stop, "exit_code", None), 5)
