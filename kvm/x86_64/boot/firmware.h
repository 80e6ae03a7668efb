/* SPDX-License-Identifier: MIT */
#ifndef KVM_X86_64_BOOT_FIRMWARE_H
#define KVM_X86_64_BOOT_FIRMWARE_H

/*
 * The BIOS that a boot sector expects (bios.S), its vectors and its data area.
 * A vector without a service leads to a halt: so what the BIOS cannot do, or an
 * exception before the guest has a handler of its own, is a stop that says so
 * (struct arch_firmware_ops), where empty vectors would have the CPU wander
 * through the memory at address 0.
 */

#include "kvm/vm/types.h"

enum { X86_FIRMWARE_LOW = 0x500 }; /* gpa: its vectors and data lie below */

/* False: the guest has no memory there. An image that brings something of its
 * own to where the BIOS is (another BIOS) is left alone. */
bool x86_put_firmware(struct vcpu *vcpu);
/* What the BIOS calls the disk: 0x80, or 0 if it has the size of a floppy, or
 * its boot sector says so. */
uint8_t x86_boot_drive(struct vm *vm);

/* Is the firmware at gva? */
bool x86_is_firmware(struct vcpu *vcpu, uint64_t gva);
/* After a HLT: the vector whose service the BIOS has not, and which halts
 * instead; -1: it is another's HLT. */
int x86_firmware_halted(struct vcpu *vcpu);
/* Where the call of a vector begins, an offset in its segment. */
uint16_t x86_firmware_entry(unsigned vector);
/* Does it do anything for that vector? */
bool x86_firmware_serves(unsigned vector);

#endif
