# SPDX-License-Identifier: MIT
"""gdb that may not send Z0 writes int3 itself: as good as breakpoints of ours,
with swbreak and without."""
from kgdb import *

INT3 = b"\xcc"


def answer(feature, value):
    gdb.execute(f"set remote {feature} {value}", to_string=True)


def delete(points):
    for point in points:
        point.delete()


def expect_hit(name, point, place):
    check(f"{name}: whose", getattr(run(), "breakpoints", None), [point])
    check(f"{name}: pc", hex(pc()), hex(place))


def breakpoints(name):
    """Several, hit in turn, stepped off, gone."""
    places = [sym("guest_print"), sym("middle"), sym("inner")]
    before = [read(place, 4) for place in places]
    points = [gdb.Breakpoint(f"*{place:#x}") for place in places]
    for n, place in enumerate(places):
        expect_hit(f"{name}, {n}", points[n], place)
        check(f"{name}, {n}: memory", [read(p, 4) for p in places], before)
    run("stepi")
    check(f"{name}: stepped off", hex(pc()),
          hex(instructions(places[2], 2)[1][0]))
    run("finish")
    delete(points)
    check(f"{name}: memory after all", [read(p, 4) for p in places], before)
    check(f"{name}: a function called", number("inner(7)"), 49)


def of_nobody(name):
    """One that the user wrote: a trap of the program, for gdb."""
    place = sym("guest_print_number")
    size = instructions(place, 2)[1][0] - place
    code = read(place, size)
    write(place, INT3)
    check(f"{name}: read back", read(place, 1), INT3)
    run()
    check(f"{name}: behind it", hex(pc()), hex(place + 1))
    write(place, code[:1])
    gdb.execute(f"set $pc = {place:#x}")
    run("stepi")
    check(f"{name}: on as it was", hex(pc()), hex(place + size))


def session(swbreak):
    name = f"swbreak {swbreak}"
    answer("swbreak-feature-packet", swbreak)
    answer("software-breakpoint-packet", "off")
    connect()
    breakpoints(name)
    of_nobody(name)
    gdb.execute("monitor reset")
    fresh()
    write(sym("middle"), INT3)
    gdb.execute("monitor reset")
    fresh()
    point = gdb.Breakpoint("inner")
    check(f"{name}: not after a reset", getattr(run(), "breakpoints", None),
          [point])
    # The guest counts on from what a user writes into its data.
    write(sym("counter"), INT3)
    run("finish")
    check(f"{name}: data", u32("counter"), 0xCD)
    point.delete()
    write(sym("middle"), INT3)
    gdb.execute("disconnect", to_string=True)
    connect()
    check(f"{name}: left as it was", read(sym("middle"), 1), INT3)
    gdb.execute("monitor reset")
    gdb.execute("disconnect", to_string=True)


session("auto")
session("off")
