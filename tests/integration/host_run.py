#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""No debugger that we start, or that is started as we say, executes the guest's
file as a process of the host: not after a kill, not after the guest's end, not
when the stub has gone."""
import os
import shlex
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "lib"))
from checks import check, check_in, expect  # noqa: E402
from lldb import LLDB  # noqa: E402
from outside import Context, finish  # noqa: E402
from stub import GDB, TIMEOUT, Stub, need_kvm  # noqa: E402

BASE = 0x400000
MARK = "ON THE HOST"
# The same file, on the host and in the guest: what runs as a user writes MARK
# and exits, what runs as a kernel ends the guest with status 5.
CODE = bytes.fromhex(
    "8cc8" "a803" "7506"           # mov %cs, %eax; test $3, %al; jnz user
    "b005" "e6f4" "ebfe"           # mov $5, %al; out %al, $0xf4; jmp .
    "b801000000" "bf01000000"      # user: write(1, MARK, ...)
    "be30004000" "ba0c000000"
    "0f05"
    "b83c000000" "31ff" "0f05")    # exit(0)


def host_elf():
    """A static ELF64 of one segment, which is text."""
    text = CODE.ljust(0x30, b"\x90") + MARK.encode() + b"\n"
    size = 0x1000 + len(text)
    header = b"\x7fELF\2\1\1".ljust(16, b"\0")
    for value, width in ((2, 2), (62, 2), (1, 4), (BASE, 8), (64, 8), (0, 8),
                         (0, 4), (64, 2), (56, 2), (1, 2), (0, 2), (0, 2),
                         (0, 2)):
        header += value.to_bytes(width, "little")
    for value, width in ((1, 4), (5, 4), (0x1000, 8), (BASE, 8), (BASE, 8),
                         (len(text), 8), (len(text), 8), (0x1000, 8)):
        header += value.to_bytes(width, "little")
    image = header.ljust(0x1000, b"\0") + text
    assert len(image) == size
    return image


def run(command, **options):
    done = subprocess.run(command, stdin=subprocess.DEVNULL, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          timeout=TIMEOUT, check=False, errors="replace",
                          **options)
    return done.stdout


class Place:
    def __init__(self, context, folder):
        self.context = context
        self.folder = folder
        self.guest = os.path.join(folder, "guest.elf")
        with open(self.guest, "wb") as file:
            file.write(host_elf())
        os.chmod(self.guest, 0o755)

    def launch(self, program, quiet, commands):
        """--gdb, with more commands than it gives itself."""
        wrapper = os.path.join(self.folder,
                               "a " + os.path.basename(program))
        more = " ".join(shlex.quote(word) for word in commands)
        with open(wrapper, "w") as file:
            file.write(f'#!/bin/sh\nexec {program} {quiet} "$@" {more}\n')
        os.chmod(wrapper, 0o755)
        return run([self.context.stub, "-l", f"unix:{self.folder}/s",
                    f"--gdb={wrapper}", self.guest])


def never(label, output):
    expect(f"{label}: not on the host", MARK not in output, output)


def control(place):
    """On the host it can be seen, and in the guest it is a kernel."""
    check_in("on the host", MARK, run([place.guest]))
    status = subprocess.run([place.context.stub, "-l", "none", place.guest],
                            timeout=TIMEOUT, check=False).returncode
    check("in the guest", status, 5)


# What is done, and what gdb then says: it ran the guest again, or nothing.
GDB_ROWS = [
    ("kill, run", ["kill", "run"], "exited with code 05"),
    ("its end, run", ["continue", "run"], "exited with code 05"),
    ("run at once", ["run"], "exited with code 05"),
    ("detach, run", ["detach", "run"], "exited with code 05"),
    ("kill, starti", ["kill", "starti", "continue"],
     "exited with code 05"),
    ("the stub's end, run", ["monitor exit", "run", "run"],
     "Don't know how to run"),
    ("disconnect, run", ["disconnect", "run"], "Don't know how to run"),
]


def with_gdb(place):
    """By --gdb, and by the line that is there to paste."""
    for label, commands, said in GDB_ROWS:
        words = [word for command in ["set confirm off", *commands]
                 for word in ("-ex", command)]
        output = place.launch(GDB, "-nx -batch", words)
        never(f"--gdb: {label}", output)
        check_in(f"--gdb: {label}", said, output)
        with Stub([place.context.stub, place.guest]) as stub:
            line = shlex.split(stub.wait_line(r"\b(gdb -.*)").group(1))
            output = run([GDB, "-nx", "-batch", *line[1:], *words])
        never(f"pasted: {label}", output)
        check_in(f"pasted: {label}", said, output)


LLDB_ROWS = [
    ("kill, run", ["process kill", "run"], "error"),
    ("its end, run", ["process continue", "run"], "error"),
    ("run at once", ["run"], "error"),
    ("launch", ["process launch", "process launch -s"], "error"),
    ("detach, run", ["detach", "run"], "error"),
]


def with_lldb(place):
    """By --gdb=lldb."""
    for label, commands, said in LLDB_ROWS:
        words = [word for command in commands for word in ("-o", command)]
        output = place.launch(LLDB, "--no-lldbinit -b", words)
        check_in(f"lldb: {label}: connected", "Process 1 stopped", output)
        never(f"lldb: {label}", output)
        check_in(f"lldb: {label}", said, output.rpartition(commands[-1])[2])


def main():
    need_kvm()
    context = Context()
    for test, program in ((control, "true"), (with_gdb, GDB),
                          (with_lldb, LLDB)):
        if not shutil.which(program):
            print(f"skip  {test.__name__}: no {program}")
            continue
        print(f"--- {test.__name__}: {test.__doc__.splitlines()[0]}")
        with tempfile.TemporaryDirectory() as folder:
            try:
                test(Place(context, folder))
            except Exception as error:
                expect(test.__name__, False, repr(error))
    finish()


main()
