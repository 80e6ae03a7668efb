#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What gdb's commands cost in round trips."""
import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "lib"))
from checks import check, expect  # noqa: E402
from outside import Context, finish  # noqa: E402
from stub import TIMEOUT, Stub, need, need_kvm  # noqa: E402

GUESTS = ["hello32.elf", "hello64.elf"]
STEPS = 5

# What gdb 16 sends to connect, beside target.xml, which it reads in parts of
# 4096 bytes. 13 sends two reads of the code at the pc instead of one, and no
# vCont?.
CONNECT = 15


def packets_of(context, guest, commands):
    """Payloads that gdb sent, in order."""
    path = context.guest(guest)
    with Stub([context.stub, "--trace=rsp", path]) as stub:
        arguments = [part for line in
                     [f"target remote {stub.target}", *commands]
                     for part in ("-ex", line)]
        subprocess.run(["gdb", "-nx", "-batch", path, *arguments], check=True,
                       stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                       timeout=TIMEOUT)
        stub.end()
        return [line[3:] for line in stub.lines
                if line and line.startswith("<- ")]


def connect(context, guest):
    sent = packets_of(context, guest, ["disconnect"])
    parts = [packet for packet in sent if "target.xml" in packet]
    expect(f"{guest}: to connect", len(sent) - len(parts) <= CONNECT, sent)
    print(f"{guest}: {len(sent)} packets, {len(parts)} of them target.xml")
    check(f"{guest}: registers come with the stop", "g" in sent, False)


def steps(context, guest, command, most):
    sent = packets_of(context, guest,
                      ["tbreak inner", "continue", *[command] * STEPS])
    starts = [i for i, packet in enumerate(sent)
              if packet.startswith(("vCont;s", "vCont;r"))]
    check(f"{guest}: {command}: steps", len(starts), STEPS)
    for start, end in zip(starts, starts[1:]):
        expect(f"{guest}: {command}: packets", end - start <= most,
               sent[start:end])


need_kvm()
need(["gdb", "-nx", "-batch"], "no gdb")
for name in GUESTS:
    connect(Context(), name)
    steps(Context(), name, "stepi", 3)
finish()
