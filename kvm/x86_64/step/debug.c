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

#include "kvm/arch_cpu.h"
#include "kvm/arch_run.h"
#include "kvm/core/link.h"
#include "kvm/vm/types.h"
#include "kvm/x86_64/state/state.h"
#include "kvm/x86_64/step/interrupt.h"
#include "kvm/x86_64/step/plan.h"
#include "kvm/x86_64/step/reflect.h"

enum { DR7_FIXED = 1u << 10 };

struct arch_points arch_hw_points(void)
{
    return (struct arch_points){X86_REGISTERS, X86_REGISTERS, X86_REGISTERS};
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

static struct kvm_guest_debug debug_encode(struct vcpu *vcpu)
{
    const struct debug_state *d = &vcpu->debug;
    const struct x86_step *step = &vcpu->arch->step;
    const struct x86_points *points = &vcpu->arch->points;
    struct kvm_guest_debug gd = {.control = 0};

    x86_choose_points(vcpu);
    if (d->step && (!step->active || step->trap_flag))
        gd.control |= KVM_GUESTDBG_SINGLESTEP;
    if (d->step && !d->step_irq && vcpu->vm->caps.block_irq)
        gd.control |= KVM_GUESTDBG_BLOCKIRQ;
    if (d->traps || (step->active && step->traps))
        gd.control |= KVM_GUESTDBG_USE_SW_BP;
    if (points->n)
        gd.control |= KVM_GUESTDBG_USE_HW_BP;
    if (gd.control)
        gd.control |= KVM_GUESTDBG_ENABLE;
    if (points->n)
        gd.arch.debugreg[7] = DR7_FIXED;
    for (unsigned i = 0; i < points->n; i++) {
        gd.arch.debugreg[i] = points->point[i].gva;
        gd.arch.debugreg[7] |= dr7_bits(i, &points->point[i]);
    }
    return gd;
}

static int debug_arm(struct vcpu *vcpu, struct kvm_guest_debug gd,
                     uint32_t inject)
{
    struct vcpu_arch *arch = vcpu->arch;
    int r;

    arch->armed = gd;
    gd.control |= inject;
    r = vcpu_ioctl(vcpu, KVM_SET_GUEST_DEBUG, &gd);
    arch->armed_known = r == 0;
    return r;
}

/*
 * The order matters. KVM sets TF only if RIP is what it was when stepping was
 * armed, and a write of registers drops an injected exception: so registers
 * go first, and each step is armed anew. But KVM takes the guest's own TF
 * away when stepping ends: to run freely, registers go last.
 */
int arch_before_run(struct vcpu *vcpu)
{
    struct vcpu_arch *arch = vcpu->arch;
    struct kvm_guest_debug gd = debug_encode(vcpu);
    uint32_t inject = x86_deliver(vcpu);
    bool news = !arch->armed_known || memcmp(&gd, &arch->armed, sizeof gd) != 0;
    int r = 0;

    if (news && !vcpu->debug.step)
        r = debug_arm(vcpu, gd, 0);
    if (!r)
        r = x86_flush(vcpu);
    if (!r && (vcpu->debug.step || inject))
        r = debug_arm(vcpu, gd, inject);
    arch->delivering = inject != 0;
    return r ? r : x86_deliver_interrupt(vcpu);
}

/*
 * DR6 can hold BS and Bn together: a step that ends on a breakpoint. Its B
 * bits count only for registers that are enabled (SDM 3B 17.2.3), and after an
 * int3 KVM leaves dr6 and dr7 unwritten.
 */
void arch_debug_hit(struct vcpu *vcpu, struct debug_hit *ret)
{
    const struct kvm_debug_exit_arch *exit = &vcpu->run->debug.arch;
    const struct x86_points *points = &vcpu->arch->points;

    *ret = (struct debug_hit){.trap = exit->exception == BP_VECTOR};
    if (exit->exception != DB_VECTOR)
        return;
    vcpu->arch->dr6 = exit->dr6;
    ret->step = exit->dr6 & DR6_BS && vcpu->debug.step;
    for (unsigned i = 0; i < points->n; i++) {
        if (!(exit->dr6 >> i & 1))
            continue;
        if (points->wish[i] < 0)
            ret->step = true;
        else
            ret->hw |= 1u << points->wish[i];
    }
    ret->foreign = !ret->hw && !ret->step;
}

static bool has_data_point(const struct x86_points *points)
{
    for (unsigned i = 0; i < points->n; i++)
        if (points->point[i].kind != HW_EXEC)
            return true;
    return false;
}

static bool debug_touches(const struct arch_access *access,
                          const struct hw_point *point)
{
    if (point->kind == HW_EXEC || access->gva >= point->gva + point->size ||
        point->gva >= access->gva + access->size)
        return false;
    return access->write || (access->read && point->kind == HW_ACCESS);
}

/* Of a repeated instruction, the elements that this exit is about: the first
 * ones, in the direction in which it goes. */
static void only_now(struct vcpu *vcpu, struct arch_access *access)
{
    const struct kvm_run *run = vcpu->run;
    uint64_t size = run->exit_reason == KVM_EXIT_IO
                        ? (uint64_t)run->io.size * run->io.count
                        : run->mmio.len;

    if (access->size <= size)
        return;
    if (x86_gp(vcpu)->rflags & X86_RFLAGS_DF)
        access->gva += access->size - size;
    access->size = size;
}

unsigned arch_unseen_hits(struct vcpu *vcpu)
{
    const struct x86_points *points = &vcpu->arch->points;
    struct arch_access access[ARCH_ACCESSES];
    unsigned n = 0;
    unsigned hits = 0;

    if (has_data_point(points))
        n = arch_accesses(vcpu, access);
    for (unsigned k = 0; k < n; k++) {
        only_now(vcpu, &access[k]);
        for (unsigned i = 0; i < points->n; i++)
            if (debug_touches(&access[k], &points->point[i]))
                hits |= 1u << points->wish[i];
    }
    return hits;
}
