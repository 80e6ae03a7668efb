# SPDX-License-Identifier: MIT
"""Random straight-line programs whose stack moves over a few pages of data.

Each comes with every access to memory that it makes, so that what a watchpoint
has to report is known without a CPU. guest() gives all of them as one source
for the GNU assembler (AT&T syntax): it halts at `ready`, then once behind each
program that pc is set to.

Calls, returns and interrupts lead to what follows them, so that programs stay
straight lines; %bx holds where a handler goes on.
"""
import random
import sys

DATA = 0x20000  # on these pages are stack and variables
PAGE = 0x1000
PAGES = 4
SPAN = PAGE * PAGES
TEXT = 0x8000
VECTOR = 0x40

GPRS = {
    16: "ax cx dx bp si di".split(),
    32: "eax ecx edx ebp esi edi".split(),
    64: "rax rcx rdx rbp rsi rdi r8 r13".split(),
}
SUFFIX = {16: "w", 32: "l", 64: "q"}
CODE = {16: 0, 32: 8, 64: 8}  # CS


class Op:
    """An instruction. It goes on at the label `after`."""

    def __init__(self, label, text, accesses):
        self.label = label
        self.text = text
        self.accesses = accesses  # (address, size, "r" or "w")
        self.after = None

    def touches(self, kind, address, size):
        """Does a watchpoint of this kind ("r", "w" or "rw") see it?"""
        return any(access in kind and at < address + size and
                   address < at + n for at, n, access in self.accesses)


