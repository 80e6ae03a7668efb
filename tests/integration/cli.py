#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Bad command lines and bad guests: one clear line and the right status."""
import gzip
import json
import os
import re
import socket
import struct
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "lib"))
from checks import check, check_in, expect  # noqa: E402
from outside import Context, finish  # noqa: E402
from stub import TIMEOUT, need_kvm  # noqa: E402

NO, FAILED = 1, 125

# Where things are in an ELF64 file (ELF specification, "ELF header" and
# "Program header").
E_DATA, E_TYPE, E_MACHINE, E_ENTRY, E_PHOFF, E_PHNUM = 5, 16, 18, 24, 32, 56
P_SIZE, P_PADDR, P_FILESZ, P_MEMSZ = 56, 24, 32, 40
BIG = 1 << 63

# label, arguments, pattern of the line. {x} is a file, see below.
ROWS = [
    ("no guest", "", "guest"),
    ("two guests", "{good} {good}", ""),
    ("unknown option", "--no-such {good}", "no-such"),
    ("unknown letter", "-Q {good}", "Q"),
    ("-p without a number", "{good} -p", "p"),
    ("-p text", "-p http {good}", "http"),
    ("-p too large", "-p 65536 {good}", "65536"),
    ("-p negative", "-p -1 {good}", "-1"),
    ("-m 0", "-m 0 {good}", "0"),
    ("-m text", "-m much {good}", "much"),
    ("-m with an unknown suffix", "-m 4X {good}", "4X"),
    ("-m negative", "-m -4M {good}", "-4M"),
    ("-m that overflows", "-m 99999999999T {good}", "99999999999T"),
    ("-m of what KVM would take a minute for", "-m 7T {good}", "-m"),
    ("-m of a petabyte", "-m 1P {good}", "1P|memory"),
    ("--mode unknown", "--mode=vax {good}", "vax"),
    ("--load-addr text", "--load-addr=here {flat}", "here"),
    ("--entry text", "--entry=there {flat}", "there"),
    ("-l unknown", "-l carrier:pigeon {good}", "carrier"),
    ("-l unix without a path", "-l unix: {good}", "unix"),
    ("-l tcp without a port", "-l tcp:localhost {good}", "tcp|port"),
    ("-l tcp with a bad port", "-l tcp:localhost:x {good}", "x"),
    ("--disk without a file", "{good} --disk", "disk"),
    ("--trace unknown", "--trace=nonsense {good}", "nonsense"),

    ("--doctor unknown", "--doctor=nurse", "nurse"),
    ("--doctor needs nothing", "--doctor=needs:", "doctor"),
    ("--doctor needs the unknown", "--doctor=needs:luck", "luck"),
    ("--doctor in an unknown mode", "--doctor=needs:step@vax", "vax"),

    ("no such file", "{absent}", "absent.*No such file"),
    ("directory", "{folder}", "directory"),
    ("empty", "{empty}", "empty"),
    ("disk: no such file", "--disk {absent} {good}",
     "absent.*No such file"),
    ("disk: directory", "--disk {folder} {good}", "directory"),
    ("disk: empty", "--disk {empty} {good}", "empty.*empty"),
    ("disk: wins over the image's own", "--disk {absent} {sector}",
     "absent.*disk image"),
    ("floppy: no such file", "--floppy {absent} {good}",
     "absent.*disk image"),
    ("floppy: empty", "--floppy={empty} {good}", "empty.*empty"),
    ("floppy and disk", "--floppy {good} --disk {good} {good}", "one disk"),
    ("disk: qcow2", "--disk {qcow2} {good}", "qcow2.*qemu-img convert"),
    ("cdrom: no such file", "--cdrom {absent}", "absent.*No such file"),
    ("cdrom: directory", "--cdrom {folder}", "directory"),
    ("cdrom: empty", "--cdrom={empty}", "empty.*empty"),
    ("cdrom: a disk", "--cdrom {sector}", "no CD.*El Torito"),
    ("cdrom: and a guest", "--cdrom {sector} {good}", "name no other"),
    ("cdrom: and a disk", "--cdrom {sector} --disk {good}", "name no other"),
    ("bios: no such file", "--bios {absent} {good}",
     "absent.*cannot open the firmware.*No such file"),
    ("bios: directory", "--bios {folder} {good}", "directory.*firmware"),
    ("bios: empty", "--bios={empty}", "empty.*was the firmware built"),
    ("bios: of another size", "--bios {sector} {good}",
     "no firmware.*512 bytes.*seabios"),
    ("bios: and two disks", "--bios {sector} --disk {good} {good}",
     "boots one disk"),
    ("bios: and a floppy", "--bios {sector} --floppy {good}",
     "no floppy drive"),
    ("bios: and a mode", "--bios {firmware} --mode=prot {good}",
     "drop --mode"),
    ("bios: and modules", "--bios {firmware} --module {good} {good}",
     "drop --module"),
    ("bios: no RAM for it", "--bios {firmware} -m 512K {good}",
     "needs 1 MiB.*-m"),
    ("bios: no such disk", "--bios {firmware} {absent}",
     "absent.*disk image"),
    ("FIFO", "{fifo}", "not a regular file"),
    ("device", "/dev/zero", "not a regular file"),
    ("compressed", "{gzip}", "gzip.*unpack.*--load-addr"),
    ("qcow2", "{qcow2}", "qcow2.*qemu-img convert"),
    ("a disk without boot code", "{partitions}", "without boot code"),
    ("a script", "{script}", "is a script"),
    ("a program", "{program}", "for an operating system.*--mode"),
    ("an object file", "{object}", "object file.*link"),
    ("a core dump", "{core}", "core dump"),
    ("larger than memory", "-m 1M {large}", "-m"),
    ("no room for the BIOS", "-m 512K {sector}", "BIOS.*-m"),
    ("load address past the end", "--load-addr=0x200000 -m 1M {flat}",
     "memory|RAM"),
    ("entry past the end", "--mode=prot --entry=0x200000 -m 1M {flat}",
     "entry|memory|RAM"),
    ("ELF32 in long mode", "--mode=long {elf32}", "long"),
    ("ELF cut in its header", "{cut_header}", "truncated|cut|short"),
    ("ELF cut in its program headers", "{cut_table}",
     "truncated|cut|short|past"),
    ("ELF cut in a segment", "{cut_segment}",
     "truncated|cut|short|past"),
    ("ELF of another machine", "{arm}", "machine|x86|aarch|arm"),
    ("ELF of the other byte order", "{big_endian}", "endian"),
    ("ELF without segments", "{no_segments}", "segment|load"),
    ("ELF with an entry outside", "{wild_entry}", "entry"),
    ("segments that overlap", "{overlap}", "overlap"),
    ("segment of an absurd size", "{absurd}", str(BIG)),
    ("segment at an absurd place", "{nowhere}", "memory|-m"),
    ("more in the file than in memory", "{shrunk}", ""),

    ("--append for a guest without a loader", "--append x {good}",
     "no multiboot header .*drop --append"),
    ("--module for a guest without a loader", "--module {flat} {flat}",
     "no multiboot header .*drop --module"),
    ("module: no such file", "--module {absent} {multiboot}",
     "absent.*cannot open the module.*No such file"),
    ("module: empty", "--module {empty} {multiboot}", "empty.*was the module"),
    ("module: larger than memory", "-m 3M --module {large} {multiboot}",
     "large.*no room.*-m"),
    ("no room for a command line", "-m 256K --append x {full}",
     "command line.*-m"),

    ("port in use", "-l tcp:127.0.0.1:{port} {good}", "in use"),
    ("host unknown", "-l tcp:no-such-host.invalid:1 {good}",
     "no-such-host"),
    ("socket in no folder", "-l unix:{absent}/s {good}",
     "No such file"),
    ("socket path too long", "-l unix:/tmp/" + 200 * "x" + " {good}",
     "characters"),
    ("socket path is a file", "-l unix:{empty} {good}", "empty"),
]


