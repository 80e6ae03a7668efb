# SPDX-License-Identifier: MIT
"""A breakpoint in a user program that is not there when it is set: it is hit as
soon as it is looked at again, on hosts too whose debug registers stop no user
code."""
from kgdb import *

connect()
late = sym("late")
check("nothing is there yet", failure(f"x/i {late:#x}") != "", True)
point = gdb.Breakpoint(f"*{late:#x}")
for n in range(2):
    check(f"{n}: whose", getattr(run(), "breakpoints", None), [point])
    check(f"{n}: pc", hex(pc()), hex(late))
    check(f"{n}: in user code", number("$cs") & 3, 3)
rounds = u32("rounds")
run()
check("no call is missed", u32("rounds"), rounds + 1)
