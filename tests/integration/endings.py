#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""How it ends: the exit status, and what --result says of it. Nobody waits for
ever who asked for an end."""
import json
import os
import re
import signal
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "lib"))
from checks import check, check_in, expect  # noqa: E402
from outside import Context, finish, symbols  # noqa: E402
from rsp import Client, frame  # noqa: E402
from stub import TIMEOUT, Stub, need_kvm  # noqa: E402

STOPPED, TIMED_OUT, FAILED = 123, 124, 125
KEYS = ["version", "guest", "what", "status", "guest_status", "signal",
        "reason", "pc", "where"]
SHORT = "--timeout=0.3"
LONGER = "--timeout=1.5"

# Flat 16-bit code, a test each. out %al, $0xf4 ends the guest with al.
GUESTS = {
    "exit123": b"\xb0\x7b\xe6\xf4",
    "exit124": b"\xb0\x7c\xe6\xf4",
    "exit255": b"\xb0\xff\xe6\xf4",
    "reset": b"\xb0\xfe\xe6\x64",  # by the keyboard controller
    # a boot sector: ljmp $0xffff, $0
    "reboot": b"\xea\0\0\xff\xff".ljust(510, b"\0") + b"\x55\xaa",
    "port92": b"\xb0\x01\xe6\x92",
    "cf9": b"\xba\xf9\x0c\xb0\x06\xee",
    # mov $0x80000600, %eax; out to 0xcf8; in from there, and from 0xcfc
    "pci": b"\x66\xb8\0\6\0\x80\xba\xf8\x0c\x66\xef\x66\xed"
           b"\xba\xfc\x0c\x66\xed\xe6\xf4",
    "off": b"\xb8\x00\x20\xba\x04\x06\xef",  # ACPI's soft off
    "spin": b"\xeb\xfe",
    "halt": b"\xfa\xf4",
    "idle": b"\xfb\xf4\xeb\xfd",  # with interrupts on; but none comes
    "pause": b"\xf3\x90\xeb\xfc",  # pause, for ever
    # 32 bits: mov $-1, %ecx; xor %esi, %esi; rep lodsb
    "long": b"\xb9\xff\xff\xff\xff\x31\xf6\xf3\xac\xeb\xf5",
    "loop": b"\x66\x49\x67\xe2\xfe\xeb\xf9",  # dec %ecx; loop .
    "print": b"\xe6\xe9\xeb\xfc",  # out %al, $0xe9 for ever
}

# Without a client: options, guest, status, what, pattern of the reason, symbol
# or address of the pc. The guest is one of the above, or a sample.
ROWS = [
    ("-l none", "exit7.bin", 7, "exited", "status 7", 4),
    ("-l none", "exit123", 123, "exited", "status 123", 4),
    ("-l none", "exit124", 124, "exited", "status 124", 4),
    ("-l none", "exit255", 255, "exited", "status 255", 4),
    ("-l none", "reset", 0, "exited", "status 0", 4),
    ("-l none", "reboot", 0, "exited", "status 0", 0xffff4),
    ("-l none", "off", 0, "exited", "status 0", 7),
    ("-l none", "ask64.elf", STOPPED, "stopped",
     r"calls the debugger \(port 0x8a00\)", "asked"),
    ("-r --on-stop=exit", "ask16.bin", STOPPED, "stopped", "calls the", 7),
    (f"-r {SHORT}", "ask32.elf", TIMED_OUT, "timeout", "stopped", "asked"),
    ("-l none", "port92", 0, "exited", "status 0", 4),
    ("-l none", "cf9", 0, "exited", "status 0", 6),
    ("-l none --on-reset=exit", "reset", 0, "exited", "status 0", 4),
    ("-l none --on-reset=stop", "off", 0, "exited", "status 0", 7),
    ("-l none --on-reset=stop", "reset", STOPPED, "stopped",
     r"reset the machine by the keyboard controller \(port 0x64\)", 4),
    ("-l none --on-reset=stop", "port92", STOPPED, "stopped",
     "reset the machine by bit 0 of port 0x92", 4),
    ("-l none --on-reset=stop", "cf9", STOPPED, "stopped", "port 0xcf9", 6),
    ("-l none --on-reset=stop", "reboot", STOPPED, "stopped",
     "reset the machine.*before ffff:0004", 0xffff4),
    ("-l none --on-reset=reboot", "triple64.elf", STOPPED, "stopped",
     "triple fault", None),
    (f"-l none --on-reset=reboot {SHORT}", "reboot", TIMED_OUT, "timeout",
     "running", None),
    (f"-r --on-reset=reboot {SHORT}", "cf9", TIMED_OUT, "timeout", "running",
     None),
    # PCI's ports: nothing is there, and 32 bits to one of them are no reset.
    ("-l none --on-reset=stop", "pci", 255, "exited", "status 255", None),
    ("-r --on-stop=exit", "exit123", 123, "exited", "status 123", 4),
    ("-r", "hello64.elf", 0, "exited", "status 0", None),

    ("-l none", "halt", STOPPED, "stopped", "HLT.*interrupts off", None),
    ("-l none", "idle", STOPPED, "stopped", "HLT.*interrupt", None),
    (f"-r {SHORT}", "idle", TIMED_OUT, "timeout", "running", 2),
    ("-l none", "triple32.elf", STOPPED, "stopped", "triple fault", None),
    ("-l none", "triple64.elf", STOPPED, "stopped", "triple fault", None),
    ("-l none", "bios.bin", STOPPED, "stopped", "int 0x10", None),
    ("-r --on-stop=exit", "halt64.elf", STOPPED, "stopped", "HLT", None),
    ("-r --on-stop=exit -p 0", "triple64.elf", STOPPED, "stopped",
     "triple fault", None),
    ("-l none -r --on-stop=exit", "halt", STOPPED, "stopped", "HLT", None),
    ("-l unix:{folder}/s -l none", "halt", STOPPED, "stopped", "HLT", None),

    (f"-l none {SHORT}", "spin", TIMED_OUT, "timeout", "0.3 s.*running", 0),
    (f"-r {SHORT}", "spin", TIMED_OUT, "timeout", "running", 0),
    # None of these is taken for an instruction that KVM begins anew; 1.5 s are
    # time enough to do so.
    (f"-l none {LONGER}", "spin", TIMED_OUT, "timeout", "running", 0),
    (f"-l none {LONGER}", "pause", TIMED_OUT, "timeout", "running", None),
    (f"-l none --mode prot {LONGER}", "long", TIMED_OUT, "timeout", "running", None),
    (f"-l none {LONGER}", "loop", TIMED_OUT, "timeout", "running", None),
    ("-l none", "int80.bin", 20, "exited", "status 20", None),
    ("-l none", "stall16.bin", STOPPED, "stopped", "interrupt table", None),
    ("-l none", "stall32.elf", STOPPED, "stopped", "GDT", "stuck"),

    (f"-r {SHORT}", "halt", TIMED_OUT, "timeout", "stopped", None),
    (f"-r {SHORT} --on-stop=wait", "triple64.elf", TIMED_OUT, "timeout",
     "stopped", None),
    (SHORT, "loop64.elf", TIMED_OUT, "timeout", "stopped", "_start"),
    (f"{SHORT} -l stdio", "loop64.elf", TIMED_OUT, "timeout", "stopped",
     "_start"),
    ("-l none --timeout=3600", "halt", STOPPED, "stopped", "HLT", None),

    ("", "{folder}/absent", FAILED, "failed", "No such file", None),
    ("-l none --disk={folder}/absent", "spin", FAILED, "failed",
     "No such file", None),
    ("-l none --bogus", "spin", FAILED, "failed", "bogus", None),
    ("-l none --on-stop=wait", "spin", FAILED, "failed", "none", None),
    ("--gdb={folder}/absent -p 0", "spin", FAILED, "failed", "cannot start", None),
]


class Place:
    """A folder with guests in it, and where the result goes."""

    def __init__(self, context, folder):
        self.context = context
        self.folder = folder
        self.result = os.path.join(folder, "result.json")
        for name, code in GUESTS.items():
            with open(os.path.join(folder, name), "wb") as file:
                file.write(code)

    def guest(self, name):
        if name in GUESTS:
            return os.path.join(self.folder, name)
        return os.path.join(self.context.guests, name.format(
            folder=self.folder))

    def command(self, options, guest):
        words = [word.format(folder=self.folder) for word in options.split()]
        return [self.context.stub, "--result", self.result, *words,
                self.guest(guest)]

    def outcome(self):
        with open(self.result) as file:
            return json.load(file)


def judge(label, place, status, wanted, what, reason, pc=None):
    """The status is what was wanted, and the result agrees with it."""
    check(f"{label}: status", status, wanted)
    told = place.outcome()
    check(f"{label}: keys", list(told), KEYS)
    check(f"{label}: what", told["what"], what)
    check(f"{label}: its status", told["status"], wanted)
    check(f"{label}: the guest's", told["guest_status"],
          wanted if what == "exited" else None)
    check(f"{label}: signal", told["signal"],
          wanted - 128 if what == "signal" else None)
    expect(f"{label}: reason", re.search(reason, told["reason"]), told)
    if pc is not None:
        check(f"{label}: pc", told["pc"], f"{pc:#x}")
    check(f"{label}: a place", (told["pc"] is None, told["where"] is None),
          (what == "failed", what == "failed"))


def alone(place):
    """Nobody looks on."""
    for options, guest, status, what, reason, pc in ROWS:
        listen = [] if re.search("-l|-p|gdb", options) else ["-p", "0"]
        command = place.command(options, guest)
        command[1:1] = listen
        # Of -l stdio the input stays open: its end would be another end.
        with subprocess.Popen(command, stdin=subprocess.PIPE,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              text=True) as run:
            said = run.stderr.read()
            got = run.wait(TIMEOUT)
        if isinstance(pc, str):
            pc = symbols(place.guest(guest))[pc]
        judge(f"{options} {guest}", place, got, status, what, reason, pc)
        if what in ("stopped", "timeout", "failed"):
            check_in(f"{options} {guest}: said", "kvmgdbstub: ", said)
        expect(f"{options} {guest}: nobody is waited for",
               "waiting" not in said or "--on-stop=wait" in options
               or "-r --t" in options, said)


def detach(client):
    client.ask(b"D")


def kill(client):
    client.sock.sendall(frame(b"k"))


def monitor_exit(client):
    client.monitor("exit")


def go_on(client):
    client.sock.sendall(frame(b"vCont;c"))
    client.receive()


def trouble(client):
    check_in("trouble", client.receive_stop(b"vCont;c")[:1], b"T")


class Watcher(Client):
    def receive_stop(self, packet):
        """The stop reply, without the text that comes before it."""
        reply = self.ask(packet)
        while reply[:1] == b"O":
            reply = self.receive()
        return reply


def with_client(place):
    """Somebody looks on, and then does not."""
    stops = "--on-stop=exit"
    rows = [
        ("", "loop64.elf", [kill], 0, "killed", "kill"),
        ("", "loop64.elf", [monitor_exit], 0, "quit", "monitor exit"),
        ("--on-detach=exit", "loop64.elf", [detach], 0, "left", "gone"),
        ("--on-disconnect=exit", "loop64.elf", [], 0, "left", "gone"),
        ("", "exit7.bin", [go_on], 7, "exited", "status 7"),
        ("", "exit7.bin", [detach], 7, "exited", "status 7"),
        (SHORT, "loop64.elf", [], TIMED_OUT, "timeout", "stopped"),
        (SHORT, "loop64.elf", [detach], TIMED_OUT, "timeout", "running"),
        # A client sees it first, and then nobody is there to wait for.
        (stops, "triple64.elf", [trouble], STOPPED, "stopped", "triple"),
        (stops, "triple64.elf", [trouble, detach], STOPPED, "stopped",
         "triple"),
        (stops, "halt64.elf", [detach], STOPPED, "stopped", "HLT"),
        (f"{stops} --on-disconnect=exit", "triple64.elf", [trouble], 0, "left",
         "gone"),
        (f"{stops} --on-kill=detach", "triple64.elf", [trouble, kill], STOPPED,
         "stopped", "triple"),
        # Killed is not stopped in trouble.
        (f"{stops} {SHORT} --on-kill=reset", "triple64.elf", [trouble, kill],
         TIMED_OUT, "timeout", "stopped"),
        # Nor is a client that leaves while all is well.
        (f"{stops} {SHORT}", "loop64.elf", [], TIMED_OUT, "timeout",
         "stopped"),
    ]
    for options, guest, acts, status, what, reason in rows:
        label = f"{options} {guest} {[act.__name__ for act in acts]}"
        with Stub(place.command(options, guest)) as stub:
            with Watcher(stub.connect()) as client:
                for act in acts:
                    act(client)
            judge(label, place, stub.wait(), status, what, reason)


def signals(place):
    """128 and the signal's number, while it runs and while it waits."""
    for number in (signal.SIGHUP, signal.SIGINT, signal.SIGTERM):
        for options, guest in (("-r", "spin"), ("", "spin"), ("-r", "print")):
            with Stub(place.command(options, guest)) as stub:
                stub.process.send_signal(number)
                judge(f"{number.name} {options} {guest}", place, stub.wait(),
                      128 + number, "signal", "signal: ")


