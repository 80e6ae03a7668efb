/* SPDX-License-Identifier: MIT */
#ifndef KVM_X86_64_FAULT_EXPLAIN_DESCRIPTOR_H
#define KVM_X86_64_FAULT_EXPLAIN_DESCRIPTOR_H

/* Inside the explanations: selectors and what they lead to (Intel SDM 3A 3.4),
 * for loads of segment registers and for far transfers. */

#include "kvm/x86_64/fault/explain_case.h"

enum {
    SELECTOR_RPL = 3,
    SELECTOR_TI = 4,
    SELECTOR_INDEX = 0xfff8,
    SELECTOR_CODE = 0xfffc, /* of it, in an error code */
};

/* Of a descriptor's type, Intel SDM 3A table 3-1. */
enum {
    TYPE_WRITABLE = 2, /* of data, */
    TYPE_READABLE = 2, /* of code */
    TYPE_DOWN = 4,
    TYPE_CONFORMING = 4,
    TYPE_CODE = 8,
};

/* The fault, with what the selector is and why that does not do. */
bool descriptor_refuse(struct explain *e, int vector, uint16_t selector,
                       const char *why);

/* The descriptor of a selector that is not null. False when there is none:
 * ret_raised tells whether that has been explained. */
bool descriptor_read(struct explain *e, uint16_t selector,
                     struct kvm_segment *ret, bool *ret_raised);

#endif
