#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""lldb where there is no Z0: it writes its breakpoints into memory itself."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "lib"))
from checks import check, check_in  # noqa: E402
from lldb import Session, need_lldb  # noqa: E402
from outside import Context, finish  # noqa: E402
from stub import need_kvm  # noqa: E402
from without import Without  # noqa: E402

MONITOR = "process plugin packet monitor breakpoints"
STEPS = [
    ("breakpoint set -n middle",  ["Breakpoint 1"]),
    ("breakpoint set -n inner",   ["Breakpoint 2"]),
    ("process continue",          ["stop reason = breakpoint 1.1"]),
    (MONITOR,                     ["written"]),
    ("thread step-inst",          ["stop reason = instruction step into"]),
    ("process continue -i 0",     ["stop reason = breakpoint 2.1",
                                   "inner(value=2)"]),
    ("thread step-out",           ["stop reason = step out", "middle("]),
    ("breakpoint delete 1",       ["1 breakpoints deleted"]),
    ("thread continue",           ["stop reason = breakpoint 2.1",
                                   "inner(value=4)"]),
    ("breakpoint delete 2",       ["1 breakpoints deleted"]),
    ("expression -f d -- counter", ["= 1"]),
    ("thread step-over",          ["stop reason = step over"]),
    ("thread backtrace",          ["inner(value=4)", "outer(value=1)"]),
]


class WithoutZ0(Session):
    def connect(self):
        self.proxy = Without(self.stub, (b"Z0,", b"Z1,"))
        return f"process connect unix-connect://{self.proxy.path}"


def planted(context, guest):
    with WithoutZ0(context, guest) as lldb:
        said = lldb.batch(*(command for command, _ in STEPS))
        for command, parts in STEPS:
            label = f"{guest}: {command}"
            check(f"{label}: reached", command in said, True)
            for part in parts:
                check_in(label, part, said.get(command, ""))
        sent = [payload for _, payload in lldb.packets()]
        check(f"{guest}: no Z0", any(p.startswith("Z0") for p in sent), False)


need_kvm()
need_lldb()
for name in ("hello32.elf", "hello64.elf"):
    planted(Context(), name)
finish()
