#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""gdb's own debug adapter (GDB manual, "Debugger Adapter Protocol"), as editors
use it: attach, breakpoints, stack, variables, step, pause, leave."""
import os
import re
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "lib"))
from checks import check, check_in  # noqa: E402
from dap import Dap  # noqa: E402
from outside import Context, finish  # noqa: E402
from stub import GDB, Stub, need, need_kvm, skip  # noqa: E402

ADAPTER = [GDB, "-nx", "-q", "--interpreter=dap"]


def need_dap():
    need([GDB, "-nx", "-batch"], "needs gdb")
    text = subprocess.run([GDB, "--version"], text=True, check=True,
                          capture_output=True).stdout
    version = re.search(r"(\d+)\.\d+", text)[1]
    if int(version) < 14:
        skip(f"needs gdb 14 or newer for its debug adapter, this is {version}")


def look_around(context):
    path = context.guest("hello64.elf")
    with Stub([context.stub, path]) as stub, Dap(ADAPTER) as dap:
        made = dap.attach([{"name": "inner", "condition": "value == 4"}],
                          program=path, target=stub.target)
        check("breakpoints", len(made), 1)  # pending until it has the file
        dap.stopped()
        check("thread", dap.ask("threads")["threads"],
              [{"id": 1, "name": "vCPU 0"}])
        check_in("breakpoint hit", "breakpoint",
                 dap.resume("continue")["reason"])
        check("stack", dap.functions(), ["inner", "middle", "outer", "main"])
        check("argument", dap.variables("Arguments"), {"value": "4"})
        check_in("registers", "rip", dap.variables("Registers"))
        check("expression", dap.evaluate("counter"), "1")
        address = dap.evaluate("(long)&counter")
        check("memory", dap.ask("readMemory", memoryReference=address,
                                count=4)["data"], "AQAAAA==")
        code = dap.ask("disassemble", memoryReference=dap.evaluate("$pc")
                       .split()[0], instructionCount=3)
        check("disassembly", len(code["instructions"]), 3)
        check("step", dap.resume("next")["reason"], "step")
        dap.resume("stepOut")
        check("stepped out", dap.functions()[0], "middle")
        dap.ask("disconnect", terminateDebuggee=False)
        check("then the guest ran to its end", stub.wait(), 0)


def pause_and_leave(context):
    path = context.guest("loop64.elf")
    with Stub([context.stub, path]) as stub:
        for attempt in ("pause", "pause again"):
            with Dap(ADAPTER) as dap:
                dap.attach([], program=path, target=stub.target)
                dap.stopped()
                check(attempt, dap.run_and_pause()["reason"], "pause")
                check(f"{attempt}: where", dap.functions(), ["again"])
                dap.ask("disconnect", terminateDebuggee=False)
            check(f"{attempt}: the stub goes on", stub.alive(), True)


need_kvm()
need_dap()
look_around(Context())
pause_and_leave(Context())
finish()