def killed(place):
    """A program that is killed leaves an empty result, never an old one."""
    with open(place.result, "w") as file:
        file.write('{\n  "version": "0.1.0"\n}\n')
    with Stub(place.command("-r", "spin")) as stub:
        stub.process.kill()
        check("killed: status", stub.wait(), -signal.SIGKILL)
    check("killed: result", os.path.getsize(place.result), 0)


def unwritable(place):
    """No result: nothing is run, nothing is lost, and the status says so."""
    precious = place.guest("spin")
    for path, pattern in ((precious, "lost"), (place.folder, "directory"),
                          ("/dev/full", "No space left")):
        done = subprocess.run(
            [place.context.stub, "-l", "none", "--result", path,
             place.guest("exit7.bin")], stdin=subprocess.DEVNULL,
            capture_output=True, text=True, timeout=TIMEOUT, check=False)
        check(f"--result {path}: status", done.returncode, FAILED)
        expect(f"--result {path}: said", re.search(pattern, done.stderr),
               done.stderr)
    check("the guest's file is whole", os.path.getsize(precious),
          len(GUESTS["spin"]))


def timeout_under_gdb(place):
    """--timeout ends the stub under a debugger, which goes on."""
    debugger = os.path.join(place.folder, "debugger")
    with open(debugger, "w") as file:  # waits for the stub's end
        file.write("#!/bin/sh\nwhile [ ! -s \"$RESULT\" ]; do :; done\nexit 5")
    os.chmod(debugger, 0o755)
    done = subprocess.run(
        place.command(f"--gdb={debugger} {SHORT} -l unix:{place.folder}/s",
                      "spin"), stdin=subprocess.DEVNULL, timeout=TIMEOUT,
        env=dict(os.environ, RESULT=place.result), check=False,
        stderr=subprocess.DEVNULL)
    check("--gdb: the debugger's status", done.returncode, 5)
    judge("--gdb: the stub's", place, TIMED_OUT, TIMED_OUT, "timeout",
          "stopped")


def debugger_that_ends(place):
    """One that ends before it connects takes the stub with it."""
    debugger = os.path.join(place.folder, "debugger")
    with open(debugger, "w") as file:
        file.write("#!/bin/sh\nexit 6")
    os.chmod(debugger, 0o755)
    done = subprocess.run(
        place.command(f"--gdb={debugger} -l unix:{place.folder}/s", "spin"),
        stdin=subprocess.DEVNULL, timeout=TIMEOUT, check=False,
        stderr=subprocess.PIPE)  # read to its end, which is the stub's
    check("--gdb, ended: the debugger's status", done.returncode, 6)


def main():
    need_kvm()
    context = Context()
    for test in (alone, with_client, signals, killed, unwritable,
                 timeout_under_gdb, debugger_that_ends):
        print(f"--- {test.__name__}: {test.__doc__.splitlines()[0]}")
        with tempfile.TemporaryDirectory() as folder:
            try:
                test(Place(context, folder))
            except Exception as error:
                expect(test.__name__, False, repr(error))
    finish()


main()
