# SPDX-License-Identifier: MIT
"""ACPI's tables and the MP table, as a guest finds them by itself, the PM timer,
and the end that soft off makes."""
from kgdb import *

BIOS = range(0xf0000, 0xfe000)


def pointer(name):
    return number(f"(unsigned long){name}")


connect()
check("nothing was found yet", pointer("rsdp"), 0)
run_to("turn_off")
for name, signature in (("rsdp", b"RSD PTR "), ("rsdt", b"RSDT"),
                        ("fadt", b"FACP"), ("madt", b"APIC"), ("dsdt", b"DSDT"),
                        ("mp", b"_MP_")):
    check(f"{name} is in the BIOS's memory", pointer(name) in BIOS, True)
    check(f"{name}: signature", read(pointer(name), len(signature)), signature)
check("processors: MADT, MP", (u32("acpi_cpus"), u32("mp_cpus")), (1, 1))
check("the timer goes on", u32("before") != u32("after"), True)
check("and has 24 bits", u32("after") >> 24, 0)
check("soft off is QEMU's", u32("sleep_type"), 0)
stop = run()
check("the machine is off", type(stop).__name__, "ExitedEvent")
check("exit code in gdb", getattr(stop, "exit_code", None), 0)
check("exit status of the stub", stub_status(), 0)
check("printed", console(), "processors: 1\n")
