/* SPDX-License-Identifier: MIT */
#ifndef KVM_DEVICE_DEBUG_PORT_H
#define KVM_DEVICE_DEBUG_PORT_H

/*
 * The port by which a guest calls the debugger, as Bochs has it (Bochs,
 * "I/O Interface to Bochs Debugger"): the word 0x8ae0 written to port 0x8a00.
 * In Bochs the word 0x8a00 must come first, once; here it need not. The port
 * reads as 0x8a00, by which a guest knows that it is there. Bochs's other
 * commands do nothing.
 */

#include "kvm/device/device.h"

enum {
    DEBUG_PORT_SIZE = 2, /* of its only block, in ports: a word */
    DEBUG_PORT_THERE = 0x8a00,
    DEBUG_PORT_STOP = 0x8ae0,
};

/* Its device is an atomic_int, which takes GUEST_ASKS. */
extern const struct device_kind debug_port_kind;

#endif
