#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The sandbox: it is there, what the program does fits into it, and files that a
client names stay in their folder."""
import os
import shutil
import signal
import stat
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "lib"))
from checks import check, check_in, expect  # noqa: E402
from outside import Context, finish, symbols  # noqa: E402
from rsp import Client  # noqa: E402
from stub import Stub, need_kvm  # noqa: E402

GUESTS = ["loop16.bin", "loop32.elf", "loop64.elf"]
RAM = 16 << 20


def is_gone(path):
    """os.path.exists() would take the watchdog's exception for an answer."""
    try:
        os.stat(path)
    except FileNotFoundError:
        return True
    return False


def of_status(pid, key):
    """The values of a line of /proc/PID/status, of each thread."""
    folder = f"/proc/{pid}/task"
    values = set()
    for thread in os.listdir(folder):
        with open(f"{folder}/{thread}/status") as file:
            values |= {line.split()[1] for line in file
                       if line.startswith(key + ":")}
    return values


def children(pid):
    with open(f"/proc/{pid}/task/{pid}/children") as file:
        return [int(word) for word in file.read().split()]


def has_filter(stub):
    """A build with a sanitizer has none, and says nothing of it."""
    return of_status(stub.process.pid, "Seccomp") == {"2"}


def state(context):
    """Who is filtered, and who has no new privileges."""
    for options, separate in (([], 1), (["--no-sandbox"], 0)):
        with Stub([context.stub, *options,
                   context.guest("loop64.elf")]) as stub:
            pid = stub.process.pid
            check(f"{options}: no new privileges",
                  of_status(pid, "NoNewPrivs"), {"1"})
            others = children(pid)
            check(f"{options}: other processes", len(others), separate)
            if separate and has_filter(stub):
                check("threads", len(os.listdir(f"/proc/{pid}/task")), 2)
                check("the filter is everybody's",
                      of_status(pid, "Seccomp"), {"2"})
            elif not separate:
                check("no filter", of_status(pid, "Seccomp"), {"0"})
            for other in others:
                held = [os.readlink(f"/proc/{other}/fd/{fd}")
                        for fd in os.listdir(f"/proc/{other}/fd")]
                check("what the broker has open",
                      [name.split(":")[0] for name in held], ["socket"])
            stub.end()
            expect("nobody is left", not any(os.path.exists(f"/proc/{other}")
                                             for other in others), others)


def at_work(context):
    """Traps, steps, watchpoints, restarts: what needs KVM anew, or memory."""
    for guest in GUESTS:
        names = symbols(os.path.splitext(context.guest(guest))[0] + ".elf")
        again, counter = names["again"], names["counter"]
        with Stub([context.stub, "--trace=run", context.guest(guest)]) as stub:
            with Client(stub.connect()) as client:
                for turn in range(3):
                    check(f"{guest}: traps", client.ask(b"Z0,%x,1" % again),
                          b"OK")
                    for _ in range(3):
                        check_in(f"{guest}: a stop", b"T05",
                                 client.ask(b"vCont;c"))
                        check_in(f"{guest}: a step", b"T05",
                                 client.ask(b"vCont;s:1"))
                    check(f"{guest}: watch",
                          client.ask(b"Z3,%x,4" % counter), b"OK")
                    client.ask(b"vCont;c")
                    check_in(f"{guest}: restart {turn}", "first instruction",
                             client.monitor("reset"))
                check_in(f"{guest}: vRun", b"T05", client.ask(b"vRun;"))
                check_in(f"{guest}: the host", "software breakpoints",
                         client.monitor("host"))
            stub.end()  # and nothing was refused


def new_image(context, folder):
    """By name, at each restart: what was built meanwhile, in another file."""
    path = os.path.join(folder, "guest.bin")
    shutil.copy(context.guest("loop16.bin"), path)
    for options in ([], ["--no-sandbox"]):
        with open(path, "wb") as file:
            file.write(b"\x90" * 16)
        with Stub([context.stub, *options, path]) as stub:
            with Client(stub.connect()) as client:
                check("the first", client.memory(0, 2), b"\x90\x90")
                with open(path + ".new", "wb") as file:
                    file.write(b"\xeb\xfe")
                os.rename(path + ".new", path)
                client.monitor("reset")
                check("the next", client.memory(0, 2), b"\xeb\xfe")
                os.unlink(path)
                check_in("none", "No such file", client.monitor("reset"))
                check("it goes on", client.memory(0, 2), b"\xeb\xfe")
                check_in("and steps", b"T05", client.ask(b"vCont;s:1"))


def broker_killed(context):
    """Then nothing is opened any more, which is said; the rest goes on."""
    with Stub([context.stub, context.guest("loop64.elf")]) as stub:
        with Client(stub.connect()) as client:
            (broker,) = children(stub.process.pid)
            os.kill(broker, signal.SIGKILL)
            check_in("no restart", "cannot open /dev/kvm",
                     client.monitor("reset"))
            check_in("a step", b"T05", client.ask(b"vCont;s:1"))
        check("end", stub.end(), 128 + signal.SIGTERM)


def stub_killed(context):
    """Its socket goes all the same."""
    with Stub([context.stub, context.guest("loop64.elf")]) as stub:
        expect("a socket", not is_gone(stub.target), stub.target)
        stub.process.kill()
        stub.wait()
        while not is_gone(stub.target):  # the watchdog ends it
            pass


