#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What a watchpoint by pages costs: one exit an access, and no trace after it.

The guest counts to a thousand, two ways, beside a watched word. Counted by
strace, so nothing depends on how fast that is.
"""
import os
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "lib"))
from checks import check_in, expect  # noqa: E402
from outside import Context, finish, symbols  # noqa: E402
from rsp import Client  # noqa: E402
from stub import Stub, need, need_kvm  # noqa: E402

GUEST = "watch64.elf"
WRITES = 2000
FEW = 100  # entries that have other reasons: breakpoints, probing the host


class Run:
    """One stub, and how often its vCPU was entered."""

    def __init__(self, context):
        self.sym = symbols(context.guest(GUEST))
        self.context = context
        self.entries = None

    def tell(self, payload, want):
        check_in(payload.decode(), want, self.client.ask(payload))

    def finish(self):
        self.tell(b"vCont;c", b"W00")

    def jump(self, name):
        pc = self.sym[name].to_bytes(8, "little").hex().encode()
        self.tell(b"P10=" + pc, b"OK")

    def count_watched(self):
        """Behind four others, for which hosts may use debug registers."""
        self.jump("counting")
        places = [self.sym["mega"] + 8 * n for n in range(4)]
        points = [b"2,%x,4" % place for place in (*places, self.sym["cell"])]
        for point in points:
            self.tell(b"Z" + point, b"OK")
        self.tell(b"vCont;c", b"watch:%x" % self.sym["cell"])
        for point in points:
            self.tell(b"z" + point, b"OK")

    def count_again(self):
        """A step comes first, which leaves guards as they are."""
        self.jump("counting")
        self.tell(b"vCont;s:1", b"T05")
        self.finish()

    def play(self, *scenes):
        with tempfile.NamedTemporaryFile("r") as trace:
            wrapper = ["strace", "-f", "-e", "trace=ioctl", "-o", trace.name]
            with Stub([self.context.stub, self.context.guest(GUEST)],
                      wrapper=wrapper) as stub:
                with Client(stub.connect()) as self.client:
                    self.tell(b"qSupported:swbreak+;hwbreak+", b"swbreak+")
                    for scene in scenes:
                        scene(self)
                stub.wait()  # strace ignores SIGTERM
            text = trace.read()
        # But for ticks: how many there are is a matter of time.
        return text.count("KVM_RUN") - text.count("= -1 EINTR")


def main():
    need_kvm()
    need(["strace", "-f", "-e", "trace=ioctl", "true"], "strace cannot trace")
    need(["nm", "--version"], "no nm")
    run = Run(Context())
    plain = run.play(Run.finish)
    watched = run.play(Run.count_watched, Run.finish)
    after = run.play(Run.count_watched, Run.count_again)
    print(f"plain {plain}, watched {watched}, after {after}")
    expect("an entry for each write", WRITES <= watched - plain, watched)
    expect("and no more", watched - plain <= WRITES + FEW, watched)
    expect("none when it is gone", after - watched <= FEW, after)
    finish()


main()
