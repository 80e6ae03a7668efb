# SPDX-License-Identifier: MIT
"""--clock=virtual and a guest that waits for ticks in a loop, without accesses:
it can be stopped, it is given time, and that is said, once."""
from kgdb import *

connect()
run_to("spin")
check("ten ticks in HLT", u32("ticks"), 10)
check("which it had by its clock", "not equal" in monitor("clock"), False)
interrupt()
check("Ctrl-C in the loop", sym("spin") <= pc() < sym("on_tick"), True)
check("no tick meanwhile", u32("ticks"), 10)
run("stepi 20")
check("nor in steps", u32("ticks"), 10)

stop = gdb.Breakpoint(f"*{sym('on_tick'):#x}", internal=True)
run()
check("a tick comes", u32("ticks"), 10)
check_in("said so", "not equal to others", told())
check_in("and by its clock", "not equal", monitor("clock"))
stop.enabled = False
end = run()
check("the others come, too", end.exit_code, 20)
check("said once", "not equal" in told(), False)
