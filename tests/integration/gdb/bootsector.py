# SPDX-License-Identifier: MIT
"""A boot sector: at 0x7c00 with the drive in DL, its calls, its line."""
from kgdb import *

connect()
check("entry", hex(pc()), "0x7c00")
check("DL is the first hard disk", reg("dx") & 0xFF, 0x80)
check("signature", read(0x7DFE, 2), b"\x55\xaa")

run_to("main")
check("the guest kept DL", read(sym("drive"), 1), b"\x80")
check("its stack", reg("sp") & 0xFFFF, 0x7C00)
text = b"boot sector: hello from 0x7c00\n"
check("the text", read(sym("banner"), len(text)), text)

work = gdb.Breakpoint("*work")
for n in range(5):
    stop = run()
    check(f"call {n + 1}", getattr(stop, "breakpoints", None), [work])
    check(f"call {n + 1}: cx", reg("cx") & 0xFFFF, 5 - n)
    check(f"call {n + 1}: rounds", read(sym("rounds"), 2)[0], n)
    back = int.from_bytes(read(reg("sp"), 2), "little")
    check(f"call {n + 1}: return address", back, sym("next_round") + 3)
stop = run()
check_in("halted", "HLT", told())
check("total", read(sym("total"), 2)[0], 15)
check("printed", console(), text.decode())
