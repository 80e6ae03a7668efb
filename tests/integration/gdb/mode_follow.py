# SPDX-License-Identifier: MIT
"""A boot sector goes from 16 to 64 bits, and gdb with it, in one session."""
from kgdb import *

REAL_CS = {"modes": 0x7c0, "modes0": 0}[GUEST]
PASSED = []  # hits of a breakpoint that goes on


class Counted(gdb.Breakpoint):
    def stop(self):
        PASSED.append(hex(pc()))
        return False


def stopped_by(stop):
    """The breakpoints of a stop event, or its signal, or that it is a step."""
    return getattr(stop, "breakpoints", None) or getattr(
        stop, "stop_signal", "a step")


connect()
check("16-bit: architecture", architecture(), "i8086")
check("16-bit: at the entry", hex(pc()), hex(sym("_start")))

# All of them are set now: they must outlive each change.
add16 = gdb.Breakpoint("*add16")
add32 = gdb.Breakpoint("*add32", type=gdb.BP_HARDWARE_BREAKPOINT)
add32.condition = "$eax == 5"
counted = Counted("*long64")
square = gdb.Breakpoint("square")
square.condition = "value == 3"
pending = gdb.Breakpoint("not_there_yet")

run("stepi")
check("16-bit: CS", hex(reg("cs")), hex(REAL_CS))
check("16-bit: and pc is linear", hex(pc()), hex(sym("real")))
check("16-bit: step", stopped_by(run("stepi")), "a step")
check("16-bit: break", stopped_by(run()), [add16])
check("16-bit: code", instructions(pc(), 1)[0][2], "add $0x4,%ax")
check("16-bit: ax", reg("ax") & 0xFFFF, 3)
check("16-bit: again", stopped_by(run()), [add16])

# One instruction before the jump into the other mode, which is a plain step.
run_to("enter32")
run("stepi")
check("PE: still 16-bit code", architecture(), "i8086")
check("32-bit: a step", stopped_by(run("stepi")), "a step")
check("32-bit: at prot", hex(pc()), hex(sym("prot")))
check("32-bit: architecture", architecture(), "i386")
check("32-bit: code", instructions(pc(), 1)[0][2], "mov $0x10,%ax")
check("32-bit: told", "[32-bit code]" in told(), True)
check("32-bit: conditional hbreak", stopped_by(run()), [add32])
check("32-bit: eax", number("$eax"), 5)

# Steps off a breakpoint are lone: none of them may run away.
check("32-bit: step off it", stopped_by(run("stepi")), "a step")
check("32-bit: one instruction on", hex(pc()), hex(sym("add32") + 3))

# A watchpoint set in one mode hits in the next.
watch = gdb.Breakpoint("rounds", gdb.BP_WATCHPOINT)
check("64-bit: watchpoint", stopped_by(run()), [watch])
check("64-bit: architecture", architecture(), "i386:x86-64")
check("64-bit: in main", gdb.newest_frame().name(), "main")
check("64-bit: rounds", number("rounds"), 1)
watch.delete()

check("64-bit: conditional break", stopped_by(run()), [square])
frame = gdb.newest_frame()
check("64-bit: frames", [frame.name(), frame.older().name()],
      ["square", "main"])
check("64-bit: argument", int(frame.read_var("value")), 3)
check("64-bit: rounds at the third", number("rounds"), 3)
gdb.execute("finish", to_string=True)
check("64-bit: finish", int(gdb.parse_and_eval("$")), 9)
run("next")
check("64-bit: total", number("total"), 1 + 4 + 9)
check("64-bit: rip", hex(number("$rip")), hex(pc()))
check("64-bit: system registers", number("$efer") & 0x500, 0x500)

square.enabled = False
interrupt()
check("64-bit: interrupt", architecture(), "i386:x86-64")
check("pending is kept", pending.pending, True)
check("a breakpoint that stops nothing", PASSED, [hex(sym("long64"))])
gdb.execute("detach", to_string=True)

# The next client finds it where it is.
connect()
check("reconnect: architecture", architecture(), "i386:x86-64")
check("reconnect: registers", number("$rip"), pc())
