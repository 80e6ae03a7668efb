#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The ways to reach the stub: TCP, unix socket, stdio, --gdb, none at all."""
import os
import re
import shlex
import socket
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "lib"))
from checks import check, check_in, expect  # noqa: E402
from outside import Context, finish  # noqa: E402
from rsp import Client, frame  # noqa: E402
from stub import TIMEOUT, Stub, need, need_kvm  # noqa: E402

GDB = ["gdb", "-nx", "-batch"]
COUNTER = 0x100040  # of loop64


def run(command, **options):
    """Output of a command, both streams in one, and its exit status."""
    done = subprocess.run(command, stdin=subprocess.DEVNULL, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          timeout=TIMEOUT, check=False, **options)
    return done.stdout, done.returncode


def port_zero(context):
    """Port 0: a free one is picked, on the loopback only, and printed."""
    guest = context.guest("hello64.elf")
    for options in (["-p", "0"], ["-l", "tcp:127.0.0.1:0"]):
        with Stub([context.stub, guest], options) as stub:
            match = re.fullmatch(r"tcp:127\.0\.0\.1:(\d+)", stub.address)
            if not expect(f"{options}: address", match, stub.address):
                continue
            expect("a port", int(match[1]) > 0, match[1])
            output, _ = run([*GDB, guest, "-ex",
                             f"target remote {stub.target}",
                             "-ex", "output/x (long)$pc"])
            check_in("gdb comes in", "0x100000", output)


def line_to_paste(context):
    """The line that the stub prints works as it is."""
    guest = context.guest("hello64.elf")
    with Stub([context.stub, guest], ["-p", "0"]) as stub:
        line = stub.wait_line(r"\b(gdb .*target extended-remote .*)").group(1)
        words = shlex.split(line)
        check("it starts with gdb", words[0], "gdb")
        output, _ = run([*GDB, *words[1:], "-ex", "break inner", "-ex",
                         "continue", "-ex", "backtrace"])
        check_in("breakpoint", "Breakpoint 1, inner (value=2)", output)
        check_in("backtrace", "#3 ", output)


def unix_socket(context):
    """Its file goes when the stub does."""
    with Stub([context.stub, context.guest("loop64.elf")]) as stub:
        path = stub.target
        expect("socket", os.path.exists(path), path)
        stub.end()
        expect("gone", not os.path.exists(path), path)


def stdio_gdb(context):
    """`target remote |`: protocol on stdout, the guest's text elsewhere."""
    guest = context.guest("hello64.elf")
    output, status = run([
        *GDB, guest, "-ex", f"target remote | {context.stub} -l stdio {guest}",
        "-ex", "break inner", "-ex", "continue", "-ex", "print value",
        "-ex", "delete", "-ex", "continue"])
    check_in("breakpoint", "Breakpoint 1, inner (value=2)", output)
    check_in("value", "$1 = 2", output)
    check_in("the guest's text", "hello from a C guest", output)
    check_in("its end", "exited normally", output)
    check("gdb is content", status, 0)


def stdio_ends(context):
    """With its input at an end the stub ends too, and leaves no orphan."""
    stub = subprocess.Popen(
        [context.stub, "-l", "stdio", context.guest("loop64.elf")],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL)
    output, _ = stub.communicate(frame(b"?"), TIMEOUT)
    check_in("answer", b"$T05", output)
    check("exit status", stub.returncode, 0)


def stdio_foreign(context):
    """What is no protocol on standard input is an end, and a failure."""
    stub = subprocess.Popen(
        [context.stub, "-l", "stdio", context.guest("loop64.elf")],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE)
    output, said = stub.communicate(b"GET / HTTP/1.1\r\n" + frame(b"?"),
                                    TIMEOUT)
    check("nothing is answered", output, b"")
    check_in("it is said", b"'GET / HTTP/1.1'", said)
    check("exit status", stub.returncode, 125)


def option_run(context):
    """-r: the guest runs, nobody is waited for."""
    for name, status, text in (("exit7.bin", 7, ""),
                               ("hello64.elf", 0, "sum 225\n")):
        with Stub([context.stub, "-r", context.guest(name)]) as stub:
            check(f"-r {name}: exit status", stub.wait(), status)
            check_in(f"-r {name}: text", text, stub.console())


def option_run_attach(context):
    """-r with a guest that runs for ever: a debugger stops it."""
    with Stub([context.stub, "-r", context.guest("loop64.elf")]) as stub:
        with Client(stub.connect()) as client:
            check_in("stopped", client.ask(b"?")[:1], b"TS")
            counter = client.memory(COUNTER, 4)
            check("stays stopped", client.memory(COUNTER, 4), counter)


def option_gdb(context):
    """--gdb starts the debugger connected and with symbols."""
    guest = context.guest("hello64.elf")
    with tempfile.TemporaryDirectory() as folder:
        debugger = os.path.join(folder, "my gdb")
        with open(debugger, "w") as file:
            file.write("#!/bin/sh\nexec gdb -nx -batch \"$@\" -ex 'tbreak "
                       "inner' -ex continue -ex backtrace -ex kill\n")
        os.chmod(debugger, 0o755)
        output, status = run([context.stub, "-l", f"unix:{folder}/s",
                              f"--gdb={debugger}", guest])
        check_in("backtrace", "inner (value=2)", output)
        check_in("main", "#3 ", output)
        check("exit status", status, 0)
        output, status = run([context.stub, "-l", f"unix:{folder}/s",
                              f"--gdb={folder}/none", guest])
        check_in("no such debugger", f"{folder}/none", output)
        expect("is a failure", status != 0, status)


