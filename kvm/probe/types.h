/* SPDX-License-Identifier: MIT */
#ifndef KVM_PROBE_TYPES_H
#define KVM_PROBE_TYPES_H

/* What is asked of a host, and what it has answered. Types alone. */

#include <stdbool.h>

#include "kvm/vm/types.h"

enum {
    PROBE_TRAPS = 4, /* trap instructions that are worth a try */
    PROBE_CONTEXTS_MAX = 4,
    PROBE_SAW_MAX = 96,
};

enum probe_feature {
    PROBE_STEP,
    PROBE_BLOCK_IRQ,      /* a step keeps pending interrupts out */
    PROBE_HW_EXEC,        /* a breakpoint in a debug register */
    PROBE_HW_RESUME,      /* leaving one without taking it away */
    PROBE_HW_WRITE,       /* a watchpoint in a debug register */
    PROBE_HW_ACCESS,      /* one that sees reads */
    PROBE_STEP_HW_WRITE,  /* the same two during a step */
    PROBE_STEP_HW_ACCESS, /* */
    PROBE_READONLY_SLOT,  /* a write there is an MMIO exit */
    PROBE_READONLY_PC,    /* with pc past the instruction already */
    PROBE_NO_SLOT_READ,   /* a read where no memory is: MMIO exit */
    PROBE_NO_SLOT_FETCH,  /* a fetch there is an exit at its pc */
    /* Ways round, where the guest itself gets the exception: a debug register
     * on its handler stops it there. */
    PROBE_TRAP_HANDLER, /* ... of the first trap instruction */
    PROBE_STEP_HANDLER, /* ... of the guest's own single-step */
    /* What guests need: is it executed as a CPU would? */
    PROBE_PAGING_32,  /* 32-bit paging */
    PROBE_PAE,        /* the same with entries of 64 bits */
    PROBE_GIB_PAGES,  /* pages of 1 GiB */
    PROBE_INT,        /* a software interrupt */
    PROBE_IRET,       /* a return from one */
    PROBE_X87,        /* floating point by the x87 FPU */
    PROBE_SSE,        /* vectors of 128 bits */
    PROBE_CMPXCHG16B, /* a locked exchange of 128 bits */
    PROBE_BIT_COUNTS, /* lzcnt and tzcnt, which old CPUs take for bsr and bsf */
    /* Does the architecture's trap instruction i leave the guest? */
    PROBE_TRAP,
    PROBE_FEATURES = PROBE_TRAP + PROBE_TRAPS,
};

struct probe_answer {
    bool known;
    bool works;
    char saw[PROBE_SAW_MAX]; /* what happened, whether it works or not */
};

struct probe {
    const struct file_opener *opener; /* as in struct vm_config */
    bool open;
    int error; /* -errno: the last question got no answer; it may be asked
                * again, the reason may pass (no memory, no descriptor) */
    struct vm scratch; /* while open */
    struct probe_answer answer[PROBE_FEATURES][PROBE_CONTEXTS_MAX];
};

struct probe_name {
    const char *key;  /* stable, for programs: "hw-write" */
    const char *text; /* for people */
    bool user;        /* of contexts: code without privileges */
};

/* --- what the machine says of itself --- */

enum { HOST_WORD = 72 };

struct host {
    char kernel[HOST_WORD];     /* uname -r */
    char machine[HOST_WORD];    /* uname -m */
    char module[HOST_WORD];     /* the loaded KVM module: "kvm_intel" */
    char nested[HOST_WORD];     /* its parameter "nested": "Y" */
    char hypervisor[HOST_WORD]; /* what this machine runs in: "KVMKVMKVM" */
    bool is_virtual;
    const char *cpu_module; /* the module for this CPU; NULL: it has, or shows,
                               no virtualization */
};

#endif
