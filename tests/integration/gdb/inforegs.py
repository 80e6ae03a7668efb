# SPDX-License-Identifier: MIT
"""`info registers`: the names of this mode, and the values."""
from kgdb import *

COMMON = ["eflags", "cs", "ss", "ds", "es", "fs", "gs"]
NAMES = [wide(n) for n in ("ax", "bx", "cx", "dx", "si", "di", "bp", "sp",
                           "ip")]
if BITS == 64:
    NAMES += [f"r{n}" for n in range(8, 16)]


def shown():
    """name: first value, of each line of `info registers`."""
    lines = gdb.execute("info registers", to_string=True).splitlines()
    return {line.split()[0]: line.split()[1] for line in lines}


connect()
for n, name in enumerate(NAMES):
    if name not in (wide("ip"), wide("sp")):
        gdb.execute(f"set ${name} = {n + 100}")
fresh()
table = shown()
for n, name in enumerate(NAMES):
    if name not in (wide("ip"), wide("sp")):
        check(name, int(table.get(name, "-1"), 16), n + 100)
check("ip", int(table.get(wide("ip"), "-1"), 16), sym("_start"))
for name in COMMON:
    expect(f"{name} is there", name in table, sorted(table))
expect("none is unavailable", "<unavailable>" not in table.values(), table)
check("all general ones in a group", "st0" in table, False)
everything = gdb.execute("info all-registers", to_string=True)
for name in ("st0", "fctrl", "mxcsr", "cr0", "cr3", "idtr_base", "star"):
    expect(f"{name} in all-registers", f"\n{name} " in everything, "absent")
# GDB shows the widest that there is.
expect("xmm7, ymm7 or zmm7 in all-registers",
       any(f"\n{kind}mm7 " in everything for kind in "xyz"), "absent")
expect("all-registers: none unavailable", "<unavailable>" not in everything,
       everything)
