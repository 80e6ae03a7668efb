#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A CD boots ("El Torito" 1.0) and is read by int 0x13, drive 0xe0: which file
is one by itself, and which by --cdrom."""
import os
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "lib"))
from checks import check, check_in  # noqa: E402
from outside import Context, finish, symbols  # noqa: E402
from rsp import Client  # noqa: E402
from stub import Stub, need_kvm  # noqa: E402

SECTOR = 2048
SECTORS = 24


def word(value, n=2):
    return value.to_bytes(n, "little")


def catalog(segment=0):
    entry = bytearray(b"\x01".ljust(30, b"\0") + b"\x55\xaa")
    total = sum(entry[i] | entry[i + 1] << 8 for i in range(0, 32, 2))
    entry[28:30] = word(-total & 0xFFFF)
    return bytes(entry) + (b"\x88\0" + word(segment) + word(0) + word(1) +
                           word(19, 4))


def disc(code, entries, mark=b""):
    """ISO 9660 as far as a BIOS looks: a boot record, a catalog, an image."""
    sectors = [b""] * SECTORS
    sectors[0] = bytes(510) + mark
    sectors[16] = b"\x01CD001\x01"
    sectors[17] = (b"\0CD001\x01EL TORITO SPECIFICATION".ljust(0x47, b"\0") +
                   word(18, 4))
    sectors[18] = entries
    sectors[19] = code
    sectors[20] = b"\x2a" + b"from the CD"
    sectors[SECTORS - 1] = b"the last"
    return b"".join(sector.ljust(SECTOR, b"\0") for sector in sectors)


def boots(context, path, *options):
    """What the guest of cd.S finds."""
    sym = symbols(context.guest("cd.elf"))
    with Stub([context.stub, *options, path]) as stub:
        client = Client(stub.connect())

        def run_to(place):
            point = b"1,%x,1" % sym[place]
            check_in(f"Z at {place}", b"OK", client.ask(b"Z" + point))
            check_in(f"at {place}", b"T05", client.ask(b"vCont;c"))
            check_in(f"z at {place}", b"OK", client.ask(b"z" + point))

        check("DL", client.ask(b"p2"), b"e0000000")
        run_to("loaded")
        check("DL is kept", client.memory(sym["drive"], 1), b"\xe0")
        check("by address", client.memory(sym["extensions"], 2), b"\x55\xaa")
        check("no emulation", client.memory(sym["status"], 3), b"\x13\0\xe0")
        parameters = client.memory(sym["parameters"], 26)
        check("sectors", parameters[16:24], word(SECTORS, 8))
        check("of 2 KiB", parameters[24:26], word(SECTOR))
        check("removable, no geometry", parameters[2:4], word(0x74))
        check("read", client.memory(0x9000, 12), b"\x2afrom the CD")
        check("a sector", client.memory(0x9000 + SECTOR, 1), b"\0")
        run_to("behind")
        check("not found", client.memory(sym["error"], 1), b"\x04")
        check("one of two", client.memory(sym["count"], 2), word(1))
        check("that one", client.memory(0x9000, 8), b"the last")
        check("no hard disk", client.memory(0x475, 1), b"\0")
        check("ends", client.ask(b"vCont;c"), b"W74")
        client.sock.close()
        stub.end()


def main():
    context = Context()
    need_kvm()
    with open(context.guest("cd.bin"), "rb") as file:
        code = file.read()
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "cd.iso")

        def write(content):
            with open(path, "wb") as file:
                file.write(content)

        write(disc(code, catalog()))
        boots(context, path)
        write(disc(code, catalog(segment=0x7C0), b"\x55\xaa"))
        boots(context, "--cdrom=" + path)
    finish()


main()
