# SPDX-License-Identifier: MIT
"""--on-reset=reboot takes gdb along from 64-bit code back to 16-bit code, and on to
64 again: breakpoints are hit in each as what they are."""
from kgdb import *

connect()
check("begins", architecture(), "i8086")
for life in range(2):
    run_to("main")
    check(f"life {life}: 64 bits", architecture(), "i386:x86-64")
    breakpoint = gdb.Breakpoint(f"*{sym('real'):#x}")
    # mov $0xfe, %al; out %al, $0x64: the keyboard controller resets
    write(pc(), b"\xb0\xfe\xe6\x64")
    stop = run()
    check(f"life {life}: stopped by", getattr(stop, "breakpoints", None),
          [breakpoint])
    check(f"life {life}: 16 bits", architecture(), "i8086")
    check(f"life {life}: pc", hex(pc()), hex(sym("real")))
    check(f"life {life}: CR0", number("(unsigned)$cr0") & 1, 0)
    breakpoint.delete()
