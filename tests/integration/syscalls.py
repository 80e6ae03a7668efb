#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The price of a step: one KVM_SET_GUEST_DEBUG and one KVM_RUN, no more.
Counted by strace in two runs that differ in their number of steps only, so
that what start and end cost drops out.

And of a timer's interrupt, from its deadline to the end of its handler, with
the EOI: six times in and out of the guest at most.
"""
import collections
import os
import re
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "lib"))
from checks import check, expect  # noqa: E402
from outside import Context, finish  # noqa: E402
from rsp import Client, frame  # noqa: E402
from stub import TIMEOUT, Stub, need, need_kvm  # noqa: E402

FEW, MANY = 10, 510
TRIES = 3
GUESTS = ["loop16.bin", "loop32.elf", "loop64.elf"]
# Each ends after its ticks; before, it has written to some ports.
TICKS, SETUP = 20, 20
TICKERS = [["--load-addr=0x8000", "ticks16.bin"], ["ticks32.elf"],
           ["ticks64.elf"]]
A_TICK = 6
IOCTL = re.compile(r"\bioctl\(\d+[^,]*, (\w+)")


def take_steps(client, count):
    for _ in range(count):
        reply = client.ask(b"vCont;s:1")
        if not reply.startswith(b"T05"):
            raise RuntimeError(f"a step was answered {reply!r}")


def ioctls_of(context, guest, steps):
    """How many of each ioctl a run with that many steps takes."""
    with tempfile.NamedTemporaryFile("r") as trace:
        wrapper = ["strace", "-f", "-e", "trace=ioctl", "-o", trace.name]
        with Stub([context.stub, context.guest(guest)],
                  wrapper=wrapper) as stub:
            with Client(stub.connect()) as client:
                take_steps(client, steps)
                client.sock.sendall(frame(b"k"))
            stub.wait()  # strace ignores SIGTERM
        return collections.Counter(IOCTL.findall(trace.read()))


def least_of(run):
    """The cheapest of some runs: a busy machine may hold a step up for so long
    that it is interrupted, to see whether anybody wants the guest to stop."""
    return min((run() for _ in range(TRIES)),
               key=lambda counts: sum(counts.values()))


def least_ioctls_of(context, guest, steps):
    return least_of(lambda: ioctls_of(context, guest, steps))


def traceable():
    """LeakSanitizer does not work in what is traced."""
    options = os.environ.get("ASAN_OPTIONS", "")
    return dict(os.environ, ASAN_OPTIONS=f"{options}:detect_leaks=0")


def ticks_of(context, options):
    """How many of each ioctl it takes a guest to see its timer's ticks."""
    *options, guest = options
    with tempfile.NamedTemporaryFile("r") as trace:
        done = subprocess.run(
            ["strace", "-f", "-e", "trace=ioctl", "-o", trace.name,
             context.stub, "-l", "none", *options, context.guest(guest)],
            stdin=subprocess.DEVNULL, timeout=TIMEOUT, check=False,
            env=traceable())
        check(f"{guest}: ticks", done.returncode, TICKS)
        return collections.Counter(IOCTL.findall(trace.read()))


def main():
    need_kvm()
    need(["strace", "-f", "-e", "trace=ioctl", "true"], "strace cannot trace")
    context = Context()
    for guest in GUESTS:
        cost = least_ioctls_of(context, guest, MANY)
        cost.subtract(least_ioctls_of(context, guest, FEW))
        cost = {name: count for name, count in cost.items() if count}
        check(f"{guest}: ioctls of {MANY - FEW} steps", cost,
              {"KVM_SET_GUEST_DEBUG": MANY - FEW, "KVM_RUN": MANY - FEW})
    for ticker in TICKERS:
        runs = least_of(lambda: ticks_of(context, ticker))["KVM_RUN"]
        expect(f"{ticker[-1]}: {runs} exits for {TICKS} ticks",
               TICKS < runs <= SETUP + TICKS * A_TICK, runs)
    finish()


main()
