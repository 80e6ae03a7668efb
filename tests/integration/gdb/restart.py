# SPDX-License-Identifier: MIT
"""The guest from the beginning: `monitor reset`, and `run` and `kill` in
extended-remote. Breakpoints stay, nothing else does."""
from kgdb import *

ARCHITECTURE = {16: "i8086", 32: "i386", 64: "i386:x86-64"}[BITS]
ENTRY = sym("_start")
MARK = 0x5a


def spoil():
    """Leaves traces: memory, registers, a place."""
    run()
    check("at the breakpoint", hex(pc()), hex(sym("again")))
    run()
    write(sym("counter"), bytes([MARK] * 4))
    gdb.execute(f"set ${wide('bx')} = {MARK}")


def check_fresh(label):
    check(f"{label}: pc", hex(pc()), hex(ENTRY))
    check(f"{label}: counter", u32("counter"), 0)
    check(f"{label}: a register", reg("bx"), 0)
    check(f"{label}: architecture",
          architecture(), ARCHITECTURE)


def monitor_reset(command):
    spoil()
    said = gdb.execute(f"monitor {command}", to_string=True)
    check_in(f"{command}: says so", "first instruction", said)
    fresh()
    check_fresh(command)


def alive():
    return gdb.selected_inferior().pid != 0


connect()
breakpoint = gdb.Breakpoint("*again")
for command in ("reset", "reset halt", "reset run"):
    monitor_reset(command)
check_in("reset of another kind", "not halt",
         gdb.execute("monitor reset cold", to_string=True))

# What the next client finds.
spoil()
gdb.execute("monitor reset", to_string=True)
gdb.execute("disconnect", to_string=True)
connect()
check_fresh("reset, then reconnected")
gdb.execute("disconnect", to_string=True)

connect("extended-remote")
spoil()
for attempt in ("run", "run again"):
    stop = run("starti")
    check(f"{attempt}: stopped", alive(), True)
    check_fresh(attempt)
    spoil()

gdb.execute("kill", to_string=True)
check("killed", alive(), False)
run("starti")
check_fresh("run after kill")
stop = run()
check("the breakpoint is still there", getattr(stop, "breakpoints", None),
      [breakpoint])

# Killed, and left: the next client finds a fresh guest.
gdb.execute("kill", to_string=True)
gdb.execute("disconnect", to_string=True)
connect()
check_fresh("reconnected after kill")
