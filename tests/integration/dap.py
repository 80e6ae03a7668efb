#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""gdb's own debug adapter (GDB manual, "Debugger Adapter Protocol"), as editors
use it: attach, breakpoints, stack, variables, step, pause, leave."""
import json
import os
import queue
import re
import subprocess
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "lib"))
from checks import check, check_in, expect  # noqa: E402
from outside import Context, finish  # noqa: E402
from stub import GDB, TIMEOUT, Stub, need, need_kvm, skip  # noqa: E402


PATIENCE = 1  # seconds, until a pause is asked for again


class Dap:
    """The editor's side; messages are kept until they are asked for."""

    def __init__(self):
        self.process = subprocess.Popen(
            [GDB, "-nx", "-q", "--interpreter=dap"], stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        self.sent = 0
        self.arriving = queue.Queue()
        self.messages = []  # not yet asked for
        threading.Thread(target=self._read, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()

    def _read(self):
        stream = self.process.stdout
        for line in stream:
            length = int(re.fullmatch(rb"Content-Length: (\d+)\r\n", line)[1])
            stream.readline()
            body = stream.read(length)
            print(body.decode(), flush=True)
            self.arriving.put(json.loads(body))

    def send(self, command, **arguments):
        """Its number, by which the response is known."""
        self.sent += 1
        body = json.dumps({"seq": self.sent, "type": "request",
                           "command": command, "arguments": arguments})
        print(">", body, flush=True)
        self.process.stdin.write(
            f"Content-Length: {len(body)}\r\n\r\n{body}".encode())
        self.process.stdin.flush()
        return self.sent

    def wait(self, timeout=TIMEOUT, **wanted):
        """The first message, old or new, that has these members."""
        at = 0
        while True:
            if at == len(self.messages):
                self.messages.append(self.arriving.get(timeout=timeout))
            message = self.messages[at]
            if all(message.get(key) == value for key, value in
                   wanted.items()):
                return self.messages.pop(at)
            at += 1

    def ask(self, command, **arguments):
        message = self.wait(type="response",
                            request_seq=self.send(command, **arguments))
        expect(command, message["success"], message)
        return message.get("body", {})

    def stopped(self, timeout=TIMEOUT):
        return self.wait(timeout, type="event", event="stopped")["body"]

    def pause(self):
        """gdb 16 forgets a pause that comes before it is itself aware that
        the guest runs: it is asked for until it comes."""
        while True:
            self.send("pause", threadId=1)
            try:
                return self.stopped(PATIENCE)
            except queue.Empty:
                continue


def need_dap():
    need([GDB, "-nx", "-batch"], "needs gdb")
    text = subprocess.run([GDB, "--version"], text=True, check=True,
                          capture_output=True).stdout
    version = re.search(r"(\d+)\.\d+", text)[1]
    if int(version) < 14:
        skip(f"needs gdb 14 or newer for its debug adapter, this is {version}")


def attach(dap, stub, path, breakpoints):
    dap.ask("initialize", clientID="test", adapterID="gdb",
            linesStartAt1=True, columnsStartAt1=True, pathFormat="path",
            supportsVariableType=True)
    dap.wait(type="event", event="initialized")
    # Answered after configurationDone from gdb 15 on, before it in 14.
    attached = dap.send("attach", program=path, target=stub.target)
    body = dap.ask("setFunctionBreakpoints", breakpoints=breakpoints)
    dap.ask("configurationDone")
    expect("attach", dap.wait(type="response", request_seq=attached)[
        "success"], "failed")
    return body["breakpoints"]


def variables(dap, frame, scope):
    for each in dap.ask("scopes", frameId=frame)["scopes"]:
        if each["name"] == scope:
            found = dap.ask("variables", variablesReference=each[
                "variablesReference"])["variables"]
            return {row["name"]: row["value"] for row in found}
    return {}


def look_around(context):
    path = context.guest("hello64.elf")
    with Stub([context.stub, path]) as stub, Dap() as dap:
        made = attach(dap, stub, path, [
            {"name": "inner", "condition": "value == 4"}])
        check("breakpoints", len(made), 1)  # pending until it has the file
        dap.stopped()
        check("thread", dap.ask("threads")["threads"],
              [{"id": 1, "name": "vCPU 0"}])
        dap.ask("continue", threadId=1)
        check_in("breakpoint hit", "breakpoint", dap.stopped()["reason"])
        frames = dap.ask("stackTrace", threadId=1)["stackFrames"]
        check("stack", [frame["name"] for frame in frames],
              ["inner", "middle", "outer", "main"])
        frame = frames[0]["id"]
        check("argument", variables(dap, frame, "Arguments"), {"value": "4"})
        check_in("registers", "rip", variables(dap, frame, "Registers"))
        check("expression", dap.ask("evaluate", expression="counter",
                                    frameId=frame)["result"], "1")
        address = dap.ask("evaluate", expression="(long)&counter",
                          frameId=frame)["result"]
        check("memory", dap.ask("readMemory", memoryReference=address,
                                count=4)["data"], "AQAAAA==")
        code = dap.ask("disassemble", memoryReference=frames[0][
            "instructionPointerReference"], instructionCount=3)
        check("disassembly", len(code["instructions"]), 3)
        dap.ask("next", threadId=1)
        check("step", dap.stopped()["reason"], "step")
        dap.ask("stepOut", threadId=1)
        dap.stopped()
        check("stepped out", dap.ask("stackTrace", threadId=1)[
            "stackFrames"][0]["name"], "middle")
        dap.ask("disconnect", terminateDebuggee=False)
        check("then the guest ran to its end", stub.wait(), 0)


def pause_and_leave(context):
    path = context.guest("loop64.elf")
    for attempt in ("pause", "pause again"):
        with Stub([context.stub, path]) as stub, Dap() as dap:
            attach(dap, stub, path, [])
            dap.stopped()
            dap.ask("continue", threadId=1)
            check(attempt, dap.pause()["reason"], "pause")
            check(f"{attempt}: where", dap.ask("stackTrace", threadId=1)[
                "stackFrames"][0]["name"], "again")
            dap.ask("disconnect", terminateDebuggee=False)
            check(f"{attempt}: the stub goes on", stub.alive(), True)


need_kvm()
need_dap()
look_around(Context())
pause_and_leave(Context())
finish()
