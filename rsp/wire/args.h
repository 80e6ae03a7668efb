/* SPDX-License-Identifier: MIT */
#ifndef RSP_WIRE_ARGS_H
#define RSP_WIRE_ARGS_H

/*
 * Reads the arguments of a packet from left to right. Failure is sticky: read
 * everything, then ask args_ok() once, which also refuses leftovers.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rsp_args {
    char *at, *end; /* what is left; writable: bytes are decoded in place */
    bool bad;
};

/* A thread-id (GDB manual, "Packets", thread-id syntax). */
enum { TID_ALL = -1, TID_ANY = 0 };
struct rsp_thread_id {
    int pid, tid; /* from 1, or TID_ALL, TID_ANY */
};

/* A hex number of 1 to 16 digits; 0 and bad otherwise. */
uint64_t args_num(struct rsp_args *a);
/* The next character must be c. */
void args_skip(struct rsp_args *a, char c);
/* Takes c if it is next; says whether it was. */
bool args_try(struct rsp_args *a, char c);
/* The same for several characters; the first only looks. */
bool args_next_is(const struct rsp_args *a, const char *text);
bool args_try_text(struct rsp_args *a, const char *text);
/* The next n characters must be hex digits. */
void args_skip_digits(struct rsp_args *a, size_t n);
/* The next character, 0 and bad at the end. */
char args_char(struct rsp_args *a);
/* What comes before the next c (or the end), which is not taken; *ret_n is
 * its length. */
char *args_until(struct rsp_args *a, char c, size_t *ret_n);
/* Everything that is left. */
char *args_rest(struct rsp_args *a, size_t *ret_n);
/* Decodes everything that is left, an even number of digits, in place. */
void *args_hex(struct rsp_args *a, size_t *ret_n);
/* "-1", "0", "N", "pPID", "pPID.TID". */
struct rsp_thread_id args_thread(struct rsp_args *a);

bool args_ok(const struct rsp_args *a);

#endif
