# SPDX-License-Identifier: MIT
"""kvmgdbstub.gdb: gdb follows at each stop by itself, and loses nothing."""
from kgdb import *

SCRIPT = os.path.join(os.path.dirname(__file__),
                      "../../../scripts/gdb/kvmgdbstub.gdb")


connect()
gdb.execute(f"source {SCRIPT}")
check("16-bit", architecture(), "i8086")
said = gdb.execute("info system", to_string=True)
for name in ("cr0", "gdtr_base", "cs_limit", "dr7"):
    check_in("info system", f"\n{name} ", said)

run_to("enter32")
run("stepi")
check("16-bit code in protected mode", architecture(), "i8086")
stop = run("stepi")
check("32-bit", architecture(), "i386")
check("32-bit: prot", hex(pc()), hex(sym("prot")))
check("nothing was said", told().count("executing new program"), 0)

run_to("enter64")
run("stepi")
check("64-bit", architecture(), "i386:x86-64")
check("64-bit: rip", hex(number("$rip")), hex(sym("long64")))
run_to("main")
run("next")
run("next")
run("next")
check("64-bit: C", number("total"), 1)

gdb.execute("reset", to_string=True)
check("reset: 16-bit", architecture(), "i8086")
check("reset: at the entry", hex(pc()), hex(sym("_start")))
