# SPDX-License-Identifier: MIT
"""gdb as an IDE has it: GDB/MI over pipes (GDB manual, "GDB/MI Output Syntax").

    with Mi(elf) as gdb:
        gdb.ask("-target-select remote :1234")     # ("connected", {})
        gdb.ask("-exec-continue")                  # ("running", {})
        gdb.stopped()                              # {"reason": ..., ...}
"""
import re
import signal

from child import Child
from stub import GDB

RECORD = re.compile(r"(\d*)([\^*=+])([\w-]+)(.*)")
STRING = re.compile(r'"((?:[^"\\]|\\.)*)"')
NAME = re.compile(r"([\w-]+)=")


class Parser:
    """RESULT ("," RESULT)*, each NAME "=" VALUE, as a dict. A list of results
    becomes a list of their values."""

    def __init__(self, text):
        self.text, self.at = text, 0

    def take(self, pattern):
        match = pattern.match(self.text, self.at)
        if match:
            self.at = match.end()
        return match

    def take_char(self, char):
        if self.text[self.at:self.at + 1] != char:
            return False
        self.at += 1
        return True

    def value(self):
        match = self.take(STRING)
        if match:
            return re.sub(r"\\(.)", r"\1", match[1])
        if self.take_char("{"):
            return dict(self.items("}"))
        if self.take_char("["):
            return [value for _, value in self.items("]")]
        raise ValueError(self.text[self.at:])

    def items(self, end):
        """(name or None, value) up to the closing bracket, or the end."""
        while not self.take_char(end) and self.at < len(self.text):
            name = self.take(NAME)
            yield name and name[1], self.value()
            self.take_char(",")


def parse(text):
    return dict(Parser(text).items(""))


class Mi(Child):
    """One gdb; what it says beside answers is kept until it is asked for."""

    def __init__(self, *arguments):
        super().__init__([GDB, "-nx", "-q", "--interpreter=mi3", *arguments],
                         text=True, errors="replace")
        self.token = 0
        self.said = ""   # on its console since the last command
        self.stops = []  # of *stopped, not yet asked for

    def _hear(self, line):
        if line.startswith("~"):
            self.said += Parser(line[1:]).value()

    def _record(self):
        """The next one: (token, kind, class, results)."""
        while True:
            line = self.process.stdout.readline()
            if not line:
                raise EOFError("gdb has ended")
            print(line, end="", flush=True)
            match = RECORD.fullmatch(line.rstrip("\n"))
            if not match:
                self._hear(line)
                continue
            token, kind, name, rest = match.groups()
            if kind == "*" and name == "stopped":
                self.stops.append(parse(rest.lstrip(",")))
            return token, kind, name, parse(rest.lstrip(","))

    def ask(self, command):
        """The answer's class and results."""
        self.token += 1
        self.said = ""
        print(f"> {self.token}{command}", flush=True)
        self.process.stdin.write(f"{self.token}{command}\n")
        self.process.stdin.flush()
        while True:
            token, kind, name, results = self._record()
            if kind == "^" and token == str(self.token):
                return name, results

    def console(self, command):
        """What a command of its command line says."""
        self.ask(f'-interpreter-exec console "{command}"')
        return self.said

    def stopped(self):
        """The next stop that nobody has asked for."""
        while not self.stops:
            self._record()
        return self.stops.pop(0)

    def signal(self):
        """What an IDE does that has no asynchronous gdb."""
        self.process.send_signal(signal.SIGINT)

    def end(self):
        """The exit status of a gdb that was told to go."""
        self.process.stdin.close()
        self.process.stdout.read()
        return self.process.wait()
