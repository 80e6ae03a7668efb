#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The price of registers: a bank that is not looked at is not fetched.

Counted by strace in two runs that differ in how often the packets are sent.
"""
import collections
import os
import re
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "lib"))
from checks import check, expect  # noqa: E402
from outside import Context, finish  # noqa: E402
from rsp import Client, frame  # noqa: E402
from stub import Stub, need, need_kvm  # noqa: E402

FEW, MANY = 5, 25
GUEST = "loop64.elf"
IOCTL = re.compile(r"\bioctl\(\d+[^,]*, (\w+)")
STEP = {"KVM_SET_GUEST_DEBUG": 1, "KVM_RUN": 1}
ALL = {"KVM_GET_XCRS": 1, "KVM_GET_DEBUGREGS": 1, "KVM_GET_MSRS": 1}
XSAVE = {"KVM_GET_XSAVE": 1}
XSAVE2 = {"KVM_GET_XSAVE2": 1}


def registers(client):
    """name: number, as target.xml has them."""
    text = client.ask(b"qXfer:features:read:target.xml:0,20000")
    numbers, number = {}, 0
    row = re.compile(rb'<reg name="(\w+)".*?(?: regnum="(\d+)")?/>')
    for name, given in row.findall(text):
        number = int(given or number)
        numbers[name.decode()] = number
        number += 1
    return numbers


def ioctls_of(context, make_packets, times):
    """How many of each ioctl that many rounds of a step and packets take."""
    with tempfile.NamedTemporaryFile("r") as trace:
        wrapper = ["strace", "-f", "-e", "trace=ioctl", "-o", trace.name]
        with Stub([context.stub, context.guest(GUEST)],
                  wrapper=wrapper) as stub:
            with Client(stub.connect()) as client:
                packets = make_packets(registers(client))
                for _ in range(times):
                    client.ask(b"vCont;s:1")
                    for packet in packets:
                        client.ask(packet)
                client.sock.sendall(frame(b"k"))
            stub.wait()  # strace ignores SIGTERM
        return collections.Counter(IOCTL.findall(trace.read()))


def price(context, make_packets):
    """Of one round."""
    cost = ioctls_of(context, make_packets, MANY)
    cost.subtract(ioctls_of(context, make_packets, FEW))
    return {name: count / (MANY - FEW)
            for name, count in cost.items() if count}


def check_price(label, got, want):
    """At most that: a step may know that a bank has not changed."""
    expect(f"{label}: {got}", all(count <= want.get(name, 0)
                                  for name, count in got.items()), want)


def reading(*names):
    return lambda numbers: [b"p%x" % numbers[name] for name in names]


def main():
    need_kvm()
    need(["strace", "-f", "-e", "trace=ioctl", "true"], "strace cannot trace")
    context = Context()
    check("general and system registers: none", price(context, reading(
        "rip", "rax", "eflags", "cs", "cr0", "cr4", "efer", "idtr_base",
        "cs_attr", "fs_base")), STEP)
    vector = price(context, reading("st0", "xmm0", "xmm1", "mxcsr"))
    xsave = XSAVE2 if "KVM_GET_XSAVE2" in vector else XSAVE
    check("x87 and vector: one", vector, {**STEP, **xsave})
    check("MSRs: one", price(context, reading("star", "lstar", "tsc")),
          {**STEP, "KVM_GET_MSRS": 1})
    check_price("debug registers", price(context, reading("dr0", "dr7")),
                {**STEP, "KVM_GET_DEBUGREGS": 1})
    check_price("g", price(context, lambda _: [b"g"]),
                {**STEP, **ALL, **xsave})
    finish()


main()
