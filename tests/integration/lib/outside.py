# SPDX-License-Identifier: MIT
"""What tests outside gdb share: their two arguments and their exit status."""
import argparse
import os
import signal
import subprocess
import sys

import checks
from stub import TIMEOUT

WATCHDOG = 2 * TIMEOUT  # for the whole test


def _bark(*_):
    raise TimeoutError(f"the test hangs, after {WATCHDOG:g} s")


class Context:
    """Where things are: the program, and the guests by their file names."""

    def __init__(self):
        parser = argparse.ArgumentParser()
        parser.add_argument("--stub", required=True)
        parser.add_argument("--guests", required=True)
        parser.add_argument("which", nargs="?", help="of what it tests")
        args = parser.parse_args()
        self.which = args.which
        self.stub = os.path.abspath(args.stub)
        self.guests = os.path.abspath(args.guests)
        signal.signal(signal.SIGALRM, _bark)
        signal.setitimer(signal.ITIMER_REAL, WATCHDOG)

    def guest(self, name):
        return os.path.join(self.guests, name)


def symbols(path):
    """{name: address} of an ELF file."""
    lines = subprocess.run(["nm", path], check=True, capture_output=True,
                           text=True).stdout.splitlines()
    return {name: int(address, 16) for address, _, name in
            (line.split() for line in lines)}


def finish():
    verdict = checks.verdict()
    print(f"verdict: {verdict}")
    sys.exit(0 if verdict == "pass" else 1)
