# SPDX-License-Identifier: MIT
"""An editor's side of the Debug Adapter Protocol."""
import json
import queue
import re
import threading

from checks import expect
from child import Child
from stub import TIMEOUT

PATIENCE = 1  # seconds, until a pause is asked for again


class Dap(Child):
    """The editor's side; messages are kept until they are asked for."""

    def __init__(self, command):
        super().__init__(command)
        self.sent = 0
        self.arriving = queue.Queue()
        self.messages = []  # not yet asked for
        threading.Thread(target=self._read, daemon=True).start()

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

    def attach(self, breakpoints, **arguments):
        """As an editor starts a session. What came of the breakpoints."""
        self.ask("initialize", clientID="test", adapterID="test",
                 linesStartAt1=True, columnsStartAt1=True, pathFormat="path",
                 supportsVariableType=True)
        # Adapters differ in what of this they answer at once.
        attached = self.send("attach", **arguments)
        self.wait(type="event", event="initialized")
        made = self.ask("setFunctionBreakpoints", breakpoints=breakpoints)
        self.ask("configurationDone")
        message = self.wait(type="response", request_seq=attached)
        expect("attach", message["success"], message)
        return made["breakpoints"]

    def functions(self):
        """The stack, its innermost function first."""
        return [frame["name"] for frame in
                self.ask("stackTrace", threadId=1)["stackFrames"]]

    def variables(self, scope):
        """{name: value} of the innermost frame."""
        frame = self.ask("stackTrace", threadId=1)["stackFrames"][0]["id"]
        for each in self.ask("scopes", frameId=frame)["scopes"]:
            if each["name"] == scope:
                found = self.ask("variables", variablesReference=each[
                    "variablesReference"])["variables"]
                return {row["name"]: row["value"] for row in found}
        return {}

    def evaluate(self, expression):
        frame = self.ask("stackTrace", threadId=1)["stackFrames"][0]["id"]
        return self.ask("evaluate", expression=expression, frameId=frame,
                        context="watch")["result"]

    def stopped(self, timeout=TIMEOUT):
        return self.wait(timeout, type="event", event="stopped")["body"]

    def start(self, command):
        """Of the stop before, some adapters tell twice: it is forgotten."""
        self.ask("threads")
        self.messages = [message for message in self.messages
                         if message.get("event") != "stopped"]
        self.ask(command, threadId=1)

    def resume(self, command):
        """The stop that it leads to."""
        self.start(command)
        return self.stopped()

    def run_and_pause(self):
        """gdb 16 forgets a pause that comes before it is itself aware that
        the guest runs: it is asked for until it comes."""
        self.start("continue")
        while True:
            self.send("pause", threadId=1)
            try:
                return self.stopped(PATIENCE)
            except queue.Empty:
                continue
