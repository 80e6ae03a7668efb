# SPDX-License-Identifier: MIT
"""Hardware breakpoints: more of them work than there are registers."""
from kgdb import *


def hbreak(address):
    return gdb.Breakpoint(f"*{address:#x}",
                          type=gdb.BP_HARDWARE_BREAKPOINT)


connect()
again = sym("again")
jump = instructions(again, 2)[1][0]

first = hbreak(again)
for n in range(1, 6):
    stop = run()
    check(f"hit {n} is the breakpoint's",
          getattr(stop, "breakpoints", None), [first])
    check(f"hit {n}: pc", hex(pc()), hex(again))
    check(f"hit {n}: counter", u32("counter"), n)
check_in("the stub says it was hardware", "hwbreak:;", packet("?"))

# Ten at once, eight of which are never reached.
second = hbreak(jump)
others = [hbreak(jump + 0x100 * n) for n in range(1, 9)]
for n in range(6, 9):
    run()
    check(f"ten: pc at the second, {n}", hex(pc()), hex(jump))
    check(f"ten: counter at the second, {n}", u32("counter"), n)
    run()
    check(f"ten: pc at the first, {n}", hex(pc()), hex(again))

# The guest last ran when gdb stepped off the second, which was taken away.
services = gdb.execute("monitor breakpoints", to_string=True).splitlines()[1:]
check("ten: the monitor lists the other nine", len(services), 9)
check("ten: in registers", sum("debug register" in s for s in services), 4)

second.delete()
run()
check("without the second: pc", hex(pc()), hex(again))
check("without the second: counter", u32("counter"), 9)

for breakpoint in (first, *others):
    breakpoint.delete()
stop = interrupt()
check("no breakpoint left", getattr(stop, "stop_signal", None), "SIGINT")
