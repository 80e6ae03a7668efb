#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Addresses of 32 and 64 bits, from clients that are not gdb: where each is hit
while the guest goes from 32-bit code to the higher half."""
import os
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "lib"))
from checks import check, check_in, expect  # noqa: E402
from outside import Context, finish, symbols  # noqa: E402
from rsp import Client  # noqa: E402
from stub import Stub, need, need_kvm  # noqa: E402

MASK = 0xFFFFFFFF
XML = b"qXfer:features:read:target.xml:0,ffff"
SWBREAK = b"qSupported:swbreak+;hwbreak+"
LLDB = b"QThreadSuffixSupported"
FAR = 0x80200000  # where flat code is loaded that has its bit 31 set
LOOP_MEMORY = "2052M"
# mov ax, 0xffff; mov es, ax; mov word es:[0x20], 0xcb90 (nop; retf);
# call 0xffff:0x20; jmp to itself
PAST_1_MIB = bytes.fromhex("b8ffff 8ec0 26c706200090cb 9a2000ffff ebfe")


def stop(client):
    """Continues: what the stub says, hex decoded, and the stop reply."""
    said = b""
    reply = client.ask(b"vCont;c")
    while reply[:1] == b"O":
        said += bytes.fromhex(reply[1:].decode())
        reply = client.receive()
    return said.decode(), reply


def expect_hit(name, client, reason, pc=None):
    said, reply = stop(client)
    check(f"{name}: nothing is said", said, "")
    check_in(f"{name}: stopped by", reason, reply)
    if pc:
        where = client.monitor("where")
        check_in(f"{name}: at", f"{pc:#x}", where)


def sent(client, *packets):
    for packet in packets:
        check(packet.decode(), client.ask(packet), b"OK")


class Rise:
    """A client before the kernel's first instruction."""

    def __init__(self, context, *hello, options=()):
        guest = context.guest("rise32.elf")
        self.stub = Stub([context.stub, "--mode=prot", *options, guest])
        self.client = Client(self.stub.connect())
        for packet in hello:
            self.client.ask(packet)

    def __enter__(self):
        return self.client

    def __exit__(self, *_):
        self.client.sock.close()
        self.stub.end()


def without_description(context, sym):
    """It never reads one: told as it asked."""
    with Rise(context, SWBREAK) as client:
        sent(client, b"Z0,%x,1" % (sym["high3"] & MASK))
        expect_hit("Z0", client, b"swbreak", sym["high3"])
        sent(client, b"z0,%x,1" % (sym["high3"] & MASK),
             b"Z1,%x,1" % (sym["high5"] & MASK))
        expect_hit("Z1", client, b"hwbreak", sym["high5"])
        sent(client, b"z1,%x,1" % (sym["high5"] & MASK),
             b"Z2,%x,4" % (sym["counter"] & MASK))
        expect_hit("Z2", client, b"watch:%x;" % sym["counter"])


def with_32_bits(context, sym):
    """It has 32 bits of pc and is told of no others: a sentence, and it goes on
    from there."""
    with Rise(context, SWBREAK, XML) as client:
        sent(client, b"Z0,%x,1" % (sym["high3"] & MASK))
        said, reply = stop(client)
        check_in("the whole address", f"{sym['high3']:#x}", said)
        check_in("a signal", b"T05thread", reply)
        check_in("memory is shown", b"ff04", client.ask(
            b"m%x,2" % (sym["high3"] & MASK)))
        counted = sym["counter"] & MASK
        check("data is shown", client.memory(counted, 4), b"\x03\0\0\0")
        sent(client, b"M%x,1:30" % counted)
        check("and written", client.memory(counted, 4), b"\x30\0\0\0")
        check("and found", client.ask(b"qSearch:memory:%x;4;0" % counted),
              b"1,%x" % counted)
        sent(client, b"Z2,%x,4" % counted)
        expect_hit("past it", client, b"watch:%x;" % sym["counter"])


