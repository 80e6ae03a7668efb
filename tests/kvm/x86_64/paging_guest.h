/* SPDX-License-Identifier: MIT */
#ifndef TESTS_KVM_X86_64_PAGING_GUEST_H
#define TESTS_KVM_X86_64_PAGING_GUEST_H

/*
 * A guest that makes one access by random page tables, and what became of it.
 *
 *     0x01000  the supervisor's code, and a HLT for each exception
 *     0x02000  the user's code
 *     0x03000  interrupt descriptors, then segments and the task state
 *     0x05000  the stack for exceptions, growing down from 0x6000
 *     0x10000  POOL_PAGES of page tables: the first ones map all of the above
 *              one to one, all other entries are random
 *     0x80000  data up to the end of RAM: each 8 bytes are instructions that
 *              load their own address, divided by 8, and halt
 */

#include <stdbool.h>
#include <stdint.h>

#include "kvm/vm/types.h"
#include "kvm/x86_64/paging/rights.h"

enum {
    GUEST_RAM = 8 << 20,
    GUEST_POOL = 0x10000,
    POOL_PAGES = 96,
    GUEST_DATA = 0x80000,
    WRITTEN = 0x31415926, /* by the guest's write */
    FROM_DEVICE = 0x2718, /* what it reads where no RAM is */
    PF = 14,
    GP = 13,
};

/* A paging mode as random tables need it, beside kvm/x86_64/paging/paging.c's.
 */
struct paging_mode {
    const char *name;
    bool is_long;
    uint64_t cr4;
    unsigned levels, gva_bits, entry_size;
    unsigned shift[6], bits[6]; /* by level */
    unsigned largest;           /* the highest level that maps pages */
};

enum paging_mode_id { MODE_32, MODE_PSE, MODE_PAE, MODE_4, MODE_5, N_MODES };

extern const struct paging_mode paging_modes[N_MODES];

/* The bits of control registers that are on for some tables and off for
 * others. */
struct paging_options {
    uint64_t cr0, cr4, efer;
    uint32_t pkru;
};

enum end {
    END_DONE,   /* value was read, written or executed */
    END_DEVICE, /* it left the guest: gpa */
    END_FETCH,  /* a fetch from where no RAM is */
    END_FAULT,  /* vector, code, cr2 */
    END_OTHER,
};

struct outcome {
    enum end end;
    uint32_t value;
    uint64_t gpa;
    unsigned vector;
    uint64_t code, cr2;
    unsigned exit; /* KVM_EXIT_*, of END_OTHER */
};

/* Linear congruential, Knuth's MMIX: the upper 32 bits. */
uint32_t draw(void);
void draw_seed(uint64_t seed);

/* Fills all of memory anew, and makes KVM forget what it knows of it. */
int guest_fill(struct vm *vm, const struct paging_mode *mode);
/* What the eight bytes at gpa do when executed: the value of EAX. */
uint32_t guest_word(uint64_t gpa);
int guest_forget(struct vm *vm);
/* Puts these eight bytes there again. */
void guest_put_data(struct vm *vm, uint64_t gpa);

/* The vCPU is about to make the access to gva. */
int guest_prepare(struct vm *vm, const struct paging_mode *mode,
                  const struct paging_options *options,
                  const struct page_access *access, uint64_t gva);
/* It makes it. 0 or -errno. */
int guest_go(struct vm *vm, const struct page_access *access,
             struct outcome *ret);

/* PDPTEs in memory, which the CPU may have copies of. */
void guest_scramble_pdptes(struct vm *vm, uint64_t old[4]);
void guest_restore_pdptes(struct vm *vm, const uint64_t old[4]);

#endif
