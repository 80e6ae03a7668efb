/* SPDX-License-Identifier: MIT */
#ifndef KVM_X86_64_STATE_STATE_H
#define KVM_X86_64_STATE_STATE_H

/*
 * The registers of an x86 vCPU, in the banks in which KVM hands them out.
 *
 * General and system registers live in the shared run page, where KVM leaves
 * them after each KVM_RUN (KVM_CAP_SYNC_REGS), so reading them costs nothing.
 * The other banks are fetched when first asked for. A bank that was changed is
 * dirty until x86_commit() hands it over, or arch_before_run() at the latest.
 * For the vCPU's owner.
 */

#include <linux/kvm.h>

#include "kvm/vm/types.h"
#include "kvm/x86_64/insn/insn.h"
#include "kvm/x86_64/paging/paging.h"
#include "kvm/x86_64/state/xsave.h"
#include "kvm/x86_64/step/types.h"

enum x86_bank {
    X86_BANK_GP = 1u << 0,    /* kvm_regs */
    X86_BANK_SYS = 1u << 1,   /* kvm_sregs */
    X86_BANK_XSAVE = 1u << 2, /* kvm_xsave: x87, SSE, AVX... */
    X86_BANK_DEBUG = 1u << 3, /* kvm_debugregs: the guest's own */
    X86_BANK_XCR = 1u << 4,   /* kvm_xcrs */
    X86_BANK_MSR = 1u << 5,   /* those of kvm/x86_64/state/msr.h; read only */
    X86_BANK_SYS2 = 1u << 6,  /* kvm_sregs2, for its PDPTEs; read only */
};

/* Intel SDM 3A 2.5 (CR0, CR4), 2.2.1 (EFER), 2.3 (RFLAGS). */
#define X86_CR0_PE    UINT64_C(0x1)
#define X86_CR0_PG    UINT64_C(0x80000000)
#define X86_CR4_LA57  UINT64_C(0x1000)
#define X86_EFER_LME  UINT64_C(0x100)
#define X86_EFER_LMA  UINT64_C(0x400)
#define X86_RFLAGS_TF UINT64_C(0x100)
#define X86_RFLAGS_IF UINT64_C(0x200)
#define X86_RFLAGS_DF UINT64_C(0x400)
#define X86_RFLAGS_RF UINT64_C(0x10000)
#define X86_RFLAGS_VM UINT64_C(0x20000)
#define X86_RFLAGS_AC UINT64_C(0x40000)

struct vcpu_arch {
    unsigned valid, dirty;        /* enum x86_bank */
    struct kvm_guest_debug armed; /* what KVM was last told */
    bool armed_known;
    struct x86_points points; /* and for whom */
    uint64_t dr6;             /* what the last debug exit reported */
    struct x86_step step;
    bool got_nowhere;  /* the last step, once already */
    bool kicked;       /* out of a free run, and nothing has been run since */
    bool shutdown_due; /* KVM will report one, and it is nobody's */
    struct x86_pending pending;
    struct x86_interrupt interrupt;
    bool delivering; /* an exception, with this entry */
    uint8_t maxphyaddr;
    bool no_gib_pages, is_amd;
    bool keeps_pdpte; /* the CPU has copies of the PDPTEs, and KVM shows them */
    struct kvm_sregs2 sys2;
    struct kvm_cpuid2 *cpuid; /* the guest's; owned. NULL: not asked yet */
    struct x86_xsave_layout layout;
    struct kvm_xsave *xsave; /* caps.xsave_size bytes */
    struct kvm_msrs *msrs;   /* NULL: none chosen */
    struct kvm_debugregs debugregs;
    struct kvm_xcrs xcrs;
    struct kvm_regs last_gp; /* as it was when the vCPU was last entered */
    struct kvm_sregs last_sys;
    struct kvm_regs caught_gp; /* at the handler: arch_undeliver() */
    struct kvm_sregs caught_sys;
};

/* 0 or -errno. General and system registers are always at hand. */
int x86_fetch(struct vcpu *vcpu, unsigned banks);
/* The KVM struct of a bank, fetched or not; NULL: no MSRs were chosen. */
void *x86_bank_data(struct vcpu *vcpu, enum x86_bank bank);
/* The bank was changed (and is fetched). */
void x86_touch(struct vcpu *vcpu, unsigned banks);
/* Hands all dirty banks to KVM. */
int x86_flush(struct vcpu *vcpu);
/* Forgets what is cached, changes too, and asks KVM. */
int x86_refetch(struct vcpu *vcpu, unsigned banks);
/* Hands over a bank that was changed and reads back what KVM made of it. When
 * it refuses, -errno: the vCPU and the bank are then as they were, provided
 * that nothing was dirty before. */
int x86_commit(struct vcpu *vcpu, unsigned bank);

/* What waits to be delivered, what is held off; after KVM_RUN without an ioctl.
 */
int x86_events(struct vcpu *vcpu, struct kvm_vcpu_events *ret);

/* XCR0, which says what the guest has enabled of the XSAVE state. */
int x86_xcr0(struct vcpu *vcpu, uint64_t *ret);

/* After KVM_RUN, and before the next one with nothing of the debugger's
 * between: general and system registers that were changed go along with that
 * one. */
void x86_flush_with_run(struct vcpu *vcpu);

/* Bytes, with its entries. */
static inline size_t x86_msrs_size(const struct kvm_msrs *msrs)
{
    return sizeof *msrs + msrs->nmsrs * sizeof msrs->entries[0];
}

static inline struct kvm_regs *x86_gp(struct vcpu *vcpu)
{
    return &vcpu->run->s.regs.regs;
}

static inline struct kvm_sregs *x86_sys(struct vcpu *vcpu)
{
    return &vcpu->run->s.regs.sregs;
}

/* Long mode, its compatibility modes too. */
static inline bool x86_is_long(struct vcpu *vcpu)
{
    return x86_sys(vcpu)->efer & X86_EFER_LMA;
}

/* Real mode, or virtual-8086 mode: segments without descriptors. */
bool x86_is_real(struct vcpu *vcpu);
/* The current privilege level, 0 to 3. */
unsigned x86_cpl(struct vcpu *vcpu);

/* How instructions are decoded now: 16, 32 or 64 bit (CS.D, CS.L, EFER). */
unsigned x86_code_bits(struct vcpu *vcpu);

/* How instructions are decoded now. */
enum insn_mode x86_code_mode(struct vcpu *vcpu);

/* The guest has set TF, which KVM hides in the general registers as long as it
 * steps: shows it there, and to the next run. */
void x86_show_tf(struct vcpu *vcpu);

/* The registers that the page walker needs. */
struct paging x86_paging(struct vcpu *vcpu);

#endif
