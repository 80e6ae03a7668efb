#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""`process kill` ends the guest, and the stub or not, as it was told."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "lib"))
from checks import check, check_in  # noqa: E402
from lldb import Session, need_lldb  # noqa: E402
from outside import Context, finish  # noqa: E402
from stub import need_kvm  # noqa: E402

GUEST = "hello64.elf"
COUNTER = "memory read -s 4 -f d -c 1 `&counter`"
SPOIL = ["breakpoint set -n inner", "process continue",
         "memory write -s 4 `&counter` 65", "process kill"]


def kill_and_exit(context):
    with Session(context, GUEST) as lldb:
        said = lldb.batch(*SPOIL)
        check_in("killed", "Process 1 exited with status = 9",
                 said.get("process kill", ""))
        check("the stub has ended", lldb.stub.wait(), 0)


def kill_and_come_back(context):
    with Session(context, GUEST, "--on-kill=reset") as lldb:
        lldb.batch(*SPOIL)
        check("the stub goes on", lldb.stub.alive(), True)
        said = lldb.batch("thread list", COUNTER, "detach -s true")
        check_in("at the start", "start.S:9", said.get("thread list", ""))
        check_in("a fresh counter", " 0\n", said.get(COUNTER, ""))


need_kvm()
need_lldb()
kill_and_exit(Context())
kill_and_come_back(Context())
finish()
