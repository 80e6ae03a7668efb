/* SPDX-License-Identifier: MIT */
#ifndef KVM_CORE_GUARD_H
#define KVM_CORE_GUARD_H

/*
 * Memory slots, and guards: pages of RAM whose accesses leave the guest.
 *
 * KVM has no debug register limit for memory slots: a write to a read-only
 * slot is an MMIO exit with address, length and data, and so is any access to
 * a page without a slot (KVM api.rst 4.35). RAM is therefore cut into slots
 * along the guards, and only slots that change are touched, since each change
 * throws away KVM's page tables.
 *
 * For the thread that owns the parked vCPUs.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kvm/core/diag.h"
#include "kvm/core/mem.h"

struct vm;

enum guard {
    GUARD_WRITE,  /* writes exit */
    GUARD_ACCESS, /* reads, writes and instruction fetches exit */
};

struct guard_range {
    uint64_t gpa, size; /* page aligned, bytes */
    enum guard kind;
};

/* One KVM memory slot. */
struct slot {
    uint64_t gpa, size;
    uint8_t *hva;
    bool read_only;
    bool live;   /* KVM has it, */
    unsigned id; /* by this number */
};

struct slot_list {
    struct slot *slot; /* owned; in order of gpa */
    size_t n, cap;
};

struct guards {
    struct slot_list slots; /* what KVM has now */
    uint8_t *id_used;       /* owned; one byte an id */
    unsigned n_ids;
    unsigned lowest_id; /* all below are used */
    size_t n_guarded;   /* ranges in force */
};

/* All of RAM in plain slots. -errno with diag. */
int guards_init(struct vm *vm, struct diag *diag);
void guards_done(struct vm *vm);

/*
 * These ranges and no others. -EINVAL unless they are sorted, disjoint, and RAM
 * in whole pages; -ENOSPC when there are more than KVM has slots for; -ENOMEM.
 * On failure the previous ones stay.
 */
int guards_set(struct vm *vm, const struct guard_range *ranges, size_t n);
/* The same ranges keep slots of their own, but are not guarded for now: sooner
 * done and undone than without them. */
int guards_lower(struct vm *vm, const struct guard_range *ranges, size_t n);

/* Is that byte RAM whose access does not leave the guest now? */
bool guards_let(const struct vm *vm, uint64_t gpa, bool write);

#endif
