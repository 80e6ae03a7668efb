# SPDX-License-Identifier: MIT
"""--follow-mode=off: gdb stays with what it read, and nothing breaks."""
from kgdb import *


connect()
check("architecture", architecture(), "i8086")
size = len(packet("g"))

for place in ("prot", "long64"):
    run_to(place)
    check(f"{place}: no change", architecture(), "i8086")
    check(f"{place}: size of g", len(packet("g")), size)
    check(f"{place}: pc", hex(pc()), hex(sym(place)))

run_to("main")
interrupt()
check("64-bit: size of g", len(packet("g")), size)
gdb.execute("set $eax = 0x12345678")
fresh()
check("64-bit: a register written", number("$eax"), 0x12345678)

# What gdb reads from now on is of the mode of now ...
gdb.execute("unset tdesc filename")
check("read anew", architecture(), "i386:x86-64")
expect("with other registers", len(packet("g")) != size, size)
check("64-bit: rip", number("$rip"), pc())

# ... and a later change of mind is heard.
shown = monitor("follow-mode")
check("monitor follow-mode", shown.strip(), "off")
monitor("follow-mode on")
shown = monitor("follow-mode")
check("monitor follow-mode on", shown.strip(), "on")
check_in("nonsense is refused", "neither", monitor("follow-mode maybe"))
