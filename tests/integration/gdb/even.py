# SPDX-License-Identifier: MIT
"""--clock=virtual: ticks find the guest at the same instructions, whatever a
debugger does; no time passes while it is stopped."""
from kgdb import *


def ticks_of_run():
    size = sym("end") - sym("log")
    return read(sym("log"), size).hex(" ", 8), monitor("clock")


def begin():
    monitor("reset")
    fresh()
    check("no time has passed", monitor("clock").split()[0], "0")


connect()
run_to("done")
want, want_clock = ticks_of_run()
check_in("virtual time", "virtual", want_clock)
check("it was given no time", "not equal" in want_clock, False)
check("an hour is over", 3600 <= int(want_clock.split()[0]) / 1e9 < 3601, True)
check("many different places", len(set(want.split())) > 20, True)

begin()
run_to("done")
check("once more: the same", ticks_of_run(), (want, want_clock))

# At accesses: stopped before one, stepped over it, and on.
begin()
stop = gdb.Breakpoint(f"*{sym('turn'):#x}", internal=True)
for n in range(220):
    stop.ignore_count = n % 3
    run()
    before = monitor("clock")
    check(f"{n}: at the access", hex(pc()), hex(sym("turn")))
    check(f"{n}: no time passes", monitor("clock"), before)
    run("stepi")
    check(f"{n}: an access takes 1 us",
          int(monitor("clock").split()[0]) - int(before.split()[0]), 1000)
stop.delete()
run_to("done")
check("stopped at accesses: the same", ticks_of_run(), (want, want_clock))

# Called back from where it is, and stepped with its interrupts.
begin()
for n in range(5):
    interrupt()
run_to("on_tick")
monitor("step-irq on")
for n in range(8):
    run("stepi 100")
monitor("step-irq off")
run_to("done")
check("interrupted and stepped: the same", ticks_of_run(), (want, want_clock))

stop = run()
check("it exits", stop.exit_code, 0)
