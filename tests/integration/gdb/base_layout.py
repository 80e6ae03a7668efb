# SPDX-License-Identifier: MIT
"""A gdb that has not read target.xml, because it has no XML reader or a file
with a description: g has gdb's own layout, and registers beyond it are had by
their numbers."""
import tempfile

from kgdb import *

CORE = ["ax", "bx", "cx", "dx", "si", "di", "bp", "sp", "ip"]
SEGMENTS = ["cs", "ss", "ds", "es", "fs", "gs"]
COUNT = {16: 41, 32: 41, 64: 57}[BITS]
G_BYTES = {16: 308, 32: 308, 64: 536}[BITS]


def truth(name):
    """As `monitor registers` has it."""
    text = gdb.execute("monitor registers", to_string=True)
    return int(re.search(rf"^{name} +(\w+)", text, re.M).group(1), 16)


def check_values(label):
    for name in CORE:
        check(f"{label}: {name}", reg(name), truth(wide(name)))
    for name in SEGMENTS + ["eflags", "mxcsr", "fctrl"]:
        check(f"{label}: {name}", number(f"${name}"), truth(name))
    last = 15 if BITS == 64 else 7
    gdb.execute(f"set $xmm{last}.v2_int64[1] = 0x1234567890abcdef")
    fresh()
    check(f"{label}: the last xmm", number(f"$xmm{last}.v2_int64[1]"),
          0x1234567890abcdef)
    gdb.execute(f"set $xmm{last}.v2_int64[1] = 0")


def check_commands(label):
    text = gdb.execute("info registers", to_string=True)
    expect(f"{label}: info registers", wide("ip") in text, text)
    gdb.execute("info all-registers", to_string=True)
    gdb.execute(f"set ${wide('ax')} = 0x1234")
    fresh()
    check(f"{label}: a write", reg("ax"), 0x1234)
    check(f"{label}: which came there", truth(wide("ax")), 0x1234)


def g_registers():
    """How many bytes g has."""
    return len(packet("g")) // 2


def leave():
    gdb.execute("disconnect", to_string=True)


if BITS == 16:
    gdb.execute("file", to_string=True)  # which is one of 64 bits
connect()
with tempfile.NamedTemporaryFile("w", suffix=".xml") as saved:
    saved.write(gdb.execute("maintenance print xml-tdesc", to_string=True))
    saved.flush()
    whole = g_registers()
    leave()

    gdb.execute(f"set tdesc filename {saved.name}")
    connect()
    check("file: g", g_registers(), G_BYTES)
    expect("file: more without", whole > G_BYTES, whole)
    check_values("file")
    check("file: cr0", number("$cr0"), truth("cr0"))
    check("file: the last MSR", number("$mtrr_def_type"),
          truth("mtrr_def_type"))
    gdb.execute("set $cr2 = 0x5678000")
    fresh()
    check("file: cr2", number("$cr2"), 0x5678000)
    check_commands("file")
    leave()
    gdb.execute("unset tdesc filename")

gdb.execute("set remote target-features-packet off")
connect()
check("none: g", g_registers(), G_BYTES)
check_values("none")
check_commands("none")
check("none: the first unknown", packet(f"p{COUNT:x}"), "x" * (16 if BITS == 64 else 8))
if BITS == 64:
    check("none: fs_base", str(gdb.parse_and_eval("$fs_base")),
          "<unavailable>")
# For a Linux process gdb would write more than pc: orig_rax.
there = pc()
gdb.execute(f"set $pc = {there + 1:#x}")
fresh()
check("none: a jump", pc(), there + 1)
gdb.execute(f"set $pc = {there:#x}")
if GUEST.startswith("hello"):
    run_to("inner")
    check("none: a call", int(gdb.parse_and_eval("inner(7)")), 49)
    gdb.execute("finish", to_string=True)
    check("none: finish", int(gdb.parse_and_eval("$")), 4)
run("stepi")
check("none: a step", reg("ip"), truth(wide("ip")))
