/* SPDX-License-Identifier: MIT */
#ifndef KVM_BOARD_PC_INTERRUPT_H
#define KVM_BOARD_PC_INTERRUPT_H

/* How lines, interrupt controllers and CPUs are connected on a PC; for
 * board_init(). The rest of it is in kvm/board/board.h. */

#include "kvm/board/types.h"
#include "kvm/core/diag.h"

/* After the clock, before the devices are attached. */
void pc_interrupt_init(struct board *board);
/* Afterwards. -errno with a sentence: bus_connect(). */
int pc_interrupt_connect(struct board *board, struct diag *diag);

#endif
