#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The line of a stop says what was wrong: in 16, 32 and 64 bits, of triple
faults, of caught exceptions, and of what the host lacks. (tests/kvm's explain
has a row for each kind of fault; this is about the way to the user.)"""
import os
import re
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "lib"))
from checks import check, expect  # noqa: E402
from outside import Context, finish, symbols  # noqa: E402
from rsp import Client  # noqa: E402
from stub import TIMEOUT, Stub, need, need_kvm  # noqa: E402

FLAT = "--load-addr=0x8000"
MODES = {32: ["--mode=prot", FLAT], 64: ["--mode=long", FLAT]}
PC = {"faults16.bin": (8, 4), "faults32.elf": (8, 4), "faults64.elf": (16, 8)}
AMD = os.path.isdir("/sys/module/kvm_amd")
RESETS = "this host's KVM resets the CPU at one"
HOST = r"a limit of this host's KVM, not a mistake of the guest"

# Bits, code, pattern of the line. The guest has no interrupt table; in real mode
# it always has one, wherever it leads to.
TRIPLE = [
    (32, "b8 48 00 00 00 8e d8",
     r"#GP\): mov %ax, %ds: selector 0x48 \(GDT entry 9\): the GDT ends at "
     r"0x17; error code 0x48"),
    (32, "ea 00 00 00 00 10 00",
     r"#GP\): ljmp .*writable data, DPL 0; it is not code; error code 0x10"),
    (32, "b9 45 23 01 00 0f 32", r"#GP\): rdmsr: the guest has no MSR 0x12345"),
    (32, "b8 00 00 00 80 0f 22 c0", r"#GP\): mov %eax, %cr0: CR0\.PG"),
    (32, "cc", r"#BP\): int3"),
    (32, "cd 40",
     r"#GP\): int \$0x40: the IDT ends before it; error code 0x202"),
    (64, "cd 40",
     r"#GP\): int \$0x40: the IDT ends before it; error code 0x202"),
    (64, "48 b8 00 00 00 00 00 00 00 80 8a 00",
     r"#GP\): read of 0x8000000000000000, which is not canonical"),
    (64, "48 b8 00 00 00 00 02 00 00 00 88 00",
     r"#PF\): write to 0x200000000: .* is not present; error code 0x2: not "
     r"present, write, supervisor"),
    (64, "b9 80 00 00 c0 0f 32 83 c8 04 0f 30",
     r"#GP\): wrmsr to efer: bit 2 of EFER is reserved"),
]

# What not every host can do: the ability, bits, code, what is said where it
# cannot, and where it can. The page directory's first entry maps 4 MiB, the
# PDPT leads to a directory whose first entry maps 2 MiB.
LACKS = [
    ("guest-paging-32", 32,
     "c7 05 00 10 00 00 83 00 00 00"  # movl $0x83, 0x1000
     "b8 00 10 00 00 0f 22 d8"        # mov $0x1000, %eax; mov %eax, %cr3
     "0f 20 e0 83 c8 10 0f 22 e0"     # CR4.PSE
     "0f 20 c0 0d 00 00 00 80 0f 22 c0 fa f4",
     rf"the guest turns on 32-bit paging: {HOST}",
     r"HLT with interrupts off"),
    ("guest-pae", 32,
     "c7 05 00 10 00 00 01 20 00 00"  # movl $0x2001, 0x1000
     "c7 05 00 20 00 00 83 00 00 00"  # movl $0x83, 0x2000
     "b8 00 10 00 00 0f 22 d8"
     "0f 20 e0 83 c8 20 0f 22 e0"     # CR4.PAE
     "0f 20 c0 0d 00 00 00 80 0f 22 c0 fa f4",
     rf"the guest turns on PAE paging: {HOST}",
     r"HLT with interrupts off"),
]

# Guest, its options, what is executed on its stack's far end, pattern.
CAUGHT = [
    ("faults16.bin", [FLAT], "66 b8 00 00 00 80 0f 22 c0",
     r"at 0000:[0-9a-f]+: vector 13, general protection \(#GP\): mov %eax, %cr0: CR0\.PG "
     r"\(bit 31\) needs CR0\.PE \(bit 0\)"),
    ("faults32.elf", [], "b8 48 00 00 00 8e d8",
     r"#GP\): mov %ax, %ds: selector 0x48 .*: the GDT ends at 0x17; error code "
     r"0x48"),
    ("faults32.elf", [], "b9 45 23 01 00 0f 32",
     r"#GP\): rdmsr: the guest has no MSR 0x12345"),
    ("faults64.elf", [], "b8 48 00 00 00 8e d8",
     r"#GP\): mov %ax, %ds: selector 0x48 .*; error code 0x48"),
    ("faults64.elf", [], "0f 20 c0 48 0f ba f0 1f 0f 22 c0",
     r"#GP\): mov %rax, %cr0: CR0\.PG \(bit 31\) cannot be turned off"),
]


def code_of(text):
    return bytes.fromhex(text.replace(" ", ""))


def guest_of(folder, code):
    path = os.path.join(folder, "guest.bin")
    with open(path, "wb") as file:
        file.write(code_of(code).ljust(0x100, b"\0"))
    return path


def line_of(context, folder, bits, code):
    """Runs the code as a guest, and waits for the line."""
    with Stub([context.stub, "-r", *MODES[bits],
               guest_of(folder, code)]) as stub:
        return stub.wait_line(r"triple fault|cannot execute|HLT").string


def line_of_steps(context, folder, bits, code):
    """The same, but the last stop is at the instruction."""
    with Stub([context.stub, *MODES[bits], guest_of(folder, code)]) as stub:
        with Client(stub.connect()) as client:
            for _ in range(8):
                reply = client.ask(b"vCont;s:1")
                if not reply.startswith(b"T05"):
                    break
            return stub.wait_line(r"triple fault|cannot execute|HLT").string


def triple(context, folder):
    """No handler: what it was, and that the table is missing. Where KVM resets
    the CPU that is known of the last stop's instruction alone."""
    for bits, code, pattern in TRIPLE:
        freely = line_of(context, folder, bits, code)
        stepped = line_of_steps(context, folder, bits, code)
        lines = [("freely", freely), ("in steps", stepped)]
        if RESETS in freely:
            expect(f"{bits}: it is kvm_amd", AMD, freely)
            lines = lines[1:]
        for how, line in lines:
            expect(f"{bits}, {how}: {pattern}", re.search(pattern, line), line)
            expect(f"{bits}, {how}: no table", "the IDT (base 0x0" in line,
                   line)