def patched(image, *patches):
    """A copy with (offset, struct format, value) put in."""
    copy = bytearray(image)
    for offset, form, value in patches:
        struct.pack_into(form, copy, offset, value)
    return bytes(copy)


def bad_guests(elf):
    """name: content. The ELF file has its program headers at the start."""
    (table,) = struct.unpack_from("<Q", elf, E_PHOFF)
    (first,) = struct.unpack_from("<Q", elf, table + P_PADDR)
    second = table + P_SIZE
    return {
        "empty": b"",
        "flat": b"\xf4",
        "large": bytes(2 << 20),
        "firmware": bytes(64 << 10),
        "sector": b"\xf4" + bytes(509) + b"\x55\xaa",
        "partitions": bytes(510) + b"\x55\xaa",
        "gzip": gzip.compress(b"\xf4" * 100),
        "qcow2": b"QFI\xfb\0\0\0\3" + bytes(1 << 16),
        "object": patched(elf, (E_TYPE, "<H", 1)),
        "core": patched(elf, (E_TYPE, "<H", 4)),
        "cut_header": elf[:40],
        "cut_table": elf[:table + 60],
        "cut_segment": elf[:0x1010],
        "arm": patched(elf, (E_MACHINE, "<H", 183)),
        "big_endian": patched(elf, (E_DATA, "B", 2)),
        "no_segments": patched(elf, (E_PHNUM, "<H", 0)),
        "wild_entry": patched(elf, (E_ENTRY, "<Q", 0xDEADBEEF000)),
        "overlap": patched(elf, (second + P_PADDR, "<Q", first)),
        "absurd": patched(elf, (second + P_MEMSZ, "<Q", BIG)),
        "nowhere": patched(elf, (second + P_PADDR, "<Q", BIG)),
        # Multiboot header: from 0x10000 to the end of 256 KiB less 64.
        "full": struct.pack("<8I", 0x1BADB002, 1 << 16,
                            -(0x1BADB002 + (1 << 16)) & 0xFFFFFFFF,
                            0x10000, 0x10000, 0, 0x30000, 0x10000),
        "shrunk": patched(elf, (second + P_MEMSZ, "<Q", 4)),
    }


