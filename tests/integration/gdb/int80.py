# SPDX-License-Identifier: MIT
"""A real-mode guest's own int 0x80: steps enter and leave its handler, and
what runs freely comes to its end."""
from kgdb import *



def u16(address):
    return int.from_bytes(read(address, 2), "little")


connect()
count = sym("count")
run_to("call")
flags = number("$eflags")
run("stepi")
check("into the handler", hex(pc()), hex(sym("handler")))
check("the frame", [u16(number("$sp") + n) for n in (0, 2, 4)],
      [sym("back"), 0, flags & 0xffff])
check("IF off", number("$eflags") & 0x200, 0)
run("stepi")
check("counted", u16(count), 1)
run("stepi")
check("and back", (hex(pc()), number("$eflags")), (hex(sym("back")), flags))

stop = gdb.Breakpoint(f"*{sym('handler'):#x}")
for n in range(2):
    run()
    check(f"breakpoint in the handler, {n}", (hex(pc()), u16(count)),
          (hex(sym("handler")), n + 1))
stop.delete()
watch = gdb.Breakpoint(f"*(short*){count:#x}", gdb.BP_WATCHPOINT, gdb.WP_WRITE)
for n in range(2):
    run()
    check(f"watchpoint, {n}", u16(count), n + 3)
watch.delete()
stop = run()
check("to the end", getattr(stop, "exit_code", None), 20)
