/* SPDX-License-Identifier: MIT */
#include "kvm/x86_64/state/linear.h"

#include <errno.h>
#include <string.h>

#include "kvm/arch_cpu.h"
#include "kvm/core/gva.h"
#include "kvm/vm/types.h"
#include "kvm/x86_64/state/state.h"

bool x86_is_canonical(struct vcpu *vcpu, uint64_t gva)
{
    return paging_is_canonical(gva,
                               x86_sys(vcpu)->cr4 & X86_CR4_LA57 ? 57 : 48);
}

size_t x86_read(struct vcpu *vcpu, uint64_t gva, void *out, size_t n)
{
    const struct gva_space space = arch_space(vcpu);
    struct gva_piece piece;
    size_t done;

    for (done = 0; done < n; done += piece.n) {
        if (gva_piece(&space, gva + done, n - done, &piece) != GVA_RAM)
            break;
        memcpy((uint8_t *)out + done, piece.hva, piece.n);
    }
    return done;
}

int x86_write(struct vcpu *vcpu, uint64_t gva, const void *data, size_t n)
{
    const struct gva_space space = arch_space(vcpu);
    struct gva_piece first;
    struct gva_piece second = {0};

    if (gva_piece(&space, gva, n, &first) != GVA_RAM ||
        (first.n < n &&
         gva_piece(&space, gva + first.n, n - first.n, &second) != GVA_RAM) ||
        first.n + second.n < n)
        return -EFAULT;
    memcpy(first.hva, data, first.n);
    if (second.n)
        memcpy(second.hva, (const uint8_t *)data + first.n, second.n);
    return 0;
}

uint8_t *x86_byte(struct vcpu *vcpu, uint64_t gva)
{
    const struct gva_space space = arch_space(vcpu);
    struct gva_piece piece;

    (void)gva_piece(&space, gva, 1, &piece);
    return piece.hva;
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
