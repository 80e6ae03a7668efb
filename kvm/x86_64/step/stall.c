/* SPDX-License-Identifier: MIT */
#include "kvm/x86_64/step/stall.h"

#include <stdio.h>
#include <string.h>

#include "kvm/arch_cpu.h"
#include "kvm/arch_fault.h"
#include "kvm/arch_run.h"
#include "kvm/core/link.h"
#include "kvm/vm/types.h"
#include "kvm/x86_64/insn/target.h"
#include "kvm/x86_64/state/linear.h"
#include "kvm/x86_64/state/state.h"
#include "kvm/x86_64/step/reflect.h"

/* These may lead anywhere, back to themselves too, and read no tables on the
 * way. */
#define ANYWHERE                                                               \
    (INSN_REPEAT | INSN_BRANCH | INSN_SYSCALL | INSN_SYSENTER | INSN_SYSRET |  \
     INSN_SYSEXIT)

/* --- is it one? --- */

static struct insn insn_at_pc(struct vcpu *vcpu)
{
    uint8_t bytes[VCPU_INSN_MAX];
    size_t n = x86_read(vcpu, arch_pc(vcpu), bytes, sizeof bytes);

    return insn_decode(x86_code_mode(vcpu), bytes, n);
}

static bool may_stay(struct vcpu *vcpu, const struct insn *insn)
{
    struct x86_target target;

    return insn->traits & ANYWHERE ||
           (x86_target(vcpu, insn, &target) && target.gva == arch_pc(vcpu));
}

bool arch_may_stay(struct vcpu *vcpu)
{
    struct insn insn = insn_at_pc(vcpu);

    return may_stay(vcpu, &insn);
}

bool arch_may_stall(struct vcpu *vcpu)
{
    return insn_at_pc(vcpu).traits & (INSN_INT | INSN_TABLES);
}

/* But for the flags, which KVM clears before it fails. */
static bool nothing_changed(struct vcpu *vcpu)
{
    struct kvm_regs before = vcpu->arch->last_gp;

    before.rflags = x86_gp(vcpu)->rflags;
    return memcmp(&before, x86_gp(vcpu), sizeof before) == 0 &&
           memcmp(&vcpu->arch->last_sys.cs, &x86_sys(vcpu)->cs,
                  sizeof(struct kvm_segment)) == 0;
}

bool x86_is_stalled(struct vcpu *vcpu)
{
    const struct x86_step *step = &vcpu->arch->step;

    return !step->delivery && arch_pc(vcpu) == step->pc &&
           nothing_changed(vcpu) && !may_stay(vcpu, &step->insn[0]);
}

/* --- why? --- */

static bool is_ram(struct vcpu *vcpu, uint64_t gva)
{
    return x86_byte(vcpu, gva) != NULL;
}

/* Mapped, or without paging, but to no RAM: else it were a page fault. */
static bool is_elsewhere(struct vcpu *vcpu, uint64_t gva)
{
    uint64_t gpa;
    uint64_t run;

    return arch_translate(vcpu, gva, &gpa, &run) == 0 && !is_ram(vcpu, gva);
}

/* An operand that is not in RAM. */
static bool stall_find_operand(struct vcpu *vcpu, uint64_t *ret)
{
    struct arch_access access[ARCH_ACCESSES];
    unsigned n = arch_accesses(vcpu, access);

    for (unsigned i = 0; i < n; i++) {
        uint64_t last = access[i].gva + access[i].size - 1;

        *ret = is_elsewhere(vcpu, access[i].gva) ? access[i].gva : last;
        if (access[i].size && is_elsewhere(vcpu, *ret))
            return true;
    }
    return false;
}

/* A table of the CPU's that is not in RAM, or NULL; for an event all are used,
 * and the stack. */
static const char *stall_find_table(struct vcpu *vcpu, unsigned traits,
                                    uint64_t *ret)
{
    const struct kvm_sregs *sys = x86_sys(vcpu);
    bool event = traits & INSN_INT;
    bool real = x86_is_real(vcpu);
    const struct {
        const char *name;
        uint64_t base;
        bool used;
    } tables[] = {
        {"the interrupt table", sys->idt.base, event},
        {"the GDT", sys->gdt.base, !real},
        {"the LDT", sys->ldt.base, !real && !sys->ldt.unusable},
        {"the TSS", sys->tr.base, !real},
        {"the stack", x86_stack(vcpu, 0) - 1, event},
    };

    for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++) {
        *ret = tables[i].base;
        if (tables[i].used && is_elsewhere(vcpu, *ret))
            return tables[i].name;
    }
    return NULL;
}

void arch_explain_delivery(struct vcpu *vcpu, char *text, size_t cap)
{
    char where[64];
    char why[80] = "it gives no reason";
    uint64_t gva;
    const char *table = stall_find_table(vcpu, INSN_INT, &gva);

    if (table)
        (void)snprintf(why, sizeof why, "%s, at 0x%llx, is not in RAM", table,
                       (unsigned long long)gva);
    arch_where(vcpu, where, sizeof where);
    (void)snprintf(text, cap,
                   "this host's KVM cannot deliver the interrupt or exception "
                   "at %s: %s",
                   where, why);
}

void arch_drop_undelivered(struct vcpu *vcpu)
{
    struct kvm_vcpu_events events;

    if (vcpu_ioctl(vcpu, KVM_GET_VCPU_EVENTS, &events) < 0 ||
        (events.exception.injected && events.exception.nr == X86_DB))
        return;
    events.interrupt.injected = 0;
    (void)x86_forget_exception(vcpu, &events);
}

void arch_explain_stall(struct vcpu *vcpu, char *text, size_t cap)
{
    struct insn insn = insn_at_pc(vcpu);
    unsigned reads = insn.traits & (INSN_INT | INSN_TABLES);
    char where[64];
    char why[120] = "it gives no reason";
    uint64_t gva = 0;
    const char *table;

    if (stall_find_operand(vcpu, &gva))
        (void)snprintf(why, sizeof why,
                       "its operand, at 0x%llx, is not in RAM, and KVM cannot "
                       "emulate that",
                       (unsigned long long)gva);
    else if ((table = stall_find_table(vcpu, reads ? reads : INSN_INT, &gva)))
        (void)snprintf(why, sizeof why, "%s%s, at 0x%llx, is not in RAM",
                       reads ? "" : "an event cannot be delivered: ", table,
                       (unsigned long long)gva);
    arch_where(vcpu, where, sizeof where);
    (void)snprintf(text, cap,
                   "this host's KVM begins the instruction at %s anew without "
                   "end: %s",
                   where, why);
}
