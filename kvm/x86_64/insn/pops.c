/* SPDX-License-Identifier: MIT */
/*
 * An instruction that pops several values has come from a page that does not
 * leave the guest to one that does. KVM's emulator begins it anew with what was
 * read, and forgets to take back SP: values that it has read before come from
 * its cache, the others from too far up, and SP ends there (emulate.c,
 * read_emulated(), em_popa(), emulate_iret_real(), em_ret_far()). How many it
 * had read is told by what is in the registers afterwards.
 *
 *        at                element m was the first that left the guest
 *   0  1  2  3  4  5 ...   elements of width bytes, up from the first SP
 */
#include "kvm/arch_cpu.h"
#include "kvm/arch_run.h"
#include "kvm/x86_64/insn/insn.h"
#include "kvm/x86_64/insn/losses.h"
#include "kvm/x86_64/state/linear.h"
#include "kvm/x86_64/state/state.h"

/* RFLAGS that an IRET in real mode loads, 16 bits (Intel SDM 2, "IRET"). */
enum { FLAGS_LOADED = 0x7fd5, FLAGS_FIXED = 2, POPA_SP = 3, POPA_N = 8 };

static bool is_in_page(uint64_t gva, uint64_t below)
{
    return (gva ^ (gva - below)) >> 12 == 0;
}

void x86_pops_begin(struct vcpu *vcpu, struct arch_pops *ret)
{
    uint8_t bytes[VCPU_INSN_MAX];
    size_t n = x86_read(vcpu, arch_pc(vcpu), bytes, sizeof bytes);
    struct insn insn = insn_decode(x86_code_mode(vcpu), bytes, n);

    *ret = (struct arch_pops){.at = x86_stack(vcpu, 0), .width = insn.operand};
    /* POPA skips SP: two down is the nearest that may be in another page. */
    if (is_in_page(ret->at, 2 * (uint64_t)insn.operand))
        return;
    if (insn.traits & INSN_IRET)
        ret->n = 3;
    else if (insn.traits & INSN_POPA)
        ret->n = POPA_N;
    else if (insn.traits & INSN_RET_FAR)
        ret->n = 2;
}

/* Where element i came from if m had been read before. */
static uint64_t pops_place(const struct arch_pops *pops, unsigned m, unsigned i)
{
    return pops->at + (uint64_t)pops->width * i -
           (i <= m ? (uint64_t)pops->width * m : 0);
}

static __u64 *popa_register(struct kvm_regs *gp, unsigned i)
{
    __u64 *const all[POPA_N] = {&gp->rdi, &gp->rsi, &gp->rbp, NULL,
                                &gp->rbx, &gp->rdx, &gp->rcx, &gp->rax};

    return all[i];
}

/* Element i as it is in the registers now; false: in none. */
static bool pops_loaded(struct vcpu *vcpu, const struct arch_pops *pops,
                        unsigned i, uint64_t *ret)
{
    struct kvm_regs *gp = x86_gp(vcpu);

    if (pops->n == POPA_N) {
        if (i == POPA_SP)
            return false;
        *ret = *popa_register(gp, i);
    } else if (i < 2) {
        *ret = i ? x86_sys(vcpu)->cs.selector : gp->rip;
    }
    return pops->n == POPA_N || i < 2;
}

static bool pops_fits(struct vcpu *vcpu, const struct arch_pops *pops,
                      unsigned m)
{
    uint64_t value;
    uint64_t there;

    for (unsigned i = 0; i < pops->n; i++) {
        bool is_cs = pops->n != POPA_N && i == 1;
        unsigned width = is_cs ? 2 : pops->width;

        if (pops_loaded(vcpu, pops, i, &value) &&
            (x86_read_number(vcpu, pops_place(pops, m, i), width, &there) < 0 ||
             there != x86_low_bytes(value, width)))
            return false;
    }
    return m == 0 || pops->n != POPA_N || m != POPA_SP;
}

/* Everything from where it should have come from. */
static void pops_mend(struct vcpu *vcpu, const struct arch_pops *pops,
                      unsigned m)
{
    struct kvm_regs *gp = x86_gp(vcpu);
    uint64_t first = pops->at - (uint64_t)m * pops->width;
    uint64_t mask = x86_low_bytes(UINT64_MAX, pops->width);
    uint64_t value;

    for (unsigned i = 0; i < pops->n; i++) {
        if (x86_read_number(vcpu, first + (uint64_t)i * pops->width,
                            pops->width, &value) < 0)
            return;
        if (pops->n == POPA_N && i != POPA_SP)
            *popa_register(gp, i) = (*popa_register(gp, i) & ~mask) | value;
        else if (pops->n != POPA_N && i == 2)
            gp->rflags = (gp->rflags & ~(uint64_t)FLAGS_LOADED) |
                         (value & FLAGS_LOADED) | FLAGS_FIXED;
    }
    (void)x86_set_stack(vcpu, x86_stack(vcpu, -((uint64_t)m * pops->width)));
    x86_touch(vcpu, X86_BANK_GP);
}

bool x86_pops_end(struct vcpu *vcpu, const struct arch_pops *pops,
                  struct arch_access *ret)
{
    unsigned m = 0;

    while (m < pops->n && !pops_fits(vcpu, pops, m))
        m++;
    if (m == 0 || m == pops->n)
        return false;
    pops_mend(vcpu, pops, m);
    *ret = (struct arch_access){
        .gva = pops->at - (uint64_t)m * pops->width,
        .size = (uint64_t)pops->n * pops->width,
        .read = true,
    };
    return true;
}
