# SPDX-License-Identifier: MIT
"""A kvmgdbstub under test: started, known to listen, and surely ended.

Nothing here waits by the clock: the stub says that it listens, and a process
that has ended closes its pipes. The one timeout is the watchdog of the test.
"""
import os
import re
import socket
import subprocess
import sys
import tempfile
import threading

SKIP = 77  # SKIP_RETURN_CODE of these tests
# Hosts that emulate an emulator need more.
TIMEOUT = float(os.environ.get("KVMGDB_TEST_TIMEOUT", "60"))

GDB = os.environ.get("KVMGDB_GDB", "gdb")  # another gdb than the system's

READY = re.compile(r"^kvmgdbstub: listening on (\S+)")


def skip(reason):
    print("SKIP:", reason)
    sys.exit(SKIP)


def need_kvm():
    try:
        os.close(os.open("/dev/kvm", os.O_RDWR))
    except OSError as error:
        skip(f"/dev/kvm: {error.strerror}")


def need(command, why):
    """Skips the test unless the command runs."""
    try:
        subprocess.run(command, check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        skip(why)


def need_ability(stub, name):
    """Skips the test where the host cannot do it, as the stub measured."""
    done = subprocess.run([stub, f"--doctor=needs:{name}"], text=True,
                          capture_output=True, timeout=TIMEOUT, check=False)
    if done.returncode == 1:
        skip(f"needs {done.stdout.strip()}")
    if done.returncode:
        raise RuntimeError(f"--doctor=needs:{name}: {done.stderr}")


class Stub:
    """One run. `address` is where it listens, as it said itself."""

    def __init__(self, command, listen=None, wrapper=(), console=None):
        """command: program and arguments; listen: options, a unix socket
        unless given; wrapper: what runs the program, strace say; console:
        where the guest prints, a file unless given."""
        self.folder = tempfile.TemporaryDirectory(prefix="kvmgdb-")
        listen = listen or ["-l", f"unix:{self.folder.name}/gdb.sock"]
        self.lines = []  # of its standard error
        self.address = None
        self._said = threading.Condition()
        self.console_path = f"{self.folder.name}/console"
        with open(self.console_path, "wb") as file:
            self.process = subprocess.Popen(
                [*wrapper, command[0], *listen, *command[1:]],
                stdin=subprocess.DEVNULL, stdout=console or file,
                stderr=subprocess.PIPE, text=True, errors="replace")
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        self._wait_ready()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.end()

    def _read(self):
        for line in self.process.stderr:
            with self._said:
                self.lines.append(line.rstrip("\n"))
                self._said.notify_all()
        with self._said:
            self.lines.append(None)  # it has ended
            self._said.notify_all()

    def wait_line(self, pattern):
        """The match of the first line, old or new, that has the pattern."""
        with self._said:
            seen = 0
            while True:
                for line in self.lines[seen:]:
                    if line is None:
                        raise RuntimeError(f"no line {pattern!r}: "
                                           + self.log())
                    match = re.search(pattern, line)
                    if match:
                        return match
                seen = len(self.lines)
                if not self._said.wait(TIMEOUT):
                    raise RuntimeError(f"no line {pattern!r} in {TIMEOUT} s")

    def _wait_ready(self):
        try:
            self.address = self.wait_line(READY.pattern).group(1)
        except RuntimeError:
            self.end()
            raise

    @property
    def target(self):
        """The address as `target remote` takes it."""
        kind, _, rest = self.address.partition(":")
        return rest if kind in ("unix", "tcp") else self.address

    def connect(self):
        """A bare socket to it."""
        if self.address.startswith("unix:"):
            # Not with a timeout: a full queue would be an error then.
            peer = socket.socket(socket.AF_UNIX)
            peer.connect(self.target)
        else:
            host, _, port = self.target.rpartition(":")
            peer = socket.create_connection((host.strip("[]"), int(port)))
            peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        peer.settimeout(TIMEOUT)
        return peer

    def log(self):
        return "\n".join(line for line in self.lines if line is not None)

    def console(self):
        """What the guest printed so far."""
        with open(self.console_path, "rb") as file:
            return file.read().decode("latin-1")

    def alive(self):
        return self.process.poll() is None

    def wait(self):
        """Its exit status, -N for a signal; all of its output is there."""
        status = self.process.wait(TIMEOUT)
        self._reader.join(TIMEOUT)
        if "sandbox refused" in self.log():
            raise RuntimeError(self.log())
        return status

    def end(self):
        """Asks it to end, and sees to it. Its exit status."""
        if self.alive():
            self.process.terminate()
        try:
            return self.wait()
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise RuntimeError("the stub does not end on SIGTERM") from None
