/* SPDX-License-Identifier: MIT */
#ifndef STUB_ENGINE_GUARDED_H
#define STUB_ENGINE_GUARDED_H

/* Accesses to guarded pages: struct machine_owner's, whose context is the
 * engine. */

#include "stub/engine/types.h"

bool guarded_access(void *context, unsigned cpu, uint64_t gpa, void *data,
                    size_t n, bool is_write);
/* What a device has read or written by itself: traps stay hidden from it and
 * planted, watchpoints are hit. */
bool guarded_dma(void *context, unsigned cpu, uint64_t gpa, void *data,
                 size_t n, bool is_write);

#endif
