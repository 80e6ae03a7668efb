#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Watchpoints change nothing and miss nothing, wherever the stack goes.

Random programs (lib/stack_programs.py) run once freely, then with watchpoints
on what they access and on what lies beside it, and no breakpoint. Registers
and memory must be the same at the end, and the stops must be those that the
program's list of accesses tells, in that order.
"""
import os
import random
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "lib"))
import stack_programs  # noqa: E402
from checks import check, expect  # noqa: E402
from outside import Context, finish, symbols  # noqa: E402
from rsp import Client  # noqa: E402
from stack_programs import DATA, SPAN, TEXT  # noqa: E402
from stub import Stub, need, need_kvm, skip  # noqa: E402

SEES = {2: "w", 3: "r", 4: "rw"}  # by the number in Z packets
NAMES = {"watch": 2, "rwatch": 3, "awatch": 4}
TRIES = 3  # sets of watchpoints for a program
FEWEST = 5  # programs of a kind that a host must be able to run
HALTED = "11"  # SIGSTOP
GENERAL = {16: 16 * 4, 32: 16 * 4, 64: 17 * 8 + 7 * 4}  # bytes of them in `g`


class Machine:
    """A stub whose guest stands behind the last instruction of a program."""

    def __init__(self, context, bits, name):
        elf = context.guest(name + ".elf")
        self.bits = bits
        self.symbols = symbols(elf)
        image = [elf] if bits != 16 else [
            context.guest(name + ".bin"), "--load-addr", hex(TEXT)]
        self.stub = Stub([context.stub, *image])
        self.client = Client(self.stub.connect())
        self.client.ask(b"qSupported:swbreak+;hwbreak+")
        self.go_on()

    def close(self):
        self.client.sock.close()
        self.stub.end()

    def tell(self, payload):
        reply = self.client.ask(payload)
        if reply != b"OK":
            raise RuntimeError(f"{payload!r}: {reply!r}")

    def go_on(self):
        """(signal, {name: value}) of the next stop."""
        reply = self.client.ask(b"vCont;c")
        while reply[:1] == b"O":
            reply = self.client.receive()
        text = reply.decode()
        return text[1:3], dict(part.split(":", 1) for part in
                               text[3:].split(";") if ":" in part)

    def pc(self):
        reply = self.client.ask(b"p10" if self.bits == 64 else b"p8")
        return int.from_bytes(bytes.fromhex(reply.decode()), "little")

    def begin(self, program):
        pattern = bytes((7 * i + 3) & 0xFF for i in range(SPAN))
        self.tell(b"M%x,%x:" % (DATA, SPAN) + pattern.hex().encode())
        start = self.symbols[program.ops[0].label]
        register, size = (b"P10=", 8) if self.bits == 64 else (b"P8=", 4)
        self.tell(register + start.to_bytes(size, "little").hex().encode())

    def play(self, program, points):
        """(how it ended, [(kind, address, pc) of each stop])"""
        self.begin(program)
        for point in points:
            self.tell(b"Z%d,%x,%x" % point)
        stops = []
        while True:
            signal, values = self.go_on()
            pc = self.pc()
            name = next((name for name in NAMES if name in values), None)
            if not name or len(stops) > 1000:
                break
            stops.append((NAMES[name], int(values[name], 16), pc))
        for point in points:
            self.tell(b"z%d,%x,%x" % point)
        general = self.client.ask(b"g")[:2 * GENERAL[self.bits]]
        memory = self.client.memory(DATA, SPAN)
        return (signal, hex(pc), general, memory), stops


def differences(free, watched):
    """What a person can read of two ends."""
    where = [hex(DATA + i) for i in range(SPAN) if free[3][i] != watched[3][i]]
    return f"{free[:3]}, {watched[:3]}, memory at {where[:16]}"


def judge(program, points, stops, symbol):
    """"" when the stops are those that they should be, or what is wrong."""
    stops = list(stops)
    for op in program.ops:
        want = {(kind, address) for kind, address, size in points
                if op.touches(SEES[kind], address, size)}
        # A repeated one may also be reported half-way.
        repeats = op.text.startswith("rep")
        places = {symbol.get(op.after), symbol[op.label] if repeats else None}
        got = set()
        while stops and stops[0][2] in places and stops[0][:2] in want and (
                repeats or stops[0][:2] not in got):
            got.add(stops.pop(0)[:2])
        if got != want:
            return f"{op.label}: {op.text}: {got}, want {want}; then {stops}"
    return f"more than there should be: {stops}" if stops else ""


def choose_points(program, rng):
    """One to three watchpoints, most on what the program accesses."""
    accesses = [access for op in program.ops for access in op.accesses]
    points = {}
    for _ in range(rng.randrange(1, 4)):
        size = rng.choice((1, 2, 3, 4, 8, 16))
        at = (rng.choice(accesses)[0] if rng.random() < .8 else
              DATA + rng.randrange(SPAN - size))
        points[rng.choice((2, 3, 4)), at] = size
    return [(kind, at, size) for (kind, at), size in points.items()]


def show(program, symbol):
    return "\n".join(f"{symbol[op.label]:x} {op.text} {op.accesses}"
                     for op in program.ops)


def try_program(machine, program, rng):
    """False when this host cannot execute it. A failure is told in full."""
    free, stops = machine.play(program, [])
    if free[0] != HALTED:
        return False
    check(f"{program.name}: no stop without watchpoints", stops, [])
    for _ in range(TRIES):
        points = choose_points(program, rng)
        watched, stops = machine.play(program, points)
        wrong = judge(program, points, stops, machine.symbols)
        if watched != free:
            wrong += " " + differences(free, watched)
        if not expect(f"{program.name}: {points}", not wrong, wrong):
            print(show(program, machine.symbols))
    return True


def play_all(context, name, bits, seed, n, can):
    """Returns how many programs the host could execute."""
    rng = random.Random(seed)
    done = 0
    machine = Machine(context, bits, name)
    for program in stack_programs.make(bits, seed, n, can):
        if try_program(machine, program, rng):
            done += 1
        else:
            machine.close()
            machine = Machine(context, bits, name)
    machine.close()
    return done


def main():
    need_kvm()
    need(["nm", "--version"], "no nm")
    context = Context()
    bits, seed, n, can = stack_programs.SETS[context.which]
    done = play_all(context, context.which, bits, seed, n, can)
    print(f"{done} of {n} programs")
    if not done and can & stack_programs.RARE:
        skip(f"needs {', '.join(sorted(can))} in {bits}-bit code")
    if not can & stack_programs.RARE:
        expect("the host executes them", done >= FEWEST, done)
    finish()


main()
