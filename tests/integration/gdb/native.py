# SPDX-License-Identifier: MIT
"""Kernel code that not every KVM executes: run, stepped, watched."""
from kgdb import *

BITS = 64 if "64" in GUEST else 32
WORD = BITS // 8
RF = 1 << 16  # Bochs pushes it, in 32-bit code

connect()

# A step into the handler of an INT, and one back out of it.
run_to("call_it")
flags, stack = number("$eflags"), number("$sp")
run("stepi")
check("into the handler", hex(pc()), hex(sym("handler")))
check("its frame: back behind the INT",
      hex(number(f"*(unsigned *)$sp")), hex(sym("called")))
check("its frame: flags", number(f"*(unsigned *)($sp + {2 * WORD})") & ~RF, flags & ~RF)
check("interrupts are off", number("$eflags") >> 9 & 1, 0)
run("stepi")
check("counted", u32("count"), 1)
run("stepi")
check("back", hex(pc()), hex(sym("called")))
check("flags are as before", number("$eflags") & ~RF, flags & ~RF)
check("the stack is as before", hex(number("$sp")), hex(stack))

# x87 by steps: each is one instruction, and registers show what it did.
run_to("sums")
for name, value in (("fninit", None), ("fildl", 2), ("fld", 2), ("fmulp", 4)):
    before = pc()
    run("stepi")
    check(f"{name}: one instruction", 0 < pc() - before < 12, True)
    if value:
        check(f"{name}: st0", int(gdb.parse_and_eval("$st0")), value)

# A watchpoint sees the store.
gdb.execute("watch *(int *)&total")
run()
check("watch: behind the store", hex(pc()), hex(sym("squared")))
check("watch: stored", u32("total"), 4)
gdb.execute("delete")

# SSE, run through to a breakpoint; what the debugger writes is what is added.
run_to("add_it")
run("stepi")
gdb.execute("set $xmm1.v4_int32[3] = 41")
run_to("added")
check("paddd", [int(gdb.parse_and_eval(f"$xmm1.v4_int32[{i}]"))
                for i in range(4)], [20, 40, 60, 81])
gdb.execute("set $xmm1.v4_int32[3] = 80")
stop = run()
check("all of it went well", stop.exit_code, 57)
