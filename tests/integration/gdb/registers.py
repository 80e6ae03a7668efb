# SPDX-License-Identifier: MIT
"""Registers: what is written is read back, and the guest has it too."""
from kgdb import *

GENERAL = ["ax", "bx", "cx", "dx", "si", "di", "bp", "sp"]
CR0_PE, CR0_PG = 1 << 0, 1 << 31
EFER_LMA = 1 << 10
FLAG_CF, FLAG_IF, FLAG_DF = 1 << 0, 1 << 9, 1 << 10


def set_register(name, value):
    gdb.execute(f"set ${name} = {value}")


def twice(label, look, want):
    """Right from the stub, and still right when the guest has run."""
    fresh()
    check(f"{label}: read back", look(), want)
    run("stepi")
    fresh()
    check(f"{label}: after a step", look(), want)


def general():
    names = [wide(name) for name in GENERAL]
    if BITS == 64:
        names += [f"r{n}" for n in range(8, 16)]
    pattern = 0x8899AABBCCDDEE00 if BITS == 64 else 0x8899AA00
    want = [pattern + n for n in range(len(names))]
    if BITS == 16:
        want[names.index("esp")] &= 0xFFFF  # a 16-bit stack
    for name, value in zip(names, want):
        set_register(name, hex(value))
    twice("general", lambda: [number("$" + n) for n in names], want)


def flags():
    set_register("eflags", hex(FLAG_CF | FLAG_DF | 2))
    fresh()
    check("eflags", number("$eflags") & (FLAG_CF | FLAG_DF | 2),
          FLAG_CF | FLAG_DF | 2)
    run("stepi")
    run("stepi")
    check("DF after steps", number("$eflags") & FLAG_DF, FLAG_DF)
    set_register("eflags", 2)


def program_counter():
    again = sym("again")
    before = u32("counter")
    jump = instructions(again, 2)[1][0]
    set_register("pc", hex(jump))
    run("stepi")
    check("pc: the jump ran", hex(pc()), hex(again))
    check("pc: the count did not", u32("counter"), before)


def segments():
    names = ["cs", "ss", "ds", "es", "fs", "gs"]
    held = [number("$" + n) for n in names]
    for name, value in list(zip(names, held))[1:]:
        set_register(name, value)
    twice("selectors", lambda: [number("$" + n) for n in names], held)


def real_mode_segment():
    """In real mode a selector is its base: the guest's data moves along."""
    before, moved = u32("counter"), sym("counter") + 0x100
    write(moved, bytes(4))
    set_register("pc", sym("again"))
    set_register("ds", 0x10)
    run("stepi")
    check("ds = 10: the old place", u32("counter"), before)
    check("ds = 10: 0x100 further", read(moved, 4), b"\x01\x00\x00\x00")
    set_register("ds", 0)
    run("stepi")
    run("stepi")
    check("ds = 0 again", u32("counter"), before + 1)


def vector():
    count = 16 if BITS == 64 else 8
    want = [[n * 0x01010101 + lane for lane in range(4)]
            for n in range(count)]
    for n, lanes in enumerate(want):
        for lane, value in enumerate(lanes):
            set_register(f"xmm{n}.v4_int32[{lane}]", value)
    twice("xmm", lambda: [[number(f"$xmm{n}.v4_int32[{lane}]")
                           for lane in range(4)] for n in range(count)], want)
    set_register("mxcsr", "0x1fa0")
    twice("mxcsr", lambda: number("$mxcsr"), 0x1FA0)


def x87():
    for n in range(8):
        set_register(f"st{n}", f"{n}.5")
    twice("st", lambda: [float(gdb.parse_and_eval(f"$st{n}"))
                         for n in range(8)], [n + 0.5 for n in range(8)])
    set_register("fctrl", "0x27f")
    twice("fctrl", lambda: number("$fctrl"), 0x27F)


def control():
    cr0, efer = number("$cr0"), number("$efer")
    check("CR0.PE", bool(cr0 & CR0_PE), BITS != 16)
    check("CR0.PG", bool(cr0 & CR0_PG), BITS == 64)
    check("EFER.LMA", bool(efer & EFER_LMA), BITS == 64)
    set_register("cr2", "0x12345000")
    twice("cr2", lambda: number("$cr2"), 0x12345000)


connect()
general()
flags()
program_counter()
segments()
if BITS == 16:
    real_mode_segment()
vector()
x87()
control()
