/* SPDX-License-Identifier: MIT */
#ifndef KVM_ARCH_CPU_H
#define KVM_ARCH_CPU_H

/*
 * What a CPU architecture provides: a vCPU's registers, and memory as it sees
 * it. Each architecture lives in a folder of its own (kvm/x86_64); nothing else
 * knows which it is. All functions that take a vCPU are for its owner.
 */

#include <stddef.h>
#include <stdint.h>

#include "kvm/core/diag.h"
#include "kvm/core/gva.h"
#include "kvm/vm/types.h"

/* --- set-up --- */

/* After KVM_CREATE_VM, before vCPUs and memory: capabilities, TSS address. */
int arch_vm_init(struct vm *vm, struct diag *diag);
/* After KVM_CREATE_VCPU: CPUID and the like; allocates vcpu->arch. */
int arch_vcpu_init(struct vcpu *vcpu, struct diag *diag);
void arch_vcpu_done(struct vcpu *vcpu);
/* --- registers --- */

uint64_t arch_pc(struct vcpu *vcpu); /* linear */
int arch_set_pc(struct vcpu *vcpu, uint64_t pc);
/* A number by which two states of the same vCPU are told apart: it changes when
 * any general register does, pc among them. A jump to itself changes none. */
uint64_t arch_progress(struct vcpu *vcpu);
/* Where the vCPU is, in the words of the architecture: "0000:7c3e". */
void arch_where(struct vcpu *vcpu, char *text, size_t cap);

/* An interrupt could wake a halted vCPU. */
bool arch_interruptible(struct vcpu *vcpu);

/* Where the stack is: one instruction or event may reach *ret_n bytes up and
 * down from there. */
uint64_t arch_stack(struct vcpu *vcpu, uint64_t *ret_n);
/* Unprivileged code is executing. */
bool arch_is_user(struct vcpu *vcpu);
/* Is it likely that what is at gva will be executed without privileges? */
bool arch_is_user_page(struct vcpu *vcpu, uint64_t gva);

/* User code may run: it has an interrupt table of its own to come to. */
bool arch_may_run_user(struct vcpu *vcpu);

/* --- memory --- */

/* The gpa of gva and how many bytes from there on lie in one piece. */
int arch_translate(struct vcpu *vcpu, uint64_t gva, uint64_t *ret_gpa,
                   uint64_t *ret_run);

static inline int arch_translate_for(void *vcpu, uint64_t gva,
                                     uint64_t *ret_gpa, uint64_t *ret_run)
{
    return arch_translate(vcpu, gva, ret_gpa, ret_run);
}

/* Memory by gva, for gva_piece(). Borrows the vCPU. */
static inline struct gva_space arch_space(struct vcpu *vcpu)
{
    return (struct gva_space){arch_translate_for, vcpu, &vcpu->vm->mem};
}

/* Calls back for each page (its gpa) that holds page tables in use, some of
 * them more than once. -ENOMEM. */
int arch_page_tables(struct vcpu *vcpu,
                     void (*visit)(void *context, uint64_t gpa), void *context);
/* A part of the address space in which all is alike. */
struct gva_region {
    uint64_t start;
    uint64_t size; /* bytes; 0: all of the address space */
    bool mapped;   /* to RAM */
    bool writable, executable, user;
};

/* The region that holds gva. */
void arch_region(struct vcpu *vcpu, uint64_t gva, struct gva_region *ret);
/* Memory that an instruction reads, writes, or both. */
struct arch_access {
    uint64_t gva, size;
    bool read, write;
};

enum { ARCH_ACCESSES = 4 };

/*
 * What the instruction at pc is about to access by its operands (not: the
 * frame of an exception that it may raise). Returns how many there are in ret.
 */
unsigned arch_accesses(struct vcpu *vcpu,
                       struct arch_access ret[ARCH_ACCESSES]);

#endif
