#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What gdb's commands cost in round trips."""
import os
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "lib"))
from checks import check, expect  # noqa: E402
from outside import Context, finish  # noqa: E402
from stub import GDB, TIMEOUT, Stub, need, need_kvm  # noqa: E402

GUESTS = ["hello32.elf", "hello64.elf"]
STEPS = 5

# Guest, whether gdb has its symbols, packets to connect, and with registers
# that were saved before. gdb reads target.xml in parts of 4096 bytes: four in
# 64 bits with all registers of AVX-512, three in 32. A symbol file costs two
# packets (qOffsets, qSymbol), and saves gdb 16 two looks at 32-bit code.
CONNECT = [
    ("hello64.elf", False, 16, 12),
    ("hello64.elf", True, 18, 14),
    ("hello32.elf", False, 17, 14),
    ("hello32.elf", True, 17, 14),
]


def packets_of(context, guest, commands, symbols=True, before=()):
    """Payloads that gdb sent, in order."""
    path = context.guest(guest)
    with Stub([context.stub, "--trace=rsp", path]) as stub:
        arguments = [part for line in
                     [*before, f"target remote {stub.target}", *commands]
                     for part in ("-ex", line)]
        subprocess.run([GDB, "-nx", "-batch", *[path] * symbols, *arguments],
                       check=True, stdin=subprocess.DEVNULL,
                       stdout=subprocess.DEVNULL, timeout=TIMEOUT)
        stub.end()
        return [line[3:] for line in stub.lines
                if line and line.startswith("<- ")]


def connect(context, guest, symbols, most, most_saved):
    label = f"{guest} {'with' if symbols else 'without'} symbols"
    with tempfile.NamedTemporaryFile() as saved:
        save = f"pipe maintenance print xml-tdesc | cat > {saved.name}"
        sent = packets_of(context, guest, [save, "disconnect"], symbols)
        use = f"set tdesc filename {saved.name}"
        again = packets_of(context, guest, ["disconnect"], symbols, [use])
    parts = [packet for packet in sent if "target.xml" in packet]
    print(f"{label}: {len(sent)} packets, {len(parts)} of them target.xml, "
          f"{len(again)} with registers from a file")
    expect(f"{label}: to connect", len(sent) <= most, sent)
    expect(f"{label}: with a file", len(again) <= most_saved, again)
    check(f"{label}: registers come with the stop", "g" in sent, False)


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
need([GDB, "-nx", "-batch"], "needs gdb")
context = Context()
for row in CONNECT:
    connect(context, *row)
for name in GUESTS:
    steps(context, name, "stepi", 3)
finish()
