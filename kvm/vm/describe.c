/* SPDX-License-Identifier: MIT */
#include "kvm/vm/describe.h"

#include <stdio.h>

#include "kvm/arch_cpu.h"
#include "kvm/arch_fault.h"
#include "kvm/board/board.h"

void vcpu_event_describe(struct vcpu *vcpu, const struct vcpu_event *event,
                         char *text, size_t cap)
{
    char where[64];

    arch_where(vcpu, where, sizeof where);
    switch (event->kind) {
    case VCPU_EVENT_HALT:
        (void)snprintf(text, cap,
                       "the guest executed HLT with interrupts %s, before "
                       "%s: %s",
                       arch_interruptible(vcpu) ? "on" : "off", where,
                       arch_interruptible(vcpu)
                           ? "it waits, but nothing is set to interrupt it"
                           : "nothing can wake it");
        break;
    case VCPU_EVENT_ENTRY:
        (void)snprintf(text, cap,
                       "the CPU refuses the guest's state at %s (hardware "
                       "reason 0x%llx): look at the segment, control and "
                       "flags registers",
                       where, (unsigned long long)event->code);
        break;
    case VCPU_EVENT_EMULATION:
        (void)arch_explain_emulation(vcpu, text, cap);
        break;
    case VCPU_EVENT_STALL:
        arch_explain_stall(vcpu, text, cap);
        break;
    case VCPU_EVENT_DELIVERY:
        arch_explain_delivery(vcpu, text, cap);
        break;
    case VCPU_EVENT_END:
        (void)snprintf(text, cap, "the guest exited with status %llu",
                       (unsigned long long)event->code);
        break;
    case VCPU_EVENT_RESET:
        (void)snprintf(text, cap, "the guest reset the machine %s, before %s",
                       board_reset_by((int)event->code), where);
        break;
    case VCPU_EVENT_ASKS:
        (void)snprintf(text, cap,
                       "the guest calls the debugger (%s), before %s",
                       board_debug_port, where);
        break;
    case VCPU_EVENT_SPINS:
        (void)snprintf(text, cap,
                       "the guest ran for a second, up to %s, without an "
                       "access to a device or a halt, and a timer is set: the "
                       "virtual clock goes on for it from now on, and this run "
                       "is not equal to others",
                       where);
        break;
    case VCPU_EVENT_UNKNOWN:
        (void)snprintf(text, cap,
                       "KVM stopped at %s for a reason that is not handled "
                       "(exit %llu)",
                       where, (unsigned long long)event->code);
        break;
    case VCPU_EVENT_KICK:
    case VCPU_EVENT_DEBUG:
    case VCPU_EVENT_GUARD:
    case VCPU_EVENT_SHUTDOWN: /* arch_explain_shutdown() has more to say */
        (void)snprintf(text, cap, "stopped at %s", where);
        break;
    }
}
