#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The registers of an lldb that has just connected, to a guest that has run:
they come with the answer to `?`, which lldb asks before it has target.xml."""
import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "lib"))
from checks import check, expect  # noqa: E402
from lldb import Session, need_lldb  # noqa: E402
from outside import Context, finish  # noqa: E402
from stub import need_kvm  # noqa: E402

GUESTS = ["hello32.elf", "hello64.elf"]
ASK_STUB = "process plugin packet monitor registers general"


def values(text, pattern):
    return {name: int(value, 16)
            for name, value in re.findall(pattern, text, re.M)}


def first_stop(context, guest):
    with Session(context, guest) as lldb:
        lldb.batch("breakpoint set -n inner", "process continue",
                   "detach -s true")
        said = lldb.batch("register read", ASK_STUB, "detach -s true")
    shown = values(said["register read"], r"^ *(\w+) = (0x[0-9a-f]+)")
    known = values(said[ASK_STUB], r"^(\w+) +(0x[0-9a-f]+)")
    expect(f"{guest}: enough registers", len(known) > 15, known)
    check(f"{guest}: shown", {name: shown.get(name) for name in known}, known)


need_kvm()
need_lldb()
for name in GUESTS:
    first_stop(Context(), name)
finish()
