/* SPDX-License-Identifier: MIT */
#ifndef BENCH_ECHO_H
#define BENCH_ECHO_H

/*
 * The floors of a request and its reply: another process reads exactly as
 * many bytes as the request has and writes as many as the reply has. With
 * ECHO_STEP it makes one raw KVM step in between, which is what a stub that
 * cost nothing itself would do.
 */

#include <stddef.h>

#include <sys/types.h>

#include "scripts/bench.d/guest.h"

enum { ECHO_PLAIN = -1 }; /* otherwise: step in this enum guest_mode */

struct echo {
    pid_t server;
    int fd;
    size_t request, reply; /* bytes */
    char *bytes;
};

int echo_open(struct echo *echo, size_t request, size_t reply, int step);
/* Fine on a zeroed struct. */
void echo_close(struct echo *echo);
/* One round trip; takes a struct echo, see struct probe. */
int echo_once(void *context);

#endif
