/* SPDX-License-Identifier: MIT */
#ifndef KVM_BOARD_PC_STATES_H
#define KVM_BOARD_PC_STATES_H

/* Where all that the devices of a PC know lies, a piece for each that knows
 * something: for saving and restoring it. */

#include "kvm/board/types.h"

struct pc_state {
    void *at;
    size_t size;
};

enum { PC_STATES_MAX = 24 + BOARD_MAX_CPUS };

/* Always the same ones, in the same order, once the board is put together.
 * Returns how many. */
unsigned pc_states(struct board *board, struct pc_state ret[PC_STATES_MAX]);

#endif
