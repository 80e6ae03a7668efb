# SPDX-License-Identifier: MIT
"""16-bit code in a 32-bit ELF file, which gdb would rather take for 32-bit
code: it is 16-bit code from the first look on, with the symbols, whenever the
file is loaded and however gdb talks."""
from kgdb import *

FOLDER = os.path.dirname(gdb.current_progspace().filename)
FILE = os.path.join(FOLDER, "sector32.elf")
INVALID = "Invalid remote reply"  # gdb, when it polls for an answer in vain


def shown():
    return instructions(pc(), 2)[1][2]


def check_16_bit(label):
    check(f"{label}: architecture", architecture(), "i8086")
    check(f"{label}: code", shown(), "xor %ax,%ax")
    check(f"{label}: symbols", gdb.newest_frame().find_sal().symtab is not None,
          True)


def leave():
    gdb.execute("disconnect", to_string=True)


def connect_saying():
    return gdb.execute(f"target remote {TARGET}", to_string=True)


gdb.execute(f"file {FILE}", to_string=True)
text = connect_saying()
check("told once", text.count("executing new program"), 1)
check("no complaints", INVALID in text, False)
check("at the beginning", hex(pc()), hex(sym("_start")))
check_16_bit("at once")
leave()

# What the user has set is there still.
gdb.execute(f"file {FILE}", to_string=True)
work = gdb.Breakpoint("work")
connect()
check_16_bit("with a breakpoint")
check("the breakpoint is valid", work.is_valid() and work.enabled, True)
check("it hits", getattr(run(), "breakpoints", None), [work])
check("there", hex(pc()), hex(sym("work")))
work.delete()
run("stepi")
check("behind it", instructions(pc(), 1)[0][2].split()[0], "add")
leave()

# Loaded when gdb is connected, it is believed until the next stop.
gdb.execute("file", to_string=True)
connect()
gdb.execute(f"file {FILE}", to_string=True)
check("loaded later: believed", architecture(), "i386")
work = gdb.Breakpoint("work")
check("loaded later: hits", getattr(run(), "breakpoints", None), [work])
check("loaded later: no more", architecture(), "i8086")
check("loaded later: code", instructions(pc() + 4, 1)[0][2].split()[0], "add")
check("loaded later: and goes on", getattr(run(), "breakpoints", None), [work])
work.delete()
leave()

# A gdb with acks waits for them, and may not be told at once.
gdb.execute("set remote noack-packet off")
gdb.execute(f"file {FILE}", to_string=True)
text = connect_saying()
check("with acks: no complaints", INVALID in text, False)
check("with acks: not yet", architecture(), "i386")
run("stepi")
check("with acks: then", architecture(), "i8086")
leave()
gdb.execute("set remote noack-packet auto")

# Nor one that takes no events, ever: the user must say so.
gdb.execute("set remote exec-event-feature-packet off")
gdb.execute(f"file {FILE}", to_string=True)
connect()
check("without events", architecture(), "i386")
gdb.execute("set architecture i8086", to_string=True)
check("by hand", architecture(), "i8086")
