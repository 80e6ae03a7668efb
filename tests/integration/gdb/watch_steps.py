# SPDX-License-Identifier: MIT
"""Stepping with watchpoints, and watched data beside the code."""
from kgdb import *


def enter(part):
    gdb.execute(f"set $sp = {sym('stack'):#x}")
    gdb.execute(f"set $pc = {sym(part):#x}")


def watch(type_name, address, wp_class=gdb.WP_WRITE):
    return gdb.Breakpoint(f"*({type_name} *) {address:#x}",
                          type=gdb.BP_WATCHPOINT, wp_class=wp_class)


def steps(part, end, point):
    """Steps from part to end: the places of each that the point stopped."""
    hits = []
    enter(part)
    while pc() != sym(end):
        stop = run("stepi")
        if getattr(stop, "breakpoints", None):
            check("whose", stop.breakpoints, [point])
            hits.append(pc())
    return [hex(hit) for hit in hits]


def places(*labels):
    return [hex(sym(label)) for label in labels]


def stepping():
    cell = sym("cell")
    write(cell, bytes(4))
    point = watch("unsigned int", cell)
    check("steps that write", steps("sizes", "both_ways", point), places(
        "stored_byte", "stored_word", "stored_long", "stored_before",
        "stored_behind", "stored_quad"))
    point.delete()

    point = watch("unsigned int", cell, gdb.WP_READ)
    check("steps that read", steps("reading", "stacking", point), places(
        "loaded", "loaded_byte", "loaded_around", "tested", "used"))
    point.delete()

    # The stop is for the watchpoint, and the step is done: on with the next.
    point = watch("unsigned int", cell)
    enter("both_ways")
    write(cell, bytes(4))
    run("stepi")
    run("stepi")
    check("stopped behind the store", hex(pc()), *places("given"))
    check_in("the stub says so", "watch:", packet("?"))
    run("stepi")
    check("one instruction on", u32("beside"), 7)
    point.delete()


def beside_code():
    """Data that shares its page with the code that is running."""
    line = sym("line")
    size = number("(long) &line_size")
    point = watch("unsigned char", line + 3, gdb.WP_READ)
    enter("stringing")
    check("read: whose", getattr(run(), "breakpoints", None), [point])
    check_in("read: pc", hex(pc()), places("moving_at", "moving"))
    point.delete()
    while pc() != sym("moving"):  # at the element, or behind them all
        run("stepi")
    check("moved all", read(sym("copy"), size), read(line, size))

    # Writes beside it cost no stop, and arrive.
    point = watch("unsigned char", line + 3)
    run_to("crossing")
    point.delete()
    check("filled", read(sym("copy") - 4, 32), b"\x7e" * 32)


connect()
stepping()
beside_code()
