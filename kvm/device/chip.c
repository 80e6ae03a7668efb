/* SPDX-License-Identifier: MIT */
#include "kvm/device/chip.h"

#include <stddef.h>

void chip_init(struct chip *chip, struct machine_clock *clock,
               atomic_uint *changes)
{
    *chip = (struct chip){.clock = clock, .changes = changes};
    (void)pthread_mutex_init(&chip->lock, NULL);
}

uint64_t chip_begin(struct chip *chip)
{
    (void)pthread_mutex_lock(&chip->lock);
    return chip->clock ? machine_clock_now(chip->clock) : 0;
}

void chip_end(struct chip *chip)
{
    (void)pthread_mutex_unlock(&chip->lock);
}

void chip_end_change(struct chip *chip)
{
    (void)atomic_fetch_add(chip->changes, 1);
    (void)pthread_mutex_unlock(&chip->lock);
}
