#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Guests that nobody would write: random instructions, many of them privileged
or at devices. Whatever they do, the program ends as it says it ends."""
import json
import os
import random
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "lib"))
from checks import check, expect  # noqa: E402
from outside import Context, finish  # noqa: E402
from stub import TIMEOUT, need_kvm  # noqa: E402

# Of each kind; they are the first of a series, so more begin with these.
GUESTS = int(os.environ.get("KVMGDB_RANDOM_GUESTS", "12"))
MODES = ["real", "prot", "long", "boot sector"]
CANNOT_GO_ON, TIMED_OUT = 123, 124

PORTS = [0x20, 0x40, 0x60, 0x64, 0x70, 0x92, 0xe9, 0xf4, 0x1f0, 0x1f2, 0x1f6,
         0x1f7, 0x3f6, 0x3f8, 0x3fb, 0x3fd, 0xcf8, 0xfffe, 0xffff]
MSRS = [0x10, 0x11, 0x1b, 0x174, 0x1d9, 0x277, 0x38d, 0xc0000080, 0xc0000082]
# in, out, ins, outs of each size, at the port in DX
AT_PORT = [b"\xec", b"\xed", b"\x66\xed", b"\xee", b"\xef", b"\x66\xef",
           b"\xf3\x6c", b"\xf3\x6d", b"\xf3\x6e", b"\xf3\x6f", b"\xf3\x66\x6d"]
TO_SEGMENT = [b"\x8e\xd8", b"\x8e\xd0", b"\x8e\xc0", b"\x8e\xe0",
              b"\x0f\x00\xd8", b"\x0f\x00\xd0"]  # lldt and ltr, too
AT_MEMORY = [b"\xaa", b"\xab", b"\xf3\xaa", b"\xf3\xa5", b"\xa4", b"\xac"]
# cli, sti, hlt, popf, pushf, pusha, popa, cpuid, rdtsc, wbinvd, invd, clts,
# sysenter, sysexit, syscall, sysret, rsm, ud2, int3, into, iret, fnop
ALONE = [b"\xfa", b"\xfb", b"\xf4", b"\x9d", b"\x9c", b"\x60", b"\x61",
         b"\x0f\xa2", b"\x0f\x31", b"\x0f\x09", b"\x0f\x08", b"\x0f\x06",
         b"\x0f\x34", b"\x0f\x35", b"\x0f\x05", b"\x0f\x07", b"\x0f\xaa",
         b"\x0f\x0b", b"\xcc", b"\xce", b"\xcf", b"\xd9\xd0"]


class Source:
    """Machine code by the die; the same each time."""

    def __init__(self, seed, wide):
        self.dice = random.Random(seed)
        self.immediate = 4 if wide else 2  # bytes

    def number(self, value):
        return value.to_bytes(self.immediate, "little")

    def piece(self):
        dice = self.dice
        return dice.choice([
            lambda: dice.randbytes(dice.randrange(1, 12)),
            lambda: dice.randbytes(dice.randrange(1, 12)),
            lambda: b"\xba" + self.number(dice.choice(PORTS))
            + dice.choice(AT_PORT),
            lambda: bytes([dice.randrange(0xe4, 0xe8)]) + dice.randbytes(1),
            lambda: b"\x0f\x22" + bytes([dice.choice([0xc0, 0xd0, 0xd8,
                                                      0xe0])]),
            lambda: b"\x66\xb9" + dice.choice(MSRS).to_bytes(4, "little")
            + dice.choice([b"\x0f\x30", b"\x0f\x32"]),
            lambda: b"\x0f\x01" + dice.randbytes(1),
            lambda: b"\xcd" + dice.randbytes(1),
            lambda: b"\xea" + dice.randbytes(6),
            lambda: dice.choice(TO_SEGMENT),
            lambda: b"\xbf" + dice.randbytes(self.immediate)
            + dice.choice(AT_MEMORY),
            lambda: b"\xb8" + dice.randbytes(self.immediate),
            lambda: dice.choice(ALONE),
        ])()

    def code(self):
        return b"".join(self.piece()
                        for _ in range(self.dice.randrange(5, 60)))


# Skips a byte of what raised the exception: push bp; mov bp, sp;
# inc word [bp + 2]; pop bp; iret
SKIP_AT = 0x400
SKIP = b"\x55\x89\xe5\xff\x46\x02\x5d\xcf"
VECTORS = 256 * SKIP_AT.to_bytes(4, "little")


def guest(mode, seed):
    """A file's content and the options for it."""
    source = Source(f"{mode} {seed}", mode in ("prot", "long"))
    code = source.code()
    if mode == "real":
        return ((VECTORS + SKIP).ljust(0x1000, b"\0") + 20 * code,
                ["--mode", mode, "--entry", "0x1000"])
    if mode != "boot sector":
        return code, ["--mode", mode, "--load-addr", "0x1000"]
    return (code[:510].ljust(510, b"\x90") + b"\x55\xaa"
            + source.dice.randbytes(2048)), []


def ends_as_it_says(context, folder, mode, seed):
    path, result = os.path.join(folder, "guest"), os.path.join(folder, "end")
    content, options = guest(mode, seed)
    with open(path, "wb") as file:
        file.write(content)
    done = subprocess.run(
        [context.stub, "-l", "none", "--timeout", "0.2", "--result", result,
         *options, path], stdin=subprocess.DEVNULL, capture_output=True,
        timeout=TIMEOUT, check=False)
    label = f"{mode} {seed}"
    said = done.stderr.decode(errors="replace")
    if not expect(f"{label}: no signal, no failure",
                  done.returncode >= 0 and done.returncode != 125,
                  f"{done.returncode}: {said}"):
        return
    with open(result) as file:
        end = json.load(file)
    check(f"{label}: status", end["status"], done.returncode)
    if done.returncode == CANNOT_GO_ON and end["reason"]:
        expect(f"{label}: the reason is known",
               "not handled" not in end["reason"]
               and "KVM_RUN failed" not in end["reason"], end["reason"])


def main():
    need_kvm()
    context = Context()
    with tempfile.TemporaryDirectory() as folder:
        for mode in MODES:
            for seed in range(GUESTS):
                ends_as_it_says(context, folder, mode, seed)
    finish()


main()
