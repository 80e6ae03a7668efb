# SPDX-License-Identifier: MIT
"""Breakpoints by the hundred, and in code that moves and changes."""
from kgdb import *

SOFT, HARD = gdb.BP_BREAKPOINT, gdb.BP_HARDWARE_BREAKPOINT


def enter(part):
    gdb.execute(f"set $pc = {sym(part):#x}")


def breaks(addresses, kind=SOFT):
    return [gdb.Breakpoint(f"*{address:#x}", type=kind)
            for address in addresses]


def delete(points):
    for point in points:
        point.delete()


def places(start, end, count):
    """The addresses of count equal instructions."""
    size = (sym(end) - sym(start)) // count
    return [sym(start) + size * n for n in range(count)]


def expect_hit(name, point, place):
    check(f"{name}: whose", getattr(run(), "breakpoints", None), [point])
    check(f"{name}: pc", hex(pc()), hex(place))


def in_order(kind, name, every):
    """All are hit, in the order of the code, with nothing left out."""
    enter("counting")
    before = u32("counter")
    where = places("hundred", "hundred_end", 100)
    points = breaks(where[::every], kind)
    for n, (point, place) in enumerate(zip(points, where[::every])):
        expect_hit(f"{name} {n}", point, place)
        check(f"{name} {n}: counter", u32("counter") - before, every * n)
    check(f"{name}: what is there", instructions(pc(), 1)[0][2].split()[0],
          "incl")
    delete(points)
    run_to("copying")
    check(f"{name}: counter in the end", u32("counter") - before, 100)


def copied(count):
    """Set where there is no code yet; hit in what the guest brings there."""
    enter("copying")
    write(sym("target"), bytes(256))
    before = u32("counter")
    code = read(sym("source"), sym("source_end") - sym("source"))
    size = (len(code) - 1) // 8
    where = [sym("target") + size * n for n in range(8)][:count]
    points = breaks(where)
    for turn in range(2):
        for n, (point, place) in enumerate(zip(points, where)):
            name = f"{count} copied, turn {turn}, {n}"
            expect_hit(name, point, place)
            check(f"{name}: counter", u32("counter") - before, 8 * turn + n)
    check(f"{count} copied: the code", read(sym("target"), len(code)), code)
    delete(points)
    run_to("rewriting")
    check(f"{count} copied: counter in the end", u32("counter") - before, 16)
    check(f"{count} copied: no trace", read(sym("target"), len(code)), code)


def rewritten(others):
    """The guest writes a new instruction where a breakpoint is."""
    enter("rewriting")
    write(sym("victim"), b"\xb0\x01")
    more = breaks(places("hundred", "hundred_end", 100)[:others])
    point = gdb.Breakpoint("victim")
    end = gdb.Breakpoint("summing")
    expect_hit(f"rewritten among {others}: first", point, sym("victim"))
    check("the old instruction", read(pc(), 2), b"\xb0\x01")
    expect_hit(f"rewritten among {others}: again", point, sym("victim"))
    check("the new instruction", read(pc(), 2), b"\xb3\x05")
    expect_hit(f"rewritten among {others}: end", end, sym("summing"))
    check("what they did", (reg("ax") & 0xFF, reg("bx") & 0xFF), (1, 5))
    delete([point, end, *more])
    check("no trace", read(sym("victim"), 2), b"\xb3\x05")


def summed(count):
    """A guest that reads its code reads the traps in it."""
    enter("summing")
    points = breaks(places("summed", "summed_end", 16)[:count])
    run_to("ending")
    plain = 16 * 0x90
    if count:
        check(f"{count} in what is summed: the guest sees as many traps",
              (u32("sum") - plain) % count, 0)
        expect("and not its code", u32("sum") != plain, u32("sum"))
    else:
        check("none in what is summed: the guest sees its code",
              u32("sum"), plain)
    check("we see the code", read(sym("summed"), 16), b"\x90" * 16)
    delete(points)


connect()
in_order(SOFT, "soft", 1)
in_order(HARD, "hard", 10)
for number_of in (1, 8):
    copied(number_of)
for number_of in (0, 6):
    rewritten(number_of)
for number_of in (0, 1, 7):
    summed(number_of)
