# SPDX-License-Identifier: MIT
"""A real lldb against the stub: batches of commands, and what each printed.

    with Session(context, "hello64.elf") as lldb:
        said = lldb.batch("b main", "c", "register read rip")
        check_in("stopped", "breakpoint 1.1", said["c"])
"""
import os
import re
import subprocess
import threading

from stub import TIMEOUT, Stub, need

LLDB = os.environ.get("KVMGDB_LLDB", "lldb")


def need_lldb():
    need([LLDB, "--version"], "needs lldb")


class Session:
    """A stub; lldb is started for each batch."""

    def __init__(self, context, guest, *options):
        self.path = context.guest(guest)
        self.stub = Stub([context.stub, "--trace=rsp", *options, self.path])

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stub.end()

    def command(self, *arguments):
        return [LLDB, "--no-lldbinit", *arguments]

    def connect(self):
        return f"process connect unix-connect://{self.stub.target}"

    def create(self):
        return f"target create {os.path.splitext(self.path)[0]}.elf"

    def batch(self, *commands, symbols=True, first=()):
        """What each command printed; the last of those that are the same.
        first: commands before the target is made.

        lldb echoes commands and gives up at the first that fails, so what is
        missing did not run.
        """
        target = [self.create()] if symbols else []
        commands = [*first, *target, self.connect(), *commands]
        arguments = [part for line in commands for part in ("-o", line)]
        process = subprocess.Popen(
            self.command("-b", *arguments), stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            errors="replace")
        watchdog = threading.Timer(TIMEOUT, process.kill)
        watchdog.start()
        output, _ = process.communicate()
        watchdog.cancel()
        print(output)
        return said(output, commands)

    def packets(self):
        """Payloads, in order: ("<-", from lldb) and ("->", to it)."""
        return [tuple(line.split(" ", 1)) for line in self.stub.lines
                if line and line[:3] in ("<- ", "-> ")]


def said(output, commands):
    """The text after each command's echo, up to the next."""
    pieces = {}
    rest = output
    for command in commands:
        echo = f"(lldb) {command}\n"
        if echo not in rest:
            break
        rest = rest[rest.index(echo) + len(echo):]
        pieces[command] = re.split(r"^\(lldb\) ", rest, maxsplit=1,
                                   flags=re.M)[0]
    return pieces
