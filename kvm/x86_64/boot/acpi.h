/* SPDX-License-Identifier: MIT */
#ifndef KVM_X86_64_BOOT_ACPI_H
#define KVM_X86_64_BOOT_ACPI_H

#include "kvm/x86_64/boot/info.h"
#include "kvm/x86_64/boot/table.h"

/* Of the RSDP, as ACPI 1.0 had it and since 2.0. */
enum { X86_RSDP_OLD_SIZE = 20, X86_RSDP_SIZE = 36 };

/* ACPI 6.4, 5.2: RSDP, RSDT and XSDT, FADT, FACS, MADT, DSDT. Returns the
 * RSDP's gpa; it is written last, so there is none when the rest does not fit.
 */
uint64_t x86_put_acpi(struct info *info, const struct x86_platform *platform);

#endif
