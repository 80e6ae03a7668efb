# SPDX-License-Identifier: MIT
"""An instruction that KVM begins anew without end, or whose event it gives up
to deliver, is a stop, with the reason; the guest goes on if it is sent past
it."""
import re

from kgdb import *

REASON = "interrupt table" if BITS == 16 else "GDT"

connect()


def stuck(label):
    check(f"{label}: signal", getattr(run_stop, "stop_signal", None),
          "SIGBUS")
    check(f"{label}: pc", hex(pc()), hex(sym("stuck")))
    expect(f"{label}: reason",
           re.search(f"(anew without end|cannot deliver).*{REASON}.*not in "
                     "RAM", told()),
           told())


run_stop = run()
stuck("continue")
flags = number("$eflags")
run_stop = run("stepi")
stuck("stepi")
check("its flags are left alone", number("$eflags"), flags)
run_stop = run()
stuck("continue again")

# Guards make no other stop of it, and nor do breakpoints that wait.
watch = gdb.Breakpoint(f"*(char*){sym('past'):#x}", gdb.BP_WATCHPOINT,
                       gdb.WP_WRITE)
run_stop = run()
stuck("with a watchpoint")
watch.delete()
waiting = gdb.Breakpoint("*0xd0100000")
run_stop = run()
stuck("with a breakpoint that waits")
waiting.delete()

gdb.execute(f"set $pc = {sym('past'):#x}")
stop = run()
check("past it", getattr(stop, "exit_code", None), 7)
