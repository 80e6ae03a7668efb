# SPDX-License-Identifier: MIT
"""Breakpoints of a higher-half kernel, set in 16 and 32-bit code: gdb sends 32
bits of their addresses, and each is hit as gdb's own."""
from kgdb import *

HIGH = [sym(f"high{n}") for n in range(8)]
STARTS_AS = {"rise16": "i8086", "rise32": "i386"}[GUEST]


def expect_hit(name, point, place):
    check(f"{name}: whose", getattr(run(), "breakpoints", None), [point])
    check(f"{name}: pc", hex(pc()), hex(place))


def delete(points):
    for point in points:
        point.delete()


def from_reset():
    """gdb learns of it when the guest has run."""
    monitor("reset")
    fresh()
    run("stepi")


connect()
check("architecture", architecture(), STARTS_AS)
check("nothing is there yet", failure(f"x/i {HIGH[0]:#x}") != "", True)

# More than there are debug registers.
points = [gdb.Breakpoint(f"high{n}") for n in range(8)]
points[5].delete()
points[5] = gdb.Breakpoint("high5", type=gdb.BP_HARDWARE_BREAKPOINT)
for n, point in enumerate(points):
    expect_hit(f"all, {n}", point, HIGH[n])
check("architecture: now", architecture(), "i386:x86-64")
check("each was executed once", number("counter"), 7)
delete(points)

# The last one alone, from the beginning; gdb has 64 bits, the guest has not.
monitor("reset")
fresh()
last = gdb.Breakpoint("high7")
expect_hit("64 bits before the guest has them", last, HIGH[7])
last.delete()

# Then both have 32 again, and the last is the fourth that gets a register.
from_reset()
check("reset: architecture", architecture(), STARTS_AS)
points = [gdb.Breakpoint(f"high{n}") for n in (7, 6, 4, 2)]
for n, point in zip((2, 4, 6, 7), reversed(points)):
    expect_hit(f"four, {n}", point, HIGH[n])
delete(points)

# Two places, one name in 32 bits.
from_reset()
low = gdb.Breakpoint("other")
high = gdb.Breakpoint("high0")
expect_hit("both: above", high, HIGH[0])
expect_hit("both: below", low, sym("other"))
expect_hit("both: above again", high, HIGH[0])
high.delete()
low.delete()

# One that means the place below is not told of the one above.
from_reset()
low = gdb.Breakpoint("other")
expect_hit("below alone", low, sym("other"))
check("below alone: it is elsewhere", sym("other"), HIGH[0] & 0xFFFFFFFF)
low.delete()
from_reset()
high = gdb.Breakpoint("high0")
expect_hit("above alone", high, HIGH[0])
expect_hit("above alone, again", high, HIGH[0])
check("above alone: the one below was passed", number("others"), 1)
high.delete()

# Watchpoints: no access is missed, the first in 64-bit code neither.
from_reset()
watch = gdb.Breakpoint("counter", gdb.BP_WATCHPOINT)
reads = gdb.Breakpoint("others", gdb.BP_WATCHPOINT,
                       gdb.WP_READ)
for n in range(8):
    expect_hit(f"watched: {n}", watch, HIGH[n] + 7)
    check(f"watched: {n}: counter", number("counter"), n + 1)
watch.delete()
expect_hit("read", reads, sym("other") + 7)
reads.delete()

# A step into it, and what is there is shown.
from_reset()
monitor("follow-mode auto")
run_to("long64")
run("stepi")
run("stepi")
check("stepped up", hex(pc()), hex(sym("kernel")))
check("and what is there", instructions(HIGH[0], 1)[0][1], 7)
