# SPDX-License-Identifier: MIT
"""--on-reset=reboot: the guest goes on from its beginning, and the client with
its breakpoints and watchpoints is still there. A step ends at the beginning."""
from kgdb import *

connect()
breakpoint = gdb.Breakpoint("*work")
check("where it begins", hex(pc()), hex(sym("_start")))
for life in range(3):
    stop = run()
    check(f"life {life}: stopped by", getattr(stop, "breakpoints", None),
          [breakpoint])
    check(f"life {life}: pc", hex(pc()), hex(sym("work")))
    check(f"life {life}: memory is new", (u32("counter"), u32("way")), (0, 0))
    write(sym("way"), bytes([life]))  # how this one is to end
breakpoint.enabled = False

watchpoint = gdb.Breakpoint(f"*(int *){sym('counter'):#x}",
                            gdb.BP_WATCHPOINT)
for life in range(2):
    stop = run()
    check(f"watched, life {life}", getattr(stop, "breakpoints", None),
          [watchpoint])
    check(f"watched, life {life}: counted", u32("counter"), 1)
    # gdb compares with what it saw last: so it sees the next life's 1.
    write(sym("counter"), bytes([5]))
watchpoint.delete()

# Temporary breakpoints are gone with their first hit.
run_to("resets")
run("stepi")
check("a step leads to the beginning", hex(pc()), hex(sym("_start")))
check("and nothing was executed there", u32("counter"), 0)
run("stepi")
check("the next one is a step", pc() > sym("_start"), True)

# Nobody looks on: it reboots for ever, and can be interrupted.
stop = interrupt()
check("interrupted", getattr(stop, "stop_signal", None), "SIGINT")
check("somewhere in its code",
      sym("_start") <= pc() <= sym("after_cf9") + 8, True)
check("few of them count more than 1", u32("counter") in (0, 1), True)
