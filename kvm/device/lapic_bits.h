/* SPDX-License-Identifier: MIT */
#ifndef KVM_DEVICE_LAPIC_BITS_H
#define KVM_DEVICE_LAPIC_BITS_H

/* Places and bits of a local APIC's registers (Intel SDM 3A, table 11-1 and the
 * figures of 11.4 to 11.9), for kvm/device/lapic*.c. */

#include "kvm/device/lapic_state.h"

enum lapic_offset {
    AT_ID = 0x20,
    AT_VERSION = 0x30,
    AT_TPR = 0x80,
    AT_APR = 0x90,
    AT_PPR = 0xa0,
    AT_EOI = 0xb0,
    AT_RRD = 0xc0,
    AT_LDR = 0xd0,
    AT_DFR = 0xe0,
    AT_SVR = 0xf0,
    AT_ISR = 0x100, /* eight each */
    AT_TMR = 0x180,
    AT_IRR = 0x200,
    AT_ESR = 0x280,
    AT_ICR = 0x300,
    AT_ICR_HIGH = 0x310,
    AT_LVT = 0x320, /* enum lapic_lvt */
    AT_INITIAL = 0x380,
    AT_CURRENT = 0x390,
    AT_DIVIDE = 0x3e0,
};

enum {
    /* Six entries in the LVT, no EOI broadcast to be suppressed. */
    VERSION = LAPIC_VERSION | (6 - 1) << 16,
    SVR_ON = 0x100,
    SVR_WRITABLE = 0x1ff,
    DFR_MODEL = 28, /* its shift */
    DFR_ONES = 0x0fffffff,
    DIVIDE_WRITABLE = 0xb,

    LVT_VECTOR = 0xff,
    LVT_MODE = 8, /* its shift */
    LVT_ACTIVE_LOW = 1 << 13,
    LVT_REMOTE_IRR = 1 << 14,
    LVT_LEVEL = 1 << 15,
    LVT_MASKED = 1 << 16,
    LVT_PERIODIC = 1 << 17,

    ICR_MODE = 8, /* its shift */
    ICR_LOGICAL = 1 << 11,
    ICR_ASSERT = 1 << 14,
    ICR_LEVEL = 1 << 15,
    ICR_TO = 18,            /* its shift */
    ICR_WRITABLE = 0xccfff, /* the delivery status is idle */

    ESR_SENT_VECTOR = 1 << 5,
    ESR_RECEIVED_VECTOR = 1 << 6,
    ESR_REGISTER = 1 << 7,
};

#endif
