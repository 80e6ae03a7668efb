# SPDX-License-Identifier: MIT
"""Memory: any bytes at any place and size; breakpoints leave no trace."""
import random

from kgdb import *

SPARE = 0x20000 if BITS == 16 else 0x200000
RAM = 16 << 20  # the test passes -m 16M
SIZES = [1, 2, 3, 7, 8, 64, 4095, 4096, 4097, 65537]


def any_bytes():
    everything = bytes(range(256)) + b"}#$*}}##$$**" * 50
    write(SPARE, everything)
    fresh()
    check("each byte value", read(SPARE, len(everything)), everything)
    source = random.Random(1)
    for size in SIZES:
        data = source.randbytes(size)
        at = SPARE + source.randrange(4096)
        write(at - 1, b"<" + data + b">")
        write(at, data)
        fresh()
        expect(f"{size} bytes", read(at, size) == data, "differ")
        check(f"{size} bytes: nothing before and after",
              read(at - 1, 1) + read(at + size, 1), b"<>")


def edges():
    write(RAM - 4, b"LAST")
    check("the last bytes", read(RAM - 4, 4), b"LAST")
    check("a read is cut at the end", packet(f"m{RAM - 4:x},8"), "4c415354")
    check_in("past the end", "Cannot access memory", failure(f"x/b {RAM:#x}"))
    check_in("no write past the end", "Cannot access memory",
             failure(f"set var *(char *){RAM:#x} = 1"))
    check("a write across the end", packet(f"M{RAM - 2:x},4:00000000")[0], "E")
    check("is not half done", read(RAM - 4, 4), b"LAST")
    if BITS == 64:
        check_in("not canonical", "Cannot access memory",
                 failure("x/b 0x8000000000000000"))


def hidden():
    """Z0 at an instruction, then all ways to look at it."""
    at = sym("again")
    code = read(at, 4)
    check("insert", packet(f"Z0,{at:x},1"), "OK")
    check("insert again", packet(f"Z0,{at:x},1"), "OK")
    check("m", packet(f"m{at:x},4"), code.hex())
    check("m of a part before", packet(f"m{at + 1:x},3"), code[1:].hex())
    check_in("x", code[1:2].decode("latin-1").encode("unicode_escape")
             .decode(), packet(f"x{at:x},4"))
    check("remove", packet(f"z0,{at:x},1"), "OK")
    check("remove again", packet(f"z0,{at:x},1"), "OK")
    fresh()
    check("as before", read(at, 4), code)


def written_beneath():
    """New code under a breakpoint is what runs when it is gone."""
    at = sym("again")
    size = instructions(at, 1)[0][1]
    code, nops = read(at, size), b"\x90" * size
    check("insert", packet(f"Z0,{at:x},1"), "OK")
    check("write", packet(f"M{at:x},{size:x}:{nops.hex()}"), "OK")
    check("read", packet(f"m{at:x},{size:x}"), nops.hex())
    check("remove", packet(f"z0,{at:x},1"), "OK")
    fresh()
    check("still there", read(at, size), nops)
    before = u32("counter")
    run(f"stepi {size}")
    check("it ran: pc", hex(pc()), hex(at + size))
    check("it ran: counter", u32("counter"), before)
    write(at, code)
    run("stepi 2")
    check("the old code again", u32("counter"), before + 1)


def still_a_breakpoint():
    """Memory written under a breakpoint does not remove it."""
    gdb.execute("set breakpoint always-inserted on")
    breakpoint = gdb.Breakpoint("*again")
    at = sym("again")
    write(at, read(at, 4))
    stop = run()
    check("hit", getattr(stop, "breakpoints", None), [breakpoint])
    check("pc", hex(pc()), hex(at))
    breakpoint.delete()


connect()
any_bytes()
edges()
hidden()
written_beneath()
still_a_breakpoint()
