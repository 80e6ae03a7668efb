#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Linux, unmodified, under gdb: to a shell on its serial port, and there what
is done to a kernel. It has no symbols but its own /proc/kallsyms.

KVMGDB_LINUX names a folder with what boots: `vmlinuz`, or `vmlinux` where the
host's KVM cannot unpack that; `busybox`, linked statically; and the disk,
`root.ext4`, with that in /bin, and `virtio_mmio.ko` and `virtio_blk.ko`.
"""
import hashlib
import os
import re
import socket
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "lib"))
from checks import check, check_in, expect  # noqa: E402
from initramfs import busybox_initramfs  # noqa: E402
from mi import Mi  # noqa: E402
from outside import Context, finish  # noqa: E402
from stub import GDB, TIMEOUT, Stub, need, need_kvm, skip  # noqa: E402

INIT = b"""#!/bin/busybox sh
/bin/busybox --install -s /bin
export PATH=/bin PS1='ready# '
mount -t proc proc /proc
mount -t sysfs sys /sys
stty -echo  # nor is there a line editor then
dmesg -n 1  # and the kernel does not speak in between
exec sh
"""
APPEND = "console=ttyS0 nokaslr mitigations=off"
MODULES = ("virtio_mmio.ko", "virtio_blk.ko")
PROMPT = rb"ready# $"

# One of them is where Linux waits for an interrupt.
IDLE = ("pv_native_safe_halt", "native_safe_halt", "default_idle",
        "default_idle_call", "acpi_safe_halt")
SYMBOLS = ("linux_banner", "jiffies_64", "panic_timeout",
           "__x64_sys_sethostname", "__x64_sys_newuname")

# struct pt_regs, which a system call of 64-bit code is given in RDI; of its own
# arguments the first two (Linux, arch/x86/include/asm/ptrace.h).
PT_REGS_SI, PT_REGS_DI = 0x68, 0x70


class Shell:
    """A shell on the guest's serial port."""

    def __init__(self, path):
        self.peer = socket.socket(socket.AF_UNIX)
        self.peer.connect(path)
        self.peer.settimeout(TIMEOUT)
        self.text = b""

    def until(self, pattern):
        """All that comes until the pattern is the end of it."""
        while not re.search(pattern, self.text):
            more = self.peer.recv(1 << 16)
            if not more:
                raise EOFError(f"the guest has ended before {pattern!r}")
            sys.stdout.write(more.decode("latin-1").replace("\r", ""))
            sys.stdout.flush()
            self.text += more
        text, self.text = self.text, b""
        return text.decode("latin-1").replace("\r", "")

    def type(self, command):
        self.peer.sendall(f"{command}\n".encode())

    def printed(self):
        """What the command printed that was typed."""
        return self.until(PROMPT).rpartition("\n")[0]

    def run(self, command):
        self.type(command)
        return self.printed()


class Machine:
    """Linux, its shell, and gdb."""

    def __init__(self, stub, gdb, folder):
        self.stub = stub
        self.gdb = gdb
        self.shell = Shell(f"{folder}/line")
        self.at = {}

    def ask(self, command, wanted="done"):
        name, results = self.gdb.ask(command)
        check(command, name, wanted)
        return results

    def go(self):
        self.ask("-exec-continue", "running")

    def interrupt(self):
        """Until it has stopped, wherever that is."""
        self.ask("-exec-interrupt")
        stop = self.gdb.stopped()
        check("Ctrl-C", stop.get("signal-name"), "SIGINT")

    def value(self, expression):
        return self.ask(f'-data-evaluate-expression "{expression}"')["value"]

    def number(self, expression):
        return int(self.value(f"(unsigned long)({expression})"))

    def learn(self, names):
        """Their addresses, of whatever the kernel knows."""
        lines = self.shell.run(f"grep -E ' ({'|'.join(names)})$' "
                               "/proc/kallsyms").splitlines()
        self.at.update({name: int(address, 16) for address, _, name in
                        (line.split() for line in lines)})

    def after(self, name):
        """The address of the symbol behind it, or None: /proc/kallsyms goes by
        addresses."""
        lines = self.shell.run(f"grep -A 1 ' {name}$' /proc/kallsyms")
        addresses = [int(line.split()[0], 16) for line in lines.splitlines()]
        return addresses[1] if len(addresses) == 2 else None


def boots(linux):
    linux.ask("-gdb-set mi-async on")
    linux.ask("-gdb-set print elements 0")
    linux.ask(f"-target-select remote {linux.stub.target}", "connected")
    linux.gdb.stopped()
    linux.go()
    text = linux.shell.until(PROMPT)
    check_in("what it was given", "Command line: " + APPEND, text)
    linux.learn(SYMBOLS + IDLE)
    check("symbols", [name for name in SYMBOLS if name not in linux.at], [])


