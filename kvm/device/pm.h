/* SPDX-License-Identifier: MIT */
#ifndef KVM_DEVICE_PM_H
#define KVM_DEVICE_PM_H

/*
 * ACPI's fixed hardware (ACPI 6.4, 4.8.3.1 to 4.8.3.3): the PM1a event and
 * control registers and the PM timer, 24 bits at 3.579545 MHz. There is no
 * legacy mode to be left, so SCI_EN is always set. Nobody presses a power
 * button; of the events only the timer's carry happens.
 *
 * struct pm_state is all that the chip knows. It may be copied to save it and
 * copied back; the functions on it are pure, of it and of the time in ns of the
 * machine's clock, which never goes back. struct pm is the device.
 *
 * Soft off (S5) ends the guest with status 0. Other sleeping states are not
 * there: SLP_EN with their type does nothing.
 */

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "kvm/device/chip.h"
#include "kvm/device/device.h"

/* Blocks, of so many bytes; a PC as QEMU's has them at 0x600, 0x604, 0x608. */
enum { PM_EVENT, PM_CONTROL, PM_TIMER, PM_BLOCKS };
enum { PM_EVENT_SIZE = 4, PM_CONTROL_SIZE = 2, PM_TIMER_SIZE = 4 };

enum { PM_HZ = 3579545, PM_TIMER_BITS = 24 };

/* SLP_TYP of S5, as QEMU's PIIX4 has it: some kernels know the number. */
enum { PM_SLEEP_OFF = 0 };

struct pm_state {
    uint16_t status, enable; /* PM1_STS, PM1_EN: table 4.16, 4.17 */
    uint16_t control;        /* PM1_CNT without SCI_EN: table 4.18 */
    bool is_off;             /* it was told to */
    uint64_t seen;           /* the timer's cycles that were looked at */
};

struct pm_state pm_power_on(void);
/* What is due by now happens. */
void pm_run(struct pm_state *s, uint64_t now);
/* A byte of a block, 0 to its size less 1; after pm_run(). */
uint8_t pm_read(const struct pm_state *s, unsigned block, unsigned at);
void pm_write(struct pm_state *s, unsigned block, unsigned at, uint8_t value);
/* The system control interrupt, a level. */
bool pm_interrupts(const struct pm_state *s);
/* When that rises by itself; CLOCK_NEVER. */
uint64_t pm_deadline(const struct pm_state *s);

struct pm {
    struct chip chip;
    struct irq_line *irq;
    atomic_int *end_code; /* takes a GUEST_ENDED at soft off */
    struct pm_state state;
};

/* Its device is a struct pm. */
extern const struct device_kind pm_kind;

/* All borrowed. */
void pm_init(struct pm *pm, struct machine_clock *clock, atomic_uint *changes,
             atomic_int *end_code);
/* What is due by now happens. Returns when the line is to rise next. */
uint64_t pm_settle(struct pm *pm);

#endif
