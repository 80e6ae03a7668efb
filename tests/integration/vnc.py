#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""--vnc: the screen as it changes, keys, clients that are none, and that all of
it is a process that the guest and its debugger can do without."""
import os
import signal
import socket
import struct
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "lib"))
from checks import check, check_in, expect  # noqa: E402
from outside import Context, finish, symbols  # noqa: E402
from rfb import ESCAPE, RETURN, SHIFT, Vnc  # noqa: E402
from rsp import Client  # noqa: E402
from stub import Stub, TIMEOUT, need_kvm, skip  # noqa: E402

LINEAR_1024 = 0x144 | 0x4000


class Guest:
    """A guest with a screen, and a debugger unless options say otherwise."""

    def __init__(self, context, name, *options, where="tcp::0", debugger=True):
        self.names = symbols(context.guest(f"{name}.elf"))
        listen = None if debugger else ["-l", "none"]
        self.stub = NoDebugger if not debugger else Stub
        self.stub = self.stub([context.stub, f"--vnc={where}", *options,
                               context.guest(f"{name}.bin")], listen=listen)
        self.debugger = debugger
        self.place = self.stub.wait_line(r"VNC clients come to (\S+)").group(1)

    def __enter__(self):
        self.stub.__enter__()
        if self.debugger:
            self.client = Client(self.stub.connect())
        return self

    def __exit__(self, *what):
        if self.debugger:
            self.client.__exit__(*what)
        self.stub.__exit__(*what)

    def peer(self):
        kind, _, rest = self.place.partition(":")
        if kind == "unix":
            peer = socket.socket(socket.AF_UNIX)
            peer.connect(rest)
        else:
            host, _, port = rest.rpartition(":")
            peer = socket.create_connection((host, int(port)))
        peer.settimeout(TIMEOUT)
        return peer

    def vnc(self, **how):
        return Vnc(self.peer(), **how)

    def write(self, name, data, offset=0):
        check(f"write {name}", self.client.ask(b"M%x,%x:%s" % (
            self.names[name] + offset, len(data), data.hex().encode())), b"OK")

    def go_to(self, name):
        """Runs, and has not come there yet."""
        self.client.ask(b"Z0,%x,1" % self.names[name])
        self.client.sock.sendall(b"$vCont;c#a8")

    def run_to(self, name):
        self.client.ask(b"vCont;s:1")
        self.client.ask(b"Z0,%x,1" % self.names[name])
        check_in(f"to {name}", b"T05", self.client.ask(b"vCont;c"))
        self.client.ask(b"z0,%x,1" % self.names[name])

    def server(self):
        """Its process."""
        pid = self.stub.process.pid
        with open(f"/proc/{pid}/task/{pid}/children") as file:
            for child in file.read().split():
                with open(f"/proc/{child}/comm") as name:
                    if name.read() == "kvmgdb-vnc\n":
                        return int(child)
        return None


class NoDebugger(Stub):
    """It listens for VNC clients alone."""

    def _wait_ready(self):
        self.wait_line("VNC clients")


def status(pid, key):
    with open(f"/proc/{pid}/status") as file:
        for line in file:
            if line.startswith(key + ":"):
                return line.split()[1]
    return None


def screen(context):
    """Text, then another mode and size, while the guest stands and while it
    runs; a client that knows of no other size is sent away and comes again."""
    with tempfile.TemporaryDirectory() as folder:
        for where in ("tcp::0", f"unix:{folder}/vnc"):
            with Guest(context, "screens", where=where) as guest, \
                    guest.vnc() as vnc, guest.vnc(resizes=False) as other:
                check("its name", vnc.name, b"kvmgdbstub")
                check("its size", vnc.size, (640, 400))
                guest.run_to("text")
                for one in (vnc, other):
                    one.until(lambda: one.dot(0, 0) == 0xffff55)
                    check("blue paper", hex(one.dot(8, 0)), hex(0x0000aa))
                    check("red paper", hex(one.dot(0, 16)), hex(0xaa0000))
                    check("an L", hex(one.dot(1, 20)), hex(0xffffff))
                guest.run_to("dots")
                vnc.until(lambda: vnc.size == (320, 200)
                          and vnc.dot(319, 199) == 0xff8204)
                check("its colours", [hex(vnc.dot(x, 0)) for x in (1, 36)],
                      ["0xaa", "0xff00ff"])
                try:
                    other.until(lambda: False)
                except (EOFError, ConnectionError):
                    pass
                with guest.vnc(resizes=False) as other:
                    check("it comes again", other.size, (320, 200))
                    other.until(lambda: other.dot(319, 199) == 0xff8204)
                guest.stub.end()
            expect("no file is left", not os.path.exists(f"{folder}/vnc"), "")
    with Guest(context, "screens", "-r", debugger=False) as guest, \
            guest.vnc() as vnc:
        vnc.until(lambda: vnc.size == (320, 200)
                  and vnc.dot(319, 199) == 0xff8204)
        check("as it runs", hex(vnc.dot(1, 0)), "0xaa")


def frame_buffer(context):
    """1024 by 768, and back to text."""
    with Guest(context, "vbe") as guest, guest.vnc() as vnc:
        guest.write("goes_on", b"\1")
        guest.run_to("drawn")
        vnc.until(lambda: vnc.size == (1024, 768)
                  and vnc.dot(1023, 767) == 0x0000ff)
        check("the first row", {vnc.dot(x, 0) for x in range(1024)},
              {0xff8001})
        check("the next", [x for x in range(1024) if vnc.dot(x, 1)], [5])
        guest.client.monitor("reset")
        vnc.until(lambda: vnc.size == (640, 400))
        guest.stub.end()


def keys(context):
    """Through the BIOS, by interrupts of the guest's own, and a call that
    waits for one."""
    with Guest(context, "keys", "-r", debugger=False) as guest, \
            guest.vnc() as vnc:
        vnc.type(ord("H"), ord("i"))
        vnc.key(SHIFT, True)
        vnc.type(ord("A"), ord("?"))
        vnc.key(SHIFT, False)
        vnc.type(0x00e9, 0x12345678)  # on no key
        vnc.type(ord("a"), RETURN, ord("q"))
        while "q" not in guest.stub.console():
            pass
        check("typed", guest.stub.console(), "HiA?a\rq")
        vnc.type(ord("b"), ESCAPE)
        check("codes", guest.stub.wait(), 2)
    with Guest(context, "vbe") as guest, guest.vnc() as vnc:
        guest.write("called", b"\x16", offset=-1)  # int 0x16,
        guest.write("given_ax", b"\0\0")           # which waits
        guest.go_to("called")
        vnc.type(ord("z"))
        check_in("a key has come", b"T05", guest.client.receive())
        check("it is", guest.client.ask(b"p0")[:4], b"7a2c")
        guest.stub.end()


def held(context):
    """A client that goes lets go of its keys."""
    with Guest(context, "keys", "-r", debugger=False) as guest:
        with guest.vnc() as vnc:
            vnc.key(SHIFT, True)
            vnc.type(ord("a"))
            while "A" not in guest.stub.console():
                pass
        with guest.vnc() as vnc:
            vnc.type(ord("a"))
            while len(guest.stub.console()) < 2:
                pass
            check("no Shift any more", guest.stub.console(), "Aa")


def rude(context):
    """Whoever is no VNC client, or a bad one, is rid of, and the others and the
    debugger go on."""
    hello = b"RFB 003.008\n"
    begun = hello + b"\1\1"
    openings = (
        b"GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: "
        b"Upgrade\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
        b"Sec-WebSocket-Version: 13\r\nOrigin: http://a\r\n"
        b"Sec-WebSocket-Protocol: binary\r\n\r\n",
        b"POST / HTTP/1.1\r\n\r\n" + begun,
        b"\0" * 1000, b"RFB 999.999\n", hello + b"\2", hello + b"\xff",
        begun + b"\xff" * 100,
        begun + struct.pack(">BxxxI", 6, 0xffffffff),      # cut text
        begun + struct.pack(">BxH", 2, 0xffff) + b"\xff" * 300,
        begun + struct.pack(">BBHHHH", 3, 0, 0xffff, 0xffff, 0xffff, 0xffff),
        begun + struct.pack(">BxxxBBBBHHHBBBxxx", 0, 255, 255, 1, 1, 0, 0, 0,
                            99, 99, 99),
        begun + struct.pack(">BB", 8, 255),                # scale
        begun + b"\7" + b"\xff" * 20,                      # files
    )
    with Guest(context, "screens") as guest:
        guest.run_to("text")
        for opening in openings:
            for cut in (len(opening), len(opening) // 2):
                with guest.peer() as peer:
                    try:
                        if opening.startswith(hello):
                            peer.recv(len(hello))
                        peer.sendall(opening[:cut])
                        peer.shutdown(socket.SHUT_WR)
                        while peer.recv(1 << 16):
                            pass
                    except OSError:
                        pass  # it was sent away sooner
        with guest.vnc() as vnc:
            vnc.until(lambda: vnc.dot(0, 0) == 0xffff55)
        # One that says half of it and waits, and one that does not read.
        with guest.peer() as slow, guest.peer() as deaf:
            slow.sendall(hello[:5])
            deaf.sendall(begun + struct.pack(">BBHHHH", 3, 0, 0, 0, 640, 400)
                         * 2000)
            with guest.vnc() as vnc:
                vnc.until(lambda: vnc.dot(0, 0) == 0xffff55)
                check_in("a step", b"T05", guest.client.ask(b"vCont;s:1"))
        # More than there is room for.
        peers = [guest.peer() for _ in range(20)]
        closed = 0
        for peer in peers[10:]:
            try:
                closed += peer.recv(1) == b""
            except ConnectionError:
                closed += 1
        check("too many", closed, 10)
        for peer in peers:
            peer.close()
        # Keys without end: the guest comes to its end all the same.
        with guest.vnc() as vnc:
            vnc.peer.sendall(struct.pack(">BBxxI", 4, 1, ord("a")) * 20000)
            guest.run_to("dots")
        guest.stub.end()


def alone(context):
    """Without clients it does nothing; killed, it is missed by nobody. What it
    may do is filtered."""
    with Guest(context, "screens") as guest:
        server = guest.server()
        before = status(server, "voluntary_ctxt_switches")
        for _ in range(200):
            guest.client.ask(b"vCont;s:1")
        check("no client: it sleeps",
              status(server, "voluntary_ctxt_switches"), before)
        check("no new privileges", status(server, "NoNewPrivs"), "1")
        if status(guest.stub.process.pid, "Seccomp") == "2":
            check("a filter", status(server, "Seccomp"), "2")
        kinds = sorted(os.readlink(f"/proc/{server}/fd/{fd}").split(":")[0]
                       for fd in os.listdir(f"/proc/{server}/fd")
                       if int(fd) > 2)
        check("what it has open", kinds, ["socket", "socket"])
        os.kill(server, signal.SIGKILL)
        guest.stub.wait_line("the VNC server has ended")
        check_in("a step", b"T05", guest.client.ask(b"vCont;s:1"))
        check_in("a restart", "first", guest.client.monitor("reset"))
        check("end", guest.stub.end(), 128 + signal.SIGTERM)
    with tempfile.TemporaryDirectory() as folder:
        with Guest(context, "screens", where=f"unix:{folder}/v") as guest:
            server = guest.server()
            guest.stub.process.kill()
            guest.stub.wait()
            while os.path.exists(f"{folder}/v") or os.path.exists(
                    f"/proc/{server}"):  # the watchdog ends it
                pass


def refused(context):
    """Addresses where it cannot be."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        for where, part in (("stdio", "--vnc: 'stdio' is no place"),
                            ("none", "--vnc: 'none' is no place"),
                            ("nowhere", "--vnc: 'nowhere' is no place"),
                            (f"tcp::{port}", "another with --vnc")):
            try:
                Stub([context.stub, f"--vnc={where}",
                      context.guest("screens.bin")]).end()
                expect(where, False, "was taken")
            except RuntimeError as error:
                check_in(where, part, str(error))


def main():
    need_kvm()
    context = Context()
    try:
        Stub([context.stub, "--vnc=tcp::0", context.guest("screens.bin")]).end()
    except RuntimeError as error:
        if "libvncserver" in str(error):
            skip("needs a build with libvncserver")
    for test in (screen, frame_buffer, keys, held, rude, alone, refused):
        print(f"--- {test.__name__}: {test.__doc__.splitlines()[0]}")
        try:
            test(context)
        except Exception as error:
            expect(test.__name__, False, repr(error))
    finish()


main()