def stops_in_system_call(linux):
    """At one that the shell's command makes: what it is given is there."""
    for name, kind, command in (
            ("__x64_sys_sethostname", "", "hostname somewhere"),
            ("__x64_sys_newuname", "-h", "hostname")):
        address = linux.at[name]
        linux.interrupt()
        number = linux.ask(f"-break-insert {kind} *{address:#x}")["bkpt"][
            "number"]
        linux.go()
        linux.shell.type(command)
        stop = linux.gdb.stopped()
        check(name, (stop.get("reason"), stop.get("bkptno")),
              ("breakpoint-hit", number))
        check("pc", hex(linux.number("$pc")), hex(address))
        if not kind:
            given = linux.value("*(char (*)[9])*(unsigned long *)($rdi + "
                                f"{PT_REGS_DI})")
            check("its argument", given, '"somewhere"')
            check("how long", linux.number(
                f"*(unsigned long *)($rdi + {PT_REGS_SI})"), 9)
        linux.ask("-exec-step-instruction", "running")
        check("a step", linux.gdb.stopped().get("reason"), "end-stepping-range")
        expect("goes on", address < linux.number("$pc") < address + 16,
               linux.value("$pc"))
        linux.ask(f"-break-delete {number}")
        linux.go()
        check(command, linux.shell.printed(), "" if not kind else "somewhere")


def is_idle(linux):
    """Ctrl-C, until it is where Linux waits."""
    ranges = [(linux.at[name], linux.after(name)) for name in IDLE
              if name in linux.at]
    ranges = [(begin, end) for begin, end in ranges if end]
    expect("Linux has one of them", ranges, IDLE)
    pc = 0
    while not any(begin <= pc < end for begin, end in ranges):
        linux.interrupt()
        pc = linux.number("$pc")
        linux.go()
    expect("in an idle routine", True, "")


def has_banner(linux):
    wanted = linux.shell.run("cat /proc/version")
    linux.interrupt()
    said = linux.gdb.console(f"x/s {linux.at['linux_banner']:#x}")
    linux.go()
    check("linux_banner", re.search(r'"(.*)\\n"', said)[1], wanted)


def is_watched(linux):
    """A variable that the shell sets, and one that time does."""
    linux.interrupt()
    linux.ask(f"-break-watch \"*(int *){linux.at['panic_timeout']:#x}\"")
    linux.go()
    linux.shell.type("echo 42 >/proc/sys/kernel/panic")
    stop = linux.gdb.stopped()
    check("watched", (stop.get("reason"), stop.get("value")),
          ("watchpoint-trigger", {"old": "0", "new": "42"}))
    linux.ask("-break-delete")
    linux.go()
    linux.shell.printed()

    linux.interrupt()
    jiffies = f"*(unsigned long *){linux.at['jiffies_64']:#x}"
    linux.ask(f'-break-watch "{jiffies}"')
    for _ in range(3):
        linux.go()
        stop = linux.gdb.stopped()
        check("time goes on", stop.get("reason"), "watchpoint-trigger")
        expect("by a jiffy or more", int(stop["value"]["new"]) >
               int(stop["value"]["old"]), stop["value"])
    linux.ask("-break-delete")
    linux.go()
    check("and so does the guest", linux.shell.run("echo still here"),
          "still here")


def has_root(linux):
    """A file system on the virtio disk, which becomes the root; it is written
    to, the file is not."""
    before = content_of("root.ext4")
    for module in MODULES:
        check(module, linux.shell.run(f"insmod /{module}"), "")
    check("mount", linux.shell.run("mount -t devtmpfs dev /dev; "
                                   "mount -t ext4 /dev/vda /mnt"), "")
    check("move", linux.shell.run("mount --move /proc /mnt/proc; "
                                  "mount --move /dev /mnt/dev"), "")
    linux.shell.run("exec switch_root /mnt /bin/busybox sh")
    check_in("the root", "/dev/vda / ext4 rw",
             linux.shell.run("busybox cat /proc/mounts"))
    check("not written yet", linux.shell.run("test -e /written; echo $?"), "1")
    linux.shell.run("busybox yes kvm | busybox head -c 100000 >/written; "
                    "busybox sync; echo 3 >/proc/sys/vm/drop_caches")
    check("read again", linux.shell.run("busybox md5sum </written"),
          hashlib.md5(b"kvm\n" * 25000).hexdigest() + "  -")
    expect("the file is as it was", content_of("root.ext4") == before, "")


def turns_off(linux):
    linux.shell.type("busybox poweroff -f")
    linux.shell.until(rb"reboot: Power down")
    check("gdb knows", linux.gdb.stopped().get("reason"), "exited-normally")
    check("exit status", linux.stub.wait(), 0)


def path_of(name):
    return os.path.join(os.environ["KVMGDB_LINUX"], name)


def content_of(name):
    with open(path_of(name), "rb") as file:
        return file.read()


def kernel():
    return next(filter(os.path.exists,
                       (path_of("vmlinux"), path_of("vmlinuz"))))


def put_initramfs(path):
    files = {name: content_of(name) for name in MODULES}
    with open(path, "wb") as file:
        file.write(busybox_initramfs(content_of("busybox"), INIT, files))


def main():
    context = Context()
    need_kvm()
    if not os.environ.get("KVMGDB_LINUX"):
        skip("needs Linux: KVMGDB_LINUX names a folder with it")
    need([GDB, "--version"], "no gdb")
    with tempfile.TemporaryDirectory(prefix="kvmgdb-") as folder:
        put_initramfs(f"{folder}/initrd")
        with Stub([context.stub, "-m", "256M", "--serial",
                   f"unix:{folder}/line", "--append", APPEND, "--initrd",
                   f"{folder}/initrd", "--disk", path_of("root.ext4"),
                   kernel()]) as stub, Mi() as gdb:
            linux = Machine(stub, gdb, folder)
            for test in (boots, stops_in_system_call, is_idle, has_banner,
                         is_watched, has_root, turns_off):
                print(f"--- {test.__name__}", flush=True)
                test(linux)
            print(stub.log())
    finish()


main()