def run(command):
    """What refuses to start does so at once: less time than a test has."""
    try:
        return subprocess.run(command, stdin=subprocess.DEVNULL, text=True,
                              capture_output=True, timeout=TIMEOUT / 6,
                              check=False)
    except subprocess.TimeoutExpired:
        return subprocess.CompletedProcess(command, "hangs", "", "")
    except FileNotFoundError:
        return subprocess.CompletedProcess(command, "no such program", "", "")


def fails(label, command, pattern):
    done = run(command)
    check(f"{label}: status", done.returncode, FAILED)
    said = [line for line in done.stderr.splitlines()
            if line.startswith("kvmgdbstub: ")]
    check(f"{label}: one line", len(said), 1)
    expect(f"{label}: text", said and re.search(pattern, said[0], re.I),
           f"{done.stderr!r} has no {pattern!r}")
    check(f"{label}: nothing on stdout", done.stdout, "")


def without(way, command):
    """The command where that was done to /dev/kvm, in a mount namespace of
    its own; None where there can be none."""
    private = ["unshare", "-rm", "sh", "-c"]
    if run([*private, way]).returncode:
        print(f"skip  {way}: no mount namespace here")
        return None
    return [*private, f'{way} && exec "$@"', "sh", *command]


NO_DEVICE = "mount -t tmpfs none /dev"
NO_KVM_DEVICE = "mount --bind /dev/null /dev/kvm"


