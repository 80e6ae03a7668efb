/* SPDX-License-Identifier: MIT */
#ifndef BENCH_CODEC_H
#define BENCH_CODEC_H

/* What packets are made of. GDB manual, "Overview". */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <sys/types.h>

uint8_t codec_sum(const void *bytes, size_t n);
/* Escapes data for X; the length. out has room for 2 * n. */
size_t codec_escape(char *out, const uint8_t *data, size_t n);
size_t codec_hex(char *out, const uint8_t *data, size_t n);
/* Undoes run-length coding, and escapes if the payload may have some. The
 * length, or -EBADMSG if that cannot be or does not fit. */
ssize_t codec_expand(uint8_t *out, size_t cap, const char *in, size_t n,
                     bool binary);
/* The same, then hex if it is not binary. */
ssize_t codec_decode(uint8_t *out, size_t cap, const char *payload, size_t n,
                     bool binary);

#endif
