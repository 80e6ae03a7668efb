/* SPDX-License-Identifier: MIT */
#ifndef BENCH_PEER_H
#define BENCH_PEER_H

/*
 * The stubs that can be measured: how each is started with our guest, how it
 * says where it listens, and how the guest is got to its loop.
 */

#include <stdint.h>

#include <sys/types.h>

#include "scripts/bench.d/guest.h"
#include "scripts/bench.d/wire.h"

/* Guest RAM: the guest's page, then data to transfer, then some that nobody
 * touches, because a stub may keep its tables at the end. */
enum {
    PEER_RAM_MIB = 80,
    PEER_DATA_MIB = 64,
    PEER_DATA_OFFSET = 8 << 20,
    PEER_ARGS = 20,
};

/* A running stub. */
struct stub {
    pid_t pid;
    pid_t debuggee;    /* what gdbserver debugs, else 0 */
    int log;           /* its stderr */
    uint16_t port;     /* where it listens */
    char argument[64]; /* the guest's path, the port or the debuggee */
};

struct peer {
    const char *name;
    const char *ready; /* what it prints before its port; NULL: nothing */
    uint64_t base;     /* of the guest's page */
    unsigned modes;    /* 1 << enum guest_mode: those that it can be given */
    int (*prepare)(struct stub *stub, enum guest_mode mode); /* argument */
    int (*place)(struct wire *wire, enum guest_mode mode);   /* may be NULL */
    const char *argv[PEER_ARGS]; /* program first; see peer.c */
};

const struct peer *peer_find(const char *name);

/* Starts it, with another program than usual if not NULL, and waits until it
 * can be connected to. */
int stub_start(struct stub *stub, const struct peer *peer, const char *program,
               enum guest_mode mode);
/* Fine on a zeroed struct. */
void stub_stop(struct stub *stub);
/* Connects; the guest is at its loop then. */
int stub_connect(const struct stub *stub, const struct peer *peer,
                 enum guest_mode mode, struct wire *wire);

#endif
