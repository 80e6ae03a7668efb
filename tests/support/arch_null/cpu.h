/* SPDX-License-Identifier: MIT */
#ifndef TESTS_SUPPORT_ARCH_NULL_CPU_H
#define TESTS_SUPPORT_ARCH_NULL_CPU_H

/*
 * An architecture of next to nothing, with which the generic code is linked: so
 * nothing there is of any one CPU. Its memory is bytes at 16-bit addresses,
 * which are seen once more at NULL_ALIAS. What other CPUs have beyond that it
 * has when null_cpu says so; the optional groups of operations are those of
 * optional.c, or with none.c there are none.
 *
 * Its instructions, which tests/support/fake_cpu.c executes. A: an address, low
 * byte first.
 */

#include <stdbool.h>
#include <stdint.h>

#include "kvm/core/trap.h"
#include "kvm/vm/types.h"

enum {
    NULL_RAM = 0x10000,
    NULL_ALIAS = 0x100000,  /* the same memory, by another name */
    NULL_USER = 0x8000,     /* code from here on has no privileges */
    NULL_FIRMWARE = 0xf000, /* ... to the handlers */
    NULL_HANDLERS = 0xff00, /* of two bytes each; 0: there is none */
    NULL_REGISTERS = 2,     /* debug registers, for code or data */
    NULL_REACH = 8,         /* bytes of stack that one instruction touches */
};

/* The same memory again, when addresses have 64 bits. */
#define NULL_UPPER UINT64_C(0xffffffff80000000)

enum null_vector {
    NULL_DOUBLE = 2,  /* what becomes of one that has no handler */
    NULL_TRAPPED = 3, /* a trap in code without privileges */
    NULL_REFUSED = 4, /* ... whose handler is not for such code, with */
    NULL_REFUSED_CODE = 7,
};

enum null_insn {
    I_NOP = 0x00,
    I_INC = 0x01,   /* A: the byte there counts up */
    I_LOAD = 0x02,  /* A: into register a */
    I_JMP = 0x03,   /* A */
    I_STORE = 0x04, /* A: register a */
    I_SET = 0x05,   /* byte: register n */
    I_LOOP = 0x06,  /* A: register n counts down, a jump unless it is 0 */
    I_RAISE = 0x07, /* byte: an exception of this vector */
    I_BACK = 0x08,  /* from its handler, behind the instruction */
    I_PUSH = 0x09,  /* byte: a, a + 1, ... so many onto the stack */
    I_POP = 0x0a,   /* byte: so many off the stack, the last into a */
    I_STACK = 0x0b, /* A: where the stack begins, downwards; 0: there is none */
    I_READS = 0x0c, /* A: nothing, but the CPU itself reads the byte there */
    I_STUCK = 0x0d, /* the host never gets past it */
    I_CODE = 0x0e,  /* two bytes: an exception, and its error code */
    I_CALL = 0x0f,  /* byte: the handler of this vector, without an exception */
    I_WIDEN = 0x10, /* the first step to addresses of 64 bits */
    I_WIDE = 0x11,  /* and the last */
    I_FAR = 0x12,   /* A: a jump to there in NULL_UPPER */
    I_FILL = 0x13,  /* A: a to n bytes from there on, the last one first */
    I_PUMP = 0x14,  /* a to n bytes from the stack on, the first one first */
    I_ASK = 0x15,   /* byte: a call of the firmware, which halts at 0 */
    I_TRAP = 0xcc,  /* leaves the guest, where the host can do that; */
    I_OTHER = 0xce, /* so does this, everywhere and behind it */
    I_OWN = 0xcd,   /* the guest's own debug exception */
    I_HALT = 0xf4,
    I_ODD = 0xf5,   /* an exit that nobody knows */
    I_CALLS = 0xfc, /* the guest calls the debugger */
    I_RESET = 0xfd, /* byte: the machine, in this way */
    I_END = 0xfe,   /* byte: the guest ends with this status */
};

/* One that was raised last. */
struct null_exception {
    bool there; /* and it is in the handler */
    uint64_t at, back;
    uint8_t vector, code;
    bool is_explained, is_trap, is_call, has_code;
};

enum { NULL_TARGETS = 2 };

/* A step that waits with traps where the instruction at from may lead. */
struct null_step {
    bool on;
    uint64_t from;
    unsigned n;
    struct {
        uint64_t gva;
        uint8_t beneath;
        bool planted; /* false: a trap was there before */
    } target[NULL_TARGETS];
};

struct vcpu_arch {
    uint64_t pc;
    uint8_t a, n;
    uint16_t sp; /* 0: it has no stack */
    struct null_exception raised;
    bool entered;   /* the handler, just now */
    bool reflected; /* the guest's own exception waits to be delivered */
    bool reset;
    bool own_points; /* it uses debug registers itself */
    bool widening, wide;
    uint64_t asked_at; /* the call of the firmware that it is in */
    /* What was pushed last, and popped from the wrong place. */
    struct {
        uint16_t at;
        uint8_t n, first;
    } pushed;
    bool popping, popped_wrong;
    struct null_step step;
};

/* What it has; all of it is off at first. */
struct null_cpu {
    bool privileges;
    bool width;    /* addresses have 32 bits at first */
    bool emulator; /* loses all stores of a push but the last */
    bool firmware;
    bool no_step;            /* in hardware: traps have to do */
    uint64_t table;          /* gpa of a page that the CPU reads by itself */
    struct trap trap, other; /* those there are */
    bool told;               /* that it widens is told */
    unsigned described;      /* vCPUs of which that was asked: bits */
    unsigned mistakes;       /* ends of what had not begun */
};

extern struct null_cpu null_cpu;

/* As it is at first. */
void null_cpu_plain(void);

/* Bytes of an instruction; 1 for what is none. */
unsigned null_insn_size(uint8_t opcode);
/* Code at pc has no privileges. */
bool null_is_user(uint64_t pc);

#endif
