/* SPDX-License-Identifier: MIT */
#ifndef TESTS_KVM_X86_64_PAGING_TABLES_H
#define TESTS_KVM_X86_64_PAGING_TABLES_H

/* Random page tables for paging_guest.h, and addresses to try in them. */

#include "tests/kvm/x86_64/paging_guest.h"

/* Leave bit 8 of the upper levels alone. */
extern bool tables_free_bit_8;

void tables_fill(struct vm *vm, const struct paging_mode *mode);
/* A linear address, a multiple of 8. */
uint64_t tables_address(const struct paging_mode *mode);
/* A PDPTE of PAE paging without reserved bits. */
uint64_t tables_pdpte(void);

#endif
