# SPDX-License-Identifier: MIT
"""Hardware breakpoints: four of them work, a fifth is refused."""
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

# The last two are never reached.
second = hbreak(jump)
others = [hbreak(jump + 0x100), hbreak(jump + 0x200)]
run()
check("second of four: pc", hex(pc()), hex(jump))
run()
check("first of four: pc", hex(pc()), hex(again))
check("four: counter", u32("counter"), 6)

# Five of them, and not at one: gdb would step off it before it inserts.
second.delete()
gdb.execute(f"set $pc = {jump:#x}")
others += [hbreak(jump + 0x300), hbreak(jump + 0x400)]
check_in("a fifth is refused", "aborted", failure("continue"))
check("and nothing ran: pc", hex(pc()), hex(jump))
check("and nothing ran: counter", u32("counter"), 6)

others.pop().delete()
run()
check("without it: pc", hex(pc()), hex(again))
check("without it: counter", u32("counter"), 6)

for breakpoint in (first, *others):
    breakpoint.delete()
stop = interrupt()
check("no breakpoint left", getattr(stop, "stop_signal", None), "SIGINT")