class Program:
    def __init__(self, name, bits, rng, can):
        """can: {"int", "iret", "fault", "enter" with a level}"""
        self.name = name
        self.bits = bits
        self.rng = rng
        self.can = can
        self.word = bits // 8
        self.ops = []
        self.sp = 0
        bx = self.reg("bx")
        self.emit(f"cmp {bx}, {bx}")
        self.emit(f"mov $0, {bx}")
        self.emit(f"mov ${self.mem(DATA)}, {self.reg('sp')}")
        for reg in GPRS[bits]:
            self.emit(f"mov ${rng.choice((0, 0x60, rng.getrandbits(15)))}, "
                      f"%{reg}")
        self.stack_pointer = self.reg("sp")
        self.move_stack()
        kinds = [
            (4, self.move_stack), (4, self.push), (4, self.pop),
            (4, self.touch), (3, self.call), (2, self.popf),
            (2, self.far_return), (2, self.string), (2, self.enter),
        ]
        if bits != 64:
            kinds += [(4, self.pusha), (3, self.popa), (3, self.far_call)]
        if bits == 16:
            kinds += [(2, self.push_segment)]
        if "int" in can:
            kinds += [(3, self.interrupt)]
        if "iret" in can:
            kinds += [(2, self.iret)]
        if "fault" in can:
            kinds += [(2, self.fault)]
        weights = [weight for weight, _ in kinds]
        for _ in range(rng.randrange(4, 24)):
            rng.choices([make for _, make in kinds], weights)[0]()
        self.emit("hlt")
        for op, following in zip(self.ops, self.ops[1:]):
            op.after = op.after or following.label

    # --- parts ---

    def reg(self, name):
        return "%" + {16: "", 32: "e", 64: "r"}[self.bits] + name

    def emit(self, text, *accesses):
        label = f"{self.name}_{len(self.ops)}"
        text = text.replace("NEXT", f"{self.name}_{len(self.ops) + 1}")
        self.ops.append(Op(label, text, list(accesses)))
        return self.ops[-1]

    def word_of_data(self):
        """The address of one, mostly aligned."""
        at = self.rng.randrange(SPAN - self.word)
        return DATA + (at - at % self.word if self.rng.random() < .8 else at)

    def mem(self, address):
        """The operand; 16-bit code has its segments at DATA."""
        return str(address - DATA if self.bits == 16 else address)

    def gpr(self):
        return "%" + self.rng.choice(GPRS[self.bits])

    def push_n(self, n=1):
        self.sp -= n * self.word
        return [(self.sp + i * self.word, self.word, "w")
                for i in reversed(range(n))]

    def pop_n(self, n=1):
        self.sp += n * self.word
        return [(self.sp - i * self.word, self.word, "r")
                for i in range(n, 0, -1)]

    # --- instructions ---

    def move_stack(self):
        at = self.rng.choice((16, 32, PAGE // 2, PAGE - 16, PAGE - 64,
                              self.rng.randrange(PAGE) & ~7))
        at += self.rng.randrange(PAGES) * PAGE
        self.sp = DATA + min(max(at, 256), SPAN - 256)
        sp = self.stack_pointer
        via = self.reg(self.rng.choice(("bp", "dx", "si")))
        how = self.rng.randrange(3)
        if how == 0:
            self.emit(f"mov ${self.mem(self.sp)}, {sp}")
        else:
            self.emit(f"mov ${self.mem(self.sp)}, {via}")
            self.emit(f"{('mov', 'xchg')[how - 1]} {via}, {sp}")

    def push(self):
        kind = self.rng.randrange(4)
        if kind == 0:
            value = self.rng.choice((0, 0x60, 0x7f, 0x1234))
            self.emit(f"push ${value}", *self.push_n())
        elif kind == 1:
            at = self.word_of_data()
            self.emit(f"push{SUFFIX[self.bits]} {self.mem(at)}",
                      (at, self.word, "r"), *self.push_n())
        elif kind == 2:
            self.emit(f"pushf{SUFFIX[self.bits]}", *self.push_n())
        else:
            self.emit(f"push {self.gpr()}", *self.push_n())

    def push_segment(self):
        self.emit(f"push %{self.rng.choice(('cs', 'ds', 'es', 'ss'))}",
                  *self.push_n())

    def pop(self):
        if self.rng.random() < .3:
            at = self.word_of_data()
            self.emit(f"pop{SUFFIX[self.bits]} {self.mem(at)}",
                      *self.pop_n(), (at, self.word, "w"))
        else:
            self.emit(f"pop {self.gpr()}", *self.pop_n())

    def popf(self):
        self.emit(f"push ${self.rng.choice((2, 3, 0x46))}", *self.push_n())
        self.emit(f"popf{SUFFIX[self.bits]}", *self.pop_n())

    def pusha(self):
        self.emit("pusha", *self.push_n(8))

    def popa(self):
        self.emit("popa", *self.pop_n(8))

    def drop(self, n):
        self.sp += n * self.word
        self.emit(f"lea {n * self.word}({self.stack_pointer}), "
                  f"{self.stack_pointer}" if self.bits != 16 else
                  f"add ${n * self.word}, %sp")

    def call(self):
        if self.rng.random() < .5:
            self.emit("call NEXT", *self.push_n())
            if self.rng.random() < .5:
                self.drop(1)
        else:
            back = f"{self.name}_{len(self.ops) + 2}"
            self.emit(f"push ${back}", *self.push_n())
            self.emit("ret", *self.pop_n())

    def far_call(self):
        self.emit(f"lcall ${CODE[self.bits]}, $NEXT", *self.push_n(2))
        if self.rng.random() < .5:
            self.drop(2)

    def far_return(self):
        back = f"{self.name}_{len(self.ops) + 3}"
        self.emit(f"push ${CODE[self.bits]}", *self.push_n())
        self.emit(f"push ${back}", *self.push_n())
        self.emit(f"lret{SUFFIX[self.bits]}", *self.pop_n(2))

    def iret(self):
        n = 5 if self.bits == 64 else 3
        sp = self.sp
        back = f"{self.name}_{len(self.ops) + n + 1}"
        if n == 5:
            self.emit("push $0x10", *self.push_n())
            self.emit(f"push ${self.mem(sp)}", *self.push_n())
        self.emit(f"push ${self.rng.choice((2, 3, 0x46))}", *self.push_n())
        self.emit(f"push ${CODE[self.bits]}", *self.push_n())
        self.emit(f"push ${back}", *self.push_n())
        self.emit(f"iret{SUFFIX[self.bits]}", *self.pop_n(n))

    def frame(self, text):
        """An event: the handler goes on behind it, the frame is dropped."""
        back = f"{self.name}_{len(self.ops) + 2}"
        self.emit(f"mov ${back}, {self.reg('bx')}")
        sp = self.sp
        if self.bits == 64:
            self.sp &= ~15
        op = self.emit(text, *self.push_n(5 if self.bits == 64 else 3))
        op.after = "handler"
        if self.rng.random() < .5:
            self.sp = sp
            self.emit(f"mov ${self.mem(sp)}, {self.stack_pointer}")

    def interrupt(self):
        self.frame(f"int ${VECTOR}")

    def fault(self):
        self.frame("ud2")

    def enter(self):
        level = self.rng.randrange(2) if "enter" in self.can else 0
        room = self.rng.choice((0, 8, 64))
        bp = self.sp - self.word
        self.emit(f"enter ${room}, ${level}", *self.push_n(1 + level))
        self.sp -= room
        if self.rng.random() < .6:
            self.emit("leave", (bp, self.word, "r"))
            self.sp = bp + self.word

    def touch(self):
        at = self.word_of_data()
        read, write = (at, self.word, "r"), (at, self.word, "w")
        reg = self.gpr()
        text, *accesses = self.rng.choice((
            (f"mov MEM, {reg}", read), (f"mov {reg}, MEM", write),
            (f"xchg {reg}, MEM", read, write),
            (f"add {reg}, MEM", read, write),
            (f"add MEM, {reg}", read), (f"cmp {reg}, MEM", read),
            (f"not{SUFFIX[self.bits]} MEM", read, write),
            (f"mov{SUFFIX[self.bits]} $7, MEM", write),
            (f"test{SUFFIX[self.bits]} $1, MEM", read),
        ))
        self.emit(text.replace("MEM", self.mem(at)), *accesses)

    def string(self):
        n = self.rng.randrange(1, 12)
        source = DATA + self.rng.randrange(SPAN - 64)
        target = DATA + self.rng.randrange(SPAN - 64)
        self.emit(f"mov ${n}, {self.reg('cx')}")
        self.emit(f"mov ${self.mem(source)}, {self.reg('si')}")
        self.emit(f"mov ${self.mem(target)}, {self.reg('di')}")
        reads = [(source + i, 1, "r") for i in range(n)]
        writes = [(target + i, 1, "w") for i in range(n)]
        text, accesses = self.rng.choice((
            ("rep stosb", writes), ("rep movsb", reads + writes),
            ("rep lodsb", reads)))
        self.emit(text, *accesses)


