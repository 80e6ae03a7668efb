# SPDX-License-Identifier: MIT
"""A guest that is in 64-bit code begins again in 16-bit code."""
from kgdb import *

ENTRY = sym("_start")


def to_the_end():
    """In as many stops as gdb makes of it."""
    run_to("main")
    check("64 bits", architecture(), "i386:x86-64")


def check_begun(label):
    check(f"{label}: pc", hex(pc()), hex(ENTRY))
    check(f"{label}: architecture", architecture(), "i8086")
    check(f"{label}: code", instructions(ENTRY, 1)[0][1], 5)


# gdb knows nothing of a reset until the guest has run: the description that it
# has goes on being served, and the change of mode is told at the next stop.
connect()
to_the_end()
size = len(packet("g"))
gdb.execute("monitor reset", to_string=True)
fresh()
check("reset: g as before", len(packet("g")), size)
check("reset: rip", hex(number("$rip")), hex(ENTRY))
run("stepi")
check("a step on: architecture", architecture(), "i8086")
check("a step on: registers", len(packet("g")) < size, True)
to_the_end()
gdb.execute("disconnect", to_string=True)

connect("extended-remote")
run("starti")
check_begun("run")
to_the_end()
run("starti")
check_begun("run again")
to_the_end()
gdb.execute("kill", to_string=True)
gdb.execute("disconnect", to_string=True)
connect()
check_begun("killed, reconnected")
