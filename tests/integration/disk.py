#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Which file is the guest's disk, and what becomes of it: nothing. Which drive
that is, and whose BIOS. Resets by the guest, which boot code knows two of."""
import os
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "lib"))
from checks import check, check_in  # noqa: E402
from outside import Context, finish, symbols  # noqa: E402
from rsp import Client  # noqa: E402
from stub import Stub, need_kvm  # noqa: E402

SECTOR = 512
TEXT = 2 * SECTOR + 2  # where the image has "third"


class Image:
    """A file to change, in a folder that goes."""

    def __init__(self, folder, name, content):
        self.path = os.path.join(folder, name)
        self.write(content)

    def write(self, content):
        with open(self.path, "wb") as file:
            file.write(content)

    def read(self):
        with open(self.path, "rb") as file:
            return file.read()


def with_text(image, text):
    return image[:TEXT] + text + image[TEXT + len(text):]


class Guest:
    """loader.bin, or one like it, under a client."""

    def __init__(self, context, *options):
        self.sym = symbols(context.guest("loader.elf"))
        self.stub = Stub([context.stub, *options])
        self.client = Client(self.stub.connect())

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.client.sock.close()
        self.stub.end()

    def text_at(self, place):
        """The text of the third sector when the guest comes to a symbol."""
        point = b"1,%x,1" % self.sym[place]
        check_in(f"Z at {place}", b"OK", self.client.ask(b"Z" + point))
        check_in(f"stop at {place}", b"T05", self.client.ask(b"vCont;c"))
        check_in(f"z at {place}", b"OK", self.client.ask(b"z" + point))
        return self.text()

    def text(self):
        return self.client.memory(self.sym["starts"] + 2, 5)

    def exit(self):
        return self.client.ask(b"vCont;c")


def own_image(context, folder, image):
    """Read anew at each start, complete from then on, never written."""
    file = Image(folder, "own", image)
    with Guest(context, file.path) as guest:
        check("as built", guest.text_at("part"), b"third")
        guest.text_at("ready")
        check("the file is not written", file.read(), image)

        file.write(with_text(image, b"again"))
        guest.client.monitor("reset")
        file.write(b"")
        check("rebuilt, then emptied", guest.text_at("ready"), b"again")
        check_in("no restart without it", "the file is empty",
                 guest.client.monitor("reset"))
        check("and what it was", guest.text(), b"again")
        check_in("and goes on", b"T05", guest.client.ask(b"vCont;s"))
        file.write(with_text(image, b"third"))
        guest.client.monitor("reset")
        check("there again", guest.text_at("ready"), b"third")
        check("the first start of this disk", guest.exit(), b"W01")


def other_image(context, folder, image):
    """--disk, for a boot sector and for what is loaded as it is."""
    disk = Image(folder, "other", with_text(image, b"other"))
    loader = Image(folder, "loader", image)
    for label, *options in (("boot sector",), ("flat", "--load-addr=0x7c00")):
        with Guest(context, "--disk", disk.path, *options,
                   loader.path) as guest:
            check(f"{label}: --disk", guest.text_at("part"), b"other")
            check(f"{label}: ends", guest.exit(), b"W01")


# mov $8, %ah; xor %dl, %dl; int $0x13; mov %bl, %al; out %al, $0xf4
ASK_TYPE = b"\xb4\x08\x30\xd2\xcd\x13\x88\xd8\xe6\xf4"


def boot_sector(says):
    """One whose parameters say so many sectors of 512 bytes, or nothing."""
    size = SECTOR if says else 0
    return (b"\xeb\x1c".ljust(11) + size.to_bytes(2, "little") + bytes(6) +
            says.to_bytes(2, "little") + bytes(9) + ASK_TYPE +
            bytes(470)) + b"\x55\xaa"


def drives(context, folder):
    """DL: 0 for a floppy disk, by its size or by its boot sector's word; and
    the type of drive that the BIOS tells."""
    for label, sectors, says, drive, kind in (
            ("its size, 1440 KiB", 2880, 0, b"00000000", b"W04"),
            ("its size, 720 KiB", 1440, 0, b"00000000", b"W03"),
            ("cut short, 1440 KiB", 3, 2880, b"00000000", b"W04"),
            ("cut short, 1200 KiB", 3, 2400, b"00000000", b"W02"),
            ("longer than it says", 2881, 2880, b"80000000", b"W04"),
            ("neither", 3, 0, b"80000000", b"W04")):
        file = Image(folder, "drive",
                     boot_sector(says) + bytes((sectors - 1) * SECTOR))
        with Guest(context, file.path) as guest:
            check(f"drive: {label}", guest.client.ask(b"p2"), drive)
            check(f"type: {label}", guest.exit(), kind)


def own_bios(context, folder):
    """An image that is where the BIOS would be stays as it is."""
    code = b"\xb0\x03\xe6\xf4".ljust(510, b"\xf4") + b"\x55\xaa"
    file = Image(folder, "bios", code)
    with Guest(context, "--load-addr=0xfe000", file.path) as guest:
        check("a BIOS of its own", guest.exit(), b"W03")


def resets(context, folder):
    """They end the guest, as a status of 0 does."""
    for label, code in (("8042", b"\xb0\xfe\xe6\x64\xf4"),
                        ("port 0x92", b"\xb0\x01\xe6\x92\xf4")):
        file = Image(folder, "reset", code)
        with Guest(context, file.path) as guest:
            check(f"reset by {label}", guest.exit(), b"W00")


def main():
    context = Context()
    need_kvm()
    with open(context.guest("loader.bin"), "rb") as file:
        image = file.read()
    with tempfile.TemporaryDirectory() as folder:
        own_image(context, folder, image)
        other_image(context, folder, image)
        drives(context, folder)
        own_bios(context, folder)
        resets(context, folder)
    finish()


main()
