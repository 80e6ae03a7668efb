/* SPDX-License-Identifier: MIT */
#ifndef KVM_DEVICE_RESET_H
#define KVM_DEVICE_RESET_H

/*
 * The reset control register of Intel's chip sets, at 0xcf9 (82371AB, 4.1.5;
 * ICH9, 13.7.5), and the ports around it, 0xcf8 to 0xcff: those of PCI's
 * configuration space (PCI Local Bus 3.0, 3.2.2.3.2). This machine has no PCI.
 * So the address register does not hold what is written to it, by which guests
 * know that, and all reads float high: no device anywhere. But a 32-bit access
 * to 0xcf8 is one to the address register and must not reach 0xcf9.
 */

#include <stdatomic.h>
#include <stdint.h>

#include "kvm/device/device.h"

/* Its only block, of so many ports. */
enum { RESET_PORTS = 8 };

struct reset {
    atomic_int *end_code; /* takes GUEST_RESET_BY_REGISTER; borrowed */
    atomic_uchar type;    /* SYS_RST: is the next one a hard reset? */
};

/* Its device is a struct reset. */
extern const struct device_kind reset_kind;

void reset_init(struct reset *reset, atomic_int *end_code);

#endif
