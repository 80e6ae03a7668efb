# SPDX-License-Identifier: MIT
"""x87, SSE, AVX, AVX-512 and keys: those of this host, read and written."""
import struct

from kgdb import *

COUNT = 16 if BITS == 64 else 8


def present(name):
    """gdb knows the register; else the host's XSAVE has none of it."""
    there = str(gdb.parse_and_eval(f"${name}")) != "void"
    if not there:
        print(f"no {name} on this host")
    return there


def lanes(register, kind, count):
    return [number(f"${register}.{kind}[{lane}]") for lane in range(count)]


def fill(register, kind, values):
    for lane, value in enumerate(values):
        gdb.execute(f"set ${register}.{kind}[{lane}] = {value}")


def round_trip(name, registers, kind, count):
    """Each lane of each gets a value of its own, all are there afterwards."""
    want = {}
    for n, register in enumerate(registers):
        want[register] = [(n + 1) << 16 | lane for lane in range(count)]
        fill(register, kind, want[register])
    for when in ("read back", "after a step"):
        fresh()
        got = {r: lanes(r, kind, count) for r in registers}
        check(f"{name}: {when}", got, want)
        run("stepi")


def floats():
    bits = struct.unpack("<I", struct.pack("<f", 1.5))[0]
    gdb.execute(f"set $ymm0.v8_int32[7] = {bits}")
    fresh()
    text = gdb.execute("print $ymm0.v8_float", to_string=True)
    check_in("ymm0.v8_float", "1.5}", text)


connect()
round_trip("xmm", [f"xmm{n}" for n in range(COUNT)], "v4_int32", 4)
if present("ymm0"):
    round_trip("ymm", [f"ymm{n}" for n in range(COUNT)], "v8_int32", 8)
    floats()
if present("zmm0"):
    round_trip("zmm", [f"zmm{n}" for n in range(COUNT)], "v16_int32", 16)
    if BITS == 64:
        round_trip("high zmm", [f"zmm{n}" for n in range(16, 32)],
                   "v16_int32", 16)
    for n in range(8):
        gdb.execute(f"set $k{n} = {n + 1}")
    fresh()
    check("k", [number(f"$k{n}") for n in range(8)], list(range(1, 9)))
if present("pkru"):
    gdb.execute("set $pkru = 0x55")
    fresh()
    check("pkru", number("$pkru"), 0x55)
