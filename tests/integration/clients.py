#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Clients that do what gdb does not."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "lib"))
from checks import check, check_in, expect  # noqa: E402
from outside import Context, finish, symbols  # noqa: E402
from rsp import Client  # noqa: E402
from stub import Stub, need, need_kvm  # noqa: E402

GUEST = "faults64.elf"
FAULTS = 4
RDI, RIP = 5, 16  # as gdb numbers them
HOLE = 0xD0000000
INCL = 7  # bytes of what is before `scattered`


def register(client, number):
    return int.from_bytes(bytes.fromhex(client.ask(b"p%x" % number).decode()),
                          "little")


def set_register(client, number, value):
    check("set", client.ask(b"P%x=" % number
                            + value.to_bytes(8, "little").hex().encode()),
          b"OK")


def caught(client):
    """Stopped at the first fault."""
    check("caught", client.monitor("catch de"), "caught: de\n")
    check_in("at the division", b"division", text_before_stop(client))


def text_before_stop(client):
    """What a continue says, hex decoded."""
    said = b""
    reply = client.ask(b"vCont;c")
    while reply[:1] == b"O":
        said += bytes.fromhex(reply[1:].decode())
        reply = client.receive()
    check_in("stopped", reply[:1], b"T")
    return said


def elsewhere(context, sym):
    """An address to resume at: the exception is not delivered."""
    with Stub([context.stub, context.guest(GUEST)]) as stub:
        with Client(stub.connect()) as client:
            caught(client)
            check_in("a step", b"T05", client.ask(b"s%x" % sym["on_de"]))
            pc = register(client, RIP)
            expect("from there", sym["on_de"] < pc < sym["invalid"], hex(pc))


def refused(context, sym):
    """What is refused changes nothing: not even that the exception is still to
    be delivered, and registers and memory are as they were."""
    bad_rip = b"0000000000000080"
    with Stub([context.stub, context.guest(GUEST)]) as stub:
        with Client(stub.connect()) as client:
            caught(client)
            before = client.ask(b"g")
            code = client.memory(sym["divide"], 16)
            all_but_one = b"77" * 8 + before[16:16 * RIP] + bad_rip \
                + before[16 * (RIP + 1):]
            for packet in (b"P%x=" % RIP + bad_rip, b"G" + all_but_one,
                           b"G" + b"77" * 8 + before[16:-1] + b"g",
                           b"G" + b"x7" * 8 + before[16:], b"G" + before[2:],
                           b"c8000000000000000", b"s8000000000000000",
                           b"C05;8000000000000000", b"vCont;c:9",
                           b"M%x,4:00000000" % HOLE,
                           b"M7fffffe,4:00000000", b"X7fffffe,4:abcd",
                           b"Z2,%x,0" % sym["seen"], b"Z2,0,ffffffff"):
                check(f"{packet[:30]}", client.ask(packet)[:1], b"E")
                check(f"{packet[:30]}: registers", client.ask(b"g"), before)
            check("memory", client.memory(sym["divide"], 16), code)
            check("the end of memory", client.memory(0x7fffffe, 2), b"\0\0")
            check("it is delivered", client.ask(b"vCont;c"), b"W%02x" % FAULTS)


def detached(context, _):
    """Nobody is there to see what is caught: the guest is left alone."""
    with Stub([context.stub, context.guest(GUEST)]) as stub:
        with Client(stub.connect()) as client:
            check("catch", client.monitor("catch all")[:7], "caught:")
            check("detach", client.ask(b"D"), b"OK")
        check("it runs to its end", stub.wait(), FAULTS)


def hole(context, _):
    """Watching where no RAM is, as devices have it; gdb reads first what it is
    to watch, and there is nothing to read."""
    sym = symbols(context.guest("watch64.elf"))
    with Stub([context.stub, context.guest("watch64.elf")]) as stub:
        with Client(stub.connect()) as client:
            for kind, name in ((2, b"watch"), (3, b"rwatch"), (4, b"awatch")):
                set_register(client, RIP, sym["scattered"] - INCL)
                set_register(client, RDI, HOLE - sym["cells"])
                check(f"Z{kind}", client.ask(b"Z%d,%x,4" % (kind, HOLE)),
                      b"OK")
                check_in(f"Z{kind}: hit", name + b":%x;" % HOLE,
                         client.ask(b"vCont;c"))
                check(f"Z{kind}: behind", hex(register(client, RIP)),
                      hex(sym["scattered"]))
                check(f"z{kind}", client.ask(b"z%d,%x,4" % (kind, HOLE)),
                      b"OK")


def main():
    need_kvm()
    need(["nm", "--version"], "no nm")
    context = Context()
    sym = symbols(context.guest(GUEST))
    for test in (elsewhere, refused, detached, hole):
        print(f"--- {test.__name__}: {test.__doc__}")
        try:
            test(context, sym)
        except Exception as error:
            expect(test.__name__, False, repr(error))
    finish()


main()
