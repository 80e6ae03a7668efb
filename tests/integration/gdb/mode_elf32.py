# SPDX-License-Identifier: MIT
"""16-bit code in a 32-bit ELF file, which gdb takes for 32-bit code: from the
first stop on it does not, and has the symbols still."""
from kgdb import *


connect()
check("at first the file is believed", architecture(), "i386")
run("stepi")
check("then the CPU", architecture(), "i8086")
check("symbols", gdb.newest_frame().find_sal().symtab is not None, True)
run_to("work")
check("16-bit code", instructions(pc() + 4, 1)[0][2].split()[0], "add")
check("cx", reg("cx") & 0xFFFF, 5)
