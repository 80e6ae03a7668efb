#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""--serial: what a serial port is connected to, for each kind and both ports;
nothing of others is lost, and nothing of ours stays."""
import os
import re
import select
import socket
import subprocess
import sys
import tempfile
import termios

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "lib"))
from checks import check, check_in, expect  # noqa: E402
from outside import Context, finish  # noqa: E402
from rsp import Client, frame  # noqa: E402
from stub import TIMEOUT, Stub, need_kvm  # noqa: E402

FAILED = 125
COM1, COM2 = 0x3f8, 0x2f8


def word(value):
    return value.to_bytes(2, "little").hex()


def echo(base):
    """16 bits: each byte that the port receives goes back to it; q ends the
    guest with 3."""
    return bytes.fromhex(f"ba{word(base + 5)} ec a80174f8 ba{word(base)} ec ee"
                         f"3c71 75ef b003 e6f4")


def waiting(base, line):
    """The same by interrupts, in HLT: a boot sector, the vectors a BIOS's."""
    vector = 4 * (8 + line)
    code = bytes.fromhex(
        f"fa 31c0 8ed8 c706{word(vector)}2a7c 8c0e{word(vector + 2)}"
        f"ba{word(base + 1)} b001 ee b0{0xff & ~(1 << line):02x} e621 fb"
        "f4 ebfd").ljust(0x2a, b"\x90") + bytes.fromhex(
            f"ba{word(base + 5)} ec a801 740b ba{word(base)} ec ee"
            "3c71 7407 ebed b020 e620 cf b003 e6f4")
    return code.ljust(510, b"\0") + b"\x55\xaa"


# A boot sector: "X" to the port, for ever.
def chatter(base):
    return bytes.fromhex(f"ba{word(base)} b058 ee ebfd")


class Place:
    def __init__(self, context, folder):
        self.stub = context.stub
        self.context = context
        self.folder = folder

    def file(self, name, data=None):
        path = os.path.join(self.folder, name)
        if data is not None:
            with open(path, "wb") as file:
                file.write(data)
        return path

    def read(self, name):
        with open(self.file(name), "rb") as file:
            return file.read()

    def start(self, guest, *options):
        return Stub([self.stub, *options, self.file("guest", guest)])

    def run(self, guest, *options):
        """Without a debugger, to its end: status and what it said."""
        done = subprocess.run([self.stub, "-l", "none", *options,
                               self.file("guest", guest)], timeout=TIMEOUT,
                              stdin=subprocess.DEVNULL, text=True,
                              capture_output=True, check=False)
        check_in("no system call refused", "", done.stderr)
        expect("nothing was refused", "refused" not in done.stderr, done.stderr)
        return done.returncode, done.stdout, done.stderr


def at_line(stub, port=1):
    """Where a port is, as the stub says."""
    return stub.wait_line(rf"serial port {port}: (\S+)").group(1)


def peer_of(address):
    kind, _, where = address.partition(":")
    if kind == "unix":
        peer = socket.socket(socket.AF_UNIX)
        peer.connect(where)
    else:
        host, _, port = where.rpartition(":")
        check("loopback", host, "127.0.0.1")
        peer = socket.create_connection((host, int(port)))
    peer.settimeout(TIMEOUT)
    return peer


def talk(label, peer, text=b"hello, line\r"):
    """What is sent comes back, byte by byte and at once."""
    for part in [bytes([c]) for c in text] + [text]:
        peer.sendall(part)
        got = b""
        while len(got) < len(part):
            got += peer.recv(100)
        check(f"{label}: the echo", got, part)


def sockets(place):
    """Both kinds, both ports, by polling and by interrupts; one peer at a time,
    any number after each other."""
    guests = [("polls", echo), ("is interrupted", waiting)]
    for name, guest in guests:
        for port, base in ((1, COM1), (2, COM2)):
            for target in ("tcp:0", f"unix:{place.folder}/line"):
                label = f"{target[:4]}, port {port}, {name}"
                code = guest(base) if guest is echo else guest(
                    base, 4 if port == 1 else 3)
                options = ["--serial", "none"] if port == 2 else []
                with place.start(code, "-r", *options, "--serial",
                                 target) as stub:
                    address = at_line(stub, port)
                    for turn in range(2):
                        with peer_of(address) as peer:
                            talk(f"{label}, peer {turn}", peer)
                            with peer_of(address) as second:
                                check(f"{label}: a second", second.recv(1), b"")
                    with peer_of(address) as peer:
                        peer.sendall(b"q")
                        check(f"{label}: q", peer.recv(1), b"q")
                        check(f"{label}: status", stub.wait(), 3)
                expect(f"{label}: nothing stays",
                       not os.path.exists(f"{place.folder}/line"), "")


