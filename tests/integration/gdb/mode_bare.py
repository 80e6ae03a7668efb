# SPDX-License-Identifier: MIT
"""From 16 to 64 bits without a file: addresses are all that gdb has."""
from kgdb import *

PLACES = {name: sym(name) for name in
          ("_start", "real", "add16", "prot", "add32", "long64", "main")}
ENTRY = {"add16": "i8086", "prot": "i386", "add32": "i386",
         "long64": "i386:x86-64", "main": "i386:x86-64"}


gdb.execute("file", to_string=True)
check("no symbols", gdb.objfiles(), [])
connect()
check("16-bit", architecture(), "i8086")
check("at the entry", hex(pc()), hex(PLACES["_start"]))
check("ljmp", instructions(pc(), 1)[0][2].split()[0], "ljmp")
run("stepi")
check("behind it", hex(pc()), hex(PLACES["real"]))
for place, wanted in ENTRY.items():
    run_to(f"*{PLACES[place]:#x}")
    check(f"{place}: architecture", architecture(), wanted)
    check(f"{place}: code", instructions(pc(), 1)[0][0], PLACES[place])
    width = 8 if wanted == "i386:x86-64" else 4
    check(f"{place}: pc", gdb.parse_and_eval("$pc").type.sizeof, width)
    run("stepi")
    check(f"{place}: a step", architecture(), wanted)

# Left and come back to, in 64-bit code.
gdb.execute("disconnect", to_string=True)
connect()
check("again: architecture", architecture(), "i386:x86-64")
check("again: rip", number("$rip"), pc())
