/* SPDX-License-Identifier: MIT */
#ifndef STUB_FRONT_TARGET_H
#define STUB_FRONT_TARGET_H

/* What the parts of the target know of each other: target.c, target_memory.c.
 * The others know debugger_target_ops. */

#include "stub/engine/engine.h"

/* Notes a sentence for last_error(), and returns err. */
__attribute__((format(printf, 3, 4))) int target_fail(struct debugger *d,
                                                      int err,
                                                      const char *format, ...);

/* Does the client see 32 bits of an address only? */
bool target_is_narrow(const struct debugger *d);

/* Of struct rsp_target_ops. */
ssize_t target_mem_read(void *target, unsigned tid, uint64_t addr, void *out,
                        size_t n);
int target_mem_write(void *target, unsigned tid, uint64_t addr, const void *in,
                     size_t n);
extern const struct rsp_region_ops target_region_ops;
extern const struct rsp_search_ops target_search_ops;
extern const struct rsp_physical_ops target_physical_ops;

#endif
