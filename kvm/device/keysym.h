/* SPDX-License-Identifier: MIT */
#ifndef KVM_DEVICE_KEYSYM_H
#define KVM_DEVICE_KEYSYM_H

/* Keys by X11's numbers (X Window System Protocol, appendix A, "KEYSYM
 * Encoding"), which VNC clients send. */

#include <stdbool.h>
#include <stdint.h>

#include "kvm/device/keys.h"

/* The key that has it; whether it has it with shift. NULL: there is none. */
const struct key *key_by_keysym(uint32_t keysym, bool *shift);

#endif
