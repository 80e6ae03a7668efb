# SPDX-License-Identifier: MIT
"""Breakpoints in a higher half that is not mapped when they are set."""
from kgdb import *

UP, ANEW = 0xFFFFFFFF80000000, 0xFFFFFFFFC0000000


def restart():
    gdb.execute(f"set $cr3 = {first_cr3:#x}")
    gdb.execute(f"set $pc = {sym('_start'):#x}")
    write(TABLES, bytes(2 * 4096))


def breaks(*places):
    return [gdb.Breakpoint(f"*{place:#x}") for place in places]


def delete(points):
    for point in points:
        point.delete()


def expect_hit(name, point, place):
    check(f"{name}: whose", getattr(run(), "breakpoints", None), [point])
    check(f"{name}: pc", hex(pc()), hex(place))


def before_paging(numbers):
    """All are hit as they come, in whichever order they were set."""
    restart()
    name = f"set before paging, {numbers}"
    points = {n: gdb.Breakpoint(f"high{n}") for n in numbers}
    for n in sorted(numbers):
        expect_hit(f"{name}: {n}", points[n], sym(f"high{n}"))
    delete(points.values())
    run_to("through_low")
    check(f"{name}: not mapped before", first_cr3 == number("$cr3"), False)


def other_names():
    """One place by several names: it is hit by each, and left by each."""
    point, ending = breaks(sym("high3"), sym("ending"))
    stop = run()
    check("through the low name: whose", getattr(stop, "breakpoints", None),
          None)
    check("through the low name: pc", hex(pc()), hex(sym("high3") - UP))
    check_in("the user is told", f"breakpoint at {sym('high3'):#x}", told())
    expect_hit("then through its own", point, sym("high3"))
    expect_hit("then to the end", ending, sym("ending"))
    delete([point, ending])


def mapped_late(others):
    """A name that an entry makes, right before it is used."""
    gdb.execute(f"set $pc = {sym('mapped_anew'):#x}")
    write(TABLES + 0x1000 + 8 * 511, bytes(8))
    place = sym("high5") - UP + ANEW
    unused = breaks(*(ANEW + 0x300000 + n for n in range(others)))
    point = breaks(place)[0]
    expect_hit(f"mapped late, {others} before it", point, place)
    delete([point, *unused])


connect()
TABLES = number("(long) &pml4")
first_cr3 = number("$cr3")
check("nothing is there yet", failure(f"x/i {sym('high0'):#x}") != "", True)
before_paging([0, 1, 2, 3])
before_paging([7, 6, 5, 4, 3, 2, 1, 0])
other_names()
mapped_late(0)
mapped_late(8)
