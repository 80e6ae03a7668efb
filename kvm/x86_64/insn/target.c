/* SPDX-License-Identifier: MIT */
#include "kvm/x86_64/insn/target.h"

#include "kvm/arch_cpu.h"
#include "kvm/x86_64/state/linear.h"
#include "kvm/x86_64/state/segment.h"
#include "kvm/x86_64/state/state.h"

/* m16:16, m16:32 or m16:64 of a jump; a call stores, too. */
static bool read_pointer(struct vcpu *vcpu, const struct insn *insn,
                         uint16_t *ret_selector, uint64_t *ret_offset)
{
    struct arch_access access[ARCH_ACCESSES];
    unsigned n = arch_accesses(vcpu, access);
    uint64_t selector;

    for (unsigned i = 0; i < n; i++) {
        if (access[i].write)
            continue;
        if (x86_read_number(vcpu, access[i].gva, insn->operand, ret_offset) <
                0 ||
            x86_read_number(vcpu, access[i].gva + insn->operand, 2, &selector) <
                0)
            return false;
        *ret_selector = (uint16_t)selector;
        return true;
    }
    return false;
}

bool x86_far_pointer(struct vcpu *vcpu, const struct insn *insn,
                     uint16_t *ret_selector, uint64_t *ret_offset)
{
    if (!(insn->traits & INSN_FAR))
        return false;
    if (insn->traits & INSN_FAR_MEMORY)
        return read_pointer(vcpu, insn, ret_selector, ret_offset);
    *ret_selector = insn->selector;
    *ret_offset = insn->offset;
    return true;
}

static bool target_resolve(struct vcpu *vcpu, bool real, uint16_t selector,
                           uint64_t offset, struct x86_target *ret)
{
    struct kvm_segment code = {.base = (uint64_t)selector << 4};

    if (!real && x86_read_segment(vcpu, selector, &code) < 0)
        return false;
    ret->gva = code.l && x86_sys(vcpu)->efer & X86_EFER_LMA
                   ? offset
                   : (code.base + offset) & UINT32_MAX;
    ret->user64 = code.l && (selector & 3) == 3;
    return true;
}

static bool iret_target(struct vcpu *vcpu, unsigned width,
                        struct x86_target *ret)
{
    bool real = x86_is_real(vcpu);
    uint64_t flags;
    uint64_t ip;
    uint64_t cs;

    if (x86_read_number(vcpu, x86_stack(vcpu, 0), width, &ip) < 0 ||
        x86_read_number(vcpu, x86_stack(vcpu, width), 2, &cs) < 0 ||
        x86_read_number(vcpu, x86_stack(vcpu, 2 * (uint64_t)width), width,
                        &flags) < 0)
        return false;
    if (width == 4 && !real && x86_cpl(vcpu) == 0 &&
        !(x86_sys(vcpu)->efer & X86_EFER_LMA))
        real = flags & X86_RFLAGS_VM;
    return target_resolve(vcpu, real, (uint16_t)cs, ip, ret);
}

bool x86_target(struct vcpu *vcpu, const struct insn *insn,
                struct x86_target *ret)
{
    uint16_t selector;
    uint64_t offset;

    if (insn->traits & INSN_IRET)
        return iret_target(vcpu, insn->operand, ret);
    return x86_far_pointer(vcpu, insn, &selector, &offset) &&
           target_resolve(vcpu, x86_is_real(vcpu), selector, offset, ret);
}