def lacks(context, folder):
    """It is the host, or else there is no such line."""
    for ability, bits, code, cannot, can in LACKS:
        has = subprocess.run([context.stub, f"--doctor=needs:{ability}"],
                             capture_output=True, timeout=TIMEOUT,
                             check=False).returncode == 0
        line = line_of(context, folder, bits, code)
        expect(f"{bits}: {ability}", re.search(can if has else cannot, line),
               f"{has}: {line}")


def caught(context, _):
    """`monitor catch` says the same."""
    for guest, options, code, pattern in CAUGHT:
        sym = symbols(context.guest(guest.split(".")[0] + ".elf"))
        data = code_of(code)
        with Stub([context.stub, *options, context.guest(guest)]) as stub:
            with Client(stub.connect()) as client:
                client.monitor("catch all")
                at = sym["stack"] - 512
                check("M", client.ask(b"M%x,%x:%s" % (
                    at, len(data), data.hex().encode())), b"OK")
                number, size = PC[guest]
                # The guest's gates are filled in first.
                client.ask(b"Z0,%x,1" % sym["divide"])
                client.ask(b"vCont;c")
                client.ask(b"z0,%x,1" % sym["divide"])
                check("P", client.ask(b"P%x=%s" % (
                    number, at.to_bytes(size, "little").hex().encode())),
                    b"OK")
                said = b""
                reply = client.ask(b"vCont;c")
                while reply[:1] == b"O":
                    said += bytes.fromhex(reply[1:].decode())
                    reply = client.receive()
                expect(f"{guest}: {pattern}",
                       re.search(pattern, said.decode()), said)


def main():
    need_kvm()
    need(["nm", "--version"], "no nm")
    context = Context()
    with tempfile.TemporaryDirectory(prefix="kvmgdb-") as folder:
        for test in (triple, lacks, caught):
            print(f"--- {test.__name__}: {test.__doc__}")
            try:
                test(context, folder)
            except Exception as error:
                expect(test.__name__, False, repr(error))
    finish()


main()