class Terminal:
    """The other end of a pty, as a terminal program opens it."""

    def __init__(self, path):
        self.fd = os.open(path, os.O_RDWR | os.O_NOCTTY)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        os.close(self.fd)

    def sendall(self, data):
        os.write(self.fd, data)

    def recv(self, n):
        expect("something comes", select.select([self.fd], [], [], TIMEOUT)[0],
               "")
        return os.read(self.fd, n)


def terminals(place):
    for port, base in ((1, COM1), (2, COM2)):
        options = ["--serial", "stdio"] if port == 2 else []
        with place.start(echo(base), "-r", *options, "--serial",
                         "pty") as stub:
            path = at_line(stub, port)
            for turn in range(3):
                with Terminal(path) as terminal:
                    mode = termios.tcgetattr(terminal.fd)[3]
                    check("it is raw", mode & (termios.ECHO | termios.ICANON), 0)
                    talk(f"pty, turn {turn}", terminal)
            with Terminal(path) as terminal:
                terminal.sendall(b"q")
                check("q", terminal.recv(1), b"q")
                check("its status", stub.wait(), 3)
        check("on standard output", stub.console(), "")


def nobody(place):
    """Text for nobody goes nowhere and holds nobody up, before and after."""
    out = bytes.fromhex(f"b90000 ba{word(COM1)} b058 ee e2fd b007 e6f4")
    for target in ("tcp:0", f"unix:{place.folder}/line", "pty"):
        status, text, said = place.run(out, "--serial", target)
        check(f"{target}: 65536 bytes for nobody", (status, text), (7, ""))
        expect(f"{target}: no complaint", "lost" not in said, said)
    for target in ("tcp:0", "pty"):
        with place.start(chatter(COM1), "-r", "--serial", target) as stub:
            address = at_line(stub)
            with (Terminal if target == "pty" else peer_of)(address) as peer:
                check(f"{target}: somebody reads", peer.recv(1), b"X")
            # It is gone, with text on its way; the guest runs on, and the
            # debugger gets an answer.
            with Client(stub.connect()) as client:
                check(f"{target}: it still runs", client.ask(b"?")[:3], b"T02")
        expect(f"{target}: no complaint", "lost" not in stub.log(), stub.log())


def unread(place):
    """Who does not read holds the guest up, but neither debugger nor signal."""
    with place.start(chatter(COM1), "-r", "--serial", "tcp:0") as stub:
        with peer_of(at_line(stub)) as peer:
            check("it is there", peer.recv(1), b"X")
            with Client(stub.connect()) as client:
                check("the debugger", client.ask(b"?")[:3], b"T02")
            stub.process.terminate()
            check("SIGTERM", stub.wait(), 128 + 15)


def steps(place):
    """Who does not read holds up no step, and gets all of it, in order: what
    came before the steps, in them, and after them. The guest counts."""
    code = bytes.fromhex(f"ba{word(COM1)} 88d8 ee 43 ebfa")
    for target in (f"unix:{place.folder}/line", "pty"):
        with place.start(code, "--serial", target) as stub:
            with (Terminal if target == "pty" else peer_of)(
                    at_line(stub)) as peer, Client(stub.connect()) as client:
                client.sock.sendall(frame(b"vCont;c"))
                first = peer.recv(1)
                stub_holds(client)
                # Four instructions for each byte.
                for _ in range(4 * 20):
                    check(f"{target}: a step", client.ask(b"vCont;s")[:3],
                          b"T05")
                check(f"{target}: a range",
                      client.ask(b"vCont;r7c00,7c05")[:3], b"T05")
                client.sock.sendall(frame(b"vCont;c"))
                got = first
                while len(got) < 1 << 14:
                    got += peer.recv(1 << 16)
                expect(f"{target}: in order, each once", got == bytes(
                    i & 0xff for i in range(len(got))), got[:16])


