/* SPDX-License-Identifier: MIT */
#ifndef STUB_FRONT_TARGET_MEMORY_H
#define STUB_FRONT_TARGET_MEMORY_H

/* Memory, of struct rsp_target_ops. */

#include "rsp/target.h"

ssize_t target_mem_read(void *target, unsigned tid, uint64_t addr, void *out,
                        size_t n);
int target_mem_write(void *target, unsigned tid, uint64_t addr, const void *in,
                     size_t n);
extern const struct rsp_region_ops target_region_ops;
extern const struct rsp_search_ops target_search_ops;
extern const struct rsp_physical_ops target_physical_ops;

#endif
