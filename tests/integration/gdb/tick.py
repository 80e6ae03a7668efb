# SPDX-License-Identifier: MIT
"""The BIOS's timer in a boot sector: IRQ 0 is at vector 8, and no double
fault."""
from kgdb import *

connect()
check("catch", monitor("catch df"), "caught: df\n")
run_to("on_irq")
check("the BIOS has not counted it", read(0x46c, 4), b"\0\0\0\0")
run_to("on_tick")
check("the BIOS has counted it", read(0x46c, 4), b"\1\0\0\0")
check("interrupts are off", number("$eflags") >> 9 & 1, 0)

# Ctrl-C while it waits in HLT, or wherever it is by then: it goes on.
interrupt()
stop = run()
check("three ticks", stop.exit_code, 3)
