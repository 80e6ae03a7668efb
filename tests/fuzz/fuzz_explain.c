/* SPDX-License-Identifier: MIT */
/*
 * Any instruction, registers and tables: an explanation ends, says something,
 * reads only RAM and changes nothing. Input: struct start, then RAM from gpa 0.
 * There is no KVM behind the vCPU, so MSRs, CPUID and the FPU are not known.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <linux/kvm.h>

#include "kvm/arch_fault.h"
#include "kvm/core/link.h"
#include "kvm/vm/types.h"
#include "kvm/x86_64/fault/explain.h"
#include "kvm/x86_64/fault/explain_delivery.h"
#include "kvm/x86_64/fault/explain_words.h"
#include "kvm/x86_64/state/state.h"

enum { RAM = 64 << 10, CODE = 0x1000 };

/* Which registers are put in order, so that the instruction is come to; else
 * they are what the input says. */
enum order { ANY, REAL, PROT, COMPAT, LONG, ORDERS };

struct start {
    uint8_t order;  /* enum order, of its low bits */
    uint8_t raised; /* what is known of the exception */
    uint8_t cpl;
    uint8_t code[13];
    struct kvm_regs gp;
    struct kvm_sregs sys;
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(int truth)
{
    if (!truth)
        abort();
}

static struct kvm_segment segment(uint8_t type, uint8_t cpl, bool wide,
                                  bool is_long)
{
    return (struct kvm_segment){.limit = wide ? UINT32_MAX : UINT16_MAX,
                                .selector = 8 | cpl,
                                .type = type,
                                .present = 1,
                                .dpl = cpl,
                                .db = wide && !is_long,
                                .s = 1,
                                .l = is_long,
                                .g = wide};
}

static void put_in_order(struct kvm_regs *gp, struct kvm_sregs *sys,
                         enum order order, uint8_t cpl)
{
    bool wide = order != REAL;

    if (order == ANY)
        return;
    gp->rip = CODE;
    sys->cs = segment(11, wide ? cpl : 0, wide, order == LONG);
    sys->ss = segment(3, wide ? cpl : 0, wide, false);
    sys->cr0 = (sys->cr0 | wide) & ~(wide ? 0 : X86_CR0_PE);
    if (order < COMPAT)
        sys->cr0 &= ~X86_CR0_PG;
    sys->efer &= ~(X86_EFER_LME | X86_EFER_LMA);
    if (order >= COMPAT) /* four levels, the last ones map 2 MiB */
        sys->efer |= X86_EFER_LME | X86_EFER_LMA;
    sys->cr4 |= order >= COMPAT ? 0x20 : 0;
}

/* 2 MiB pages, one to one. */
static void put_tables(uint8_t *ram, struct kvm_sregs *sys)
{
    enum { PML4 = 0x2000, PDPT = 0x3000, PD = 0x4000 };
    const uint64_t pml4e = PDPT | 7;
    const uint64_t pdpte = PD | 7;
    const uint64_t pde = 0x87;

    memcpy(ram + PML4, &pml4e, 8);
    memcpy(ram + PDPT, &pdpte, 8);
    memcpy(ram + PD, &pde, 8);
    sys->cr3 = PML4;
    sys->cr0 |= X86_CR0_PG;
}

static void explain(struct vcpu *vcpu, uint8_t raised)
{
    static const int known[] = {X86_NO_VECTOR, X86_SOME_VECTOR};
    struct x86_fault fault;
    char text[720];
    int r = x86_explain_fault(vcpu, raised < 2 ? known[raised] : raised % 32,
                              &fault);

    must(r == fault.vector && r >= X86_NO_VECTOR && r < 256);
    must(*fault.text && memchr(fault.text, '\0', sizeof fault.text));
    x86_explain_delivery(vcpu, r, text, sizeof text);
    x86_describe_code(vcpu, raised % 32, fault.code ^ raised, text,
                      sizeof text);
    (void)arch_explain_shutdown(vcpu, NULL, text, sizeof text);
    must(*text);
    (void)arch_explain_emulation(vcpu, text, sizeof text);
    must(*text);
}

static void take_back(struct vcpu *vcpu, uint8_t raised)
{
    struct fault fault;

    if (arch_undeliver(vcpu, raised % 32, &fault) < 0)
        return;
    must(*fault.text && fault.vector < 256);
    arch_redeliver(vcpu);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct vm vm;
    struct vcpu *vcpu = &vm.vcpu[0];
    struct start start;

    if (size < sizeof start || size - sizeof start > RAM)
        return 0;
    memcpy(&start, data, sizeof start);
    vm.mem.n = 1;
    vm.mem.region[0] = (struct mem_region){0, RAM, calloc(1, RAM), false};
    vcpu->vm = &vm;
    vcpu->link = &vcpu_link_local;
    vcpu->fd = -1;
    vcpu->run = calloc(1, sizeof *vcpu->run);
    vcpu->arch = calloc(1, sizeof *vcpu->arch);
    must(vm.mem.region[0].hva && vcpu->run && vcpu->arch);
    memcpy(vm.mem.region[0].hva, data + sizeof start, size - sizeof start);
    *x86_gp(vcpu) = start.gp;
    *x86_sys(vcpu) = start.sys;
    vcpu->arch->maxphyaddr = 40;
    vcpu->arch->is_amd = start.cpl >> 2 & 1;
    put_in_order(x86_gp(vcpu), x86_sys(vcpu), start.order % ORDERS,
                 start.cpl & 3);
    if (start.order % ORDERS >= COMPAT)
        put_tables(vm.mem.region[0].hva, x86_sys(vcpu));
    if (start.order % ORDERS != ANY)
        memcpy(vm.mem.region[0].hva + CODE, start.code, sizeof start.code);
    explain(vcpu, start.raised);
    take_back(vcpu, start.raised);
    free(vm.mem.region[0].hva);
    free(vcpu->run);
    free(vcpu->arch->cpuid);
    free(vcpu->arch);
    return 0;
}
