#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What a user does in lldb, from connect to detach, in 32 and 64 bits, with the
platform that README asks for."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "lib"))
from checks import check, check_in  # noqa: E402
from lldb import Session, need_lldb  # noqa: E402
from outside import Context, finish  # noqa: E402
from stub import need_kvm  # noqa: E402

PC = {"hello32.elf": "eip", "hello64.elf": "rip"}
SP = {"hello32.elf": "esp", "hello64.elf": "rsp"}

# A command, and what it must print.
STEPS = [
    ("thread list",               ["vCPU 0", "signal SIGTRAP"]),
    ("breakpoint set -n inner",   ["Breakpoint 1: where = hello",
                                   "inner"]),
    ("process continue",          ["stop reason = breakpoint 1.1",
                                   "inner(value=2)"]),
    ("thread backtrace",          ["inner(value=2)", "middle(value=1)",
                                   "outer(value=0)", "`main at hello.c"]),
    ("register read {pc} {sp}",   ["{pc} = 0x", "inner"]),
    ("register read eflags",      ["eflags = 0x"]),
    ("register read xmm1 mxcsr",  ["xmm1 = {{0x00", "mxcsr = 0x00001f80"]),
    ("register read st1",         ["st1 = {{0x00"]),
    ("register read cr0 cs_base", ["cr0 = 0x", "cs_base = 0x0"]),
    ("frame variable value",      ["(int) value = 2"]),
    ("thread step-inst",          ["stop reason = instruction step into"]),
    ("thread step-over",          ["stop reason = step over"]),
    ("memory read -s 4 -f d -c 1 `&counter`", [" 0"]),
    ("memory write -s 4 `&counter` 41", []),
    ("expression -f d -- counter", ["= 65"]),
    ("watchpoint set variable counter", ["Watchpoint created"]),
    ("continue",                  ["stop reason = watchpoint 1",
                                   "old value: 65", "new value: 66"]),
    ("watchpoint delete 1",       ["1 watchpoints deleted"]),
    ("thread step-out",           ["stop reason = step out", "middle("]),
    ("register write ebx 0x12345678", []),
    ("register read ebx",         ["ebx = 0x12345678"]),
    ("register write xmm2 '{{1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16}}'", []),
    ("register read xmm2",        ["xmm2 = {{0x01 0x02 0x03 0x04 0x05"]),
    ("memory region 0x100000",    ["[0x", "00000000-0x", "08000000) rwx"]),
    ("memory region 0x9000000",   ["08000000-", ") ---"]),
    ("process plugin packet monitor where", ["vCPU 0 at "]),
    ("breakpoint delete 1",       ["1 breakpoints deleted"]),
    ("breakpoint set -n guest_print_number", ["Breakpoint 2"]),
    ("process continue -i 0",     ["stop reason = breakpoint 2.1"]),
    ("detach -s true",            ["Process 1 detached"]),
]

# What lldb puts together of the registers that it gets, in 64 bits.
PARTS = [
    ("register write rax 0x1122334455667788", []),
    ("register read eax al",   ["eax = 0x55667788", "al = 0x88"]),
    ("register write xmm3 '{1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16}'", []),
    ("register write ymm3h '{17 18 19 20 21 22 23 24 25 26 27 28 29 30 31 32}'",
     []),
    ("register read ymm3",     ["ymm3 = {0x01 0x02", "0x10 0x11", "0x1f 0x20}"]),
    ("detach",                 ["Process 1 detached"]),
]


def expect_all(guest, steps, said):
    for command, parts in steps:
        label = f"{guest}: {command}"
        check(f"{label}: reached", command in said, True)
        for part in parts:
            check_in(label, part, said.get(command, ""))


def has_ymm(context, guest):
    with Session(context, guest) as lldb:
        return "0x" in lldb.batch("register read ymm3h")["register read ymm3h"]


def parts_of_registers(context, guest):
    ymm = has_ymm(context, guest)
    steps = [(command, parts) for command, parts in PARTS
             if ymm or "ymm" not in command]
    with Session(context, guest) as lldb:
        expect_all(guest, steps, lldb.batch(*(row[0] for row in steps)))


def debug(context, guest):
    words = {"pc": PC[guest], "sp": SP[guest]}
    with Session(context, guest) as lldb:
        steps = [(command.format(**words),
                  [part.format(**words) for part in parts])
                 for command, parts in STEPS]
        said = lldb.batch(*(command for command, _ in steps),
                          first=["platform select remote-linux"])
        expect_all(guest, steps, said)
        # Two stops were left: it stayed where it was for the next client.
        said = lldb.batch("thread backtrace", "detach")
        check_in(f"{guest}: it stayed stopped", "guest_print_number",
                 said.get("thread backtrace", ""))
        check_in(f"{guest}: detached", "Process 1 detached",
                 said.get("detach", ""))
        check(f"{guest}: then it ran to its end", lldb.stub.wait(), 0)


need_kvm()
need_lldb()
for name in PC:
    debug(Context(), name)
parts_of_registers(Context(), "hello64.elf")
finish()
