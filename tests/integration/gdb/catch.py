# SPDX-License-Identifier: MIT
"""`monitor catch`: exceptions stop at the instruction that raised them."""
import re

from kgdb import *

# Symbol, signal, pattern of the text.
FAULTS = [
    ("divide", "SIGFPE", r"#DE\): division by zero"),
    ("invalid", "SIGILL", r"#UD\)"),
]
if GUEST.endswith("64"):
    FAULTS += [
        ("protect", "SIGSEGV", r"#GP\): write to 0x8000000000000000"),
        ("touch", "SIGSEGV",
         r"#PF\): write to 0x123456789000: .*PML4.* not present.*"
         r"error code 0x2: not present, write, supervisor.*"
         r"CR2 0x123456789000"),
    ]


connect()
check("nothing at first", monitor("catch"), "no exception is caught\n")
check_in("an unknown name", "no exception", monitor("catch xyz"))
check_in("a bad error code", "no exception", monitor("catch pf:z"))
check("none", monitor("catch none"), "no exception is caught\n")
check("four", monitor("catch gp de ud pf"), "caught: de ud gp pf\n")

# Each stops where it was raised; going on delivers it.
for number_seen, (symbol, signal, pattern) in enumerate(FAULTS):
    stop = run()
    check(f"{symbol}: signal", getattr(stop, "stop_signal", None), signal)
    check(f"{symbol}: pc", hex(pc()), hex(sym(symbol)))
    check(f"{symbol}: the handler has not run", u32("seen"), number_seen)
    expect(f"{symbol}: text", re.search(pattern, told()), told())

# A step goes to the handler, with no trap flag in the frame it was given.
handler = {"invalid": "on_ud", "touch": "on_pf"}[FAULTS[-1][0]]
width = BITS // 8
flags_at = {"invalid": 2, "touch": 3}[FAULTS[-1][0]] * width
run("stepi")
check("stepi: at the handler", hex(pc()), hex(sym(handler)))
flags = int.from_bytes(read(number("$sp") + flags_at, 4), "little")
check("stepi: TF in the frame", flags & 0x100, 0)

# A changed register means: try again.
gdb.execute(f"set $pc = {sym('divide'):#x}")
stop = run()
check("again: signal", getattr(stop, "stop_signal", None), "SIGFPE")
gdb.execute(f"set ${wide('cx')} = 1")
run("stepi")
check("tried again: it divides", hex(pc()), hex(sym("on_de")))

# A breakpoint at the handler comes second, of whichever kind.
for kind in (gdb.BP_BREAKPOINT, gdb.BP_HARDWARE_BREAKPOINT):
    point = gdb.Breakpoint(f"*{sym('on_ud'):#x}", type=kind)
    gdb.execute(f"set $pc = {sym('invalid'):#x}")
    stop = run()
    check("first the exception", getattr(stop, "stop_signal", None), "SIGILL")
    check("then the handler", getattr(run(), "breakpoints", None), [point])
    point.delete()

# Handlers may serve more than one: which it was is told by the instruction.
GATE = 2 * width


def share(vector, other):
    """The vector's exceptions go to the other's handler, too."""
    write(sym("idt") + GATE * vector, read(sym("idt") + GATE * other, GATE))


def shared(symbol, signal, caught):
    monitor(f"catch none {caught}")
    gdb.execute(f"set $pc = {sym(symbol):#x}")
    stop = run()
    check(f"shared, {symbol}: signal", getattr(stop, "stop_signal", None),
          signal)
    check(f"shared, {symbol}: pc", hex(pc()), hex(sym(symbol)))


gates = read(sym("idt"), 32 * GATE)
share(6, 0)
shared("invalid", "SIGILL", "de ud")
if width == 8:
    share(13, 0)
    gdb.execute("set $rbx = 0x8000000000000000")
    shared("protect", "SIGSEGV", "de ud gp")
    gdb.execute(f"set $pc = {sym('invalid'):#x}")
    stop = run()
    check("shared, invalid again", getattr(stop, "stop_signal", None),
          "SIGILL")
write(sym("idt"), gates)
gdb.execute(f"set $pc = {sym('on_de'):#x}")

# Only with another error code: never.
check("by code", monitor("catch none pf:0x77"), "caught: pf:0x77\n")
check("to the end", type(run()).__name__, "ExitedEvent")
