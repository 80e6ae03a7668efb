# SPDX-License-Identifier: MIT
"""A debugger that leaves, politely or not, leaves no breakpoint behind."""
from kgdb import *

SIZE = 7  # of the loop in 16-bit code, where it is the shortest
again = sym("again")
original = read(again, SIZE)  # of the file: not connected yet


def planted():
    """Leaves a breakpoint inserted, stopped at it."""
    breakpoint = gdb.Breakpoint("*again")
    run()
    stop = run()
    check("hit", getattr(stop, "breakpoints", None), [breakpoint])
    breakpoint.delete()
    check("planted", packet(f"Z0,{again:x},1"), "OK")
    return u32("counter")


def clean(label):
    check(f"{label}: code", read(again, SIZE), original)
    why = packet("?")
    expect(f"{label}: a stop at no breakpoint",
           why[:1] == "T" and "break:" not in why, why)


def after_detach():
    """The guest runs on; the next debugger stops it."""
    before = planted()
    gdb.execute("detach", to_string=True)
    connect()
    clean("detach")
    while u32("counter") == before:  # it has not got anywhere yet
        gdb.execute("detach", to_string=True)
        connect()
    expect("ran on", u32("counter") > before, "counter")


def after_disconnect():
    """The guest stays as it is."""
    before = planted()
    gdb.execute("disconnect", to_string=True)
    connect()
    clean("disconnect")
    check("stays: pc", hex(pc()), hex(again))
    check("stays: counter", u32("counter"), before)
    gdb.execute("disconnect", to_string=True)
    connect()
    check("and stays", u32("counter"), before)


gdb.execute("set breakpoint always-inserted on")
connect()
after_detach()
after_disconnect()
after_detach()

# A full round still works.
breakpoint = gdb.Breakpoint("*again")
stop = run()
check("hit at last", getattr(stop, "breakpoints", None), [breakpoint])
