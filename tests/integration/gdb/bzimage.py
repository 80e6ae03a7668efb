# SPDX-License-Identifier: MIT
"""The 32-bit boot protocol of Linux: the state that a kernel starts in, its
zero page, command line and initrd."""
from kgdb import *

# What is said on the command line of the test.
APPEND = "one two"
INITRD = __file__

E820 = [(0, 0x9FC00, 1), (0x9FC00, 0x400, 2), (0xF0000, 0x10000, 2),
        (0x100000, 31 << 20, 1)]


def word(address):
    return int.from_bytes(read(address, 4), "little")


def starts_as_specified():
    """Linux, Documentation/arch/x86/boot.rst, "32-bit Boot Protocol"."""
    check("architecture", architecture(), "i386")
    check("pc", pc(), 0x100000)
    check("cs, ds, es, ss", [number(f"${name}") for name in
                             ("cs", "ds", "es", "ss")], [16, 24, 24, 24])
    check("ebp, edi, ebx", [number(f"${name}") for name in
                            ("ebp", "edi", "ebx")], [0, 0, 0])
    check("interrupts are off", number("$eflags") & 0x200, 0)
    check("protected, no paging", number("$cr0") & ~0x10, 1)
    page = number("$esi")
    check("magic", read(page + 0x202, 4), b"HdrS")
    check("loader", read(page + 0x210, 1), b"\xff")
    check("command line", read(word(page + 0x228), len(APPEND) + 1),
          APPEND.encode() + b"\0")
    n = read(page + 0x1E8, 1)[0]
    check("memory", [(word(at) | word(at + 4) << 32,
                      word(at + 8) | word(at + 12) << 32, word(at + 16))
                     for at in range(page + 0x2D0, page + 0x2D0 + 20 * n, 20)],
          E820)
    with open(INITRD, "rb") as file:
        content = file.read()
    at, size = word(page + 0x218), word(page + 0x21C)
    check("initrd: size", size, len(content))
    check("initrd: content", read(at, size), content)
    check("initrd: as high as may be", at + (size + 4095) // 4096 * 4096,
          (32 << 20) - (64 << 10))
    return content.decode()


connect()
starts_as_specified()
run_to("told")
monitor("reset")
fresh()
initrd = starts_as_specified()
stop = run()
check("exit code", getattr(stop, "exit_code", None), 0)
check("printed", console(), "one two" * 2 + initrd)
