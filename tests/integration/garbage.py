#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Peers that are no debugger: the stub lives, the guest is untouched."""
import os
import random
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "lib"))
from checks import check, expect  # noqa: E402
from outside import Context, finish  # noqa: E402
from rsp import Client, checksum, frame, pour  # noqa: E402
from stub import Stub, need_kvm  # noqa: E402

LOOP = 0x100000  # loop64 lies here
WRITE = b"M%x,4:00000000" % LOOP
RESUMES = [b"c", b"s", b"vCont;c", b"vCont;s:1"]


def refused(payload):
    """A packet with a checksum that is wrong."""
    wrong = b"%02x" % (int(checksum(payload), 16) ^ 0x55)
    return b"$" + payload + b"#" + wrong


def mutations():
    """Packets that would do something, damaged so that they must not."""
    source = random.Random(2)
    packets = [WRITE, b"G" + 600 * b"0", b"P10=0000000000000000",
               b"X%x,4:abcd" % LOOP, b"Z0,%x,1" % LOOP, b"k", b"vKill;1",
               *RESUMES]
    for _ in range(2000):
        payload = bytearray(source.choice(packets))
        payload[source.randrange(len(payload))] ^= 1 << source.randrange(8)
        yield refused(bytes(payload).replace(b"#", b"!").replace(b"$", b"!"))


