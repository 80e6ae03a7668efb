# SPDX-License-Identifier: MIT
"""Watchpoints by the page, by the thousand, and by the mebibyte."""
from kgdb import *

# Real mode has 64 KiB for all: its pages are small ones.
PAGE = 1024 if BITS == 16 else 4096
PAGES, WORDS, STRIDE, HITS = 20, 1000, 32, 6


def enter(part):
    gdb.execute(f"set $pc = {sym(part):#x}")


def watch(type_name, address):
    return gdb.Breakpoint(f"*({type_name} *) {address:#x}",
                          type=gdb.BP_WATCHPOINT)


def expect_hit(name, point, place):
    check(f"{name}: whose", getattr(run(), "breakpoints", None), [point])
    check(f"{name}: pc", hex(pc()), hex(sym(place)))


def twenty_pages():
    """Each is hit once, by the one word of it that the guest counts up. Words,
    for gdb converts characters to print them, one by one."""
    enter("paging")
    points = [gdb.Breakpoint(
        f"*(unsigned int (*)[{PAGE // 4}]) {sym('pages') + PAGE * n:#x}",
        type=gdb.BP_WATCHPOINT) for n in range(PAGES)]
    zeros = f"{{0 <repeats {PAGE // 4} times>}}"
    for n, point in enumerate(points):
        expect_hit(f"page {n}", point, "paged")
        check_in(f"page {n}: old", f"Old value = {zeros}\n", announced())
        check_in(f"page {n}: new", "New value = {1, 0 <", announced())
        check(f"page {n}: the word",
              read(sym("pages") + PAGE * n, 4), b"\1\0\0\0")
    for point in points:
        point.delete()
    run_to("scattering")


def a_thousand_words():
    """Every eighth is touched, the others share their pages."""
    enter("scattering")
    gdb.execute("set breakpoint always-inserted on")
    points = [watch("unsigned int", sym("cells") + 4 * n)
              for n in range(WORDS)]
    for n in range(0, HITS * STRIDE // 4, STRIDE // 4):
        expect_hit(f"word {n}", points[n], "scattered")
        check_in(f"word {n}: values", "Old value = 0\nNew value = 1\n",
                 announced())
    count = b"\1\0\0\0" + bytes(STRIDE - 4)
    check("what was counted", read(sym("cells"), 4 * WORDS),
          (HITS * count).ljust(4 * WORDS, b"\0"))
    # They stay till the end: to delete them one by one would take gdb longer
    # than all of this.


def a_mebibyte():
    enter("ranging")
    gdb.execute("set max-value-size unlimited")
    gdb.execute("set print elements 4")
    gdb.execute("set print repeats unlimited")  # or gdb counts the zeros
    point = gdb.Breakpoint(
        f"*(unsigned int (*)[0x40000]) {sym('mega'):#x}",
        type=gdb.BP_WATCHPOINT)
    check("it is one of hardware", point.type, gdb.BP_HARDWARE_WATCHPOINT)
    for place in ("low_end", "within", "high_end"):
        expect_hit(place, point, place)
    end = gdb.Breakpoint("ending")
    check("no more", getattr(run(), "breakpoints", None), [end])
    point.delete()
    end.delete()
    gdb.execute("set print repeats 200")


connect()
twenty_pages()
if BITS != 16:
    a_mebibyte()
a_thousand_words()
