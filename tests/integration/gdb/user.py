# SPDX-License-Identifier: MIT
"""Breakpoints and steps in user code, whose kernel sees nothing of them."""
from kgdb import *

connect()
user_add = sym("user_add")
breakpoint_ = gdb.Breakpoint(f"*{user_add:#x}")
for n in range(3):
    stop = run()
    check(f"{n}: the breakpoint", getattr(stop, "breakpoints", None),
          [breakpoint_])
    check(f"{n}: pc", hex(pc()), hex(user_add))
    check(f"{n}: in user mode", number("$cs") & 3, 3)
    check(f"{n}: count", u32("count"), n)

# By another address, which no breakpoint has, the code runs on; but what gdb
# wrote into memory itself is there, too.
GIB = 1 << 30
pml4 = number("$cr3 & ~0xfff")
pdpt = int.from_bytes(read(pml4, 8), "little") & ~0xFFF
write(pdpt + 8, read(pdpt, 8))
if not PLANTED:
    gdb.execute(f"set $pc = {user_add + GIB:#x}")
stop = run()
check("from an alias: pc", hex(pc()), hex(user_add))
check("from an alias: count", u32("count"), 3)

run("stepi")
check("stepi", hex(pc()), hex(instructions(user_add, 2)[1][0]))
check("stepi: counted", u32("count"), 4)
run("stepi")
check("stepi over ret: pc", pc() in range(sym("user"), sym("user_end")), True)
check("stepi: no TF", number("$eflags") & 0x100, 0)
check("the kernel saw nothing", u32("own"), 0)

breakpoint_.delete()
stop = run()
check("to the end", getattr(stop, "exit_code", None), 5)
