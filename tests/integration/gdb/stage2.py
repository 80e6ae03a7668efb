# SPDX-License-Identifier: MIT
"""A disk image whose boot sector has the BIOS load the rest: what is set there
before is hit, what is loaded over it is seen."""
from kgdb import *


def at(label, place):
    check(label, hex(pc()), hex(sym(place)))


connect()
check("not loaded yet", read(sym("second"), 512), bytes(512))
second = gdb.Breakpoint("*second")
seen = gdb.Breakpoint(f"*(int *) {sym('pattern')}", gdb.BP_WATCHPOINT)
stop = run()
check("the load is watched", getattr(stop, "breakpoints", None), [seen])
expect("by an instruction of the BIOS", pc() >= 0xfe000, hex(pc()))
seen.delete()
check("then", getattr(run(), "breakpoints", None), [second])
at("in what was loaded", "second")
check("all of it", read(sym("pattern"), 512), bytes.fromhex("0300c75e") * 128)
check("by the drive that the BIOS named", read(sym("drive"), 1), b"\x80")

gdb.execute("monitor reset", to_string=True)
gdb.execute("maint flush register-cache", to_string=True)
run_to("load")
run("stepi")
at("a call of the BIOS is a step", "loaded")
check("two sectors", reg("ax"), 2)
check("no error", number("(unsigned)$eflags") & 1, 0)
check("over the breakpoint, too", getattr(run(), "breakpoints", None), [second])

gdb.execute("monitor reset", to_string=True)
gdb.execute("maint flush register-cache", to_string=True)
gdb.execute("maint flush dcache", to_string=True)
run_to("load")
# On the page that the stack is on. The BIOS is stepped then, with all debug
# registers taken: QEMU's TCG crashes at a breakpoint in one where CS has a base.
stack = gdb.Breakpoint(f"*(char[16] *) {sym('_start') - 0x200}",
                       gdb.BP_WATCHPOINT)
parts = [gdb.Breakpoint(f"*(int *) {place}", gdb.BP_WATCHPOINT)
         for place in (sym("second") + 16, sym("pattern"), 0x5000, 0x5004)]
for n, command in enumerate(("stepi", "continue")):
    check(f"beside a guarded stack, sector {n}",
          getattr(run(command), "breakpoints", None), [parts[n]])
    expect("in the BIOS, still", pc() >= 0xfe000, hex(pc()))
for part in parts:
    part.delete()
stack.delete()
check("behind it", getattr(run(), "breakpoints", None), [second])
ended = run()
check("the end", getattr(ended, "exit_code", None), 0)
