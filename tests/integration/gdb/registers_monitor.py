# SPDX-License-Identifier: MIT
"""`monitor registers`, rdmsr and wrmsr."""
import re

from kgdb import *

EFER, LSTAR = 0xC0000080, 0xC0000082


def values(group):
    """name: value, of each line."""
    found = {}
    for line in monitor(f"registers {group}").splitlines():
        name, value = line.split()[:2]
        found[name] = int(value, 16)
    return found


connect()
system = values("system")
for name in ("cr0", "cr3", "cr4", "efer", "gdtr_base", "idtr_limit"):
    check(name, system.get(name), number(f"${name}"))
general = values("general")
for name in ("ip", "sp", "ax"):
    check(name, general.get(wide(name)), reg(name))
expect("MTRRs are here and not in gdb",
       "mtrr_physbase0" in values("mtrr")
       and str(gdb.parse_and_eval("$mtrr_physbase0")) == "void", "no")
expect("all of them", len(values("")) > len(general) + len(system), "fewer")
check_in("flags", "[ ", monitor("registers system"))
check_in("no such group", "groups: general float vector",
         monitor("registers nonsense"))

check("rdmsr", monitor(f"rdmsr {EFER:#x}"),
      f"MSR {EFER:#x} = {number('$efer'):#018x}\n")
check("rdmsr by a system register's name", monitor("rdmsr efer"),
      monitor(f"rdmsr {EFER:#x}"))
if BITS == 64:
    check_in("LME while there is paging", "KVM refuses",
             monitor("wrmsr efer 0"))
check("wrmsr", monitor(f"wrmsr {LSTAR:#x} 0x1234"),
      f"MSR {LSTAR:#x} = 0x0000000000001234\n")
fresh()
check("lstar", number("$lstar"), 0x1234)
check_in("by name", "= 0x0000000000001234", monitor("rdmsr lstar"))
check_in("no such MSR", "KVM has none", monitor("rdmsr 0x12345"))
check_in("refused", "KVM refuses",
         monitor(f"wrmsr {LSTAR:#x} 0x8000000000000000"))
for line in ("rdmsr", "rdmsr x", "rdmsr 0x10 1", "wrmsr 0x10", "wrmsr 0x10 y",
             "rdmsr -1", "rdmsr 0x100000000"):
    check_in(line, "usage: ", monitor(line))
for line in ("registers", "rdmsr MSR", "wrmsr MSR VALUE"):
    expect(f"help has {line}",
           re.search(f"^{line} ", monitor("help"), re.M), monitor("help"))
