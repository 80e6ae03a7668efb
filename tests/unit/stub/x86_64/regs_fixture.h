/* SPDX-License-Identifier: MIT */
#ifndef TESTS_UNIT_STUB_X86_64_REGS_FIXTURE_H
#define TESTS_UNIT_STUB_X86_64_REGS_FIXTURE_H

/*
 * A vCPU of the fake KVM, in real mode, of one of a few makes of CPU. Criterion
 * runs each test in a process of its own, so there is one of each.
 */

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "kvm/vm/types.h"
#include "stub/arch.h"
#include "tests/unit/kvm/rows.h"
#include "tests/unit/stub/fake_sys.h"

/* Criterion's assertions store an int in a bit-field. */
#pragma GCC diagnostic ignored "-Wconversion"

enum cpu_make {
    CPU_PLAIN,  /* no XSAVE, no MSRs to speak of */
    CPU_AVX,    /* and all MSRs */
    CPU_AVX512, /* and all MSRs */
    CPU_LARGE,  /* and PKRU, beyond the 4 KiB that KVM_GET_XSAVE gives */
    CPU_MAKES
};

extern const char *const cpu_names[CPU_MAKES];

extern struct vm vm;
extern struct vcpu *const cpu;

void begin_cpu(enum cpu_make make);

/* The description of a client; lldb or, in that mode, GDB. */
const struct rsp_desc *describe(enum cpu_mode mode, bool lldb);

/* NULL when the description has no such register. */
const struct rsp_reg *find_reg(const struct rsp_desc *desc, const char *name);

/* Forgets what is cached, so that the next look is at KVM's own state. */
void forget(void);

#endif
