/* SPDX-License-Identifier: MIT */
/*
 * The way to long mode (Intel SDM 3A 10.8.5): EFER.LME is set first, then
 * CR0.PG. KVM shows no change of CR0, but can be asked for writes of an MSR
 * (KVM api.rst, KVM_X86_SET_MSR_FILTER): so those to EFER are carried out here.
 */
#include <linux/kvm.h>

#include "kvm/arch_fault.h"
#include "kvm/arch_run.h"
#include "kvm/core/kick.h"
#include "kvm/core/sys.h"
#include "kvm/vm/types.h"
#include "kvm/x86_64/state/msr.h"
#include "kvm/x86_64/state/state.h"

static bool is_wide(struct vcpu *vcpu)
{
    return x86_sys(vcpu)->efer & X86_EFER_LMA;
}

static bool is_widening(struct vcpu *vcpu)
{
    return (x86_sys(vcpu)->efer & (X86_EFER_LME | X86_EFER_LMA)) ==
           X86_EFER_LME;
}

static int wide_tell(struct vm *vm, bool on)
{
    uint8_t denied = 0; /* a bit for each MSR of the range */
    struct kvm_msr_filter filter = {.flags = KVM_MSR_FILTER_DEFAULT_ALLOW};
    int r;

    if (on == vm->tells_widening)
        return 0;
    if (on)
        filter.ranges[0] = (struct kvm_msr_filter_range){
            .flags = KVM_MSR_FILTER_WRITE,
            .nmsrs = 1,
            .base = X86_MSR_EFER,
            .bitmap = &denied,
        };
    r = sys_ioctl(vm->fd, KVM_X86_SET_MSR_FILTER, &filter);
    if (r < 0)
        return r;
    vm->tells_widening = on;
    return 0;
}

/* Refused is a #GP, as from the CPU. The write is done with the next KVM_RUN,
 * which the kick makes return. */
static void on_msr_write(struct vcpu *vcpu)
{
    struct kvm_run *run = vcpu->run;

    run->msr.error =
        x86_msr_write(vcpu, run->msr.index, run->msr.data) < 0 ? 1 : 0;
    vcpu_kick(vcpu);
}

/* Those that are done with are for an interrupt controller in the kernel. */
bool arch_exit(struct vcpu *vcpu)
{
    switch (vcpu->run->exit_reason) {
    case KVM_EXIT_X86_WRMSR:
        on_msr_write(vcpu);
        return true;
    case KVM_EXIT_IRQ_WINDOW_OPEN:
    case KVM_EXIT_SET_TPR:
        return true;
    default:
        return false;
    }
}

static const struct arch_width_ops ops = {is_wide, is_widening, wide_tell};

const struct arch_width_ops *const arch_width = &ops;
