/* SPDX-License-Identifier: MIT */
#ifndef KVM_DEVICE_PIT_H
#define KVM_DEVICE_PIT_H

/*
 * The timer of a PC (Intel 8254), three counters at 1193182 Hz: 0 interrupts, 1
 * was for the refresh of memory, 2 makes the speaker's tone; and port 61, which
 * has the gate of counter 2 and its output.
 *
 * struct pit_state is all that the chip knows. It may be copied to save it and
 * copied back; the functions on it are pure, of it and of the time in ns of the
 * machine's clock, which never goes back. struct pit is the device.
 */

#include <stdbool.h>
#include <stdint.h>

#include "kvm/device/chip.h"
#include "kvm/device/device.h"

/* Blocks; a PC has them at 0x40 and 0x61. */
enum { PIT_COUNTERS_BLOCK, PIT_SPEAKER, PIT_BLOCKS };
enum { PIT_COUNTERS = 3, PIT_HZ = 1193182 };

struct pit_counter {
    uint8_t mode;   /* 0 to 5 */
    uint8_t access; /* RW1, RW0: which bytes; 0: not programmed yet */
    bool bcd, gate;
    /* Writing and reading. */
    uint8_t low; /* the first of two bytes to be written */
    bool has_low, reads_high;
    bool latched, status_latched;
    uint16_t latch;
    uint8_t status;
    /* Counting: in cycles of the clock, of which 0 is the machine's start. */
    enum pit_phase {
        PIT_WAITS,  /* for its count, or in modes 1 and 5 for a trigger */
        PIT_COUNTS, /* since start */
        PIT_PAUSED, /* by its gate, for gone cycles after it was loaded */
    } phase;
    uint32_t period; /* the count, 1 to 0x10000; 0: none was written */
    uint32_t next;   /* that replaces it when it is over; 0: none */
    uint64_t start, gone;
    uint32_t held; /* what it holds while it waits */
};

struct pit_state {
    struct pit_counter counter[PIT_COUNTERS];
    uint64_t seen; /* the cycle up to which output 0 was looked at */
    bool high;     /* and what it was then; */
    bool rose;     /* it has risen since pit_run() */
    uint8_t port61;
};

struct pit_state pit_power_on(void);
/* Ports 0 to 3: the counters, and the control word. */
uint8_t pit_read(struct pit_state *s, uint64_t now, unsigned port);
void pit_write(struct pit_state *s, uint64_t now, unsigned port, uint8_t value);
uint8_t pit_read_61(const struct pit_state *s, uint64_t now);
void pit_write_61(struct pit_state *s, uint64_t now, uint8_t value);
/* A counter's output. */
bool pit_output(const struct pit_state *s, uint64_t now, unsigned n);
/* True when output 0 has risen since the last time. */
bool pit_run(struct pit_state *s, uint64_t now);
/* When output 0 rises next; CLOCK_NEVER. */
uint64_t pit_deadline(const struct pit_state *s);

struct pit {
    struct chip chip;
    struct irq_line *irq;
    struct pit_state state;
};

/* Its device is a struct pit. */
extern const struct device_kind pit_kind;

/* clock and changes are borrowed. */
void pit_init(struct pit *pit, struct machine_clock *clock,
              atomic_uint *changes);
/* What is due by now happens. Returns when the line is to rise next. */
uint64_t pit_settle(struct pit *pit);

#endif
