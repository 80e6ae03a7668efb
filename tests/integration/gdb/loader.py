# SPDX-License-Identifier: MIT
"""A boot sector that reads the rest of its disk: what is set in memory that is
not loaded yet holds, and each start finds the disk as the file has it."""
from kgdb import *

PART, STARTS = sym("part"), sym("starts")
THIRD = b"\0\0third" + bytes(505)  # the file ends after the text
NOTHING = bytes(1024)


def check_stop(label, breakpoint):
    stop = run()
    check(label, getattr(stop, "breakpoints", None), [breakpoint])


def watched_load(label, expression):
    """The load stops at the watchpoint; what it has not loaded is kept."""
    watch = gdb.Breakpoint(expression, gdb.BP_WATCHPOINT)
    check_stop(f"{label}: the load is seen", watch)
    expect(f"{label}: in the load", sym("read") < pc() < sym("command"),
           hex(pc()))
    watch.delete()


def check_run(label, watched):
    check(f"{label}: pc", hex(pc()), "0x7c00")
    check(f"{label}: DL is its drive", reg("dx") & 0xFF, 0x80)
    check(f"{label}: the boot sector is there alone", read(PART, 1024), NOTHING)
    if watched:
        watched_load(label, watched)
    check_stop(f"{label}: at what was loaded", part)
    check(f"{label}: there", hex(pc()), hex(PART))
    check(f"{label}: the second sector", instructions(PART, 1)[0][1:],
          (2, "mov $0x32,%al"))
    check(f"{label}: the third sector", read(STARTS, 512), THIRD)
    run_to("ready")
    check(f"{label}: the disk counts", read(STARTS, 512), b"\1" + THIRD[1:])


def reset():
    gdb.execute("monitor reset", to_string=True)
    fresh()


connect()
part = gdb.Breakpoint("*part")  # before there is anything
for label, watched in (("text", f"*(char[5] *){STARTS + 2}"),
                       ("code", f"*(short *){PART + 40}"),
                       ("no watchpoint", None)):
    check_run(label, watched)
    reset()
gdb.execute("disconnect", to_string=True)

connect("extended-remote")
run("starti")
check_run("run", None)
check("printed", console(), "2222")
stop = run()
check("exit status", getattr(stop, "exit_code", None), 1)
