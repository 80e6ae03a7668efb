/* SPDX-License-Identifier: MIT */
#ifndef STUB_X86_64_X87_H
#define STUB_X86_64_X87_H

/*
 * The x87 tag word, which the FXSAVE image does not hold the way a debugger
 * shows it (Intel SDM 1 8.1.7, 10.5.1).
 */

#include <stdint.h>

struct kvm_xsave;

/* Two bits a physical register: 0 valid, 1 zero, 2 special, 3 empty. */
uint16_t x87_full_tag(const struct kvm_xsave *xsave);
void x87_set_full_tag(struct kvm_xsave *xsave, uint16_t tag);

#endif
