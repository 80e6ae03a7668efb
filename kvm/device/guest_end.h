/* SPDX-License-Identifier: MIT */
#ifndef KVM_DEVICE_GUEST_END_H
#define KVM_DEVICE_GUEST_END_H

/*
 * What a device can do to the whole machine. It stores one of these in the
 * board's atomic_int; who runs a vCPU looks there after each access. Types
 * alone.
 */

#include <stdbool.h>

enum guest_end {
    GUEST_GOES_ON = -1,
    GUEST_ENDED = 0, /* with this status, or one of up to GUEST_STATUS_MAX */
    GUEST_STATUS_MAX = 0xff,
    /* The machine is to be reset: by whom. */
    GUEST_RESET,
    GUEST_RESET_BY_KBC = GUEST_RESET,
    GUEST_RESET_BY_PORT_92,
    GUEST_RESET_BY_REGISTER, /* kvm/device/reset.h */
    GUEST_RESET_BY_INIT,     /* for the first CPU */
    GUEST_RESETS_END,
    GUEST_ASKS = GUEST_RESETS_END, /* for a debugger, and goes on behind that */
    GUEST_ENDS
};

static inline bool guest_is_reset(int end)
{
    return end >= GUEST_RESET && end < GUEST_RESETS_END;
}

#endif
