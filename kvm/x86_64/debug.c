/* SPDX-License-Identifier: MIT */
/*
 * KVM_SET_GUEST_DEBUG (KVM api.rst 4.87) and what a debug exit says.
 *
 * DR7, Intel SDM 3B 17.2.4 (debug register i):
 *
 *      31   28            19  17 16        10 9  8  7      2i+1 2i
 *     +-------+   ...    +-----+-----+    +--+--+--+  ...  +--+--+
 *     |       |          |LENi | RWi |    | 1|GE|LE|       | G| L|
 *     +-------+          +-----+-----+    +--+--+--+       +--+--+
 *                 at bits 18+4i  16+4i
 */
#include <string.h>

#include "kvm/arch.h"
#include "kvm/sys.h"
#include "kvm/vm.h"
#include "kvm/x86_64/state.h"

enum {
    N_DR = 4,
    DR6_BS = 1u << 14,
    DR7_FIXED = 1u << 10,
};

unsigned arch_hw_points(void)
{
    return N_DR;
}

/* R/W and LEN encodings; LEN must be 0 for execution. */
static uint64_t dr7_bits(unsigned i, const struct hw_point *point)
{
    static const uint64_t rw[] = {
        [HW_EXEC] = 0, [HW_WRITE] = 1, [HW_ACCESS] = 3};
    static const uint64_t len[] = {[1] = 0, [2] = 1, [4] = 3, [8] = 2};

    return UINT64_C(2) << 2 * i | rw[point->kind] << (16 + 4 * i) |
           len[point->size] << (18 + 4 * i);
}

static struct kvm_guest_debug encode(const struct vcpu *vcpu)
{
    const struct debug_state *d = &vcpu->debug;
    struct kvm_guest_debug gd = {.control = 0};

    if (d->step)
        gd.control |= KVM_GUESTDBG_SINGLESTEP;
    if (d->step && vcpu->vm->caps.block_irq)
        gd.control |= KVM_GUESTDBG_BLOCKIRQ;
    if (d->traps)
        gd.control |= KVM_GUESTDBG_USE_SW_BP;
    if (d->n_hw)
        gd.control |= KVM_GUESTDBG_USE_HW_BP;
    if (gd.control)
        gd.control |= KVM_GUESTDBG_ENABLE;
    if (d->n_hw)
        gd.arch.debugreg[7] = DR7_FIXED;
    for (unsigned i = 0; i < d->n_hw && i < N_DR; i++) {
        gd.arch.debugreg[i] = d->hw[i].gva;
        gd.arch.debugreg[7] |= dr7_bits(i, &d->hw[i]);
    }
    return gd;
}

/*
 * The order matters: KVM sets TF only if RIP is what it was when stepping was
 * armed, so registers go first, and each step is armed anew.
 */
int arch_before_run(struct vcpu *vcpu)
{
    struct vcpu_arch *arch = vcpu->arch;
    struct kvm_guest_debug gd = encode(vcpu);
    int r = x86_flush(vcpu);

    if (r < 0)
        return r;
    if (arch->armed_known && !vcpu->debug.step &&
        !memcmp(&gd, &arch->armed, sizeof gd))
        return 0;
    r = sys_ioctl(vcpu->fd, KVM_SET_GUEST_DEBUG, &gd);
    arch->armed = gd;
    arch->armed_known = r == 0;
    return r;
}

/*
 * DR6 can hold BS and Bn together: a step that ends on a breakpoint. Its B
 * bits count only for registers that are enabled (SDM 3B 17.2.3), and after an
 * int3 KVM leaves dr6 and dr7 unwritten.
 */
void arch_debug_hit(struct vcpu *vcpu, struct debug_hit *ret)
{
    const struct kvm_debug_exit_arch *exit = &vcpu->run->debug.arch;
    unsigned enabled = (1u << vcpu->debug.n_hw) - 1;

    *ret = (struct debug_hit){.trap = exit->exception == BP_VECTOR};
    if (exit->exception != DB_VECTOR)
        return;
    ret->hw = (unsigned)exit->dr6 & enabled;
    ret->step = exit->dr6 & DR6_BS && vcpu->debug.step;
    ret->foreign = !ret->hw && !ret->step;
}
