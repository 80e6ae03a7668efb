#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Pictures of the guest's screen, in each mode: which dot has which colour; and
what is said where there is none."""
import os
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "lib"))
from checks import check, check_in, expect  # noqa: E402
from outside import Context, finish, symbols  # noqa: E402
from png import Picture  # noqa: E402
from rsp import Client  # noqa: E402
from stub import Stub, need_kvm  # noqa: E402

BLUE, RED, YELLOW, WHITE = 0x0000aa, 0xaa0000, 0xffff55, 0xffffff
GREY = 0xaaaaaa

# 8 by 16 dots of the L, # where there is ink.
L = """
........
........
........
........
.#......
.#......
.#......
.#......
.#......
.#......
.#......
.#......
.######.
........
........
........
""".split()


class Guest:
    """screens.bin under a client, and a folder for pictures."""

    def __init__(self, context, folder, *options):
        self.folder = folder
        self.names = symbols(context.guest("screens.elf"))
        self.stub = Stub([context.stub, "--files", folder, *options,
                          context.guest("screens.bin")])

    def __enter__(self):
        self.stub.__enter__()
        self.client = Client(self.stub.connect())
        self.client.__enter__()
        return self

    def __exit__(self, *what):
        self.client.__exit__(*what)
        self.stub.__exit__(*what)

    def run_to(self, name):
        place = b"Z0,%x,1" % self.names[name]
        check(f"{name}: break", self.client.ask(place), b"OK")
        check_in(f"{name}: reached", b"T05", self.client.ask(b"vCont;c"))
        self.client.ask(b"z" + place[1:])

    def shoot(self, name):
        """What is said, and the picture."""
        said = self.client.monitor(f"screenshot {name}.png")
        with open(os.path.join(self.folder, name + ".png"), "rb") as file:
            return said, Picture(file.read())


def cell(picture, column, row, ink, paper):
    """Its lines, as L has them."""
    signs = {ink: "#", paper: "."}
    return ["".join(signs.get(picture.dot(8 * column + x, 16 * row + y), "?")
                    for x in range(8)) for y in range(16)]


def text(guest):
    guest.run_to("text")
    said, picture = guest.shoot("text")
    check("text: says", said, "640 by 400 dots saved\n")
    check("text: size", picture.size, (640, 400))
    check("a block", cell(picture, 0, 0, YELLOW, BLUE), ["#" * 8] * 16)
    check("nothing", cell(picture, 1, 0, YELLOW, BLUE), ["." * 8] * 16)
    check("an L", cell(picture, 0, 1, WHITE, RED), L)
    check("the cursor, of two lines", cell(picture, 7, 3, GREY, 0),
          ["." * 8] * 13 + ["#" * 8] * 2 + ["." * 8])
    check("beside it", cell(picture, 8, 3, GREY, 0), ["." * 8] * 16)


def dots(guest):
    guest.run_to("dots")
    said, picture = guest.shoot("dots")
    check("dots: says", said, "320 by 200 dots saved\n")
    check("dots: size", picture.size, (320, 200))
    for colour, wanted in ((0, 0), (1, BLUE), (6, 0xaa5500), (15, WHITE),
                           (16, 0), (18, 0x202020), (31, WHITE),
                           (32, 0x0000ff), (36, 0xff00ff), (40, 0xff0000),
                           (41, 0xff4100), (48, 0x00ff00), (55, 0x0041ff),
                           (56, 0x7d7dff), (104, 0x000071), (247, 0x2c3041),
                           (248, 0), (0xfe, 0xff8204)):
        check(f"colour {colour}", hex(picture.dot(colour, 0)), hex(wanted))
    check("the last dot", hex(picture.dot(319, 199)), hex(0xff8204))
    check("the one before", picture.dot(318, 199), 0)
    check("no text", guest.client.monitor("screen"),
          "the screen shows 320 by 200 dots: `monitor screenshot FILE` writes "
          "a picture of it\n")


def refused(guest):
    for line, part in (("screenshot", "screenshot FILE.png"),
                       ("screenshot ../x.png", "not below"),
                       ("screenshot none/x.png", "No such file"),
                       ("screenshot .", "directory")):
        check_in(line, part, guest.client.monitor(line))


def without(context):
    """Without --files; and a disk that is full."""
    with Stub([context.stub, context.guest("screens.bin")]) as stub, \
            Client(stub.connect()) as client:
        check_in("without --files", "--files DIR",
                 client.monitor("screenshot x.png"))


def no_room(context, folder):
    with Stub([context.stub, "--files", folder,
               context.guest("screens.bin")],
              wrapper=["sh", "-c", 'ulimit -f 1; exec "$@"', "sh"]) as stub, \
            Client(stub.connect()) as client:
        names = symbols(context.guest("screens.elf"))
        client.ask(b"Z0,%x,1" % names["dots"])
        client.ask(b"vCont;c")
        check("no room", client.monitor("screenshot big.png"),
              "big.png: File too large\n")
        check_in("it goes on", b"T05", client.ask(b"vCont;s:1"))


def main():
    need_kvm()
    context = Context()
    with tempfile.TemporaryDirectory() as folder:
        with Stub([context.stub, "--files", folder,
                   context.guest("screens.bin")]) as stub, \
                Client(stub.connect()) as client:
            if "libpng" in client.monitor("screenshot x.png"):
                print("SKIP: needs a build with libpng")
                sys.exit(77)
        for options in ([], ["--no-sandbox"]):
            print(f"--- {options}")
            with Guest(context, folder, *options) as guest:
                for test in (text, dots, refused):
                    test(guest)
                guest.stub.end()  # and nothing was refused
        without(context)
        no_room(context, folder)
    expect("all", True, "")
    finish()


main()
