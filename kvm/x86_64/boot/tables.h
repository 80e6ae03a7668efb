/* SPDX-License-Identifier: MIT */
#ifndef KVM_X86_64_BOOT_TABLES_H
#define KVM_X86_64_BOOT_TABLES_H

#include "kvm/image/image.h"
#include "kvm/vm/types.h"

/* ACPI's and MP's tables, for any guest, where its image has room for them in
 * the BIOS's memory (load_find_tables()); the RSDP is where they begin. */
void x86_put_tables(struct vcpu *vcpu, const struct image *image);

#endif
