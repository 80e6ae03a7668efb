# SPDX-License-Identifier: MIT
"""What test scripts inside gdb use. They assert on values, not on gdb's text.

    from kgdb import *
    connect()
    run_to("main")
    check("first argument", reg("di"), 1)
"""
import os
import re

import gdb
from checks import check, check_in, expect, skip  # noqa: F401

GUEST = os.environ["KGDB_GUEST"]  # "loop64"
BITS = int(os.environ["KGDB_BITS"])  # 16, 32, 64: the mode it starts in
TARGET = os.environ["KGDB_TARGET"]  # for target remote
PLANTED = bool(os.environ["KGDB_PLANTED"])  # gdb writes int3 itself
TIMEOUT = float(os.environ["KGDB_TIMEOUT"])
# GDB's 8086 has the registers of an i386.
WIDE = {16: "e", 32: "e", 64: "r"}[BITS]

_stops = []  # every stop event, in order
_exits = []
_told = []  # what gdb printed meanwhile
_announced = [0, 0]  # where in our own output it announced the last stop
gdb.events.stop.connect(_stops.append)
gdb.events.exited.connect(_exits.append)


def connect(kind="remote"):
    del _stops[:], _exits[:]
    if PLANTED:
        gdb.execute("set remote software-breakpoint-packet off",
                    to_string=True)
    gdb.execute(f"target {kind} {TARGET}", to_string=True)


def run(command="continue"):
    """Resumes, waits, and returns the stop (or exit) event."""
    stops, exits = len(_stops), len(_exits)
    _announced[0] = _output_size()
    _told.append(gdb.execute(command, to_string=True))
    _announced[1] = _output_size()
    if len(_exits) > exits:
        return _exits[-1]
    if len(_stops) > stops:
        return _stops[-1]
    raise gdb.GdbError(f"{command}: neither a stop nor an exit")


def interrupt(command="continue"):
    """Resumes and interrupts at once.

    A posted event runs when gdb waits for the target, and not before: by then
    the resume packet is on its way. No thread, no clock.
    """
    gdb.post_event(lambda: gdb.execute("interrupt"))
    return run(command)


def run_to(place):
    """Continues to a symbol or *address; checks that it came there."""
    address = sym(place)
    stop = gdb.Breakpoint(f"*{address:#x}", internal=True, temporary=True)
    run()
    check(f"run to {place}", hex(pc()), hex(address))
    if stop.is_valid():
        stop.delete()


def number(expression):
    """The value of an expression, unsigned, as wide as its type."""
    value = gdb.parse_and_eval(expression)
    return int(value) & (1 << 8 * value.type.sizeof) - 1


def sym(name):
    """The address of a symbol. *0x1234 is an address already."""
    if name.startswith("*"):
        return number(name[1:])
    return number(f"&{name}")


def wide(name):
    """ax -> eax or rax, whichever gdb has in this mode."""
    return WIDE + name


def reg(name):
    """The value of a register, unsigned: reg("ax"), reg("ip"), reg("cs")."""
    two = name in ("ax", "bx", "cx", "dx", "si", "di", "bp", "sp", "ip")
    return number("$" + (wide(name) if two else name))


def pc():
    return number("$pc")


def fresh():
    """Forgets what gdb knows: the next look asks the stub."""
    gdb.execute("maint flush register-cache", to_string=True)
    gdb.execute("maint flush dcache", to_string=True)


def read(address, size):
    return bytes(gdb.selected_inferior().read_memory(address, size))


def write(address, data):
    gdb.selected_inferior().write_memory(address, data)


def u32(name):
    return int.from_bytes(read(sym(name), 4), "little")


def instructions(address, count):
    """(address, length, text) of each; one space between mnemonic and rest."""
    arch = gdb.selected_inferior().architecture()
    return [(i["addr"], i["length"], " ".join(i["asm"].split()))
            for i in arch.disassemble(address, count=count)]


def failure(command):
    """The message of a command that must fail, "" if it does not."""
    try:
        gdb.execute(command, to_string=True)
    except gdb.error as error:
        return str(error)
    return ""


def architecture():
    """What gdb takes the guest for: "i8086", "i386" or "i386:x86-64"."""
    return gdb.selected_inferior().architecture().name()


def monitor(line):
    """What a `monitor` command says."""
    return gdb.execute(f"monitor {line}", to_string=True)


def packet(payload):
    """What the stub answers to a packet."""
    text = gdb.execute(f"maint packet {payload}", to_string=True)
    return re.search(r'received: "(.*)"', text, re.S).group(1)


def told():
    """What the last run() made gdb say, text from the stub included."""
    return _told[-1]


def _output_size():
    gdb.flush()
    return os.stat("/proc/self/fd/1").st_size


def announced():
    """How gdb announced the last stop, which to_string does not catch; our
    standard output is a file."""
    with open("/proc/self/fd/1", "rb") as file:
        file.seek(_announced[0])
        return file.read(_announced[1] - _announced[0]).decode("latin-1")


def console():
    """All that the guest printed so far."""
    with open(os.environ["KGDB_CONSOLE"], "rb") as file:
        return file.read().decode("latin-1")


def stub_status():
    """Waits for the end of the stub: its exit status."""
    with os.fdopen(int(os.environ["KGDB_STATUS"])) as pipe:
        return int(pipe.read())
