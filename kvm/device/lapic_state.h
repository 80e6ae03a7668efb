/* SPDX-License-Identifier: MIT */
#ifndef KVM_DEVICE_LAPIC_STATE_H
#define KVM_DEVICE_LAPIC_STATE_H

/* All that a local APIC knows. Types alone. */

#include <stdbool.h>
#include <stdint.h>

#include "kvm/device/apic.h"

/* IA32_APIC_BASE (11.4.4). */
#define LAPIC_BASE_RESET UINT64_C(0xfee00000)
#define LAPIC_BASE_BSP   UINT64_C(0x100)
#define LAPIC_BASE_ON    UINT64_C(0x800)

/* As KVM's and QEMU's: integrated. */
enum { LAPIC_VERSION = 0x14 };

/* Entries of the local vector table, in the order of their registers. */
enum lapic_lvt {
    LAPIC_TIMER,
    LAPIC_THERMAL,
    LAPIC_PERFORMANCE,
    LAPIC_LINT0,
    LAPIC_LINT1,
    LAPIC_ERROR,
    LAPIC_LVTS
};

/* What waits for the CPU: a set. */
enum {
    LAPIC_INTERRUPT = 1 << 0, /* and IF decides; lapic_acknowledge() */
    LAPIC_NMI = 1 << 1,
    LAPIC_INIT = 1 << 2,
    LAPIC_HELD = 1 << 3, /* an interrupt, which TPR alone holds off */
};

struct lapic_state {
    uint64_t base; /* IA32_APIC_BASE */
    uint32_t id, ldr, dfr, svr;
    uint8_t tpr;
    /* Vector n is bit n % 32 of word n / 32. */
    uint32_t irr[8], isr[8], tmr[8];
    uint32_t esr, errors; /* as it is read; found since it was written */
    uint64_t icr;
    uint32_t lvt[LAPIC_LVTS];
    /* The timer counts down from initial since start, in ns, a cycle in
     * `1 << lapic_divider()` ns. */
    uint32_t initial, divide;
    uint64_t start;
    bool counts;
    bool pin[2];              /* LINT0 and LINT1 are high */
    bool nmi, init, external; /* messages that wait for the CPU */
};

/* The CPU takes an interrupt. */
struct lapic_taken {
    enum {
        LAPIC_TOOK_NOTHING, /* vector is the spurious one */
        LAPIC_TOOK_OWN,
        LAPIC_TOOK_EXTERNAL, /* the other controller has its vector */
    } from;
    uint8_t vector;
    bool was_message; /* of the external one */
};

/* What a write asks for beyond the chip. */
struct lapic_effect {
    bool sends; /* message, to others or to itself */
    struct apic_message message;
    bool ended; /* the level-triggered interrupt of vector */
    uint8_t vector;
};

#endif
