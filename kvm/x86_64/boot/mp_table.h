/* SPDX-License-Identifier: MIT */
#ifndef KVM_X86_64_BOOT_MP_TABLE_H
#define KVM_X86_64_BOOT_MP_TABLE_H

#include "kvm/x86_64/boot/info.h"
#include "kvm/x86_64/boot/table.h"

/* MultiProcessor Specification 1.4, 4: the floating pointer and the
 * configuration table. Returns the pointer's gpa; it is written last, so there
 * is none when the rest does not fit. */
uint64_t x86_put_mp_table(struct info *info,
                          const struct x86_platform *platform);

#endif
