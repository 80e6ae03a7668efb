# SPDX-License-Identifier: MIT
"""A firmware that knows nothing of us (--bios) from the reset vector to the boot
sector, which it reads from the ATA disk."""
from kgdb import *

RESET = 0xFFFF0
TOP = 1 << 32

connect()
check("the reset vector", hex(pc()), hex(RESET))
check("CS", hex(number("$cs")), "0xf000")
check("IP", hex(number("$eip") & 0xFFFF), "0xfff0")
size = 128 << 10
low = read((1 << 20) - size, size)
check("it is below 1 MiB and below 4 GiB", low, read(TOP - size, size))
check("it is the file", low, open("/usr/share/seabios/bios.bin", "rb").read())
run("stepi")
check("its jump", hex(pc()), hex(0xF0000 | low[-15] | low[-14] << 8))

boot = gdb.Breakpoint("*0x7c00")
stop = run()
check("the boot sector", getattr(stop, "breakpoints", None), [boot])
check("CS:IP", (number("$cs"), number("$eip") & 0xFFFF), (0, 0x7C00))
check("DL: the first hard disk", reg("dx") & 0xFF, 0x80)
check("signature", read(0x7DFE, 2), b"\x55\xaa")
check("how many disks", read(0x475, 1), b"\x01")
check_in("it has told of the disk", "kvmgdbstub disk ATA-6", console())
run_to("work")
run("stepi")
check("a step of it", read(sym("rounds"), 2)[0], 1)
boot.delete()
stop = run()
check_in("halted", "HLT", told())
check_in("printed", "boot sector: hello from 0x7c00\n", console())
