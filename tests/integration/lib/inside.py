# SPDX-License-Identifier: MIT
"""What gdb runs: the test script, then the verdict, then quit.

run-gdb believes the verdict file only, so a script that gdb gave up half-way
cannot pass.
"""
import os
import runpy
import sys
import traceback

import gdb

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import checks  # noqa: E402


def main():
    gdb.execute("set pagination off")
    gdb.execute("set width 0")
    try:
        runpy.run_path(os.environ["KGDB_SCRIPT"])
        verdict = checks.verdict()
    except (Exception, KeyboardInterrupt):  # gdb.error is not an OSError
        traceback.print_exc(file=sys.stdout)
        verdict = "the script ended early"
    with open(os.environ["KGDB_VERDICT"], "w") as file:
        file.write(verdict)
    gdb.execute("quit")


main()
