# SPDX-License-Identifier: MIT
"""A watchpoint in a debug register: every write stops, also during a step."""
from kgdb import *

connect()
run_to("outer")
watch = gdb.Breakpoint("counter", type=gdb.BP_WATCHPOINT)
check("hardware", watch.type, gdb.BP_HARDWARE_WATCHPOINT)
for n in range(1, 4):
    stop = run()
    check(f"change {n} is the watchpoint's",
          getattr(stop, "breakpoints", None), [watch])
    check(f"change {n}: new value", int(gdb.parse_and_eval("counter")), n)
    check_in(f"change {n}: by a register", "debug register",
             gdb.execute("monitor breakpoints", to_string=True))
check("hit count", watch.hit_count, 3)