def second_client(context):
    """One who comes second does not disturb the first."""
    with Stub([context.stub, context.guest("loop64.elf")]) as stub:
        with Client(stub.connect()) as first:
            second = stub.connect()
            check("the first is answered", first.ask(b"qC")[:2], b"QC")
            second.close()
            check_in("and steps", b"T05", first.ask(b"vCont;s:1"))


def lost_while_running(context):
    """A connection that breaks while the guest runs: it is stopped."""
    with Stub([context.stub, context.guest("loop64.elf")],
              ["-l", "tcp:127.0.0.1:0"]) as stub:
        with Client(stub.connect()) as client:
            check("planted", client.ask(b"Z0,200000,1"), b"OK")
            client.sock.sendall(frame(b"vCont;c"))
            # RST, no polite end: linger for 0 seconds.
            client.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                                   b"\x01\0\0\0\0\0\0\0")
        with Client(stub.connect()) as client:
            check_in("stopped", client.ask(b"?")[:1], b"TS")
            counter = client.memory(COUNTER, 4)
            # Not by reading memory: breakpoints are hidden from that.
            check_in("nothing planted", "without breakpoints",
                     client.monitor("breakpoints"))
        with Client(stub.connect()) as client:
            check("stays stopped", client.memory(COUNTER, 4), counter)


def closed_while_running(context):
    """The next client is told what stopped the guest: nothing of its own."""
    with Stub([context.stub, context.guest("loop64.elf")]) as stub:
        with Client(stub.connect()) as client:
            check_in("watch", client.ask(b"Z2,%x,4" % COUNTER), b"OK")
            check_in("hit", b"watch", client.ask(b"vCont;c"))
            check_in("no more", client.ask(b"z2,%x,4" % COUNTER), b"OK")
            client.sock.sendall(frame(b"vCont;c"))
        with Client(stub.connect()) as client:
            check_in("interrupted", b"T02", client.ask(b"?"))


def full_console(context):
    """A console that nobody reads holds the guest up, no step and no debugger."""
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    try:
        while True:
            os.write(writer, bytes(4096))
    except BlockingIOError:
        os.set_blocking(writer, True)
    with tempfile.TemporaryDirectory() as folder:
        guest = os.path.join(folder, "guest.bin")
        with open(guest, "wb") as file:
            file.write(b"\xe6\xe9\xeb\xfc")  # out %al, $0xe9 for ever
        with Stub([context.stub, guest], console=writer) as stub:
            with Client(stub.connect()) as client:
                for i in range(10):
                    check_in(f"step {i}", b"T05", client.ask(b"vCont;s:1"))
                client.sock.sendall(frame(b"vCont;c") + b"\x03")
                check_in("Ctrl-C", b"T02", client.receive())
                check("detach", client.ask(b"D"), b"OK")
            check("SIGTERM while it prints", stub.end(), 128 + 15)
    os.close(reader)
    os.close(writer)


def visit(stub, politely):
    """A client comes, steps once, and goes. What it found in `counter`."""
    with Client(stub.connect()) as client:
        counter = int.from_bytes(client.memory(COUNTER, 4), "little")
        check_in("a step", b"T05", client.ask(b"vCont;s:1"))
        if politely:
            check("detach", client.ask(b"D"), b"OK")
    return counter


def option_gone(context):
    """--on-detach and --on-disconnect: stop, run, exit."""
    for option, other, politely in (
            ("--on-detach", "--on-disconnect", True),
            ("--on-disconnect", "--on-detach", False)):
        for wish in ("stop", "run", "exit"):
            contrary = "run" if wish == "stop" else "stop"
            with Stub([context.stub, f"{option}={wish}",
                       f"{other}={contrary}",
                       context.guest("loop64.elf")]) as stub:
                check(f"{option}={wish}: at first", visit(stub, politely), 0)
                if wish == "exit":
                    check(f"{option}=exit: status", stub.wait(), 0)
                elif wish == "stop":
                    check(f"{option}=stop", visit(stub, politely), 1)
                else:
                    steps = 1  # until it counted more than it was stepped
                    while visit(stub, politely) <= steps:
                        steps += 1


def main():
    need_kvm()
    need(GDB, "no gdb")
    context = Context()
    for test in (port_zero, line_to_paste, unix_socket, stdio_gdb, stdio_ends,
                 stdio_foreign,
                 option_run, option_run_attach, option_gdb, second_client,
                 lost_while_running, closed_while_running, full_console,
                 option_gone):
        print(f"--- {test.__name__}: {test.__doc__.splitlines()[0]}")
        try:
            test(context)
        except Exception as error:
            expect(test.__name__, False, repr(error))
    finish()


main()
