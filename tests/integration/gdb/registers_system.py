# SPDX-License-Identifier: MIT
"""Registers of the system: they read well, take values, and refuse bad ones."""
from kgdb import *


def shown(name):
    """What `print` says of a register."""
    text = gdb.execute(f"print ${name}", to_string=True)
    return text.split(" = ", 1)[1].strip()


def set_register(name, value):
    return failure(f"set ${name} = {value}")


def keeps(name, value):
    """The stub takes it, and has it when asked again."""
    check(f"set {name}", set_register(name, hex(value)), "")
    fresh()
    check(name, number(f"${name}"), value)


def refuses(name, value):
    before = number(f"${name}")
    expect(f"{name} = {value} is refused",
           "Could not write" in set_register(name, value), "it was taken")
    fresh()
    check(f"{name} after the refusal", number(f"${name}"), before)


MODES = {
    16: {"cr0": "[ ET ]", "cr4": "[ ]", "efer": "[ ]",
         "cs_attr": "[ TYPE=11 S DPL=0 P ]"},
    32: {"cr0": "[ PE MP ET NE ]", "cr4": "[ OSFXSR OSXMMEXCPT ]",
         "efer": "[ ]", "cs_attr": "[ TYPE=11 S DPL=0 P DB G ]"},
    64: {"cr0": "[ PE MP ET NE PG ]", "cr4": "[ PAE OSFXSR OSXMMEXCPT ]",
         "efer": "[ LME LMA ]", "cs_attr": "[ TYPE=11 S DPL=0 P L G ]"},
}


def reads_well():
    for name, want in MODES[BITS].items():
        # Not all hosts keep ET, which is always set on a CPU.
        check(name, shown(name).replace(" ET", ""), want.replace(" ET", ""))
    set_register("dr7", "0x000d0403")
    check_in("dr7", "L0 G0", shown("dr7"))
    check_in("dr7", "RW0=write LEN0=4", shown("dr7"))
    set_register("dr7", "0x400")
    if BITS == 64:
        set_register("lstar", hex(sym("again")))
        check_in("lstar", "<again>", shown("lstar"))
        set_register("idtr_base", hex(sym("again")))
        check_in("idtr_base", "<again>", shown("idtr_base"))


def takes_values():
    keeps("cr2", 0x12345000)
    keeps("cr8", 5)
    keeps("cr0", number("$cr0") | 1 << 3)
    keeps("cr0", number("$cr0") & ~(1 << 3))
    keeps("efer", number("$efer") | 1)
    keeps("dr0", 0x1234)
    keeps("dr6", 0xffff0ff1)
    keeps("gdtr_limit", 0x37)
    keeps("idtr_base", 0x5000)
    keeps("idtr_limit", 0xfff)
    keeps("tr_limit", 0x67)
    keeps("gs_base", 0x7000)
    keeps("star", 0x0023001000000000)
    keeps("sysenter_cs", 8)


def refuses_values():
    refuses("cr4", "0x8000")
    refuses("cr8", "16")
    refuses("efer", "4")
    refuses("gdtr_base", "0x8000000000000000")
    refuses("cs_limit", "0x12345678")
    refuses("mxcsr", "0x7fffffff")


def survives_a_step():
    """cr8 is handed over in another way than the rest (KVM's run page)."""
    run("stepi")
    fresh()
    check("cr8 after a step", number("$cr8"), 5)
    check("star after a step", number("$star"), 0x0023001000000000)
    check("idtr_base after a step", number("$idtr_base"), 0x5000)
    check("dr0 after a step", number("$dr0"), 0x1234)


connect()
reads_well()
takes_values()
refuses_values()
survives_a_step()
