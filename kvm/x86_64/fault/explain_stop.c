/* SPDX-License-Identifier: MIT */
/*
 * Why the guest cannot go on: a triple fault, or an instruction that KVM does
 * not execute. Whether that is the guest's mistake or the host's limit is told
 * by what a CPU would do with the same instruction, and by experiments.
 */
#include <stdio.h>

#include "kvm/arch_run.h"
#include "kvm/core/mem.h"
#include "kvm/probe/probe.h"
#include "kvm/vm/types.h"
#include "kvm/x86_64/fault/explain.h"
#include "kvm/x86_64/fault/explain_case.h"
#include "kvm/x86_64/fault/explain_delivery.h"
#include "kvm/x86_64/fault/explain_words.h"
#include "kvm/x86_64/insn/vector.h"
#include "kvm/x86_64/probe/types.h"
#include "kvm/x86_64/state/state.h"

/* --- the host --- */

/* As it is, or as the instruction at pc is about to make it: where a host
 * cannot do it, it may be the mov to CR0 that ends in the triple fault. */
static struct paging paging_wanted(struct vcpu *vcpu)
{
    struct paging paging = x86_paging(vcpu);
    struct x86_fault fault;
    struct decoded at;
    struct explain e;
    uint64_t value;

    x86_decode(vcpu, &at);
    explain_open(vcpu, X86_NO_VECTOR, &at, &fault, &e);
    if (!ZYAN_SUCCESS(e.at->status) ||
        e.at->insn.mnemonic != ZYDIS_MNEMONIC_MOV ||
        e.at->op[0].type != ZYDIS_OPERAND_TYPE_REGISTER ||
        !explain_operand(&e, 1, &value))
        return paging;
    if (e.at->op[0].reg.value == ZYDIS_REGISTER_CR0)
        paging.cr0 = value;
    if (e.at->op[0].reg.value == ZYDIS_REGISTER_CR4)
        paging.cr4 = value;
    if (paging.efer & X86_EFER_LME && paging.cr0 & X86_CR0_PG)
        paging.efer |= X86_EFER_LMA;
    return paging;
}

/* Paging outside of long mode is what hosts without hardware for it lack. */
static const char *missing_paging(struct vcpu *vcpu, struct probe *probe)
{
    const struct paging paging = paging_wanted(vcpu);
    bool pae = paging_is_pae(&paging);
    enum probe_feature feature = pae ? PROBE_PAE : PROBE_PAGING_32;
    bool works;

    if (!probe || !(paging.cr0 & X86_CR0_PE) || !(paging.cr0 & X86_CR0_PG) ||
        paging.efer & X86_EFER_LMA)
        return NULL;
    works = probe_ask(probe, feature, X86_PROT)->works;
    probe_rest(probe);
    if (works)
        return NULL;
    return pae ? "PAE paging" : "32-bit paging";
}

/* --- triple faults --- */

/* kvm_amd answers a shutdown with INIT: what is left is the reset state
 * (svm.c, shutdown_interception()). */
bool arch_is_reset(struct vcpu *vcpu)
{
    const struct kvm_sregs *sys = x86_sys(vcpu);

    return x86_gp(vcpu)->rip == 0xfff0 && sys->cs.base == 0xffff0000 &&
           !(sys->cr0 & X86_CR0_PE);
}

static void restore_last(struct vcpu *vcpu)
{
    *x86_gp(vcpu) = vcpu->arch->last_gp;
    *x86_sys(vcpu) = vcpu->arch->last_sys;
    x86_touch(vcpu, X86_BANK_GP | X86_BANK_SYS);
}

/* The error code is part of what tells. */
static void stop_say_code(struct vcpu *vcpu, const struct x86_fault *fault,
                          char *text, size_t cap)
{
    char bits[100];

    text[0] = '\0';
    if (!fault->has_code || (fault->vector != X86_PF && !fault->code))
        return;
    if (fault->vector == X86_PF)
        x86_describe_code(vcpu, X86_PF, fault->code, bits, sizeof bits);
    else
        bits[0] = '\0';
    (void)snprintf(text, cap, "; error code 0x%x%s%s", fault->code,
                   *bits ? ": " : "", bits);
}