# Nothing in here may change the guest: a label and the bytes.
ROWS = [
    ("nothing", b""),
    ("random bytes", random.Random(1).randbytes(1 << 20)),
    ("zeros", bytes(1 << 16)),
    ("only dollars", b"$" * (1 << 16)),
    ("only hashes", b"#" * (1 << 16)),
    ("acknowledgements", b"+" * (1 << 16)),
    ("refusals", b"-" * (1 << 16)),
    ("interrupts", b"\x03" * (1 << 16)),
    ("HTTP", b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"),
    ("empty packets", b"$#00" * 5000),
    ("a packet without end", b"$" + b"m" * (1 << 20)),
    ("an overlong packet", frame(b"M%x,200000:" % LOOP + b"00" * (1 << 20))),
    ("an overlong packet, bad checksum", refused(b"M0,1:" + b"0" * (1 << 20))),
    ("half a packet", b"$M%x,4:0000" % LOOP),
    ("a packet without its checksum", b"$" + WRITE + b"#"),
    ("half a checksum", frame(WRITE)[:-1]),
    ("a checksum that is no number", b"$" + WRITE + b"#zz"),
    ("a bad checksum", refused(WRITE)),
    ("bad checksums of resumes", b"".join(map(refused, RESUMES))),
    ("damaged packets", b"".join(mutations())),
    ("the length is too large", frame(b"M%x,8:00000000" % LOOP)),
    ("the length is too small", frame(b"M%x,1:00000000" % LOOP)),
    ("the data is no hex", frame(b"M%x,4:0000000g" % LOOP)),
    ("binary data cut short", frame(b"X%x,8:abcd" % LOOP)),
    ("an escape at the end", frame(b"X%x,1:}" % LOOP)),
    ("memory that wraps", frame(b"Mffffffffffffffff,4:00000000")),
    ("a length that wraps", frame(b"M%x,ffffffffffffffff:00" % LOOP)),
    ("a number of 100 digits", frame(b"M" + b"1" * 100 + b",1:00")),
    ("reads of everything", frame(b"m0,ffffffffffffffff") * 100),
    ("run-length coding of nothing", frame(b"*~*~*~")),
    ("all registers, too few", frame(b"G00")),
    ("breakpoints of no kind", frame(b"Z7,0,1") + frame(b"Z0,0,0;X1,")),
    ("a thread that is not there", frame(b"vCont;c:99")),
    ("a deep vCont", frame(b"vCont" + b";t:1" * 10000)),
    ("monitor with no hex", frame(b"qRcmd,xyz")),
    ("monitor of 64 KiB", frame(b"qRcmd," + b"41" * (1 << 16))),
]


class Guest:
    """What must not change: registers and the memory around the code."""

    def __init__(self, stub):
        with Client(stub.connect()) as client:
            self.why = client.ask(b"?")
            self.registers = client.ask(b"g")
            self.memory = client.memory(LOOP & ~0xFFF, 0x2000)

    def __eq__(self, other):
        return vars(self) == vars(other)


def descriptors(stub):
    """How many it has open while one client is connected."""
    with Client(stub.connect()):
        return len(os.listdir(f"/proc/{stub.process.pid}/fd"))


def come_and_go(stub):
    """Thousands of connects, each gone before it said anything."""
    for _ in range(3000):
        pour(stub.connect(), b"")


def rush(stub):
    """The same, without waiting for the stub to notice."""
    for _ in range(3000):
        stub.connect().close()


def crowd(stub):
    """Many at once."""
    for peer in [stub.connect() for _ in range(200)]:
        peer.close()


def reset(stub):
    """A client that is gone with replies on their way to it."""
    for _ in range(50):
        with stub.connect() as peer:
            peer.sendall(frame(b"g") * 100)
            peer.recv(1)


def attack(stub, before):
    for label, data in ROWS:
        # As it is, which mostly is no beginning, and from one who has begun.
        for stream in (data, b"+" + frame(b"qC") + data):
            pour(stub.connect(), stream)
            if not expect(f"{label}: alive", stub.alive(), stub.log()):
                return
            expect(f"{label}: guest as before", Guest(stub) == before,
                   "changed")
    acts = [come_and_go, reset]
    if stub.address.startswith("unix:"):
        # TCP drops what its queue has no room for, and tries again in 1 s.
        acts += [rush, crowd]
    for act in acts:
        act(stub)
        if expect(f"{act.__name__}: alive", stub.alive(), stub.log()):
            expect(f"{act.__name__}: guest as before", Guest(stub) == before,
                   "changed")


# What a browser can be made to send: a packet is in each, and must stay there.
HIDDEN = frame(WRITE) + frame(b"k")
POST = (b"POST / HTTP/1.1\r\nHost: localhost:1234\r\n"
        b"Origin: http://evil.example\r\nContent-Type: text/plain\r\n")
PAGES = [
    ("a form", POST + b"Content-Length: %d\r\n\r\n" % len(HIDDEN) + HIDDEN),
    ("headers", POST + b"X-Packet: " + HIDDEN + b"\r\n\r\n"),
    ("a path", b"GET /" + HIDDEN + b" HTTP/1.1\r\n\r\n"),
    ("a method", b"M" + HIDDEN + b" / HTTP/1.1\r\n\r\n"),
    ("TLS", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + HIDDEN),
    ("HTTP/2", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + HIDDEN),
    ("a line first", b"\r\n" + HIDDEN),
]


def web_page(context):
    """A stream that does not begin as the protocol does is closed and said,
    and the guest runs on: connecting alone does not stop it."""
    for label, page in PAGES:
        with Stub([context.stub, "-r", context.guest("loop64.elf")],
                  ["-l", "tcp:127.0.0.1:0"]) as stub:
            for data in (page, b"+" + page):
                check(f"{label}: not answered", pour(stub.connect(), data),
                      b"")
            first = re.escape(page.split(b"\r")[0][:8].decode("latin-1"))
            if first and first.isprintable():
                stub.wait_line(f"turned away: it began with '{first}")
            else:
                stub.wait_line("turned away: it began with '")
            with Client(stub.connect()) as client:
                check(f"{label}: the guest ran", client.ask(b"?")[:3], b"T02")
                expect(f"{label}: memory", client.memory(LOOP, 4) != bytes(4),
                       "written to")


def silence(context):
    """Who connects and says nothing neither stops the guest nor keeps a
    debugger out."""
    with Stub([context.stub, "-r", context.guest("loop64.elf")]) as stub:
        with stub.connect() as silent, Client(stub.connect()) as client:
            check("the guest ran", client.ask(b"?")[:3], b"T02")
            check("the silent one is gone", silent.recv(1), b"")
            with stub.connect() as second:
                check("a second debugger is turned away", second.recv(1), b"")
            check("and the first goes on", client.ask(b"qC")[:2], b"QC")


def main():
    need_kvm()
    context = Context()
    web_page(context)
    silence(context)
    for listen in (None, ["-l", "tcp:127.0.0.1:0"]):
        with Stub([context.stub, context.guest("loop64.elf")],
                  listen) as stub:
            before, held = Guest(stub), descriptors(stub)
            attack(stub, before)
            if stub.alive():
                check("no descriptor leaked", descriptors(stub), held)
    finish()


main()
