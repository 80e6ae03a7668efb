/* SPDX-License-Identifier: MIT */
#ifndef KVM_DEVICE_KEYS_H
#define KVM_DEVICE_KEYS_H

/*
 * The keys of a US keyboard with 102 keys: their scan codes in sets 1 and 2
 * (IBM PS/2 Hardware Interface Technical Reference, "Keyboards (101- and
 * 102-Key)"), their names, which are those of QEMU's sendkey, and what they
 * type. Without the Pause key, whose codes are like no other's.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct key {
    uint8_t set1, set2;
    bool extended; /* e0 comes before either code */
    const char *name;
    char plain, shifted; /* 0: nothing */
};

/* NULL: there is none. */
const struct key *key_by_name(const char *name, size_t n);
/* The key that types c, with shift or without it. A line feed is the Enter key,
 * as a carriage return is. */
const struct key *key_by_char(char c, bool *shift);
/* Whether extended or not: a pair of codes is the same for both. 0: none. */
uint8_t key_set1_of(uint8_t set2);

#endif
