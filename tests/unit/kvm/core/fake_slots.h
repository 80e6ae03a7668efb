/* SPDX-License-Identifier: MIT */
#ifndef TESTS_UNIT_KVM_CORE_FAKE_SLOTS_H
#define TESTS_UNIT_KVM_CORE_FAKE_SLOTS_H

/*
 * The memory slots of a KVM that is not there. In place of kvm/core/sys.c;
 * takes and refuses what the kernel does (KVM api.rst 4.35 and
 * virt/kvm/kvm_main.c, __kvm_set_memory_region).
 */

#include <linux/kvm.h>

enum { FAKE_SLOTS_MAX = 64 };

struct fake_slots {
    unsigned n; /* KVM_CAP_NR_MEMSLOTS */
    struct kvm_userspace_memory_region slot[FAKE_SLOTS_MAX]; /* size 0: none */
    unsigned calls;   /* that changed something */
    unsigned fail_at; /* the call of this number, from 1, fails... */
    int fail_with;    /* ...with this -errno */
};

/* Criterion runs each test in a process of its own. */
extern struct fake_slots fake_slots;

#endif
