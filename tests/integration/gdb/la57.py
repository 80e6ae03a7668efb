# SPDX-License-Identifier: MIT
"""5-level paging: code and data where no 4-level address is."""
from kgdb import *

ALIAS, UP = 1 << 47, 0xFF10 << 48
NOWHERE = [1 << 56, 1 << 48, UP + (1 << 39), 0xFFFF_8000_0000_0000]


def breaks(*places):
    return [gdb.Breakpoint(f"*{place:#x}") for place in places]


def look():
    """Both names of the counter are one place."""
    high = sym("counter")
    low = high - UP + ALIAS
    for here, there in (high, low), (low, high):
        write(here, (7).to_bytes(4, "little"))
        check(f"written at {here:#x}", read(there, 4)[0], 7)
        write(here, bytes(4))
    check_in("x/i", "incl", instructions(sym("add"), 1)[0][2])
    for place in NOWHERE:
        check(f"nothing is at {place:#x}", failure(f"x/b {place:#x}") != "",
              True)
    for place in UP, ALIAS:
        check_in(f"info mem: {place:#x}", f"{place:016x}", monitor("info mem"))


def go():
    add, alias = breaks(sym("add"), sym("add") - UP + ALIAS)
    for n, point in enumerate([add, add, alias, add]):
        stop = run()
        check(f"{n}: whose", getattr(stop, "breakpoints", None), [point])
        check(f"{n}: pc", hex(pc()), hex(int(point.location[1:], 0)))
        run("stepi")
        check(f"{n}: counted", u32("counter"), n + 1)
        if n == 0:
            check("caller", hex(number("*(unsigned long *) $rsp")),
                  hex(instructions(sym("kernel"), 4)[3][0]))
    for point in add, alias:
        point.delete()


def watch():
    gdb.execute(f"set $pc = {sym('kernel'):#x}")
    low = sym("counter") - UP + ALIAS
    for place in sym("counter"), low:
        point = gdb.Breakpoint(f"*(int *) {place:#x}", gdb.BP_WATCHPOINT)
        stop = run()
        check(f"watch {place:#x}", getattr(stop, "breakpoints", None), [point])
        point.delete()


connect()
starts = breaks(sym("missing"), sym("long64"))
run()
if pc() == sym("missing"):
    skip("needs 5-level paging in the CPUID of this host's KVM")
else:
    for start in starts:
        start.delete()
    check("CR4.LA57", number("$cr4") >> 12 & 1, 1)
    look()
    go()
    watch()
    check("to the end", getattr(run(), "exit_code", None) is not None, True)
