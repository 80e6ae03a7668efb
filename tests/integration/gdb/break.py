# SPDX-License-Identifier: MIT
"""Software breakpoints in the two-instruction loop: every hit, once."""
from kgdb import *

connect()
again = sym("again")
jump = instructions(again, 2)[1][0]
check("stopped at the entry", pc(), sym("_start"))
check("and nothing ran yet", u32("counter"), 0)

first = gdb.Breakpoint("*again")
for n in range(1, 6):
    stop = run()
    check(f"hit {n} is the breakpoint's",
          getattr(stop, "breakpoints", None), [first])
    check(f"hit {n}: pc", hex(pc()), hex(again))
    check(f"hit {n}: counter", u32("counter"), n)
check("hit count", first.hit_count, 5)
check_in("the stub says it was a breakpoint", "swbreak:;", packet("?"))

first.ignore_count = 10
run()
check("ignored ten hits", u32("counter"), 16)

first.condition = f"*(int *){sym('counter'):#x} == 20"
run()
check("condition", u32("counter"), 20)
first.condition = None

second = gdb.Breakpoint(f"*{jump:#x}")
for n in range(21, 24):
    run()
    check(f"before jump {n}: pc", hex(pc()), hex(jump))
    check(f"before jump {n}: counter", u32("counter"), n)
    run()
    check(f"after jump {n}: pc", hex(pc()), hex(again))
    check(f"after jump {n}: counter", u32("counter"), n)

first.enabled = False
run()
run()
check("disabled: pc", hex(pc()), hex(jump))
check("disabled: counter", u32("counter"), 25)

second.delete()
first.delete()
stop = interrupt()
check("no breakpoint left", getattr(stop, "stop_signal", None), "SIGINT")
