/* SPDX-License-Identifier: MIT */
/*
 * KVM_INTERRUPT without an interrupt controller in KVM (KVM api.rst 4.16): it
 * queues a vector for the next entry and forgets one that waited there already,
 * without an error (x86.c, kvm_vcpu_ioctl_interrupt()). So it is asked only
 * when KVM has said that it is ready, at the last exit, and only once.
 */
#include "kvm/x86_64/step/interrupt.h"

#include <string.h>

#include <linux/kvm.h>

#include "kvm/arch_run.h"
#include "kvm/core/link.h"
#include "kvm/x86_64/state/state.h"

/* An exception that goes in with this entry would make KVM lose it. */
static bool is_ready(struct vcpu *vcpu)
{
    const struct vcpu_arch *arch = vcpu->arch;

    return vcpu->run->ready_for_interrupt_injection && !arch->delivering &&
           !arch->pending.any && x86_gp(vcpu)->rflags & X86_RFLAGS_IF;
}

static void await(struct vcpu *vcpu, bool on)
{
    vcpu->run->request_interrupt_window = on;
}

static int inject(struct vcpu *vcpu, uint8_t vector)
{
    struct kvm_interrupt irq = {.irq = vector};
    int r = vcpu_ioctl(vcpu, KVM_INTERRUPT, &irq);

    if (r < 0)
        return r;
    vcpu->run->ready_for_interrupt_injection = 0;
    vcpu->arch->interrupt =
        (struct x86_interrupt){.state = X86_IRQ_GIVEN,
                               .vector = vector,
                               .came_in = true,
                               .cs = x86_sys(vcpu)->cs.selector,
                               .rip = x86_gp(vcpu)->rip};
    return 0;
}

static void plan_step(struct vcpu *vcpu, uint8_t vector)
{
    vcpu->arch->interrupt.state = X86_IRQ_PLANNED;
    vcpu->arch->interrupt.vector = vector;
}

int x86_deliver_interrupt(struct vcpu *vcpu)
{
    struct vcpu_arch *arch = vcpu->arch;

    if (!arch->step.active || !arch->step.interrupt ||
        arch->interrupt.state != X86_IRQ_PLANNED)
        return 0;
    return inject(vcpu, arch->interrupt.vector);
}

/* It is in KVM's copy of the system registers, too, which would bring it back.
 */
static bool forget(struct vcpu *vcpu, struct kvm_vcpu_events *events)
{
    if (!events->interrupt.injected)
        return false;
    events->interrupt.injected = 0;
    memset(x86_sys(vcpu)->interrupt_bitmap, 0,
           sizeof x86_sys(vcpu)->interrupt_bitmap);
    return vcpu_ioctl(vcpu, KVM_SET_VCPU_EVENTS, events) >= 0;
}

static bool take_back(struct vcpu *vcpu)
{
    struct x86_interrupt *interrupt = &vcpu->arch->interrupt;
    struct kvm_vcpu_events events = vcpu->run->s.regs.events;
    bool given = interrupt->state == X86_IRQ_GIVEN;
    bool planned = interrupt->state == X86_IRQ_PLANNED;

    interrupt->state = X86_IRQ_NONE;
    if (planned || !given)
        return planned;
    if (!vcpu->vm->caps.sync_regs &&
        vcpu_ioctl(vcpu, KVM_GET_VCPU_EVENTS, &events) < 0)
        return false;
    if (!forget(vcpu, &events))
        return false;
    interrupt->came_in = false;
    return true;
}

bool x86_is_interrupt_frame(struct vcpu *vcpu, unsigned vector,
                            const struct x86_frame *frame)
{
    const struct x86_interrupt *interrupt = &vcpu->arch->interrupt;

    return interrupt->came_in && interrupt->vector == vector &&
           frame->cs == interrupt->cs &&
           frame->ip - interrupt->rip <= VCPU_INSN_MAX;
}

bool x86_came_in(struct vcpu *vcpu, unsigned vector)
{
    const struct x86_interrupt *interrupt = &vcpu->arch->interrupt;

    return interrupt->came_in && interrupt->vector == vector;
}

static const struct arch_interrupt_ops ops = {is_ready, await, inject,
                                              take_back, plan_step};

const struct arch_interrupt_ops *const arch_interrupt = &ops;
