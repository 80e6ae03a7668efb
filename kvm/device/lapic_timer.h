/* SPDX-License-Identifier: MIT */
#ifndef KVM_DEVICE_LAPIC_TIMER_H
#define KVM_DEVICE_LAPIC_TIMER_H

/* The timer's registers, for kvm/device/lapic.c. */

#include "kvm/device/lapic_state.h"

/* Binary logarithm of what it divides by, 0 to 7. */
unsigned lapic_divider(const struct lapic_state *s);
/* From the initial count to 0, in ns. */
uint64_t lapic_period(const struct lapic_state *s);
/* What the current count register holds. */
uint32_t lapic_count(const struct lapic_state *s, uint64_t now);
void lapic_set_count(struct lapic_state *s, uint64_t now, uint32_t value);
void lapic_set_divide(struct lapic_state *s, uint64_t now, uint32_t value);
/* It has come to 0, once or more often, since the last time. */
bool lapic_count_is_over(struct lapic_state *s, uint64_t now);

#endif