def stub_holds(client):
    """Runs the guest until it is held, and stops it: it was called away at an
    `out` whose byte waits."""
    before = None
    while True:
        client.sock.sendall(b"\x03")
        client.receive()
        now = client.ask(b"p3")
        if now == before:
            return
        before = now
        client.sock.sendall(frame(b"vCont;c"))


def left_unread(place):
    """Who sends something and leaves keeps nobody out, though the guest does not
    read: it is kept, and read before what the next ones send. Of very many the
    last one's is lost."""
    for target in ("tcp:0", f"unix:{place.folder}/line"):
        with place.start(echo(COM1), "--serial", target) as stub:
            address = at_line(stub)
            text = bytes(97 + i % 16 for i in range(100))
            for i in range(3):
                with peer_of(address) as peer:
                    peer.sendall(b"%d" % i + text)
            with peer_of(address) as peer:
                with peer_of(address) as second:
                    check(f"{target}: a second", second.recv(1), b"")
                peer.sendall(b"!")
                with Client(stub.connect()) as client:
                    client.sock.sendall(frame(b"vCont;c"))
                    wanted = b"".join(b"%d" % i + text for i in range(3)) + b"!"
                    got = b""
                    while len(got) < len(wanted):
                        got += peer.recv(1 << 16)
                    expect(f"{target}: all of it", got == wanted, got)
        with place.start(echo(COM1), "--serial", target) as stub:
            address = at_line(stub)
            for i in range(40):
                with peer_of(address) as peer:
                    peer.sendall(bytes([48 + i]) + text)
            with peer_of(address) as peer, Client(stub.connect()) as client:
                with peer_of(address) as second:
                    check(f"{target}: all have come", second.recv(1), b"")
                check_in(f"{target}: said", "what the last terminal sent is "
                         "lost", stub.log())
                client.sock.sendall(frame(b"vCont;c"))
                wanted = b"".join(
                    bytes([48 + i]) + text for i in range(15))
                got = b""
                while len(got) < len(wanted):
                    got += peer.recv(1 << 16)
                expect(f"{target}: the first ones'",
                       got[:len(wanted)] == wanted, got)


def files(place):
    """A file is made, or appended to, and that is said."""
    hello = bytes.fromhex(f"ba{word(COM1)} b068 ee b069 ee b000 e6f4")
    path = place.file("log")
    status, text, said = place.run(hello, "--serial", f"file:{path}")
    check("made", (status, text, place.read("log")), (0, "", b"hi"))
    expect("and nothing to be said", "log" not in said, said)
    status, _, said = place.run(hello, "--serial", f"file:{path}")
    check("appended to", (status, place.read("log")), (0, b"hihi"))
    check_in("that is said", "has 2 bytes, and more is appended", said)
    place.run(hello, "--serial", f"file:{path}", "--on-reset=reboot")
    check("a third time", place.read("log"), b"hihihi")
    # Each start of the guest, of one run.
    with Stub([place.stub, "--serial", f"file:{path}",
               place.file("guest", hello)]) as stub:
        with Client(stub.connect()) as client:
            client.ask(b"!")
            for _ in range(2):
                client.sock.sendall(frame(b"vCont;c"))
                while client.receive()[:1] != b"W":
                    pass
                client.ask(b"vRun;")
    check("two starts", place.read("log"), b"hi" * 5)


def two_ports(place):
    """Two ports, kept apart; one, and none."""
    both = bytes.fromhex(f"ba{word(COM1)} b031 ee ba{word(COM2)} b032 ee"
                         f"ba{word(COM2 + 5)} ec e6f4")
    one, two = place.file("one"), place.file("two")
    rows = [
        ([], "1", None, None, 0xff),
        (["stdio"], "1", None, None, 0xff),
        (["none"], "", None, None, 0xff),
        (["none", "stdio"], "2", None, None, 0x60),
        (["stdio", f"file:{two}"], "1", None, b"2", 0x60),
        ([f"file:{one}", f"file:{two}"], "", b"1", b"2", 0x60),
        ([f"file:{one}", "stdio"], "2", b"1", None, 0x60),
    ]
    for targets, out, first, second, status in rows:
        options = [word for target in targets for word in ("--serial", target)]
        got, text, _ = place.run(both, *options)
        check(f"{targets}: status, output", (got, text), (status, out))
        for path, wanted in ((one, first), (two, second)):
            check(f"{targets}: {os.path.basename(path)}",
                  place.read(path) if os.path.exists(path) else None, wanted)
            if os.path.exists(path):
                os.remove(path)


