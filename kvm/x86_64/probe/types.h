/* SPDX-License-Identifier: MIT */
#ifndef KVM_X86_64_PROBE_TYPES_H
#define KVM_X86_64_PROBE_TYPES_H

/*
 * Inside the probe: the scratch guest of the experiments, and what is seen of
 * it. Its first 64 KiB, so that real mode reaches everything:
 *
 *     0x0000  interrupt vectors of real mode
 *     0x1000  the code under test, then HLT to the end of the page
 *     0x2000  256 handlers, NOP and HLT: where it halts tells the vector
 *     0x3000  data
 *     0x4000  interrupt descriptors of protected and long mode
 *     0x5000  task state: the stack for exceptions at CPL3; segments
 *     0x6000  stacks, growing down from 0x7000 and from 0x8000
 *     0x9000  a read-only memslot
 *     0xa000  no memslot
 *    0x10000  page tables of experiments about paging; at 0x20000 others
 */

#include <stdbool.h>
#include <stdint.h>

#include "kvm/core/debug.h"
#include "kvm/image/image.h"
#include "kvm/vm/types.h"

enum {
    PROBE_CODE = 0x1000,
    PROBE_DATA = 0x3000,
    PROBE_READONLY = 0x9000,
    PROBE_NOWHERE = 0xa000,
    PROBE_IRET_TARGET = PROBE_CODE + 0x10, /* where a prepared iret leads */
    /* The first memory once more, by a large page and by one of 1 GiB. */
    PROBE_SECOND_PAGE = 0x400000,
    PROBE_SECOND_GIB = 0x40000000,
    PROBE_BYTE = 0x5a, /* what memory holds */
    PROBE_MMIO = 0xa5, /* what reads give where no memory is */
};

/* Two bytes each: a step into one must not end in its HLT, which some hosts
 * then report at the next entry. */
#define PROBE_HANDLER(vector) (0x2000 + 2 * (vector))

/* Real, protected, long mode, and long mode at CPL3. */
enum x86_context { X86_REAL, X86_PROT, X86_LONG, X86_USER, X86_CONTEXTS };

/* Page tables other than those of long mode. */
enum probe_tables {
    PROBE_TABLES_PLAIN,
    PROBE_TABLES_32,
    PROBE_TABLES_PAE,
    PROBE_TABLES_GIB,
};

/* How the vCPU starts. */
struct probe_start {
    uint64_t pc;
    uint64_t di;     /* what the code takes for an address, in BX too */
    uint64_t rflags; /* set beside the bit that always is */
    bool nmi;        /* an NMI is pending */
    bool returns;    /* the frame of an interrupt is on the stack */
    enum probe_tables paging;
    uint8_t code[15]; /* at PROBE_CODE */
};

/* What happened. In what is wanted, zero stands for anything. */
struct probe_observation {
    uint32_t exit;     /* KVM_EXIT_* */
    uint32_t suberror; /* of an internal error */
    uint64_t pc;
    struct debug_hit hit;
    uint8_t opcode; /* of what could not be emulated */
    uint8_t al;     /* at the end */
    uint64_t frame; /* return address on top of the stack */
    uint64_t done;  /* behind the HLT that ended the code itself; 0: none */
    uint64_t then;  /* pc when run on without debugging */
    struct {        /* the first access without memory */
        uint64_t gpa, pc;
        uint32_t size;
        uint8_t value; /* of a write */
    } read, write;
};

#endif