def saved(client, command, folder, name):
    """What the command says, and what is in the file."""
    said = client.monitor(command)
    path = os.path.join(folder, name)
    if not os.path.exists(path):
        return said, None
    with open(path, "rb") as file:
        return said, file.read()


def memory_to_files(context, folder):
    """monitor memsave and pmemsave, and names that lead elsewhere."""
    inside = os.path.join(folder, "in")
    os.mkdir(inside)
    os.symlink("../out", os.path.join(inside, "link"))
    start = 0x100000
    for options in ([], ["--no-sandbox"]):
        with Stub([context.stub, "-m", "16M", "--files", inside, *options,
                   context.guest("loop64.elf")]) as stub, \
                Client(stub.connect()) as client:
            # A planted trap is nobody's business.
            client.ask(b"Z0,%x,1" % start)
            client.ask(b"vCont;s:1")
            wanted = client.memory(start, 0x80)
            for command in ("memsave", "pmemsave"):
                said, got = saved(client, f"{command} {start:#x} 0x80 a b",
                                  inside, "a b")
                check(f"{command}: says", said, "128 bytes saved\n")
                check(f"{command}: bytes", got, wanted)
                said, got = saved(client, f"{command} {start:#x} 1 a b",
                                  inside, "a b")
                check(f"{command}: again, shorter", got, wanted[:1])
            said, got = saved(client, "pmemsave 0 16M all", inside, "all")
            check("all of it: size", len(got), RAM)
            check("all of it: here", got[start:start + 0x80], wanted)
            said, got = saved(client, f"pmemsave {RAM - 16:#x} 32 end",
                              inside, "end")
            check("past the end: says", said,
                  f"there is no memory at {RAM:#x}: 16 bytes saved\n")
            check("past the end: bytes", len(got), 16)
            for line, part in (
                    ("memsave 0 1 ../out", "not below"),
                    ("memsave 0 1 link", "not below"),
                    (f"memsave 0 1 {folder}/out", "not below"),
                    ("memsave 0 1 .", "directory"),
                    ("memsave 0 1 none/x", "No such file"),
                    ("memsave 0 17M x", "more than the guest's memory"),
                    ("memsave 0xffffffffffffffff 2 x", "no memory"),
                    ("memsave 0 1", "memsave ADDR SIZE FILE"),
                    ("memsave here 1 x", "memsave ADDR SIZE FILE"),
                    ("pmemsave 0 -1 x", "pmemsave ADDR SIZE FILE"),
                    ("pmemsave", "pmemsave ADDR SIZE FILE")):
                check_in(line[:40], part, client.monitor(line))
            check("nothing outside", os.listdir(folder), ["in"])
    with Stub([context.stub, context.guest("loop64.elf")]) as stub, \
            Client(stub.connect()) as client:
        check_in("without --files", "--files DIR",
                 client.monitor("memsave 0 1 x"))
    for value in ("/dev/full", os.path.join(folder, "none")):
        try:
            Stub([context.stub, "--files", value, context.guest("loop64.elf")])
            expect(f"--files {value}", False, "was taken")
        except RuntimeError as error:
            check_in(f"--files {value}", f"--files {value}", str(error))


def full_disk(context):
    """What does not fit is said, and the guest goes on."""
    if not os.path.isdir("/dev/shm"):
        return
    with tempfile.TemporaryDirectory(dir="/dev/shm") as folder, \
            Stub([context.stub, "--files", folder,
                  context.guest("loop64.elf")],
                 wrapper=["sh", "-c", 'ulimit -f 8; exec "$@"', "sh"]) as stub:
        with Client(stub.connect()) as client:
            check_in("too large", "File too large: 4096 bytes saved",
                     client.monitor("pmemsave 0 1M big"))
            check_in("a step", b"T05", client.ask(b"vCont;s:1"))


def no_dump(context):
    """What is the guest's is in no core file (proc(5), smaps, VmFlags)."""
    with Stub([context.stub, "-m", "64M", "--disk",
               context.guest("loop64.elf"),
               context.guest("loop64.elf")]) as stub:
        size, hidden = 0, 0
        with open(f"/proc/{stub.process.pid}/smaps") as file:
            for line in file:
                if line.startswith("Size:"):
                    size = int(line.split()[1]) << 10
                if line.startswith("VmFlags:") and " dd" in line:
                    hidden += size
        expect("memory and disk", hidden > 64 << 20, hidden)


def socket_mode(context):
    """Nobody else may connect, unless it is said."""
    for options, mode in (([], 0o600), (["--socket-mode=660"], 0o660),
                          (["--socket-mode", "666"], 0o666)):
        with Stub([context.stub, *options,
                   context.guest("loop64.elf")],
                  wrapper=["sh", "-c", 'umask 0; exec "$@"', "sh"]) as stub:
            got = stat.S_IMODE(os.stat(stub.target).st_mode)
            check(f"{options}: mode", oct(got), oct(mode))


def main():
    need_kvm()
    context = Context()
    for test in (state, at_work, broker_killed, stub_killed, full_disk,
                 no_dump, socket_mode):
        print(f"--- {test.__name__}: {test.__doc__.splitlines()[0]}")
        try:
            test(context)
        except Exception as error:
            expect(test.__name__, False, repr(error))
    for test in (new_image, memory_to_files):
        print(f"--- {test.__name__}: {test.__doc__.splitlines()[0]}")
        with tempfile.TemporaryDirectory() as folder:
            try:
                test(context, folder)
            except Exception as error:
                expect(test.__name__, False, repr(error))
    finish()


main()
