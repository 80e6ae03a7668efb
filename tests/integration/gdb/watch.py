# SPDX-License-Identifier: MIT
"""A watchpoint that gdb makes by stepping: old and new value, the place."""
from kgdb import *

gdb.execute("set can-use-hw-watchpoints 0")
connect()
run_to("outer")
watch = gdb.Breakpoint("counter", type=gdb.BP_WATCHPOINT)
expect("software", watch.type != gdb.BP_HARDWARE_WATCHPOINT, watch.type)
for n in range(1, 4):
    stop = run()
    check(f"change {n} is the watchpoint's",
          getattr(stop, "breakpoints", None), [watch])
    check(f"change {n}: in inner", gdb.newest_frame().name(), "inner")
    check(f"change {n}: new value", int(gdb.parse_and_eval("counter")), n)
check("hit count", watch.hit_count, 3)
watch.delete()
stop = run()
check("then to the end", getattr(stop, "exit_code", None), 0)