ENTRY = {
    16: f"""
        .code16
        cli
        cld
        xor %ax, %ax
        mov %ax, %ds
        movw $handler, {4 * VECTOR}
        movw %ax, {4 * VECTOR + 2}
        movw $handler, {4 * 6}
        movw %ax, {4 * 6 + 2}
        mov ${DATA >> 4}, %ax
        mov %ax, %ds
        mov %ax, %es
        mov %ax, %ss
        ljmp $0, $1f
1:
""",
    32: """
        .code32
        cli
        cld
        lgdt gdtr
        ljmp $8, $1f
1:      mov $0x10, %eax
        mov %eax, %ds
        mov %eax, %es
        mov %eax, %ss
        lidt idtr
""",
    64: """
        .code64
        cli
        cld
        mov $early, %rsp
        lgdt gdtr
        push $8
        push $1f
        lretq
1:      mov $0x10, %eax
        mov %eax, %ds
        mov %eax, %es
        mov %eax, %ss
        lidt idtr
""",
}


def gate(bits):
    words = f".word handler - _start + {TEXT}, 8, 0x8e00, 0"
    return words + ("\n        .long 0, 0" if bits == 64 else "")


def tables(bits):
    if bits == 16:
        return ""
    code = "0x00af9b000000ffff" if bits == 64 else "0x00cf9b000000ffff"
    return f"""
        .balign 16
gdt:    .quad 0, {code}, 0x00cf93000000ffff
gdtr:   .word 0x17
        .long gdt, 0
        .balign 16
idt:    .rept {VECTOR + 1}
        {gate(bits)}
        .endr
idtr:   .word . - idt - 1
        .long idt, 0
        .fill 256, 1, 0
early:
"""


def guest(bits, programs):
    """The source: halts at `ready`, and behind each program."""
    bx = {16: "%bx", 32: "%ebx", 64: "%rbx"}[bits]
    lines = [".globl _start, ready, handler", "_start:", ENTRY[bits],
             "ready:  hlt", f"handler: jmp *{bx}"]
    for program in programs:
        for op in program.ops:
            lines.append(f".globl {op.label}")
            lines.append(f"{op.label}: {op.text}")
        lines.append("        nop")
    return "\n".join(lines) + tables(bits) + "\n"


# Not every host executes these: then few programs can be compared.
RARE = {"enter"}
# guest: (bits, seed, programs, can)
SETS = {
    "stacks16": (16, 1, 16, {"iret"}),
    "stacks32": (32, 2, 16, set()),
    "stacks64": (64, 3, 10, set()),
    "events16": (16, 4, 12, {"int", "iret", "fault"}),
    "events32": (32, 5, 12, {"fault"}),
    "events64": (64, 6, 12, {"fault"}),
    "levels16": (16, 7, 8, {"int", "iret", "fault", "enter"}),
    "levels32": (32, 8, 10, {"int", "iret", "fault", "enter"}),
    "levels64": (64, 9, 10, {"int", "iret", "fault", "enter"}),
}


def make(bits, seed, n, can):
    rng = random.Random(seed)
    return [Program(f"p{i}", bits, rng, can) for i in range(n)]


if __name__ == "__main__":
    sys.stdout.write(guest(SETS[sys.argv[1]][0], make(*SETS[sys.argv[1]])))
