#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Breakpoints that a client writes into memory itself, by clients that are not
gdb: what each is told, and what becomes of them."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "lib"))
from checks import check, check_in, expect  # noqa: E402
from outside import Context, finish, symbols  # noqa: E402
from rsp import Client  # noqa: E402
from stub import Stub, need, need_kvm  # noqa: E402

SWBREAK = b"qSupported:swbreak+"
LLDB = b"QThreadSuffixSupported"
PC = {16: (8, 4), 32: (8, 4), 64: (16, 8)}  # gdb's number of it, and its bytes
GUESTS = {16: "loop16.bin", 32: "loop32.elf", 64: "loop64.elf"}
FULL = 1024
JUMP_BACK = b"\xeb\xfd"  # to the byte before it


class Guest:
    """A client before a guest's first instruction."""

    def __init__(self, context, guest, *hello):
        self.sym = symbols(context.guest(guest.split(".")[0] + ".elf"))
        self.stub = Stub([context.stub, context.guest(guest)])
        self.client = Client(self.stub.connect())
        for packet in hello:
            self.client.ask(packet)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.client.sock.close()
        self.stub.end()

    def plant(self, place):
        """The byte that was there."""
        byte = self.client.memory(place, 1)
        check(f"written at {place:#x}", self.client.ask(
            b"M%x,1:cc" % place), b"OK")
        check("read back", self.client.memory(place, 1), b"\xcc")
        return byte

    def pull(self, place, byte):
        check("taken away", self.client.ask(
            b"X%x,1:%s" % (place, byte)), b"OK")

    def pc(self, bits):
        number, size = PC[bits]
        value = self.client.ask(b"p%x" % number)[:2 * size]
        return int.from_bytes(bytes.fromhex(value.decode()), "little")


def each_client(context):
    """At it for who finds it there, one past it for who looks before pc."""
    for bits, name in GUESTS.items():
        for client, hello, reason, past in (
                ("swbreak", SWBREAK, b"swbreak:;", 0),
                ("lldb", LLDB, b"reason:breakpoint", 0),
                ("neither", b"qSupported", b"T05thread", 1)):
            label = f"{name}, {client}"
            with Guest(context, name, hello) as guest:
                place = guest.sym["again"]
                guest.plant(place)
                reply = guest.client.ask(b"vCont;c")
                check_in(f"{label}: told", reason, reply)
                if client != "lldb":
                    check(f"{label}: pc", guest.pc(bits), place + past)


def going_on(context):
    """The client lets it stand: it is behind it."""
    for resume, reason in ((b"vCont;s", b"T05thread"),
                           (b"vCont;c", b"swbreak")):
        with Guest(context, "loop64.elf", SWBREAK) as guest:
            place = guest.sym["again"]
            byte = guest.plant(place)
            check_in("hit", b"swbreak", guest.client.ask(b"vCont;c"))
            check("at it", guest.pc(64), place)
            guest.client.ask(b"X%x,2:%s" % (place + 1, JUMP_BACK))
            reply = guest.client.ask(resume)
            check_in(f"{resume.decode()}: told", reason, reply)
            check(f"{resume.decode()}: pc", guest.pc(64),
                  place + (resume == b"vCont;s"))
            guest.pull(place, byte)


def taken_away(context):
    """Stepped off as gdb does, and planted again: another hit."""
    with Guest(context, "loop64.elf", SWBREAK) as guest:
        place = guest.sym["again"]
        for n in range(3):
            byte = guest.plant(place)
            check_in(f"{n}", b"swbreak", guest.client.ask(b"vCont;c"))
            check(f"{n}: pc", guest.pc(64), place)
            count = guest.client.memory(guest.sym["counter"], 4)
            check(f"{n}: count", int.from_bytes(count, "little"), n)
            guest.pull(place, byte)
            check_in(f"{n}: a step", b"T05thread",
                     guest.client.ask(b"vCont;s"))


def overwritten(context):
    """What the guest writes over it is the guest's: a loader that brings the
    code there, from a disk."""
    with Guest(context, "loader.bin", SWBREAK) as guest:
        guest.plant(guest.sym["part"])
        reply = guest.client.ask(b"vCont;c")
        check("it runs to its end", reply[:1], b"W")


def many(context):
    """There is an end to it, which is said; the guest's memory is as written
    to all readers."""
    with Guest(context, "loop64.elf", SWBREAK) as guest:
        start = 0x200000
        for n in range(FULL + 1):
            guest.client.ask(b"M%x,1:cc" % (start + n))
        guest.stub.wait_line("is the guest's to handle")
        check("all read back", guest.client.memory(start, FULL + 1),
              b"\xcc" * (FULL + 1))
        check("none left of wishes", guest.client.ask(
            b"Z0,%x,1" % guest.sym["again"]), b"OK")
        check_in("which are hit", b"swbreak", guest.client.ask(b"vCont;c"))
        check("unharmed", guest.client.memory(start, FULL + 1),
              b"\xcc" * (FULL + 1))


def left_behind(context):
    """A client that is gone leaves what it wrote, as bytes of the guest."""
    with Guest(context, "loop64.elf", SWBREAK) as guest:
        place = guest.sym["again"]
        byte = guest.plant(place)
        guest.client.ask(b"vCont;c")
        guest.client.sock.close()
        guest.client = Client(guest.stub.connect())
        guest.client.ask(SWBREAK)
        check("there", guest.client.memory(place, 1), b"\xcc")
        check("nobody's", guest.client.monitor("breakpoints").count("written"),
              0)
        guest.client.ask(b"M%x,1:%s" % (place, byte.hex().encode()))


def downloaded(context):
    """A program with int3 of its own comes in pieces: they are the program's.
    """
    with Guest(context, "traps64.elf", SWBREAK) as guest:
        start, end = guest.sym["_start"], guest.sym["done"]
        own = guest.sym["own"]
        code = guest.client.memory(start, end - start)
        guest.client.ask(b"M%x,%x:%s" % (start, end - start,
                                         b"90" * (end - start)))
        # The last byte of a piece of its own, and that is the int3.
        for at, n in ((start, own - start), (own, 1),
                      (own + 1, end - own - 1)):
            piece = code[at - start:at - start + n].hex().encode()
            check("piece", guest.client.ask(b"M%x,%x:%s" % (at, n, piece)),
                  b"OK")
        check("it runs as it would", guest.client.ask(b"vCont;c"), b"W05")


def main():
    need_kvm()
    need(["nm", "--version"], "no nm")
    context = Context()
    for test in (each_client, going_on, taken_away, overwritten, many,
                 left_behind, downloaded):
        print(f"--- {test.__name__}: {test.__doc__}")
        try:
            test(context)
        except Exception as error:
            expect(test.__name__, False, repr(error))
    finish()


main()
