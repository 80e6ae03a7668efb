/* SPDX-License-Identifier: MIT */
#ifndef TESTS_KVM_X86_64_STEP_GUEST_H
#define TESTS_KVM_X86_64_STEP_GUEST_H

/*
 * Small guests that end in HLT, with a handler for each vector, to be run in
 * one way and then in another: what they leave must be the same. Everything is
 * in the first 64 KiB, and the identity map of long mode covers it.
 *
 *     0x1000  the row's code
 *     0x2000  handlers, 32 bytes each. Those of exceptions halt; those of
 *             #BP, #OF and the vectors from 0x20 on return; that of #DB counts,
 *             adds up DR6 in data and turns DR7 off before it returns
 *     0x4000  data
 *     0x5000  interrupt descriptors
 *     0x6000  task state: two of them
 *     0x6800  descriptors
 *     0x7000  stacks, growing down from 0x8000 and, of user code, 0x9000
 *     0xa000  the kernel entry of syscall and sysenter: stores R11 in data,
 *             goes back by sysret if AL is 1, else halts
 *     0xa080  what the call gate leads to: returns
 *     0xa0c0  what redirected interrupts of V86 code lead to: returns
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kvm/vm/types.h"

enum context {
    REAL,
    PROT,
    LONG,
    USER,   /* 64-bit code at level 3 */
    COMPAT, /* 32-bit code at level 3 in long mode */
    RING3,  /* 32-bit code at level 3 in protected mode */
    V86,    /* virtual-8086 mode */
    CONTEXTS
};

/* What else a guest has or lacks. */
enum guest_with {
    WITH_IOPL3 = 1u << 0,
    WITH_VME = 1u << 1,      /* CR4; no interrupt is redirected */
    WITH_REDIRECT = 1u << 2, /* ... but all are, to the table at 0 */
    WITH_VIP = 1u << 3,
    NO_DB = 1u << 4,    /* no gate for #DB, */
    NO_DF = 1u << 5,    /* for #DF, */
    NO_IDT = 1u << 6,   /* or for anything */
    NO_TSS = 1u << 7,   /* the stack that exceptions switch to is nowhere */
    TO_RING3 = 1u << 8, /* not lacking: the code goes there */
};

enum {
    GUEST_CODE = 0x1000,
    GUEST_HANDLERS = 0x2000,
    GUEST_HANDLER_SIZE = 32,
    GUEST_DATA = 0x4000,
    GUEST_LOG = GUEST_DATA + 0x80, /* of the #DB handler */
    GUEST_IDT = 0x5000,
    GUEST_TSS = 0x6000,
    GUEST_TSS_2 = 0x6200,
    GUEST_GDT = 0x6800,
    GUEST_STACK = 0x8000,
    GUEST_USER_STACK = 0x9000,
    GUEST_ENTRY = 0xa000,
    GUEST_ROUTINE = 0xa080,
    GUEST_VIRTUAL = 0xa0c0,
    GUEST_END = 0xb000,
};

/* Selectors, in the order that SYSRET wants (AMD APM 2 6.1.1). */
enum {
    KERNEL_CS = 0x08,
    KERNEL_DS = 0x10,
    USER_CS_32 = 0x1b,
    USER_DS = 0x23,
    USER_CS = 0x2b,
    TSS_SELECTOR = 0x30,
    TASK_SELECTOR = 0x40,
    CODE_16 = 0x48,
    CALL_GATE = 0x50,
    TASK_GATE = 0x58,
};

/*
 * QEMU's TCG ends, with "invalid tss type", when a guest of kvm_amd below it
 * takes a stack from a 32-bit TSS: it wants one that is not busy, which KVM
 * must load it as (target/i386/tcg/seg_helper.c, get_ss_esp_from_tss()). So
 * this host must not be given code of level 3 in protected mode.
 */
bool guest_ends_host(enum context context, unsigned with);

/*
 * The vCPU at the start of code, in its context. RBX and RSI hold the address
 * of data, RDI one 0x100 further, RCX 8, RDX the debug console's port; data
 * counts up, 0x10 a byte. with is of enum guest_with. 0 or -errno.
 */
int guest_start(struct vm *vm, enum context context, unsigned with,
                const uint8_t *code, size_t n);

#endif
