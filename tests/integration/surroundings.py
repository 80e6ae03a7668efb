#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What is around the program fails it: nobody reads its lines, a disk is full,
descriptors are missing, names are taken. Whoever is attached goes on, nothing
spins, nothing is deleted that is not the program's."""
import os
import resource
import select
import signal
import socket
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "lib"))
from checks import check, check_in, expect  # noqa: E402
from outside import Context, finish  # noqa: E402
from rsp import Client, frame  # noqa: E402
from stub import TIMEOUT, Stub, need_kvm  # noqa: E402

FAILED = 125
TERMINATED = 128 + signal.SIGTERM
LOOP = 0x100000  # loop64 lies here


def fill(writer):
    """Until a pipe takes nothing more."""
    os.set_blocking(writer, False)
    try:
        while True:
            os.write(writer, b"full\n" * 100)
    except BlockingIOError:
        pass
    try:
        while True:
            os.write(writer, b"\n")
    except BlockingIOError:
        os.set_blocking(writer, True)


def drain(reader):
    """All that is in a pipe now."""
    os.set_blocking(reader, False)
    text = b""
    try:
        while True:
            text += os.read(reader, 1 << 16)
    except BlockingIOError:
        return text.decode()


def run(command, **options):
    return subprocess.run(command, stdin=subprocess.DEVNULL, text=True,
                          timeout=TIMEOUT, check=False, **options)


def turned_away(stub):
    """One who comes second: comes and is closed on."""
    with stub.connect() as peer:
        return peer.recv(1) == b""


# --- standard streams ---

class Mute:
    """A stub whose lines are not read: it is known to listen when somebody
    could connect."""

    def __init__(self, command, stderr=None, closed=()):
        """stderr: a pipe; closed: standard streams that it does not have."""
        self.folder = tempfile.TemporaryDirectory(prefix="kvmgdb-")
        self.path = f"{self.folder.name}/gdb.sock"
        self.process = subprocess.Popen(
            [command[0], "-l", f"unix:{self.path}", *command[1:]],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=stderr or subprocess.DEVNULL, preexec_fn=lambda: [os.close(n) for n in closed])

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.folder.cleanup()

    def connect(self):
        while self.process.poll() is None:
            try:
                peer = socket.socket(socket.AF_UNIX)
                peer.connect(self.path)
                peer.settimeout(TIMEOUT)
                return peer
            except OSError:
                peer.close()
        raise RuntimeError(f"it ended with {self.process.returncode}")

    def end(self):
        self.process.terminate()
        return self.process.wait(TIMEOUT)


def stderr_unread(context):
    """Lines that nobody reads are dropped, and counted for who reads later."""
    reader, writer = os.pipe()
    with Mute([context.stub, context.guest("loop64.elf")],
              stderr=writer) as stub:
        with Client(stub.connect()) as client:
            fill(writer)
            for _ in range(20):
                expect("turned away", turned_away(stub), "")
            check("the first is answered", client.ask(b"qC")[:2], b"QC")
            check_in("and steps", b"T05", client.ask(b"vCont;s:1"))
            drain(reader)
            expect("turned away", turned_away(stub), "")
            check("still answered", client.ask(b"qC")[:2], b"QC")
            lines = drain(reader).splitlines()
            check("what is missing is said", lines[-2:], [
                "kvmgdbstub: 20 lines are missing here: nobody read them",
                "kvmgdbstub: a second debugger was turned away: one is "
                "connected"])
            fill(writer)
        check("SIGTERM", stub.end(), TERMINATED)
    os.close(reader)
    os.close(writer)


def trace_unread(context):
    """The same of --trace, which says much, from the first line on."""
    reader, writer = os.pipe()
    fill(writer)
    with Mute([context.stub, "--trace=all", context.guest("loop64.elf")],
              stderr=writer) as stub:
        with Client(stub.connect()) as client:
            for _ in range(100):
                check_in("a step", b"T05", client.ask(b"vCont;s:1"))
        os.close(reader)  # now writing fails
        with Client(stub.connect()) as client:
            check_in("nobody there", b"T05", client.ask(b"vCont;s:1"))
        check("SIGTERM", stub.end(), TERMINATED)
    os.close(writer)


def streams_closed(context):
    """Standard streams that are closed: nothing of ours takes their place."""
    for closed in ((0,), (1,), (2,), (0, 1, 2)):
        with Mute([context.stub, "--trace=all", "-r",
                   context.guest("exit7.bin")], closed=closed) as stub:
            check(f"{closed} closed: status", stub.process.wait(TIMEOUT), 7)
        with Mute([context.stub, "--trace=all",
                   context.guest("hello64.elf")], closed=closed) as stub:
            with Client(stub.connect()) as client:
                check(f"{closed} closed: answer", client.ask(b"qC")[:2], b"QC")
                client.sock.sendall(frame(b"vCont;c"))
                check(f"{closed} closed: only packets arrive",
                      client.receive(), b"W00")
    done = run([context.stub, "-r", "-l", "none", context.guest("hello64.elf")],
               stderr=subprocess.PIPE, preexec_fn=lambda: os.close(1))
    check("the guest's text goes nowhere", done.stderr,
          "kvmgdbstub: the guest's output is lost: it cannot be written: Bad "
          "file descriptor\n")


