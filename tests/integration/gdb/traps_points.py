# SPDX-License-Identifier: MIT
"""A guest that has its debug registers in use is stepped just the same, also
before the first breakpoint."""
from kgdb import *


def step_until(done):
    for _ in range(200):
        if done():
            return
        run("stepi")
    raise gdb.GdbError("so many steps")


connect()
gdb.execute("set $dr0 = 0x1234")
gdb.execute("set $dr7 = 0x401")
step_until(lambda: pc() == sym("own"))
run("stepi")
check("an int3 is a step to its handler", hex(pc()), hex(sym("on_bp")))
step_until(lambda: pc() == sym("behind"))
check("hits", u32("hits"), 1)
check("traces", u32("traces"), 0)
check("dr7", number("$dr7"), 0x401)
