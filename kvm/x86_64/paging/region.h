/* SPDX-License-Identifier: MIT */
#ifndef KVM_X86_64_PAGING_REGION_H
#define KVM_X86_64_PAGING_REGION_H

/*
 * The address space cut into regions: neighbouring pages with the same rights,
 * or nothing. Like the page walker, from registers and memory alone.
 */

#include "kvm/arch_cpu.h"
#include "kvm/x86_64/paging/paging.h"

/* The region that holds gva. One that is very large may be given in parts. */
void x86_region(const struct paging *paging, const struct guest_mem *mem,
                uint64_t gva, struct gva_region *ret);

#endif