# --- disks ---

def outputs_full(context):
    """What was asked for and could not be written is a failure."""
    for option in ("--help", "--version", "--doctor", "--doctor=json"):
        with open("/dev/full", "wb") as full:
            done = run([context.stub, option], stdout=full,
                       stderr=subprocess.PIPE)
        check(f"{option}: status", done.returncode, FAILED)
        check(f"{option}: said", done.stderr,
              "kvmgdbstub: cannot write to standard output: No space left on "
              "device\n")


def limit_size():
    resource.setrlimit(resource.RLIMIT_FSIZE, (4, 4))


def console_full(context):
    """The guest's text cannot be written: it goes on, and that is said."""
    guest = context.guest("hello64.elf")
    reader, writer = os.pipe()
    os.close(reader)
    with open("/dev/full", "wb") as full, tempfile.TemporaryFile() as small:
        for label, out, options, why in (
                ("disk full", full, {}, "No space left on device"),
                ("nobody reads", writer, {}, "Broken pipe"),
                ("a limit", small, {"preexec_fn": limit_size},
                 "File too large")):
            done = run([context.stub, "-p", "0", "-r", guest], stdout=out,
                       stderr=subprocess.PIPE, **options)
            check(f"{label}: the guest's status", done.returncode, 0)
            check(f"{label}: said once", done.stderr.splitlines()[2:], [
                "kvmgdbstub: the guest's output is lost: it cannot be "
                f"written: {why}"])
    os.close(writer)


# --- descriptors ---

def set_limit(stub, n):
    _, most = resource.prlimit(stub.process.pid, resource.RLIMIT_NOFILE)
    resource.prlimit(stub.process.pid, resource.RLIMIT_NOFILE, (n, most))


def n_descriptors(stub):
    return len(os.listdir(f"/proc/{stub.process.pid}/fd"))


def sleeps(stub):
    """Whether it waits: found asleep many times in a row. Who is busy never
    is, so this ends in the watchdog."""
    asleep = 0
    while asleep < 1000:
        with open(f"/proc/{stub.process.pid}/stat") as file:
            state = file.read().rpartition(")")[2].split()[0]
        asleep = asleep + 1 if state == "S" else 0
    return True


def descriptors_gone(context):
    """No descriptor is left for a client."""
    with Stub([context.stub, context.guest("loop64.elf")]) as stub:
        held = n_descriptors(stub)
        set_limit(stub, held)
        with Client(stub.connect()) as client:
            check("the first gets the last", client.ask(b"qC")[:2], b"QC")
            with stub.connect() as second:
                stub.wait_line("no further debugger can be accepted for now: "
                               "Too many open files")
                check("the first is answered", client.ask(b"qC")[:2], b"QC")
                check_in("and steps", b"T05", client.ask(b"vCont;s:1"))
                expect("nothing spins", sleeps(stub), "")
                set_limit(stub, 1024)
                check("with room the second is turned away", second.recv(1),
                      b"")
            set_limit(stub, held + 1)
            for _ in range(3):
                expect("there is one to turn away with", turned_away(stub),
                       "")
        with Client(stub.connect()) as client:
            check("the next comes in", client.ask(b"qC")[:2], b"QC")
        check("said once", stub.log().count("no further debugger"), 1)
        check("SIGTERM", stub.end(), TERMINATED)


ELSEWHERE = [0x110000 + i for i in range(8)]  # more than debug registers


def resume(stub, client):
    """Runs the guest until a breakpoint, or until it is said that it may be
    missed. How it stopped."""
    client.sock.sendall(frame(b"vCont;c"))
    while not select.select([client.sock], [], [], 0.01)[0]:
        if "may be missed" in stub.log():
            client.sock.sendall(b"\x03")
            break
    return client.receive()


def descriptors_missing(context):
    """However few there are from the start: it is said what they are too few
    for, and the rest works."""
    outcomes = set()
    for n in range(6, 40):
        try:
            with Stub([context.stub, context.guest("loop64.elf")],
                      wrapper=("prlimit", f"--nofile={n}:{n}")) as stub:
                with Client(stub.connect()) as client:
                    for address in [*ELSEWHERE, LOOP]:
                        check(f"{n}: Z0", client.ask(b"Z0,%x,1" % address),
                              b"OK")
                    check(f"{n}: stops", resume(stub, client)[:2], b"T0")
                    planted = "pending" not in client.monitor("breakpoints")
                    missed = "may be missed" in stub.log()
                    check(f"{n}: a breakpoint that cannot hold is told of",
                          missed, not planted)
                    reset = client.monitor("reset")
                    done = "at its first instruction" in reset
                    expect(f"{n}: reset",
                           done or "Too many open files" in reset, reset)
                    check(f"{n}: step", client.ask(b"vCont;s:1")[:2], b"T0")
                    outcomes.add("missed" if missed else
                                 "all" if done else "not reset")
                check(f"{n}: SIGTERM", stub.end(), TERMINATED)
        except RuntimeError as error:
            outcomes.add("refused")
            check_in(f"{n}: the reason", "Too many open files", str(error))
    check("outcomes", outcomes, {"refused", "missed", "not reset", "all"})


