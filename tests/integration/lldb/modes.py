#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""lldb knows the CPU mode of a guest without a file; with one it believes
that, and no change of mode ever breaks it."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "lib"))
from checks import check, check_in  # noqa: E402
from lldb import Session, need_lldb  # noqa: E402
from outside import Context, finish  # noqa: E402
from stub import need_kvm  # noqa: E402

# Guest, options, its triple, its first instruction, the register of the pc.
BARE = [
    ("loop16.bin", [], "i386-unknown-unknown-code16",
     "incl   0x40", "eip"),
    ("bootsector.bin", [], "i386-unknown-unknown-code16",
     "ljmpw  $0x0, $0x7c05", "eip"),
    ("loop32.bin", ["--mode=prot", "--load-addr=0x100000"],
     "i386", "incl   0x100040", "eip"),
    ("loop64.bin", ["--mode=long", "--load-addr=0x100000"],
     "x86_64", "incl   0x100040", "rip"),
]


def bare(context, guest, options, triple, instruction, pc):
    with Session(context, guest, *options) as lldb:
        said = lldb.batch("target list", "disassemble -c 1",
                          "thread step-inst", f"register read {pc}",
                          "detach", symbols=False)
    check_in(f"{guest}: triple", f"arch={triple}", said["target list"])
    check_in(f"{guest}: code", instruction, said["disassemble -c 1"])
    check_in(f"{guest}: a step", "step into", said["thread step-inst"])
    check_in(f"{guest}: {pc}", f"{pc} = 0x", said[f"register read {pc}"])
    check_in(f"{guest}: detached", "detached", said["detach"])


def through_all_modes(context):
    """16-bit code by its own name, then the C of 64 bits, in one session."""
    code16 = "disassemble -A i386-unknown-unknown-code16 -n add16"
    with Session(context, "modes.bin") as lldb:
        said = lldb.batch(
            "breakpoint set -n add16", "process continue", code16,
            "register read rip rax cs", "breakpoint delete 1",
            "breakpoint set -n add32", "continue", "register read eax",
            "breakpoint delete 2", "breakpoint set -n square",
            "process continue -i 0", "thread backtrace",
            "frame variable value", "register read efer", "thread step-out",
            "detach -s true")
    check_in("16-bit: breakpoint", "stop reason = breakpoint 1.1",
             said["process continue"])
    check_in("16-bit: code", "addw   $0x4, %ax", said[code16])
    check_in("16-bit: cs", "cs = 0x000007c0", said["register read rip rax cs"])
    check_in("32-bit: breakpoint", "stop reason = breakpoint 2.1",
             said["continue"])
    # lldb stops behind the first line of a function, which adds 6.
    check_in("32-bit: eax", "eax = 0x0000000b", said["register read eax"])
    check_in("64-bit: breakpoint", "stop reason = breakpoint 3.1",
             said["process continue -i 0"])
    check_in("64-bit: frames", "`main", said["thread backtrace"])
    check_in("64-bit: argument", "value = 1", said["frame variable value"])
    check_in("64-bit: efer", "efer = 0x00000500", said["register read efer"])
    check_in("64-bit: finish", "step out", said["thread step-out"])
    check("reached the end", "detach -s true" in said, True)


need_kvm()
need_lldb()
for row in BARE:
    bare(Context(), *row)
through_all_modes(Context())
finish()
