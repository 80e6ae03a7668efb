/* SPDX-License-Identifier: MIT */
#ifndef KVM_X86_64_STATE_CPUID_GIVEN_H
#define KVM_X86_64_STATE_CPUID_GIVEN_H

/* Of what KVM supports, what there is in this machine. */

#include <stdbool.h>

#include <linux/kvm.h>

/* For vCPU `index`, whose local APIC has that ID. What KVM does only together
 * with its own interrupt controllers goes, and so do its paravirtual features
 * but for the clock. */
void x86_cpuid_limit(struct kvm_cpuid2 *cpuid, unsigned index,
                     bool virtual_clock);

#endif
