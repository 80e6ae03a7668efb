#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""--clock=virtual without a debugger: equal runs, from a date of the user's."""
import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "lib"))
from checks import check  # noqa: E402
from outside import Context, finish  # noqa: E402
from stub import TIMEOUT, need_kvm  # noqa: E402

# Guest, options; the clock at the end: s, min, h, day, month, year, in BCD.
ROWS = [
    ("even16.bin", ["--load-addr=0x8000", "--clock=virtual"],
     "000001010100"),
    ("even32.elf", ["--clock=virtual=2026-11-29"], "000001291126"),
    ("even64.elf", ["--clock=virtual=2026-11-29T00:59:59"], "000001291126"),
]
CLOCK = 6  # bytes
TICKS = 24


def run(context, guest, options):
    done = subprocess.run(
        [context.stub, "-l", "none", *options,
         os.path.join(context.guests, guest)],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, timeout=TIMEOUT)
    check(f"{guest}: exits", done.returncode, 0)
    return done.stdout


def main():
    need_kvm()
    context = Context()
    for guest, options, clock in ROWS:
        first = run(context, guest, options)
        check(f"{guest}: the time", first[-CLOCK:].hex(), clock)
        places = {first[at:at + 8] for at in range(0, len(first) - CLOCK, 8)}
        check(f"{guest}: each tick in another turn", len(places), TICKS)
        for n in range(2):
            check(f"{guest}: the same again",
                  run(context, guest, options).hex(), first.hex())
    finish()


main()
