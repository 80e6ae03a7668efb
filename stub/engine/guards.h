/* SPDX-License-Identifier: MIT */
#ifndef STUB_ENGINE_GUARDS_H
#define STUB_ENGINE_GUARDS_H

/* The table's guards, in force and down for now. All vCPUs are parked, or the
 * one that runs is in the midst of an access. */

#include "stub/engine/types.h"

/* Guards go up again when the stack has been elsewhere for so many steps: to
 * raise and lower them costs more than these steps do. */
enum { GUARDS_STEPS_AWAY = 64 };

static inline bool guards_in_force(const struct engine *e)
{
    return e->guards.n && !e->guards.down;
}

int guards_down(struct engine *e);
/* For one instruction: if the stack is not near, nothing waits for it to go. */
int guards_down_for_one(struct engine *e);
int guards_up(struct engine *e);

#endif
