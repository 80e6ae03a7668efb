/* SPDX-License-Identifier: MIT */
#ifndef KVM_BOARD_PC_CMOS_H
#define KVM_BOARD_PC_CMOS_H

/* What a PC's firmware writes down in the clock's memory: who reads it wants to
 * know how much RAM there is without asking the BIOS. Before a vCPU runs. */

#include "kvm/device/rtc.h"

void pc_cmos_init(struct rtc_state *rtc);
/* RAM below the hole and above it, in bytes. */
void pc_cmos_memory(struct rtc_state *rtc, uint64_t low, uint64_t high);
/* There is a hard disk. */
void pc_cmos_disk(struct rtc_state *rtc);

#endif
