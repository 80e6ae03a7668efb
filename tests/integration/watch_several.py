#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""An instruction that touches several watchpoints: each is told, in turn.

A stop reply has room for one. The others are told by the next continue or
step, before anything executes, whatever GDB does with breakpoints meanwhile.
"""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "lib"))
from checks import check, check_in  # noqa: E402
from outside import Context, finish  # noqa: E402
from rsp import Client  # noqa: E402
from stub import Stub, need_kvm  # noqa: E402

CODE = 0x100000
STACK = 0x300000
PUSHA = b"\x60\x90\x90\x90\xeb\xfe"  # then three nops and jmp .
INSB = b"\xf3\x6c\x90\x90\x90\xeb\xfe"
HIGH, LOW = b"2,2ffffc,4", b"2,2fffe0,4"


class Session:
    def __init__(self, context, code):
        self.stub = Stub([context.stub, context.guest("loop32.elf")])
        self.client = Client(self.stub.connect())
        self.client.ask(b"qSupported:swbreak+;hwbreak+")
        self.tell(b"M%x,%x:" % (CODE, len(code)) + code.hex().encode())
        self.set(8, CODE)
        self.set(4, STACK)
        self.set(1, 64)  # ECX
        self.set(2, 0x3f8)  # EDX: the serial port
        self.set(7, STACK - 64)  # EDI

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.client.sock.close()
        self.stub.end()

    def tell(self, payload):
        check(payload[:20].decode(), self.client.ask(payload), b"OK")

    def set(self, register, value):
        self.tell(b"P%x=%s" % (register,
                               value.to_bytes(4, "little").hex().encode()))

    def stop(self, how, want, pc):
        reply = self.client.ask(how)
        check_in(f"{how.decode()}: {want.decode()}", want, reply)
        check("pc", self.client.ask(b"p8"),
              pc.to_bytes(4, "little").hex().encode())


def both(context, resume):
    """GDB takes them away at the stop and sets them again."""
    with Session(context, PUSHA) as session:
        for point in (HIGH, LOW):
            session.tell(b"Z" + point)
        session.stop(b"vCont;c", b"watch:2ffffc", CODE + 1)
        for action in (b"z", b"Z"):
            for point in (HIGH, LOW):
                session.tell(action + point)
        session.stop(resume, b"watch:2fffe0", CODE + 1)
        session.stop(b"vCont;s:1", b"T05", CODE + 2)


def one_gone(context):
    """Who takes it away for good does not want to hear of it."""
    with Session(context, PUSHA) as session:
        for point in (HIGH, LOW):
            session.tell(b"Z" + point)
        session.stop(b"vCont;c", b"watch:2ffffc", CODE + 1)
        session.tell(b"z" + LOW)
        session.tell(b"Z0,%x,1" % (CODE + 3))
        session.stop(b"vCont;c", b"swbreak", CODE + 3)


def over_a_step(context):
    """GDB steps off a breakpoint without any set."""
    with Session(context, PUSHA) as session:
        for point in (HIGH, LOW):
            session.tell(b"Z" + point)
        session.stop(b"vCont;c", b"watch:2ffffc", CODE + 1)
        for point in (HIGH, LOW):
            session.tell(b"z" + point)
        session.stop(b"vCont;s:1", b"T05", CODE + 2)
        for point in (HIGH, LOW):
            session.tell(b"Z" + point)
        session.stop(b"vCont;c", b"watch:2fffe0", CODE + 2)


def by_device(context):
    """What a device stores, of one instruction, is one exit."""
    with Session(context, INSB) as session:
        places = [STACK - 60, STACK - 50, STACK - 40]
        for place in places:
            session.tell(b"Z2,%x,1" % place)
        seen = [session.client.ask(b"vCont;c") for _ in places]
        for place in places:
            check(f"{place:#x} once",
                  [b"watch:%x;" % place in reply for reply in seen].count(True),
                  1)


def by_cpu(context):
    both(context, b"vCont;c")
    both(context, b"vCont;s:1")
    one_gone(context)
    over_a_step(context)


def main():
    need_kvm()
    context = Context()
    {"cpu": by_cpu, "device": by_device}[context.which](context)
    finish()


main()
