#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A terminal as standard input is the guest's, key by key; Ctrl-A x leaves. However
the program ends or is stopped, the terminal is then as it was."""
import fcntl
import os
import pty
import re
import select
import signal
import subprocess
import sys
import tempfile
import termios

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "lib"))
from checks import check, check_in, expect  # noqa: E402
from outside import Context, finish  # noqa: E402
from stub import TIMEOUT, need_kvm  # noqa: E402

# 16 bits: each byte that the serial port receives goes back to it; q ends the
# guest with 3.
ECHO = bytes.fromhex("bafd03 ec a80174fb baf803 ec ee bafd03 3c71 75ef b003 e6f4")
SPIN = b"\xeb\xfe"
EXIT = b"\xb0\x07\xe6\xf4"
RAW_OFF = termios.ECHO | termios.ICANON | termios.ISIG
LEAVE = b"\x01x"
KEYS = "keys go to the guest"


class Session:
    """A stub in a session of its own, on a terminal of its own."""

    def __init__(self, stub, guest, *options):
        self.master, self.slave = pty.openpty()
        self.before = self.mode()
        self.file = tempfile.NamedTemporaryFile()
        self.file.write(guest)
        self.file.flush()
        self.text = b""
        self.process = subprocess.Popen(
            [stub, *options, self.file.name], stdin=self.slave,
            stdout=self.slave, stderr=self.slave, preexec_fn=self.own)

    def own(self):
        os.setsid()
        fcntl.ioctl(0, termios.TIOCSCTTY, 0)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        os.close(self.master)
        os.close(self.slave)
        self.file.close()

    def mode(self):
        return termios.tcgetattr(self.slave)

    def is_raw(self):
        return not self.mode()[3] & RAW_OFF

    def read(self):
        if not select.select([self.master], [], [], TIMEOUT)[0]:
            raise RuntimeError(f"nothing more comes after {self.text}")
        self.text += os.read(self.master, 1 << 16)

    def wait_for(self, pattern):
        """What has been printed up to there is forgotten."""
        while not (match := re.search(pattern, self.text, re.S)):
            self.read()
        self.text = self.text[match.end():]
        return match

    def type(self, keys):
        while keys:
            if select.select([self.master], [], [], 0)[0]:
                self.read()
            if select.select([], [self.master], [], 0.1)[1]:
                keys = keys[os.write(self.master, keys[:512]):]

    def ends(self, label, status):
        check(f"{label}: status", self.process.wait(TIMEOUT), status)
        check(f"{label}: the terminal is as it was", self.mode(), self.before)

    def crashes(self, number):
        """By that signal, or as the sanitizer ends a program that gets it."""
        status = self.process.wait(TIMEOUT)
        while select.select([self.master], [], [], 0)[0]:
            self.read()
        self.ends(number.name,
                  status if b"AddressSanitizer" in self.text else -number)

    def begins(self, label):
        self.wait_for(KEYS.encode())
        expect(f"{label}: the terminal is raw", self.is_raw(), self.mode())


def keys(stub):
    """All of them are the guest's, but Ctrl-A; nothing is echoed twice."""
    with Session(stub, ECHO, "-l", "none") as s:
        s.begins("keys")
        s.wait_for(rb"leaves\r\n")
        s.type(b"a\x03\x1a\x1c\x04\x11\x13\rb")
        s.wait_for(rb"^a\x03\x1a\x1c\x04\x11\x13\rb$")
        s.type(b"\x01\x01c\x01\x01\x01\x01")  # Ctrl-A doubled is one
        s.wait_for(rb"^\x01c\x01\x01$")
        s.type(b"\x01zd\x01")  # of no meaning; and one that waits
        s.wait_for(rb"^d$")
        s.type(b"\x01e")
        s.wait_for(rb"^\x01e$")
        s.type(b"\x01h")
        s.wait_for(rb"Ctrl-A x: leave[^\n]*\n$")
        s.type(b"x" + LEAVE)
        s.ends("Ctrl-A x", 0)


def guest_ends(stub):
    with Session(stub, ECHO, "-l", "none") as s:
        s.begins("q")
        s.type(b"q")
        s.ends("the guest ends", 3)
    with Session(stub, EXIT, "-l", "none") as s:
        s.ends("at once", 7)


def waits_for_debugger(stub):
    """Keys count before the guest runs, and when it reads nothing at all."""
    for guest, options in ((ECHO, ["-p", "0"]), (SPIN, ["-r", "-p", "0"])):
        with Session(stub, guest, *options) as s:
            s.begins(options[0])
            s.type(b"k" * 20000 + LEAVE)
            s.ends(f"{options}: nobody reads", 0)


def signals(stub):
    """Those that are caught, and those by which a program crashes."""
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        for options in (["-l", "none"], ["-p", "0"]):
            with Session(stub, ECHO, *options) as s:
                s.begins(number.name)
                s.process.send_signal(number)
                s.ends(f"{number.name} {options[0]}", 128 + number)
    for number in (signal.SIGSEGV, signal.SIGABRT, signal.SIGBUS,
                   signal.SIGILL, signal.SIGFPE, signal.SIGQUIT,
                   signal.SIGUSR2, signal.SIGALRM):
        with Session(stub, ECHO, "-l", "none") as s:
            s.begins(number.name)
            s.process.send_signal(number)
            s.crashes(number)


def stopped(stub):
    """While it is stopped the terminal is its owner's."""
    with Session(stub, ECHO, "-l", "none") as s:
        s.begins("before")
        for turn in range(2):
            s.process.send_signal(signal.SIGTSTP)
            _, status = os.waitpid(s.process.pid, os.WUNTRACED)
            expect(f"{turn}: it is stopped", os.WIFSTOPPED(status), status)
            check(f"{turn}: the terminal then", s.mode(), s.before)
            s.process.send_signal(signal.SIGCONT)
            s.text = b""
            # The line discipline still edits until it is raw: so ask for long.
            while not s.is_raw():
                os.waitpid(s.process.pid, os.WNOHANG)
            s.type(b"z")
            s.wait_for(rb"z")
        s.type(LEAVE)
        s.ends("after", 0)


def elsewhere(stub):
    """It is not taken where it is not the guest's, nor when nothing starts."""
    with tempfile.TemporaryDirectory() as folder:
        debugger = os.path.join(folder, "gdb")
        with open(debugger, "w") as file:
            file.write("#!/bin/sh\nexit 6\n")
        os.chmod(debugger, 0o755)
        rows = [
            (EXIT, ["-l", "none", "--serial", "none"], 7),
            (EXIT, ["-l", "none", "--serial", "pty"], 7),
            (EXIT, ["-l", "none", "--disk", f"{folder}/absent"], 125),
            (EXIT, ["-l", "nowhere"], 125),
            (ECHO, [f"--gdb={debugger}", "-p", "0"], 6),
            (SPIN, ["-r", "-p", "0", "--timeout=0.2", "--serial", "none"], 124),
        ]
        for guest, options, status in rows:
            with Session(stub, guest, *options) as s:
                s.ends(" ".join(options), status)
                os.set_blocking(s.master, False)
                try:
                    s.text += os.read(s.master, 1 << 16)
                except BlockingIOError:
                    pass
                expect(f"{options}: it was not raw",
                       KEYS.encode() not in s.text, s.text)


def main():
    context = Context()
    need_kvm()
    for test in (keys, guest_ends, waits_for_debugger, signals, stopped,
                 elsewhere):
        print(f"--- {test.__name__}")
        try:
            test(context.stub)
        except Exception as error:
            expect(test.__name__, False, repr(error))
    finish()


main()
