#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A guest that waits in HLT for an interrupt, where none comes: a line says so,
once, and Ctrl-C stops it."""
import os
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "lib"))
from checks import check, check_in  # noqa: E402
from outside import Context, finish  # noqa: E402
from rsp import Client, frame  # noqa: E402
from stub import TIMEOUT, Stub, need_kvm  # noqa: E402

IDLE = b"\x90\xfb\xf4\xeb\xfd"  # nop; sti; hlt; jmp hlt
LINE = "HLT with interrupts on"


def resume(client, packet):
    client.sock.sendall(frame(packet))


def told(client):
    """The text of an O packet."""
    reply = client.receive()
    check("text comes", reply[:1], b"O")
    return bytes.fromhex(reply[1:].decode()).decode()


def with_client(context, guest):
    with Stub([context.stub, guest]) as stub:
        with Client(stub.connect()) as client:
            for _ in range(2):
                resume(client, b"vCont;c")
                check_in("said to the client", LINE, told(client))
                client.sock.sendall(b"\x03")
                check("and nothing more, but the stop",
                      client.receive()[:3], b"T02")
            resume(client, b"vCont;s:1")
            check_in("a step from there says it too", LINE, told(client))
            check("and ends", client.receive()[:3], b"T11")
            client.sock.sendall(frame(b"k"))
        stub.wait()
        check("said on the console, once for each time",
              stub.log().count(LINE), 2)


def alone(context, guest):
    run = subprocess.run([context.stub, "-l", "none", "--timeout=0.5", guest],
                         stdin=subprocess.DEVNULL, capture_output=True,
                         text=True, timeout=TIMEOUT)
    check("said once", run.stderr.count(LINE), 1)
    check("nobody can wake it: that is the end", run.returncode, 123)


def main():
    need_kvm()
    context = Context()
    with tempfile.TemporaryDirectory() as folder:
        guest = os.path.join(folder, "idle")
        with open(guest, "wb") as file:
            file.write(IDLE)
        with_client(context, guest)
        alone(context, guest)
    finish()


main()
