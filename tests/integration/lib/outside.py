# SPDX-License-Identifier: MIT
"""What tests outside gdb share: their two arguments and their exit status."""
import argparse
import os
import sys

import checks


class Context:
    """Where things are: the program, and the guests by their file names."""

    def __init__(self):
        parser = argparse.ArgumentParser()
        parser.add_argument("--stub", required=True)
        parser.add_argument("--guests", required=True)
        args = parser.parse_args()
        self.stub = os.path.abspath(args.stub)
        self.guests = os.path.abspath(args.guests)

    def guest(self, name):
        return os.path.join(self.guests, name)


def finish():
    verdict = checks.verdict()
    print(f"verdict: {verdict}")
    sys.exit(0 if verdict == "pass" else 1)
