/* SPDX-License-Identifier: MIT */
#ifndef STUB_ENGINE_RESTART_H
#define STUB_ENGINE_RESTART_H

/* The guest from the beginning. */

#include "stub/engine/types.h"

/* As before its first instruction. */
void restart_forget(struct engine *e);
/* The machine's vCPUs and memory are the engine's from now on. */
void restart_enter(struct engine *e);
/* vCPUs that have come up since are threads now; they go on if the others do.
 */
void restart_look(struct engine *e);

#endif
