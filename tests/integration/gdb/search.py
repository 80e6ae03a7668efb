# SPDX-License-Identifier: MIT
"""gdb's find: up to the last byte before a hole, over holes, without traps, and
in physical memory."""
from kgdb import *

RAM = 16 << 20  # the test passes -m 16M
FRAME_BUFFER = 0xE0000000
SPARE = 0x30000 if BITS == 16 else 0x300000
NEEDLE = b"a needle #$}* in RAM"
HIGHER_HALF = 0xFFFFFFFF80000000


def found(start, size, pattern=NEEDLE):
    where = gdb.selected_inferior().search_memory(start, size, pattern)
    return None if where is None else hex(where)


def mapped():
    """Where there is all of RAM, as QEMU's `info mem` says it; the frame buffer
    is as large."""
    rows = re.findall(r"^(\w+)-(\w+) (\w+) [u-]r[w-][x-]$",
                      gdb.execute("monitor info mem", to_string=True), re.M)
    for start, end, size in rows:
        check("a row", int(end, 16), int(start, 16) + int(size, 16))
    return [int(start, 16) for start, _, size in rows if int(size, 16) == RAM]


def commands():
    """What the user types, and gdb counts."""
    write(SPARE, b"\x11\x22\x33\x44" * 3)
    text = gdb.execute(f"find /w {SPARE:#x}, +64, 0x44332211", to_string=True)
    check("find: places", [int(line.split()[0], 16) for line in
                           text.splitlines() if line.startswith("0x")],
          [SPARE, SPARE + 4, SPARE + 8])
    check("$numfound", number("$numfound"), 3)
    check_in("not found", "not found", gdb.execute(
        f"find {SPARE:#x}, +64, \"no such thing\"", to_string=True))


def holes():
    at = RAM - len(NEEDLE)
    check("nowhere yet", found(SPARE, RAM), None)
    write(at, NEEDLE)
    check("up to a hole", found(SPARE, RAM - SPARE), hex(at))
    check("and beyond", found(SPARE, 2 * RAM), hex(at))
    check("over the end", found(at, 1 << 40), hex(at))
    check("one byte late", found(at + 1, 2 * RAM), None)
    check("in a hole", found(RAM, RAM), None)
    write(at, bytes(len(NEEDLE)))


def traps():
    """The guest's own bytes are found, where there is a trap and while it is
    planted."""
    at = sym("again") if GUEST.startswith("loop") else sym("_start")
    code = read(at, 4)
    check("insert", packet(f"Z0,{at:x},1"), "OK")
    check("below a trap", found(at, 64, code), hex(at))
    check("remove", packet(f"z0,{at:x},1"), "OK")


def physical(at, mapped):
    """at leads to mapped."""
    write(SPARE, NEEDLE)
    check("virtual", packet("qqemu.PhyMemMode"), "0")
    check("on", packet("Qqemu.PhyMemMode:1"), "OK")
    fresh()
    check("physical", packet("qqemu.PhyMemMode"), "1")
    check("read", packet(f"m{mapped:x},4"), code_at[:4].hex())
    check("found", found(0, RAM), hex(SPARE))
    check("no RAM", packet(f"m{RAM:x},1")[:1], "E")
    write(SPARE, b"A")
    check("off", packet("Qqemu.PhyMemMode:0"), "OK")
    fresh()
    check("what was written", read(SPARE, 2), b"A" + NEEDLE[1:2])
    check("virtual again", read(at, 4), code_at[:4])
    # The next client begins with virtual addresses.
    check("left on", packet("Qqemu.PhyMemMode:1"), "OK")
    gdb.execute("disconnect", to_string=True)
    connect()
    check("a new client", packet("qqemu.PhyMemMode"), "0")


connect()
if GUEST == "higher64":
    run_to("high0")
    code_at = read(pc(), 16)
    write(SPARE, NEEDLE)
    # The guest has two tables, each of them in two places.
    names = [SPARE, 0x7F80000000 + SPARE, 0xFFFFFF8000000000 + SPARE,
             HIGHER_HALF + SPARE]
    text = gdb.execute(f"find 0x100000, {(1 << 64) - 1:#x}, 'a', ' ', 'n', 'e'"
                       ", 'e', 'd', 'l', 'e'", to_string=True)
    check("all of its names", [int(line.split()[0], 16) for line in
                               text.splitlines() if line.startswith("0x")],
          names)
    check("not far enough", found(SPARE + 1, 0x7F80000000), None)
    check("mapped", mapped(), [name - SPARE for name in names])
    physical(pc(), pc() - HIGHER_HALF)
else:
    code_at = read(pc(), 16)
    check("mapped", mapped(), [0, FRAME_BUFFER])
    commands()
    holes()
    traps()
    physical(pc(), pc())
