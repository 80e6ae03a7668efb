/* SPDX-License-Identifier: MIT */
#ifndef TESTS_UNIT_STUB_FAKE_SYS_H
#define TESTS_UNIT_STUB_FAKE_SYS_H

/*
 * Takes the place of kvm/core/sys.c: a KVM with one vCPU that keeps what it is
 * given, counts what it is asked, and refuses some of it as the real one does.
 */

#include <stddef.h>
#include <stdint.h>

#include <linux/kvm.h>

enum { FAKE_XSAVE_BYTES = 8192, FAKE_MSRS = 64 };

struct fake_kvm {
    struct kvm_regs regs;
    struct kvm_sregs sregs;
    struct kvm_debugregs debugregs;
    struct kvm_xcrs xcrs;
    uint8_t xsave[FAKE_XSAVE_BYTES];
    size_t xsave_size;
    struct kvm_msr_entry msr[FAKE_MSRS];
    size_t n_msrs;
    unsigned calls; /* ioctls so far */
};

/* What it never takes, and what it takes and drops. */
enum {
    FAKE_CR4_RESERVED = 1 << 15,
    FAKE_CR0_DROPPED = 1 << 30,
    FAKE_MSR_CONSTANT = 0xfe,
    FAKE_MSR_NARROW = 0x176, /* 32 bits of it */
};

extern struct fake_kvm fake_kvm;

#endif
