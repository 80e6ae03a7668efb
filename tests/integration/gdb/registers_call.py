# SPDX-License-Identifier: MIT
"""A call of a guest's function: gdb saves and restores all that it knows."""
from kgdb import *


def snapshot():
    """Every register, as gdb prints it, but those of the clock."""
    frame = gdb.selected_frame()
    return {register.name: str(frame.read_register(register.name))
            for register in frame.architecture().registers()
            if register.name != "tsc"}


connect()
run_to("main")
gdb.execute("set $xmm5.v4_int32[0] = 7")
fresh()
before = snapshot()
called = u32("counter")
check("the result", number("inner(20)"), number("inner(20)"))
check("it ran", u32("counter"), called + 2)
fresh()
check("all registers are back", snapshot(), before)
