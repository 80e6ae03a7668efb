#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Standard input is what the guest's serial port receives: all of it, from a
pipe or a file, and however slowly the guest reads."""
import os
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "lib"))
from checks import check, check_in  # noqa: E402
from outside import Context, finish  # noqa: E402
from stub import TIMEOUT, need_kvm  # noqa: E402

# 16 bits: each byte that the serial port receives goes back to it; q ends the
# guest with 3.
ECHO = bytes.fromhex("bafd03ec a80174fb baf803 ec ee bafd03 3c71 75ef b003 e6f4")
# The same, but it reads only once the port's 1024 bytes are full for long: it
# prints R first, and counts cx down 16 times.
SLOW = bytes.fromhex("b052 e6e9 bb1000 31c9 e2fe 4b 75f9") + ECHO
# By interrupts, in HLT: IRQ 4 is vector 0xc of a boot sector's BIOS. Each byte
# goes back; q ends the guest with 4.
WAITING = bytes.fromhex(
    "fa 31c0 8ed8 c7063000 2a7c 8c0e3200"  # the handler, at 0x7c2a
    "baf903 b001 ee b0ef e621 fb"  # received; nothing but IRQ 4; sti
    "f4 ebfd").ljust(0x2a, b"\x90") + bytes.fromhex(
        "bafd03 ec a801 740b baf803 ec ee 3c71 7407 ebed"
        "b020 e620 cf b004 e6f4")
WAITING = WAITING.ljust(510, b"\0") + b"\x55\xaa"
TEXT = "".join(chr(ord("a") + n % 16) for n in range(3000)) + "\nq"


def run(stub, guest, **how):
    with tempfile.NamedTemporaryFile() as file:
        file.write(guest)
        file.flush()
        done = subprocess.run([stub, "-l", "none", file.name], timeout=TIMEOUT,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              check=False, **how)
    return done.returncode, done.stdout.decode()


def halted(stub):
    """A guest in HLT waits as long as somebody may still type."""
    with tempfile.NamedTemporaryFile() as file:
        file.write(WAITING)
        file.flush()
        with subprocess.Popen([stub, "-l", "none", file.name],
                              stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE) as process:
            for c in b"xyz":
                process.stdin.write(bytes([c]))
                process.stdin.flush()
                check("the answer", process.stdout.read(1), bytes([c]))
            process.stdin.close()
            text = process.stderr.read().decode()
            check("nobody is left to type", process.wait(TIMEOUT), 123)
            check_in("and why", "nothing", text)


def main():
    context = Context()
    need_kvm()
    check("a pipe", run(context.stub, ECHO, input=TEXT.encode()), (3, TEXT))
    check("a slow guest", run(context.stub, SLOW, input=TEXT.encode()),
          (3, "R" + TEXT))
    with tempfile.TemporaryFile() as file:
        file.write(TEXT.encode())
        file.seek(0)
        check("a file", run(context.stub, ECHO, stdin=file), (3, TEXT))
    halted(context.stub)
    both = os.pipe()
    os.close(both[1])
    status, text = run(context.stub, bytes.fromhex("b009e6f4"), stdin=both[0])
    check("nothing at all", (status, text), (9, ""))
    finish()


main()
