#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""`process interrupt`, in an lldb that takes commands while the guest runs."""
import os
import re
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "lib"))
from checks import check, expect  # noqa: E402
from lldb import Session, need_lldb  # noqa: E402
from outside import Context, finish  # noqa: E402
from stub import need_kvm  # noqa: E402


class Lldb:
    """Commands go in by a pipe; lldb's complaint about one that there is not
    says that those before it are done."""

    def __init__(self, command):
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, errors="replace")
        self.asked = 0

    def say(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def ask(self, line):
        """What was printed until the command was done."""
        self.asked += 1
        mark = f"done-{self.asked}"
        self.say(line)
        self.say(mark)
        text = ""
        while f"'{mark}' is not a valid command" not in text:
            more = self.process.stdout.readline()
            if not more:
                raise EOFError(text)
            text += more
        print(text)
        return text

    def end(self):
        self.say("quit")
        self.process.stdin.close()
        self.process.stdout.read()
        return self.process.wait()


# lldb takes up resumes and stops some time after the command is done: both are
# asked for until they have been.


def until_stopped(lldb, signal):
    while f"stop reason = signal {signal}" not in lldb.ask("thread list"):
        pass


def interrupt(lldb):
    lldb.ask("process continue")
    while "error" in lldb.ask("process interrupt").split("done-")[0]:
        pass
    until_stopped(lldb, "SIGINT")
    return lldb.ask("register read rip")


need_kvm()
need_lldb()
with Session(Context(), "loop64.elf") as session:
    debugger = Lldb(session.command())
    debugger.ask(session.create())
    debugger.ask(session.connect())
    until_stopped(debugger, "SIGTRAP")
    for attempt in (1, 2, 3):
        text = interrupt(debugger)
        expect(f"interrupt {attempt}", re.search(r"rip = 0x0+10000[0-7]", text),
               text)
    debugger.ask("detach")
    check("lldb ended well", debugger.end(), 0)
    check("the stub goes on", session.stub.alive(), True)
finish()
