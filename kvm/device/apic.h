/* SPDX-License-Identifier: MIT */
#ifndef KVM_DEVICE_APIC_H
#define KVM_DEVICE_APIC_H

/* What local APICs and I/O APICs send each other (Intel SDM 3A 11.6 and 11.7;
 * 82093AA 3.2.4). */

#include <stdbool.h>
#include <stdint.h>

/* How a message is delivered: bits 10 to 8 of the ICR, of an LVT entry and of a
 * redirection entry. */
enum apic_mode {
    APIC_FIXED,
    APIC_LOWEST, /* to the one of the lowest priority */
    APIC_SMI,
    APIC_MODE_3, /* reserved */
    APIC_NMI,
    APIC_INIT,
    APIC_STARTUP,
    APIC_EXTINT, /* the vector is that of the PC's other controller */
};

struct apic_message {
    enum apic_mode mode;
    uint8_t vector;
    bool level; /* it is triggered by a level: who takes it says when it ends */
    bool logical; /* what destination is */
    uint8_t destination;
    /* Bits 19 and 18 of the ICR; the destination means nothing but for the
     * first one. */
    enum {
        APIC_TO_DESTINATION,
        APIC_TO_SELF,
        APIC_TO_ALL,
        APIC_TO_OTHERS,
    } to;
};

enum { APIC_EVERYONE = 0xff }; /* a destination */

/* Vectors below are the CPU's own. */
enum { APIC_FIRST_VECTOR = 16 };

#endif
