# SPDX-License-Identifier: MIT
"""A virtio disk reads and writes memory by itself: watchpoints see that, and
breakpoints stay in what it reads, and hidden from what it writes."""
from kgdb import *

connect()
run_to("notify")
check("where ACPI has it", hex(u32("base")), "0xfeb00000")
check("its pin of the I/O APIC", u32("line"), 16)
run("finish")
check("its name", read(sym("name"), 16), b"kvmgdbstub disk\0")

# The second sector but one is read.
watched = gdb.Breakpoint("*(unsigned char *)&sector[2]", gdb.BP_WATCHPOINT,
                         gdb.WP_WRITE)
stop = run()
check("a watchpoint on what a device writes", watched.hit_count, 1)
check("in the instruction that told it to", gdb.selected_frame().name(), "notify")
check("the byte is there", read(sym("sector") + 2, 5), b"third")
watched.delete()
run_to("has_read")

# A breakpoint in code that is still on its way through the disk.
there = gdb.Breakpoint(f"*{sym('landing'):#x}")
source = gdb.Breakpoint(f"*{sym('code'):#x}")
stop = run()
check("a breakpoint in what was read", hex(pc()), hex(sym("landing")))
check("nothing of it is seen", read(sym("landing"), 6), b"\xb8\x2a\0\0\0\xc3")
there.delete()
source.delete()
check("nor afterwards", read(sym("landing"), 6), b"\xb8\x2a\0\0\0\xc3")
run("stepi")
check("it is the guest's code", reg("ax"), 42)
run_to("has_failed")
stop = run()
check("it exits with 0", stop.exit_code, 0)
check("printed", console(), "kvmgdbstub disk\n")
