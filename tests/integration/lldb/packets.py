#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What lldb's commands cost in round trips, and that nothing it asks is an
error."""
import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "lib"))
from checks import check, check_in, expect  # noqa: E402
from lldb import Session, need_lldb  # noqa: E402
from outside import Context, finish  # noqa: E402
from stub import need_kvm  # noqa: E402

# lldb does without these, and the program has nothing to say to them.
UNSUPPORTED = {"qVAttachOrWaitSupported", "qOffsets", "qStructuredDataPlugins",
               "jThreadsInfo", "jThreadExtendedInfo", "qGDBServerVersion",
               "QEnableCompression", "_M"}
STEPS = 5


def name_of(packet):
    return re.match(r"_M|[qQvj][^:;,]*|.?", packet)[0]


def asked_in_vain(packets):
    """Names of the packets that were answered by "" or an error."""
    empty, errors = set(), set()
    for (way, sent), (_, answer) in zip(packets, packets[1:]):
        if way == "<-" and answer == "":
            empty.add(name_of(sent))
        if way == "<-" and re.match(r"E[0-9a-f]{2}|E\.", answer):
            errors.add(f"{sent}: {answer}")
    return empty - UNSUPPORTED, errors


def sent_since(packets, count):
    return [text for way, text in packets[count:] if way == "<-"]


def session(context):
    with Session(context, "hello64.elf") as lldb:
        said = lldb.batch(
            "breakpoint set -n inner", "process continue",
            *["thread step-inst"] * STEPS, "register read",
            "thread backtrace", "memory region 0x100000", "frame variable",
            "detach -s true")
        check("reached the end", "detach -s true" in said, True)
        return lldb.packets()


need_kvm()
need_lldb()
packets = session(Context())
empty, errors = asked_in_vain(packets)
check("unsupported packets", empty, set())
check("packets that were errors", errors, set())

steps = [i for i, packet in enumerate(packets)
         if packet[0] == "<-" and packet[1].startswith("vCont;s")]
check("steps", len(steps), STEPS)
for before, after in zip(steps[1:], steps[2:]):
    step = sent_since(packets[:after], before)
    expect("round trips of a step", len(step) <= 3, step)
    check("registers read", [text for text in step if text[0] in "pg"], [])

# The last step, then `register read`: nothing but the stack is read.
rest = sent_since(packets, steps[-1])
check("registers read by name", [text for text in rest if text[0] in "pg"], [])
check_in("the region is asked for", "qMemoryRegionInfo:100000", rest)
finish()
