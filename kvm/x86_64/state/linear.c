/* SPDX-License-Identifier: MIT */
#include "kvm/x86_64/state/linear.h"

#include <errno.h>
#include <string.h>

#include "kvm/arch_cpu.h"
#include "kvm/core/mem.h"
#include "kvm/vm/types.h"
#include "kvm/x86_64/state/state.h"

bool x86_is_canonical(struct vcpu *vcpu, uint64_t gva)
{
    return paging_is_canonical(gva,
                               x86_sys(vcpu)->cr4 & X86_CR4_LA57 ? 57 : 48);
}

/* Where gva is, and how many of n bytes lie there in one piece. */
static uint8_t *piece(struct vcpu *vcpu, uint64_t gva, size_t n, size_t *ret_n)
{
    struct mem_span span;
    uint64_t gpa;
    uint64_t run;

    if (arch_translate(vcpu, gva, &gpa, &run) < 0 ||
        !mem_span(&vcpu->vm->mem, gpa, run < n ? (size_t)run : n, &span))
        return NULL;
    *ret_n = span.n;
    return span.at;
}

size_t x86_read(struct vcpu *vcpu, uint64_t gva, void *out, size_t n)
{
    size_t done = 0;
    size_t part;

    while (done < n) {
        const uint8_t *hva = piece(vcpu, gva + done, n - done, &part);

        if (!hva)
            break;
        memcpy((uint8_t *)out + done, hva, part);
        done += part;
    }
    return done;
}

int x86_write(struct vcpu *vcpu, uint64_t gva, const void *data, size_t n)
{
    size_t part = 0;

    for (size_t done = 0; done < n; done += part)
        if (!piece(vcpu, gva + done, n - done, &part))
            return -EFAULT;
    for (size_t done = 0; done < n; done += part)
        memcpy(piece(vcpu, gva + done, n - done, &part),
               (const uint8_t *)data + done, part);
    return 0;
}

uint8_t *x86_byte(struct vcpu *vcpu, uint64_t gva)
{
    size_t n;

    return piece(vcpu, gva, 1, &n);
}

int x86_read_number(struct vcpu *vcpu, uint64_t gva, unsigned size,
                    uint64_t *ret)
{
    *ret = 0;
    return x86_read(vcpu, gva, ret, size) == size ? 0 : -EFAULT;
}

/* Intel SDM 1 6.2.3: the stack's address size is SS.B, or 64. */
static uint64_t stack_mask(struct vcpu *vcpu)
{
    if (x86_code_bits(vcpu) == 64)
        return UINT64_MAX;
    return x86_sys(vcpu)->ss.db ? UINT32_MAX : UINT16_MAX;
}

uint64_t x86_stack(struct vcpu *vcpu, uint64_t offset)
{
    uint64_t mask = stack_mask(vcpu);
    uint64_t sp = (x86_gp(vcpu)->rsp + offset) & mask;

    if (mask == UINT64_MAX)
        return sp;
    return (x86_sys(vcpu)->ss.base + sp) & UINT32_MAX;
}

int x86_set_stack(struct vcpu *vcpu, uint64_t gva)
{
    uint64_t mask = stack_mask(vcpu);
    uint64_t base = mask == UINT64_MAX ? 0 : x86_sys(vcpu)->ss.base;
    struct kvm_regs *gp = x86_gp(vcpu);
    uint64_t before = gp->rsp;

    gp->rsp = (before & ~mask) | ((gva - base) & mask);
    if (x86_stack(vcpu, 0) == gva)
        return 0;
    gp->rsp = before;
    return -EINVAL;
}
