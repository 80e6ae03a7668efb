/* SPDX-License-Identifier: MIT */
#ifndef STUB_ENGINE_PLACE_H
#define STUB_ENGINE_PLACE_H

/* Breakpoints by where a vCPU is. */

#include "stub/engine/types.h"

/* The breakpoint whose trap is planted where gva leads to, or NULL. */
const struct breakpoint *place_planted(const struct engine *e,
                                       const struct thread *t, uint64_t gva);
/* The client's own breakpoint at the very address gva, or (is_catch) that at an
 * exception's handler; NULL: there is none. */
const struct breakpoint *place_exec(const struct engine *e, uint64_t gva,
                                    bool is_catch);
/* Does the client, with the registers that it sees, take pc for the place of
 * this breakpoint? */
bool place_is_known(const struct engine *e, const struct breakpoint *bp,
                    uint64_t pc);

#endif
