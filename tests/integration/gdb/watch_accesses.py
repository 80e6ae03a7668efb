# SPDX-License-Identifier: MIT
"""Every kind of access to watched data stops once, behind it, with its values.

The guest's parts are sequences of accesses, each with a label behind it. What
is not in a row here must not stop: accesses to the neighbours are between.
"""
import re

from kgdb import *

LINE = b"watched pots boil"
QUAD = 0x08070605 if BITS == 64 else 0x04030201
WRITE, READ, ACCESS = "watch", "rwatch", "awatch"
WORD, BYTE, LONG = "unsigned short", "unsigned char", "unsigned int"


def parts():
    """(part, kind, type, address, [(label behind, new value)])"""
    cell, stack, edge = sym("cell"), sym("stack"), sym("edge")
    back = int.from_bytes(
        sym("back").to_bytes(BITS // 8, "little")[-2:], "little")
    changes = [("given", 5), ("increased", 6), ("added", 16),
               ("exchanged", 3), ("swapped", 19), ("compared", 23),
               ("negated", 0xFFFFFFE9), ("shifted", 0xFFFFFE90)]
    return [
        ("sizes", WRITE, LONG, cell, [
            ("stored_byte", 0x0000B100), ("stored_word", 0xC3C2B100),
            ("stored_long", 0xD4D3D2D1), ("stored_before", 0xD4D3E4E3),
            ("stored_behind", 0xF1D3E4E3), ("stored_quad", QUAD)]),
        ("both_ways", WRITE, LONG, cell, changes),
        ("both_ways", ACCESS, LONG, cell, changes[:6] + [
            ("not_equal", 23), ("negated", 0xFFFFFFE9),
            ("bit_set", 0xFFFFFFE9), ("shifted", 0xFFFFFE90)]),
        ("reading", READ, LONG, cell, [
            (label, 0x88776655) for label in (
                "loaded", "loaded_byte", "loaded_around", "tested", "used")]),
        ("stacking", WRITE, WORD, stack - 2, [
            ("pushed", 0x5A), ("called", back)]),
        ("stacking", ACCESS, WORD, stack - 2, [
            ("pushed", 0x5A), ("popped", 0x5A), ("called", back),
            ("back", back)]),
        ("crossing", WRITE, LONG, edge - 2, [
            ("crossed", 0x0D0C0B0A), ("crossed_back", 0x0D000000)]),
        ("counting", WRITE, LONG, cell, [("counted", 1)]),
    ]


# What lies beside the watched data when a part is over.
BESIDE = {"sizes": 0x44444444, "both_ways": 23, "reading": 2}
NEXT = {"sizes": "both_ways", "both_ways": "reading", "reading": "stacking",
        "stacking": "stringing", "stringing": "crossing",
        "crossing": "reading_device", "reading_device": "counting",
        "counting": "paging"}


def values():
    """What gdb said: {"Old value": 5, "New value": 6} or {"Value": 6}."""
    found = re.findall(r"^(Old value|New value|Value) = (\d+)", announced(),
                       re.M)
    return {name: int(value) for name, value in found}


def enter(part):
    gdb.execute(f"set ${wide('sp')} = {sym('stack'):#x}")
    gdb.execute(f"set $pc = {sym(part):#x}")


def watch(kind, type_name, address):
    kinds = {WRITE: gdb.WP_WRITE, READ: gdb.WP_READ, ACCESS: gdb.WP_ACCESS}
    return gdb.Breakpoint(f"*({type_name} *) {address:#x}",
                          type=gdb.BP_WATCHPOINT, wp_class=kinds[kind])


def expect_stop(name, stop, point, place):
    check(f"{name}: whose", getattr(stop, "breakpoints", None), [point])
    check(f"{name}: pc", hex(pc()), hex(sym(place)))


def do_part(part, kind, type_name, address, rows):
    enter(part)
    size = number(f"sizeof({type_name})")
    old = int.from_bytes(read(address, size), "little")
    point = watch(kind, type_name, address)
    end = gdb.Breakpoint(f"*{sym(NEXT[part]):#x}")
    for label, new in rows:
        name = f"{kind} {part}: {label}"
        expect_stop(name, run(), point, label)
        # gdb tells both values when they differ.
        want = ({"Old value": old, "New value": new} if old != new
                else {"Value": new})
        if kind == READ:
            want = {"Value": new}
        check(f"{name}: values", values(), want)
        old = new
    expect_stop(f"{kind} {part}: no more", run(), end, NEXT[part])
    if part in BESIDE:
        check(f"{part}: beside", hex(u32("beside")), hex(BESIDE[part]))
    point.delete()
    end.delete()


def do_strings():
    """A repeated instruction stops at the element, with pc still at it, or at
    its end, where a CPU looks at its debug registers only there (QEMU's)."""
    enter("stringing")
    address = sym("copy") + 5
    write(address, b"\0")  # as the part does itself: no change
    point = watch(WRITE, BYTE, address)
    size = len(LINE)
    old = 0
    for place, new, left in (
            ("moving_at", LINE[5], size - 6), ("filling_at", 0x2A, size - 6),
            ("filling_longs_at", 0x7E, 8 - 3)):
        stop = run()
        whole = reg("cx") == 0
        after = instructions(sym(place), 2)[1][0]
        check(f"{place}: whose", getattr(stop, "breakpoints", None), [point])
        check(f"{place}: pc", hex(pc()), hex(after if whole else sym(place)))
        check(f"{place}: values", values(), {"Old value": old,
                                             "New value": new})
        check(f"{place}: elements left", reg("cx"), 0 if whole else left)
        old = new
        if place == "filling_at":
            check("moved, before it was filled", read(sym("copy"), 6),
                  b"\x2a" * 6)
            check("the rest is as it was moved",
                  read(sym("copy") + 6, size - 6),
                  b"\x2a" * (size - 6) if whole else LINE[6:])
    point.delete()
    run_to("crossing")
    check("filled", read(sym("copy") - 4, 32), b"\x7e" * 32)
    check("loaded", number("$eax") & 0xFF, 0x7E)


def do_device():
    """What a device writes (rep insb) is a write too, though KVM does it, which
    debug registers do not see. It may have taken all from the device before it
    wrote any."""
    enter("reading_device")
    write(sym("status"), bytes(8))
    point = watch(WRITE, BYTE, sym("status") + 1)
    stop = run()
    whole = pc() == sym("read_device")
    expect_stop("insb", stop, point,
                "read_device" if whole else "read_device_at")
    check("insb: values", values(), {"Old value": 0, "New value": 0x60})
    expect("insb: elements left", reg("cx") in (0, 1), reg("cx"))
    point.delete()
    if pc() != sym("counting"):
        run_to("counting")
    check("insb: all", read(sym("status"), 4), b"\x60\x60\x60\0")


def do_vectors(size):
    """16 bytes at once, which is two accesses where KVM emulates it; then what
    its emulator does not know, which must be executed with the guards down.
    Three bytes are for pages only, four may be for a debug register."""
    enter("vectors")
    write(sym("cell"), bytes(4))
    point = gdb.Breakpoint(
        f"*(unsigned char (*)[{size}]) {sym('cell'):#x}",
        type=gdb.BP_WATCHPOINT, wp_class=gdb.WP_ACCESS)
    end = gdb.Breakpoint("after_vectors")
    for label, value in (("stored_vector", LINE[12:16]),
                         ("loaded_vector", LINE[12:16]),
                         ("stored_low", LINE[4:8])):
        stop = run()
        if getattr(stop, "stop_signal", None) == "SIGILL":
            print(f"{label}: this host's KVM cannot execute it at all")
            break
        expect_stop(label, stop, point, label)
        check(f"{label}: value", read(sym("cell"), 4), value)
    else:
        expect_stop("vectors: no more", run(), end, "after_vectors")
        check("all of the vector", read(sym("cell") - 12, 12),
              LINE[:8] + LINE[:4])
        check("beside", read(sym("cell") + 4, 16), LINE[:16])
        check("what was loaded", read(sym("copy"), 16), LINE[4:16] + LINE[:4])
    point.delete()
    end.delete()


def do_tables(kind):
    """Page tables in use: the CPU's own reads of them must go on."""
    enter("tabling")
    address = number("$cr3 & ~0xfff") + 4085
    write(address, bytes(11))
    point = gdb.Breakpoint(f"*(unsigned char (*)[11]) {address:#x}",
                           type=gdb.BP_WATCHPOINT, wp_class=kind)
    end = gdb.Breakpoint("after_tables")
    for label in ("tabled_low", "tabled_high"):
        expect_stop(f"page table: {label}", run(), point, label)
    check("page table", read(address + 3, 8),
          b"\0\x0a\0\0\0\x0e\x0e\0")
    expect_stop("page table: no more", run(), end, "after_tables")
    point.delete()
    end.delete()


def do_piles(kind):
    """What KVM's emulator would get wrong on guarded pages."""
    point = watch(kind, WORD, sym("cell") + 1)
    end = gdb.Breakpoint("piled")
    enter("piling")
    gdb.execute(f"set ${wide('sp')} = {sym('pages') + 0x800:#x}")
    expect_stop("pusha, popa, lret", run(), end, "piled")
    check("popa: what pusha stored",
          [reg(name) for name in ("ax", "cx", "dx", "bx", "bp", "si", "di")],
          [0x1A1, 0x1C1, 0x1D1, 0x1B1, 0x1B2, 0x151, 0x1D2])
    check("the stack is where it was", hex(reg("sp")), hex(sym("stack")))
    point.delete()
    end.delete()


def do_descriptors(kind, seen):
    """What it would try for ever: tables of the CPU, beside what is watched
    and watched themselves."""
    enter("describing")
    write(sym("table"), bytes(2))
    point = watch(kind, WORD, sym("table"))
    end = gdb.Breakpoint("described")
    for label in seen:
        expect_stop(f"descriptors: {label}", run(), point, label)
    expect_stop("descriptors: no more", run(), end, "described")
    point.delete()
    end.delete()


connect()
write(sym("cell"), bytes(4))
for row in parts():
    do_part(*row)
check("counter beside a watched word", u32("counter"), 1000)
check("another, with lock", u32("rounds"), 2000)
do_strings()
do_device()
if BITS != 64:
    do_piles(WRITE)
    do_piles(ACCESS)
if BITS != 16:
    do_descriptors(WRITE, ["table_stored"])
    do_descriptors(ACCESS, ["table_stored", "table_loaded"])
    do_descriptors(READ, ["table_loaded"])
if BITS == 64:
    do_tables(gdb.WP_WRITE)
    do_tables(gdb.WP_ACCESS)
    do_vectors(3)
    do_vectors(4)
