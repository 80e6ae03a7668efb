/* SPDX-License-Identifier: MIT */
#ifndef KVM_PROBE_PROBE_H
#define KVM_PROBE_PROBE_H

/*
 * Does feature F work in CPU context C on this host? KVM's capabilities say
 * only what is accepted, and hosts differ in what then happens, so each
 * question is answered by an experiment: a few instructions in a scratch VM,
 * run when first asked, about a millisecond, and remembered.
 *
 * Features are the same for all architectures, but for the trap instructions;
 * contexts are the architecture's own. Without KVM every answer is no.
 * For one thread; nothing here is shared between probes.
 */

#include <stdbool.h>

#include "kvm/vm/vm.h"

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

/* Costs nothing; a probe may be copied until it is asked. */
void probe_init(struct probe *probe);
/* Gives the scratch VM back. The answers stay, and a new question makes a new
 * VM, so call it after a round of questions. */
void probe_rest(struct probe *probe);

const struct probe_answer *probe_ask(struct probe *probe,
                                     enum probe_feature feature,
                                     unsigned context);
/* In every context where the guest's kernel runs (or its user code) and where
 * there is such a thing. */
bool probe_in_kernel(struct probe *probe, enum probe_feature feature);
bool probe_in_user(struct probe *probe, enum probe_feature feature);

/* --- the architecture's part --- */

struct probe_name {
    const char *key;  /* stable, for programs: "hw-write" */
    const char *text; /* for people */
    bool user;        /* of contexts: code without privileges */
};

/* NULL after the last. */
const struct probe_name *probe_context_name(unsigned context);
const struct probe_name *probe_feature_name(unsigned feature);
/* Is there such a thing in that context at all? Else its answer is no, and
 * means nothing. */
bool probe_applies(enum probe_feature feature, unsigned context);
/* The context that comes closest to what the vCPU executes now. */
unsigned probe_context_of(struct vcpu *vcpu);

/* For kvm/probe/probe.c: lays out the memory of a new scratch VM ... */
int arch_probe_prepare(struct vm *scratch);
/* ... and runs one experiment in it. */
void arch_probe_try(struct vm *scratch, enum probe_feature feature,
                    unsigned context, struct probe_answer *ret);

#endif
