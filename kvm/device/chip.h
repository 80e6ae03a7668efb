/* SPDX-License-Identifier: MIT */
#ifndef KVM_DEVICE_CHIP_H
#define KVM_DEVICE_CHIP_H

/*
 * What makes a device of a chip's plain struct: a lock, the machine's clock,
 * and a count by which others see that something has changed. Any thread.
 */

#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>

#include "kvm/core/clock.h"

struct chip {
    pthread_mutex_t lock;
    struct machine_clock *clock; /* NULL: it has no need of one */
    atomic_uint *changes;        /* goes up with each change */
};

/* clock and changes are borrowed. */
void chip_init(struct chip *chip, struct machine_clock *clock,
               atomic_uint *changes);

/* Locks it. Returns the time, in ns of the clock; 0 without one. */
uint64_t chip_begin(struct chip *chip);
/* Unlocks it: nothing has changed; something has. */
void chip_end(struct chip *chip);
void chip_end_change(struct chip *chip);

#endif
