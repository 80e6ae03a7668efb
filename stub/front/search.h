/* SPDX-License-Identifier: MIT */
#ifndef STUB_FRONT_SEARCH_H
#define STUB_FRONT_SEARCH_H

/* A pattern of bytes in guest memory. */

#include <stddef.h>
#include <stdint.h>

#include "stub/engine/memview.h"

enum { SEARCH_MS = 1000 };

/*
 * The first address in [addr, addr + n) at which all n_pattern bytes lie, in
 * *ret: 1. 0: there is none; holes have no bytes. -ETIME: none before *ret, to
 * where it came within limit_ms milliseconds. -ENOMEM. n_pattern is not 0;
 * addresses do not wrap.
 */
int search_memory(const struct memview *view, uint64_t addr, uint64_t n,
                  const void *pattern, size_t n_pattern, unsigned limit_ms,
                  uint64_t *ret);

#endif
