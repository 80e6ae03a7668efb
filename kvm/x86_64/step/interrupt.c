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
#include "kvm/x86_64/insn/vector.h"
#include "kvm/x86_64/state/state.h"

/* An exception that goes in with this entry would make KVM lose it. */
static bool interrupt_is_free(struct vcpu *vcpu)
{
    const struct vcpu_arch *arch = vcpu->arch;

    return !arch->delivering && !arch->pending.any;
}

static bool is_ready(struct vcpu *vcpu)
{
    return vcpu->run->ready_for_interrupt_injection &&
           interrupt_is_free(vcpu) && x86_gp(vcpu)->rflags & X86_RFLAGS_IF;
}

static bool is_ready_for_nmi(struct vcpu *vcpu)
{
    struct kvm_vcpu_events events;

    return interrupt_is_free(vcpu) && x86_events(vcpu, &events) >= 0 &&
           !events.nmi.masked && !events.nmi.pending && !events.nmi.injected;
}

static void await(struct vcpu *vcpu, bool on)
{
    vcpu->run->request_interrupt_window = on;
}

static void note(struct vcpu *vcpu, unsigned given, uint8_t vector)
{
    struct x86_interrupt *interrupt = &vcpu->arch->interrupt;

    interrupt->given |= given;
    interrupt->vector = vector;
    interrupt->came_in = true;
    interrupt->cs = x86_sys(vcpu)->cs.selector;
    interrupt->rip = x86_gp(vcpu)->rip;
}

static int inject(struct vcpu *vcpu, uint8_t vector)
{
    struct kvm_interrupt irq = {.irq = vector};
    int r = vcpu_ioctl(vcpu, KVM_INTERRUPT, &irq);

    if (r < 0)
        return r;
    vcpu->run->ready_for_interrupt_injection = 0;
    note(vcpu, ARCH_INTERRUPT, vector);
    return 0;
}

static int inject_nmi(struct vcpu *vcpu)
{
    int r = vcpu_ioctl(vcpu, KVM_NMI, NULL);

    if (r < 0)
        return r;
    note(vcpu, ARCH_NMI, X86_NMI);
    return 0;
}

static void plan_step(struct vcpu *vcpu, uint8_t vector)
{
    vcpu->arch->interrupt.planned = ARCH_INTERRUPT;
    vcpu->arch->interrupt.vector = vector;
}

static void plan_nmi_step(struct vcpu *vcpu)
{
    vcpu->arch->interrupt.planned = ARCH_NMI;
    vcpu->arch->interrupt.vector = X86_NMI;
}

int x86_deliver_interrupt(struct vcpu *vcpu)
{
    struct vcpu_arch *arch = vcpu->arch;
    unsigned planned = arch->interrupt.planned;

    if (!arch->step.active || !arch->step.interrupt || !planned)
        return 0;
    arch->interrupt.planned = 0;
    return planned & ARCH_NMI ? inject_nmi(vcpu)
                              : inject(vcpu, arch->interrupt.vector);
}

/* What of it waits in KVM. An interrupt is in KVM's copy of the system
 * registers, too, which would bring it back. */
static unsigned forget(struct vcpu *vcpu, unsigned given,
                       struct kvm_vcpu_events *events)
{
    unsigned waits = 0;

    if (given & ARCH_INTERRUPT && events->interrupt.injected) {
        waits |= ARCH_INTERRUPT;
        events->interrupt.injected = 0;
        memset(x86_sys(vcpu)->interrupt_bitmap, 0,
               sizeof x86_sys(vcpu)->interrupt_bitmap);
    }
    if (given & ARCH_NMI && (events->nmi.injected || events->nmi.pending)) {
        waits |= ARCH_NMI;
        events->nmi.injected = events->nmi.pending = 0;
    }
    if (waits && vcpu_ioctl(vcpu, KVM_SET_VCPU_EVENTS, events) < 0)
        return 0;
    return waits;
}

static unsigned take_back(struct vcpu *vcpu)
{
    struct x86_interrupt *interrupt = &vcpu->arch->interrupt;
    struct kvm_vcpu_events events;
    unsigned back = interrupt->planned;
    unsigned given = interrupt->given;

    interrupt->planned = interrupt->given = 0;
    if (given && x86_events(vcpu, &events) >= 0)
        given = forget(vcpu, given, &events);
    else
        given = 0;
    if (given)
        interrupt->came_in = false;
    if (given & ARCH_INTERRUPT) /* as before: nothing was executed since */
        vcpu->run->ready_for_interrupt_injection = 1;
    return back | given;
}

static void set_cr8(struct vcpu *vcpu, uint8_t cr8)
{
    vcpu->run->cr8 = cr8;
    x86_sys(vcpu)->cr8 = cr8;
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

static const struct arch_interrupt_ops ops = {
    is_ready,  is_ready_for_nmi, await,         inject, inject_nmi,
    take_back, plan_step,        plan_nmi_step, set_cr8};

const struct arch_interrupt_ops *const arch_interrupt = &ops;
