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
# packets (qOffsets, qSymbol), and saves gdb 16 two looks at 32-bit code. In 16
# bits gdb is told to forget its file (rsp/follow.h), reads target.xml again,
# looks at g and resumes.
CONNECT = [
    ("hello64.elf", False, 16, 12),
    ("hello64.elf", True, 18, 14),
    ("hello32.elf", False, 17, 14),
    ("hello32.elf", True, 17, 14),
    ("loop16.bin", False, 22, 14),
    ("loop16.bin", True, 22, 14),
]


def packets_of(context, guest, commands, symbols=True, before=()):
    """Payloads that gdb sent, in order."""
    path = context.guest(guest)
    file = os.path.splitext(path)[0] + ".elf"
    with Stub([context.stub, "--trace=rsp", path]) as stub:
        arguments = [part for line in
                     [*before, f"target remote {stub.target}", *commands]
                     for part in ("-ex", line)]
        subprocess.run([GDB, "-nx", "-batch", *[file] * symbols, *arguments],
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
    check(f"{label}: g", sent.count("g"), 1 if guest == "loop16.bin" else 0)


def registers(context, guest, most):
    """All of them are one packet; beyond gdb's own layout, for a gdb that has
    them from a file, one each, once."""
    with tempfile.NamedTemporaryFile() as saved:
        save = f"pipe maintenance print xml-tdesc | cat > {saved.name}"
        sent = packets_of(context, guest, [save, *["info registers"] * 2])
        use = f"set tdesc filename {saved.name}"
        again = packets_of(context, guest, ["info registers"] * 2,
                           before=[use])
    check(f"{guest}: info registers", sent.count("g"), 1)
    check(f"{guest}: one by one", [p for p in sent if p[0] == "p"], [])
    single = [packet for packet in again if packet[0] == "p"]
    print(f"{guest}: info registers: 1 packet, {1 + len(single)} with "
          "registers from a file")
    check(f"{guest}: with a file", again.count("g"), 1)
    expect(f"{guest}: with a file, one by one", len(single) <= most, single)


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
registers(context, "hello64.elf", 71)
registers(context, "hello32.elf", 71)
finish()