def without_kvm(context):
    """What /dev/kvm may be instead."""
    for label, way in [("/dev/kvm absent", NO_DEVICE),
                       ("/dev/kvm is no KVM", NO_KVM_DEVICE)]:
        command = without(way, [context.stub, "-p", "0",
                                context.guest("loop64.elf")])
        if command:
            fails(label, command, "/dev/kvm")


def doctor_without_kvm(context):
    """--doctor still says what it can, and what to do."""
    command = without(NO_DEVICE, [context.stub])
    if not command:
        return
    done = run([*command, "--doctor"])
    check("--doctor without KVM: status", done.returncode, FAILED)
    check_in("--doctor without KVM: cure", "what to do: ", done.stdout)
    report = json.loads(run([*command, "--doctor=json"]).stdout)
    check("--doctor without KVM: json", report["kvm"]["usable"], False)
    check("--doctor without KVM: json status", report["status"], FAILED)
    fails("--doctor=needs without KVM",
          [*command, "--doctor=needs:step"], "/dev/kvm")


def doctor(context):
    """The three forms agree with each other."""
    text = run([context.stub, "--doctor"])
    done = run([context.stub, "--doctor=json"])
    report = json.loads(done.stdout)
    check("--doctor: status", text.returncode, report["status"])
    check("--doctor=json: status", done.returncode, report["status"])
    check("--doctor=json: keys", list(report), [
        "version", "host", "kvm", "features", "abilities", "hints", "trap",
        "status"])
    check("--doctor=json: usable", report["kvm"]["usable"], True)
    for name, ability in report["abilities"].items():
        check_in(f"--doctor: {name}", f"\n  {name} ", text.stdout)
        need = run([context.stub, f"--doctor=needs:{name}"])
        check(f"--doctor=needs:{name}", need.returncode,
              0 if ability["works"] else NO)
    for name, modes in report["features"].items():
        row = re.search(rf"\n  {name}((?: +(?:yes|no|-))+)  ", text.stdout)
        check(f"--doctor: table: {name}", row and row.group(1).split(),
              ["-" if not mode else "yes" if mode["works"] else "no"
               for mode in modes.values()])


def answers(context):
    """Options that are questions."""
    done = run([context.stub, "--help"])
    check("--help: status", done.returncode, 0)
    for option in ("-p", "-l", "-m", "--mode", "--load-addr", "--entry",
                   "--disk", "-r", "--gdb", "--trace", "--on-stop",
                   "--timeout", "--result", "--help", "--version"):
        expect(f"--help: {option}", option in done.stdout, done.stdout)
    done = run([context.stub, "--version"])
    check("--version: status", done.returncode, 0)
    expect("--version: text", re.fullmatch(r"kvmgdbstub \d+\.\d+\.\d+\n",
                                           done.stdout), done.stdout)


def main():
    context = Context()
    answers(context)
    without_kvm(context)
    doctor_without_kvm(context)
    need_kvm()
    doctor(context)
    with tempfile.TemporaryDirectory() as folder, \
            socket.create_server(("127.0.0.1", 0)) as taken:
        files = {"good": context.guest("loop64.elf"), "folder": folder,
                 "elf32": context.guest("hello32.elf"),
                 "multiboot": context.guest("mb1.elf"),
                 "absent": os.path.join(folder, "absent"),
                 "script": os.path.abspath(__file__),
                 "program": context.stub,
                 "fifo": os.path.join(folder, "fifo"),
                 "port": taken.getsockname()[1]}
        with open(context.guest("hello64.elf"), "rb") as file:
            guests = bad_guests(file.read())
        os.mkfifo(files["fifo"])
        for name, content in guests.items():
            files[name] = os.path.join(folder, name)
            with open(files[name], "wb") as file:
                file.write(content)
        for label, arguments, pattern in ROWS:
            words = [word.format(**files) for word in arguments.split()]
            fails(label, [context.stub, "-p", "0", *words], pattern)
        check("the file is no socket now", os.path.getsize(files["empty"]), 0)
    finish()


main()
