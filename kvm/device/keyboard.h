/* SPDX-License-Identifier: MIT */
#ifndef KVM_DEVICE_KEYBOARD_H
#define KVM_DEVICE_KEYBOARD_H

/*
 * A PS/2 keyboard: keys go in, bytes come out on its wire, and commands come in
 * there (IBM PS/2 Hardware Interface Technical Reference, "Keyboards (101- and
 * 102-Key)"). It does not repeat keys that are held.
 *
 * struct keyboard is all that it knows. It may be copied to save it and copied
 * back; the functions on it are pure. Whoever holds it locks.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kvm/device/keys.h"

/* A real one remembers 16 bytes. More can be typed at once here. */
enum { KEYBOARD_BYTES = 8192 };

struct keyboard {
    uint8_t byte[KEYBOARD_BYTES]; /* for the wire, a ring */
    size_t n, next;
    uint8_t set;     /* the scan code set: 1 or 2 */
    uint8_t command; /* that waits for its data byte; 0: none */
    bool scanning;   /* keys are told */
    bool released;   /* f0 was taken off, and what it belongs to was not */
};

/* As a BIOS leaves it: set 2, scanning. */
struct keyboard keyboard_power_on(void);
/* Goes down, or up. False: it has no room for that, and nothing has
 * happened. A keyboard that was told not to scan forgets keys, as it ought to.
 */
bool keyboard_key(struct keyboard *k, const struct key *key, bool down);
/* For how many keys that go down and up there is room. */
size_t keyboard_room(const struct keyboard *k);
/* A byte to the keyboard. */
void keyboard_write(struct keyboard *k, uint8_t value);
/* The next byte from it; false: there is none. translated: as the controller
 * changes it from set 2 to set 1. */
bool keyboard_next(struct keyboard *k, bool translated, uint8_t *byte);

#endif