def sign_extended(context, sym):
    """Both names are sent."""
    with Rise(context, SWBREAK) as client:
        sent(client, b"Z0,%x,1" % sym["high3"],
             b"Z0,%x,1" % (sym["high4"] & MASK))
        expect_hit("by the long one", client, b"swbreak", sym["high3"])
        sent(client, b"z0,%x,1" % (sym["high3"] & MASK))
        expect_hit("removed by the short one", client, b"swbreak",
                   sym["high4"])


def with_64_bits(context, sym):
    """A client that has 64 bits before the guest has: each address is what it
    says, and waits."""
    with Rise(context, LLDB, XML) as client:
        low = sym["_start"] + 0xFFFF800000000000
        sent(client, b"Z0,%x,1" % low, b"Z0,%x,1" % sym["other"])
        sent(client, *(b"Z0,%x,1" % sym[f"high{n}"] for n in range(1, 8)))
        for n in range(1, 8):
            expect_hit(f"high{n}", client, b"breakpoint", sym[f"high{n}"])
            sent(client, b"z0,%x,1" % sym[f"high{n}"])
        expect_hit("the other", client, b"breakpoint", sym["other"])
        sent(client, b"z0,%x,1" % sym["other"])
        _, reply = stop(client)
        check("no other is hit", reply, b"W00")


def no_such_address(context, _):
    """64 bits that are nowhere in a 32-bit guest are not taken for 32."""
    sym = symbols(context.guest("hello32.elf"))
    with Stub([context.stub, context.guest("hello32.elf")]) as stub:
        with Client(stub.connect()) as client:
            client.ask(LLDB)
            client.ask(XML)
            sent(client, b"Z0,%x,1" % (0xFFFF800000000000 + sym["main"]))
            _, reply = stop(client)
            check("it ends", reply, b"W00")


def in_32_bits(context, _):
    """Code above 2 GiB: what 32 bits say is there, sign-extended or not."""
    place = FAR + symbols(context.guest("loop32.elf"))["again"] - 0x100000
    for name, address in (("as it is", place),
                          ("sign-extended", place | MASK << 32)):
        with Stub([context.stub, "--mode=prot", f"--load-addr={FAR:#x}",
                   "-m", LOOP_MEMORY, context.guest("loop32.bin")]) as stub:
            with Client(stub.connect()) as client:
                client.ask(SWBREAK)
                sent(client, b"Z0,%x,1" % address)
                _, reply = stop(client)
                check_in(f"{name}: stopped", b"T05", reply)
                check_in(f"{name}: at", f"{place:#x}", client.monitor("where"))
                shown = client.monitor("breakpoints")
                check_in(f"{name}: shown", f"{place:#x} ", shown)
                sent(client, b"z0,%x,1" % address)


def past_1_mib(context, _):
    """Real mode reaches 64 KiB beyond, and A20 is on: it does not wrap."""
    place = 0x100010
    with tempfile.TemporaryDirectory() as folder:
        image = os.path.join(folder, "image")
        with open(image, "wb") as file:
            file.write(PAST_1_MIB)
        with Stub([context.stub, "--load-addr=0x8000", image]) as stub:
            with Client(stub.connect()) as client:
                client.ask(SWBREAK)
                client.ask(XML)
                sent(client, b"Z2,%x,2" % place, b"Z0,%x,1" % (place + 1),
                     b"Z0,10,1", b"Z0,11,1")
                expect_hit("written", client, b"watch:%x;" % place)
                expect_hit("executed", client, b"swbreak", None)
                check_in("far beyond", "ffff:0021", client.monitor("where"))
                check("read", client.memory(place, 2), b"\x90\xcb")


TESTS = (without_description, with_32_bits, sign_extended, with_64_bits,
         no_such_address, in_32_bits)


def main():
    need_kvm()
    need(["nm", "--version"], "no nm")
    context = Context()
    sym = symbols(context.guest("rise32.elf"))
    for test in (past_1_mib,) if context.which == "past_1_mib" else TESTS:
        print(f"--- {test.__name__}: {test.__doc__}")
        try:
            test(context, sym)
        except Exception as error:
            expect(test.__name__, False, repr(error))
    finish()


main()
