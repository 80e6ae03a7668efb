# SPDX-License-Identifier: MIT
"""What is typed comes to a guest that waits in HLT: through the BIOS, and
through a handler of its own, an interrupt for each code."""
from kgdb import *

TYPED = "A BIOS holds 15 keys; the rest waits"

connect()
check("type", monitor(f"type {TYPED}q"), "")
run_to("own")
check("a key that nobody has", monitor("key any").splitlines()[0],
      "there is no key 'any'")
check("key", monitor("key shift-a"), "")
check("key", monitor("key up"), "")
codes = [0x2a, 0x1e, 0x9e, 0xaa, 0xe0, 0x48, 0xe0, 0xc8]
for n in range(len(codes)):
    run_to("taken")
    check(f"so many before {n}", number("*(unsigned short *)%d" % sym("count")), n)
check("interrupts are off", number("$eflags") >> 9 & 1, 0)
check("esc", monitor("key esc"), "")
run_to("own")
check("codes", list(read(sym("codes"), len(codes))), codes)
check("exit", run().exit_code, len(codes))
