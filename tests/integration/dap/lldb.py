#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""LLDB's debug adapter, lldb-dap (lldb-vscode before 18), which is what editors
have of lldb beside CodeLLDB (llvm-project, lldb/tools/lldb-dap/README.md)."""
import os
import shutil
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "lib"))
from checks import check, check_in  # noqa: E402
from dap import Dap  # noqa: E402
from outside import Context, finish  # noqa: E402
from stub import Stub, need_kvm, skip  # noqa: E402

# KVMGDB_LLDB_DAP in the environment names another.
NAMES = [os.environ.get("KVMGDB_LLDB_DAP", "lldb-dap"), "lldb-dap-19",
         "lldb-vscode-14"]
TCP = ["-p", "0"]


def find_adapter():
    for name in NAMES:
        path = shutil.which(name)
        if path:
            return [path]
    return skip("needs lldb-dap")


def connection(adapter, stub):
    """In the words of the adapter. The newer ones do not wait for commands to
    connect (`process unloaded during launch or attach`), the older ones know
    nothing else."""
    _, _, port = stub.target.rpartition(":")
    if "vscode" in adapter[0]:
        return {"attachCommands": [f"gdb-remote 127.0.0.1:{port}"]}
    return {"gdb-remote-port": int(port)}


def attach(dap, adapter, stub, path, breakpoints):
    made = dap.attach(breakpoints, program=path, stopOnEntry=True,
                      initCommands=["platform select remote-linux"],
                      **connection(adapter, stub))
    dap.stopped()
    return made


def look_around(context, adapter):
    path = context.guest("hello64.elf")
    with Stub([context.stub, path], TCP) as stub, Dap(adapter) as dap:
        made = attach(dap, adapter, stub, path, [
            {"name": "inner", "condition": "value == 4"}])
        check("breakpoint", made[0]["verified"], True)
        check_in("thread", "vCPU 0", str(dap.ask("threads")["threads"]))
        check("breakpoint hit", dap.resume("continue")["reason"],
              "breakpoint")
        check("stack", dap.functions()[:4],
              ["inner", "middle", "outer", "main"])
        check("argument", dap.variables("Locals").get("value"), "4")
        check_in("registers", "segment", dap.variables("Registers"))
        check_in("expression", "1", dap.evaluate("counter"))
        check("step", dap.resume("next")["reason"], "step")
        dap.resume("stepOut")
        check("stepped out", dap.functions()[0], "middle")
        dap.ask("disconnect", terminateDebuggee=False)
        check("then the guest ran to its end", stub.wait(), 0)


def pause_and_leave(context, adapter):
    path = context.guest("loop64.elf")
    with Stub([context.stub, path], TCP) as stub:
        for attempt in ("pause", "pause again"):
            with Dap(adapter) as dap:
                attach(dap, adapter, stub, path, [])
                dap.run_and_pause()
                check(f"{attempt}: where", len(dap.functions()), 1)
                dap.ask("disconnect", terminateDebuggee=False)
            check(f"{attempt}: the stub goes on", stub.alive(), True)


need_kvm()
found = find_adapter()
look_around(Context(), found)
pause_and_leave(Context(), found)
finish()
