# SPDX-License-Identifier: MIT
"""gdb disassembles for the mode that the guest is in."""
from kgdb import *

# guest: what x/3i at the entry must show
GUESTS = {
    "loop16": ["incl 0x40", "jmp 0x0 <"],
    "loop32": ["incl 0x100040", "jmp 0x100000 <"],
    "loop64": ["incl 0x100040", "jmp 0x100000 <"],
    "real16": ["mov $0x3f8,%dx", "mov $0x2,%al", "mov $0x2,%bl"],
    "bootsector": ["ljmp $0x0,$0x7c05", "xor %ax,%ax", "mov %ax,%ds"],
    "hello32": ["mov", "xor %ebp,%ebp", "call"],
    "hello64": ["mov", "xor %ebp,%ebp", "call"],
}

connect()
want = GUESTS[GUEST]
shown = [text for _, _, text in instructions(pc(), len(want))]
for got, text in zip(shown, want):
    check("instruction", got[:len(text)], text)
listing = gdb.execute(f"x/{len(want)}i $pc", to_string=True).splitlines()
expect("the arrow is at pc", listing[0].startswith("=>"), listing[0])
