/* SPDX-License-Identifier: MIT */
#ifndef KVM_X86_64_BOOT_FLAT_H
#define KVM_X86_64_BOOT_FLAT_H

/* Flat segments of protected and long mode, in registers and in a GDT. */

#include <stdbool.h>
#include <stdint.h>

#include <linux/kvm.h>

/* A GDT in guest memory: a page that reads as zero. */
struct x86_gdt {
    uint64_t gpa;
    uint8_t *hva;
};

/* Loads all segment registers from the descriptors for these selectors, which
 * are put into the GDT; it ends with data, the higher one. */
void x86_load_flat(struct kvm_sregs *sys, const struct x86_gdt *gdt,
                   uint16_t code, uint16_t data, bool is_long);
/* The task register: a 32-bit TSS at 0, behind all others in the GDT. */
void x86_load_task(struct kvm_sregs *sys, const struct x86_gdt *gdt,
                   uint16_t selector);

#endif