# --- names ---

def occupants(folder):
    """What may be where a socket is to be: a label and a path each."""
    def path(name):
        return os.path.join(folder, name)

    with open(path("file"), "w") as file:
        file.write("mine")
    with open(path("empty"), "w"):
        pass
    os.mkdir(path("folder"))
    os.mkfifo(path("fifo"))
    os.symlink("nowhere", path("link"))
    return ["file", "empty", "folder", "fifo", "link"]


def names_taken(context):
    """What has the socket's name already stays as it is."""
    guest = context.guest("loop64.elf")
    with tempfile.TemporaryDirectory() as folder:
        for name in occupants(folder):
            path = os.path.join(folder, name)
            before = os.lstat(path)
            done = run([context.stub, "-l", f"unix:{path}", guest],
                       capture_output=True)
            check(f"{name}: status", done.returncode, FAILED)
            check_in(f"{name}: said", "it is no socket", done.stderr)
            after = os.lstat(path)
            check(f"{name}: stays", (after.st_ino, after.st_size),
                  (before.st_ino, before.st_size))


def sockets_taken(context):
    """A socket in use, of whatever kind, is not taken nor connected to."""
    guest = context.guest("loop64.elf")
    with tempfile.TemporaryDirectory() as folder:
        for label, kind, backlog in (
                ("listening", socket.SOCK_STREAM, 5),
                ("queue-is-full", socket.SOCK_STREAM, 0),
                ("bound-only", socket.SOCK_STREAM, None),
                ("datagrams", socket.SOCK_DGRAM, None),
                ("packets", socket.SOCK_SEQPACKET, 5)):
            path = os.path.join(folder, label)
            with socket.socket(socket.AF_UNIX, kind) as owner, \
                    socket.socket(socket.AF_UNIX, kind) as waiting:
                owner.bind(path)
                if backlog is not None:
                    owner.listen(backlog)
                if backlog == 0:
                    waiting.connect(path)
                done = run([context.stub, "-l", f"unix:{path}", guest],
                           capture_output=True)
                check(f"{label}: status", done.returncode, FAILED)
                check_in(f"{label}: said", "is in use", done.stderr)
                expect(f"{label}: stays", os.path.exists(path), path)
                if backlog == 5:
                    owner.setblocking(False)
                    try:
                        owner.accept()
                        expect(f"{label}: nobody came", False, "a connection")
                    except BlockingIOError:
                        pass
            with Stub([context.stub, guest], ["-l", f"unix:{path}"]) as stub:
                check(f"{label}: taken when its owner is gone",
                      stub.address, f"unix:{path}")


def second_stub(context):
    """One that is started at another's address does not stop its guest."""
    with Stub([context.stub, "-r", "--trace=run",
               context.guest("loop64.elf")]) as first:
        done = run([context.stub, "-l", first.address,
                    context.guest("loop64.elf")], capture_output=True)
        check("status", done.returncode, FAILED)
        check_in("said", "another program listens there", done.stderr)
        with Client(first.connect()) as client:
            check_in("the guest is found running", b"T02", client.ask(b"?"))
            check("and stopped for the first time",
                  first.log().count("run: stop"), 1)


def name_replaced(context):
    """At its end the stub removes its socket only."""
    def file(path):
        with open(path, "w") as new:
            new.write("mine")

    def other_socket(path):
        with socket.socket(socket.AF_UNIX) as other:
            other.bind(path)

    for label, put in (("a file", file), ("a folder", os.mkdir),
                       ("another socket", other_socket)):
        with Stub([context.stub, context.guest("loop64.elf")]) as stub:
            os.unlink(stub.target)
            put(stub.target)
            inode = os.lstat(stub.target).st_ino
            check(f"{label}: SIGTERM", stub.end(), TERMINATED)
            check(f"{label}: stays", os.lstat(stub.target).st_ino, inode)
    with Stub([context.stub, context.guest("loop64.elf")]) as stub:
        os.unlink(stub.target)
        check("nothing there: SIGTERM", stub.end(), TERMINATED)


def main():
    need_kvm()
    context = Context()
    for test in (stderr_unread, trace_unread, streams_closed, outputs_full,
                 console_full, descriptors_gone, descriptors_missing,
                 names_taken, sockets_taken, second_stub, name_replaced):
        print(f"--- {test.__name__}: {test.__doc__.splitlines()[0]}")
        try:
            test(context)
        except Exception as error:
            expect(test.__name__, False, repr(error))
    finish()


main()
