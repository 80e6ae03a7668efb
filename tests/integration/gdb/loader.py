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


# Ways to have it loaded.

def at_once(_):
    pass


def watched(expression):
    """It stops at a watchpoint; what it has not loaded then is not lost."""
    def load(label):
        watch = gdb.Breakpoint(expression, gdb.BP_WATCHPOINT)
        check_stop(f"{label}: the load is seen", watch)
        expect(f"{label}: in the load", sym("load") <= pc() <= sym("load_end"),
               hex(pc()))
        watch.delete()
    return load


def stepped(_):
    """One step is as many words as KVM makes of it."""
    run_to("load")
    while pc() == sym("load"):
        run("stepi")


def check_run(label, load):
    check(f"{label}: pc", hex(pc()), "0x7c00")
    check(f"{label}: DL is its drive", reg("dx") & 0xFF, 0x80)
    check(f"{label}: the boot sector is there alone", read(PART, 1024), NOTHING)
    load(label)
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
for label, load in (("watched text", watched(f"*(char[5] *){STARTS + 2}")),
                    ("watched code", watched(f"*(short *){PART + 40}")),
                    ("stepped", stepped),
                    ("at once", at_once)):
    check_run(label, load)
    reset()
gdb.execute("disconnect", to_string=True)

connect("extended-remote")
run("starti")
check_run("run", at_once)
check("printed", console(), "22222")
stop = run()
check("exit status", getattr(stop, "exit_code", None), 1)
