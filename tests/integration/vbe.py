#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""VBE: what int 0x10 says of the modes with a linear frame buffer, what each of
them looks like in a picture, and that the frame buffer is memory like any
other: read, written, watched, and drawn into by the guest."""
import os
import struct
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "lib"))
from checks import check, check_in, expect  # noqa: E402
from outside import Context, finish, symbols  # noqa: E402
from png import Picture  # noqa: E402
from rsp import Client  # noqa: E402
from stub import Stub, need_kvm  # noqa: E402

BUFFER, MEMORY = 0xe0000000, 16 << 20
INFO, MODE_INFO = 0x8000, 0x8200
LINEAR, KEEP = 0x4000, 0x8000
SIZES = ((640, 480), (800, 600), (1024, 768))
MODES = {8: (0x101, 0x103, 0x105), 16: (0x111, 0x114, 0x117),
         24: (0x112, 0x115, 0x118), 32: (0x142, 0x143, 0x144)}
# Bytes of a dot, and its colour; model and masks in the information.
LOOKS = {
    8: (b"\x28", 0xff0000, 4, bytes(9)),
    16: (struct.pack("<H", 0x8410), 0x848284, 6,
         bytes((5, 11, 6, 5, 5, 0, 0, 0, 0))),
    24: (b"\x01\x80\xff", 0xff8001, 6, bytes((8, 16, 8, 8, 8, 0, 0, 0, 0))),
    32: (b"\x01\x80\xff\x99", 0xff8001, 6,
         bytes((8, 16, 8, 8, 8, 0, 8, 24, 2))),
}


class Guest:
    """vbe.bin under a client, and a folder for pictures."""

    def __init__(self, context, folder):
        self.folder = folder
        self.names = symbols(context.guest("vbe.elf"))
        self.stub = Stub([context.stub, "--files", folder,
                          context.guest("vbe.bin")])

    def __enter__(self):
        self.stub.__enter__()
        self.client = Client(self.stub.connect())
        self.client.__enter__()
        check("physical addresses",
              self.client.ask(b"Qqemu.PhyMemMode:1"), b"OK")
        return self

    def __exit__(self, *what):
        self.client.__exit__(*what)
        self.stub.__exit__(*what)

    def write(self, address, data):
        check(f"write {address:#x}", self.client.ask(
            b"M%x,%x:%s" % (address, len(data), data.hex().encode())), b"OK")

    def word(self, address):
        return struct.unpack("<H", self.client.memory(address, 2))[0]

    def run_to(self, name):
        """Also if it is there already."""
        place = b"%x,1" % self.names[name]
        self.client.ask(b"vCont;s:1")
        self.client.ask(b"Z0," + place)
        check_in(f"to {name}", b"T05", self.client.ask(b"vCont;c"))
        self.client.ask(b"z0," + place)

    def register(self, number):
        return int.from_bytes(bytes.fromhex(
            self.client.ask(b"p%x" % number).decode()), "little") & 0xffff

    def call(self, ax, bx=0, cx=0):
        """AX and BX behind it."""
        for name, value in (("ax", ax), ("bx", bx), ("cx", cx)):
            self.write(self.names[f"given_{name}"], struct.pack("<H", value))
        self.run_to("called")
        return self.register(0), self.register(3)

    def shoot(self):
        said = self.client.monitor("screenshot x.png")
        with open(os.path.join(self.folder, "x.png"), "rb") as file:
            return said, Picture(file.read())


def far(data, at):
    offset, segment = struct.unpack_from("<HH", data, at)
    return 16 * segment + offset


def information(guest):
    """The block, the names and the list of modes."""
    for sign, size in ((b"VBE2", 512), (b"\0\0\0\0", 256)):
        guest.write(INFO, sign + b"\xaa" * 600)
        check("info", guest.call(0x4f00)[0], 0x004f)
        data = guest.client.memory(INFO, 600)
        check("signature", data[:4], b"VESA")
        check("version", data[4:6], b"\x00\x02")
        check("memory", struct.unpack_from("<H", data, 0x12)[0], MEMORY >> 16)
        check("its size", data[size - 1:size + 1], b"\0\xaa")
        for at in (0x06, 0x16, 0x1a, 0x1e):
            check(f"name at {at:#x}", guest.client.memory(far(data, at), 11),
                  b"kvmgdbstub\0")
    listed = guest.client.memory(far(data, 0x0e), 26)
    check("modes", sorted(struct.unpack("<13H", listed)),
          sorted(sum(MODES.values(), ()) + (0xffff,)))


def modes(guest):
    """Each: what is said of it, and what it looks like."""
    for bits, numbers in MODES.items():
        dot, colour, model, masks = LOOKS[bits]
        for number, (columns, rows) in zip(numbers, SIZES):
            name = f"mode {number:#x}"
            pitch = columns * bits // 8
            guest.write(INFO, b"\xaa" * 300)
            check(name, guest.call(0x4f01, cx=number)[0], 0x004f)
            data = guest.client.memory(INFO, 300)
            check(f"{name}: attributes", data[:2], b"\xfb\x00")
            check(f"{name}: pitch, columns, rows",
                  struct.unpack_from("<HHH", data, 0x10),
                  (pitch, columns, rows))
            check(f"{name}: bits and model", (data[0x19], data[0x1b]),
                  (bits, model))
            check(f"{name}: pages", data[0x1d], MEMORY // (pitch * rows) - 1)
            check(f"{name}: masks", data[0x1f:0x28], masks)
            check(f"{name}: where", struct.unpack_from("<I", data, 0x28)[0],
                  BUFFER)
            check(f"{name}: end", data[254:258], b"\0\0\xaa\xaa")
            check(f"{name}: set", guest.call(0x4f02, number | LINEAR)[0],
                  0x004f)
            check(f"{name}: get", guest.call(0x4f03),
                  (0x004f, number | LINEAR))
            check(f"{name}: clear", guest.client.memory(
                BUFFER + (rows - 1) * pitch, pitch), bytes(pitch))
            guest.write(BUFFER, dot)
            guest.write(BUFFER + rows * pitch - len(dot), dot)
            said, picture = guest.shoot()
            check(f"{name}: said", said, f"{columns} by {rows} dots saved\n")
            check(f"{name}: dots", [hex(picture.dot(x, y)) for x, y in (
                (0, 0), (1, 0), (columns - 1, rows - 1),
                (columns - 2, rows - 1))], [hex(colour), "0x0"] * 2)
            check(f"{name}: screen", guest.client.monitor("screen"),
                  f"the screen shows {columns} by {rows} dots: `monitor "
                  "screenshot FILE` writes a picture of it\n")


def calls(guest):
    """What is kept, what is refused, and the way back to text."""
    guest.call(0x4f02, 0x144 | LINEAR)
    guest.write(BUFFER, b"kept")
    check("kept", guest.call(0x4f02, 0x144 | LINEAR | KEEP)[0], 0x004f)
    check("kept, bytes", guest.client.memory(BUFFER, 4), b"kept")
    for ax, bx, cx, wanted in ((0x4f02, 0x144, 0, 0x014f),
                               (0x4f02, 0x106 | LINEAR, 0, 0x014f),
                               (0x4f02, 0x12, 0, 0x014f),
                               (0x4f01, 0, 0x106, 0x014f),
                               (0x4f04, 0, 0, 0x0100),
                               (0x4f15, 0, 0, 0x0100)):
        check(f"AX {ax:#x}, BX {bx:#x}", guest.call(ax, bx, cx)[0], wanted)
        check("the mode is as it was", guest.call(0x4f03)[1], 0x144 | LINEAR)
    # A character goes to the console, not into memory of text.
    guest.write(0xb8000, b"ab")
    guest.call(0x0e40)
    check("no text", guest.client.memory(0xb8000, 2), b"ab")
    for mode, back in ((0x03, lambda: guest.call(0x4f02, 3)),
                       (0x13, lambda: guest.call(0x0013)),
                       (0x13, lambda: guest.call(0x4f02, 0x13)),
                       (0x03, lambda: guest.call(0x0003))):
        guest.call(0x4f02, 0x144 | LINEAR)
        back()
        check("another mode", guest.call(0x4f03), (0x004f, mode))
        check("its size", guest.shoot()[1].size,
              (640, 400) if mode == 3 else (320, 200))


def drawing(guest):
    """The guest's own code draws, and a watchpoint sees it."""
    guest.write(guest.names["goes_on"], b"\1")
    guest.run_to("draw")
    row = BUFFER + 4096
    check("watch", guest.client.ask(b"Z2,%x,4" % (row + 20)), b"OK")
    check_in("watched", b"watch:%x" % (row + 20),
             guest.client.ask(b"vCont;c"))
    check("written", guest.client.memory(row + 20, 4), b"\x00\xff\x00\x00")
    guest.client.ask(b"z2,%x,4" % (row + 20))
    guest.run_to("drawn")
    said, picture = guest.shoot()
    check("1024 by 768", picture.size, (1024, 768))
    check("the first row", {picture.dot(x, 0) for x in range(1024)},
          {0xff8001})
    check("the next", [x for x in range(1024) if picture.dot(x, 1)], [5])
    check("its dot", picture.dot(5, 1), 0x00ff00)
    check("the last", picture.dot(1023, 767), 0x0000ff)
    check("no other", [y for y in range(2, 767) if any(picture.rows[y])], [])
    check("the last byte", guest.client.memory(BUFFER + MEMORY - 1, 1), b"\0")
    check_in("nothing behind it", b"E",
             guest.client.ask(b"m%x,1" % (BUFFER + MEMORY)))


def main():
    need_kvm()
    context = Context()
    with tempfile.TemporaryDirectory() as folder, \
            Guest(context, folder) as guest:
        if "libpng" in guest.client.monitor("screenshot x.png"):
            print("SKIP: needs a build with libpng")
            sys.exit(77)
        for test in (information, modes, calls, drawing):
            print(f"--- {test.__name__}: {test.__doc__.splitlines()[0]}")
            try:
                test(guest)
            except Exception as error:
                expect(test.__name__, False, repr(error))
        guest.client.monitor("reset")
        check("a restart: text again", guest.shoot()[1].size, (640, 400))
        check("and clear", guest.client.memory(BUFFER, 4), bytes(4))
        guest.stub.end()  # and nothing was refused
    finish()


main()
