/* SPDX-License-Identifier: MIT */
#ifndef RSP_WIRE_CODEC_H
#define RSP_WIRE_CODEC_H

/*
 * What happens to the bytes between '$' and '#': checksum, escapes and
 * run-length coding (GDB manual, "Overview"). Pure functions over buffers;
 * whole runs are moved at once, because memory is transferred through here.
 */

#include <stddef.h>
#include <stdint.h>

#include <sys/types.h>

/* The sum of the bytes modulo 256. */
uint8_t codec_sum(const void *bytes, size_t n);

/* Escapes # $ } and *. Writes at most 2 * n bytes and returns how many. in may
 * lie n bytes or more ahead of out in the same buffer. */
size_t codec_escape(void *out, const void *in, size_t n);

/* Shortens runs of equal bytes in place; returns the new length. Only for
 * text: the bytes must not contain # $ } or *. */
size_t codec_pack(void *bytes, size_t n);

/*
 * Undoes escapes and runs in place; cap is the size of the buffer. Returns the
 * new length, -EINVAL for an escape or a run that is cut short or counts
 * nonsense, -EMSGSIZE when the result does not fit.
 */
ssize_t codec_unpack(void *bytes, size_t n, size_t cap);

#endif
