# SPDX-License-Identifier: MIT
"""A guest that cannot go on is stopped where it is, with a line of text."""
import re

from kgdb import *

# guest: (symbol, offsets from there that pc may have, pattern of the text).
# A hlt is over when KVM reports it.
GUESTS = {
    "halt": ("stop", (0, 1), r"HLT"),
    "triple": ("fault", (0,), r"triple fault"),
    "real16": ("done", (0, 1), r"HLT"),
    "tenbyte": ("_start", (9, 10), r"HLT"),
}

symbol, offsets, pattern = GUESTS.get(GUEST) or GUESTS[GUEST[:-2]]
connect()
code = read(sym("_start"), 4)
stop = run()
check("a signal", type(stop).__name__, "SignalEvent")
expect("of its own", getattr(stop, "stop_signal", "SIGINT") != "SIGINT",
       "SIGINT")
# kvm_amd has thrown the registers away, and the stub says whose these are.
lost = "resets the CPU" in told()
if lost:
    symbol, offsets = "_start", (0,)
check_in("pc", pc() - sym(symbol), offsets)
expect("said in gdb", re.search(pattern, told()), told())
check("memory can be read", read(sym("_start"), 4), code)
check("and registers", number("$cs") & 0xFFFF, number("$cs"))
check_in("'?' says the same", packet("?")[:1], "TS")

# Going on is no way out, and no hang either: halt jumps back to its hlt.
if GUEST[:-2] in ("halt", "triple"):
    again = run()
    check("again", type(again).__name__, "SignalEvent")
    check_in("same place", pc() - sym(symbol), offsets)

# Nor do guards for breakpoints make another fault of it.
if GUEST[:-2] == "triple":
    gdb.execute(f"set $pc = {sym('_start'):#x}")
    many = [gdb.Breakpoint(f"*{sym('fault') + 16 * n:#x}")
            for n in range(1, 7)]
    run()
    expect("with breakpoints", re.search(pattern, told()), told())

# A step over a hlt is a step like any other; going on from there is none.
if GUEST[:-2] == "halt":
    gdb.execute(f"set $pc = {sym('stop'):#x}")
    run("stepi")
    check("stepped over", pc() - sym(symbol), 1)
    expect("nothing to say", not re.search(pattern, told()), told())
    run()
    expect("said when going on", re.search(pattern, told()), told())
    # While a breakpoint waits for memory the guest is stepped.
    gdb.execute(f"set $pc = {sym('_start'):#x}")
    waiting = gdb.Breakpoint("*0xd0000000")
    run()
    expect("said while one waits", re.search(pattern, told()), told())
