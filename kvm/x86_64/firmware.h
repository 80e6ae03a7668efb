/* SPDX-License-Identifier: MIT */
#ifndef KVM_X86_64_FIRMWARE_H
#define KVM_X86_64_FIRMWARE_H

/*
 * What stands where a boot sector expects a BIOS: interrupt vectors that lead
 * to a halt each. So a call of the BIOS, or an exception before the guest has a
 * handler of its own, is a stop that says so (arch_uncall()), where empty
 * vectors would have the CPU wander through the memory at address 0.
 */

#include "kvm/vcpu.h"

/* Nothing is done when the guest has no memory there. */
void x86_put_firmware(struct vcpu *vcpu);

#endif