static void say_fault(struct vcpu *vcpu, const char *where,
                      const struct x86_fault *fault, char *text, size_t cap)
{
    char delivery[260];
    char code[128];

    x86_explain_delivery(vcpu, fault->vector, delivery, sizeof delivery);
    stop_say_code(vcpu, fault, code, sizeof code);
    (void)snprintf(text, cap, "triple fault at %s: %s%s%s%s", where,
                   fault->text, code, *delivery ? "; " : "", delivery);
}

enum fault_class arch_explain_shutdown(struct vcpu *vcpu, struct probe *probe,
                                       char *text, size_t cap)
{
    bool lost = arch_is_reset(vcpu);
    struct x86_fault fault = {.vector = X86_NO_VECTOR};
    const char *missing;
    char where[64];

    if (lost)
        restore_last(vcpu);
    arch_where(vcpu, where, sizeof where);
    missing = missing_paging(vcpu, probe);
    if (missing && x86_explain_fault(vcpu, X86_NO_VECTOR, &fault) < 0) {
        (void)snprintf(
            text, cap,
            "triple fault at %s: the guest turns on %s: " X86_NOT_THE_GUEST,
            where, missing);
        return FAULT_UNKNOWN;
    }
    (void)x86_explain_fault(vcpu, lost ? X86_NO_VECTOR : X86_SOME_VECTOR,
                            &fault);
    if (lost && fault.vector < 0)
        (void)snprintf(text, cap,
                       "triple fault, and this host's KVM resets the CPU at "
                       "one: the registers are those of the last stop, at %s",
                       where);
    else
        say_fault(vcpu, where, &fault, text, cap);
    return x86_fault_class(fault.vector);
}

/* --- instructions that KVM does not execute --- */

/* An operand that lies where no memory is: KVM executes such accesses itself,
 * and does not know every instruction. */
static bool touches_nothing(struct vcpu *vcpu, uint64_t *ret_gpa)
{
    struct arch_access access[ARCH_ACCESSES];
    unsigned n = arch_accesses(vcpu, access);
    uint64_t run;

    for (unsigned i = 0; i < n; i++)
        if (access[i].size &&
            arch_translate(vcpu, access[i].gva, ret_gpa, &run) == 0 &&
            !mem_has(&vcpu->vm->mem, *ret_gpa, 1))
            return true;
    return false;
}

static void name_insn(struct vcpu *vcpu, char *text, size_t cap)
{
    struct x86_fault fault;
    struct decoded at;
    struct explain e;

    x86_decode(vcpu, &at);
    explain_open(vcpu, X86_NO_VECTOR, &at, &fault, &e);
    explain_name(&e, text, cap);
}

enum fault_class arch_explain_emulation(struct vcpu *vcpu, char *text,
                                        size_t cap)
{
    struct x86_fault fault;
    char where[64];
    char name[96];
    uint64_t gpa;

    arch_where(vcpu, where, sizeof where);
    name_insn(vcpu, name, sizeof name);
    if (x86_explain_fault(vcpu, X86_NO_VECTOR, &fault) >= 0 &&
        !fault.is_software)
        (void)snprintf(text, cap, "at %s: %s", where, fault.text);
    else if (!*name)
        (void)snprintf(text, cap,
                       "this host's KVM cannot execute the instruction at %s: "
                       "no memory is there",
                       where);
    else if (touches_nothing(vcpu, &gpa))
        (void)snprintf(text, cap,
                       "this host's KVM cannot execute the instruction at %s, "
                       "%s: it accesses 0x%llx, where no memory is",
                       where, name, (unsigned long long)gpa);
    else
        (void)snprintf(text, cap,
                       "this host's KVM cannot execute the instruction at %s, "
                       "%s: " X86_NOT_THE_GUEST,
                       where, name);
    return x86_fault_class(fault.vector);
}