def by_bios(place):
    """int 14h knows a port by its number among those that there are; int 11h
    counts them. A goes to the first, B to the second; the status has their
    number, and of the first one's port the upper byte."""
    code = bytes.fromhex("31c0 8ed8 31d2 b84101 cd14 42 b84201 cd14 cd11 c1e809"
                         "2407 8a260104 c0e404 08e0 e6f4")
    code = code.ljust(510, b"\0") + b"\x55\xaa"
    two = place.file("two")
    rows = [([], "A", b"", 0x31), (["none"], "", b"", 0x00),
            (["none", "stdio"], "A", b"", 0x21),
            (["stdio", f"file:{two}"], "A", b"B", 0x32),
            ([f"file:{two}", "stdio"], "B", b"A", 0x32)]
    for targets, out, file, status in rows:
        place.file("two", b"")
        options = [word for target in targets for word in ("--serial", target)]
        got, text, _ = place.run(code, *options)
        check(f"{targets}: status, output, file",
              (hex(got), text, place.read("two")), (hex(status), out, file))


def refused(place):
    """A clear sentence, and nothing of others is touched."""
    precious = place.file("precious", b"precious")
    fifo = place.file("fifo")
    os.mkfifo(fifo)
    used = socket.socket()
    used.bind(("127.0.0.1", 0))
    used.listen()
    listens = socket.socket(socket.AF_UNIX)
    listens.bind(place.file("listens"))
    listens.listen()
    left = socket.socket(socket.AF_UNIX)
    left.bind(place.file("left"))
    left.close()
    rows = [
        ("tcp:", "--serial does not know 'tcp:'"),
        ("tcp:0.0.0.0:1", "does not know"),
        ("tcp:65536", "does not know"),
        ("unix:", "does not know"),
        ("file:", "does not know"),
        ("ptys", "does not know 'ptys'"),
        ("unix:" + "x" * 200, "does not know"),
        (f"tcp:{used.getsockname()[1]}", "in use.*--serial, or tcp:0"),
        (f"unix:{precious}", "no socket"),
        (f"unix:{place.file('listens')}", "in use.*choose another with --serial"),
        (f"file:{fifo}", "No such device|not a regular"),
        ("file:/dev/null", "not a regular file"),
        (f"file:{place.folder}", "Is a directory"),
        (f"file:{place.folder}/no/where", "No such file"),
    ]
    for target, words in rows:
        status, _, said = place.run(b"\xf4", "--serial", target)
        check(f"{target}: status", status, FAILED)
        expect(f"{target}: said", re.search(words, said), said)
    check("the file is whole", place.read("precious"), b"precious")
    expect("the other's socket is", os.path.exists(place.file("listens")), "")
    status, _, _ = place.run(b"\xb0\x05\xe6\xf4", "--serial",
                             f"unix:{place.file('left')}")
    check("a dead one's is taken", status, 5)
    expect("and goes", not os.path.exists(place.file("left")), "")
    # What was opened before something failed goes, too.
    done = subprocess.run([place.stub, "-p", str(used.getsockname()[1]),
                           "--serial", f"unix:{place.file('ours')}",
                           place.file("guest")], capture_output=True,
                          stdin=subprocess.DEVNULL, timeout=TIMEOUT,
                          check=False)
    check("no place for debuggers", done.returncode, FAILED)
    expect("ours is gone", not os.path.exists(place.file("ours")), "")
    for socket_ in (used, listens):
        socket_.close()


def main():
    context = Context()
    need_kvm()
    for test in (sockets, terminals, nobody, unread, steps,
                 left_unread, files, two_ports,
                 by_bios, refused):
        print(f"--- {test.__name__}")
        with tempfile.TemporaryDirectory() as folder:
            try:
                test(Place(context, folder))
            except Exception as error:
                expect(test.__name__, False, repr(error))
    finish()


main()
