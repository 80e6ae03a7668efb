# SPDX-License-Identifier: MIT
"""target extended-remote: the connection outlives a detach, a kill and the
guest's exit, and from each the guest is to be had again."""
from kgdb import *

ENTRY = sym("_start")
AGAIN = sym("again")


def alive():
    return gdb.selected_inferior().pid != 0


def attach():
    """The stop that it leads to; the guest may have got anywhere."""
    stop = run("attach 1")
    check("attached", (alive(), getattr(stop, "stop_signal", None)),
          (True, "SIGINT"))


def left_alone():
    """After a detach it runs on; who attaches finds it further on."""
    breakpoint = gdb.Breakpoint("*again")
    run()
    run()
    before = u32("counter")
    breakpoint.delete()
    while u32("counter") == before:  # it has not got anywhere yet
        gdb.execute("detach", to_string=True)
        check("detached", alive(), False)
        check_in("monitor, detached", "vCPU 0 at", monitor("where"))
        attach()
    counter = u32("counter")
    expect("ran on", counter > before, (before, counter))
    check("stopped: it stays where it is", u32("counter"), counter)
    check_in("no other process", "failed", failure("attach 2"))


def fresh_guest(label):
    check(f"{label}: alive", alive(), True)
    check(f"{label}: at the beginning", (hex(pc()), u32("counter")),
          (hex(ENTRY), 0))


connect("extended-remote")
left_alone()
# gdb detached to try the other process.
check("nothing is debugged", alive(), False)
run("starti")
fresh_guest("run, detached")
run("stepi")
gdb.execute("kill", to_string=True)
check("killed", alive(), False)
attach_failed = failure("attach 1")
check("attach after a kill: the new guest", (attach_failed, alive()),
      ("", True))
fresh_guest("attached after a kill")
gdb.execute("kill", to_string=True)
run("starti")
fresh_guest("run after a kill")

# It ends while gdb looks on: mov $7, %al; out %al, $0xf4.
write(AGAIN, b"\xb0\x07\xe6\xf4")
gdb.execute(f"set $pc = {AGAIN}")
stop = run()
check("exit code", getattr(stop, "exit_code", None), 7)
check_in("attach to what has ended", "failed", failure("attach 1"))
run("starti")
fresh_guest("run after the exit")

# It ends while it is left alone: nobody is told, and it can be run again.
write(AGAIN, b"\xb0\x09\xe6\xf4")
gdb.execute(f"set $pc = {AGAIN}")
gdb.execute("detach", to_string=True)
while "ended" not in monitor("where"):
    pass
check_in("attach to what has ended alone", "failed", failure("attach 1"))
run("starti")
fresh_guest("run after it ended alone")

# Its status is not lost, if it is the last thing that happens.
write(AGAIN, b"\xb0\x0b\xe6\xf4")
gdb.execute(f"set $pc = {AGAIN}")
gdb.execute("detach", to_string=True)
while "ended" not in monitor("where"):
    pass
gdb.execute("disconnect", to_string=True)
check("exit status of the stub", stub_status(), 11)
