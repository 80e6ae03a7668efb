/* SPDX-License-Identifier: MIT */
#ifndef STUB_SERVER_LISTENER_H
#define STUB_SERVER_LISTENER_H

/*
 * The socket that debuggers come to. One descriptor is kept back, so that
 * where the process may have no more the first debugger still gets in and a
 * second one is still turned away. Where even that does not help it listens
 * again a second later, since a socket that is ready and is not accepted from
 * would keep the loop busy.
 */

#include <stdbool.h>

#include "kvm/core/diag.h"
#include "stub/server/address.h"
#include "stub/server/loop.h"

struct listener {
    struct loop *loop; /* borrowed */
    struct address address;
    struct loop_source socket; /* fd -1: not open */
    struct loop_source retry;  /* a timer */
    int spare;                 /* what is kept back, or -1 */
    bool is_short;             /* of descriptors or memory, and that was said */
    /* A debugger: fd is the callee's. */
    void (*arrived)(void *context, int fd);
    void *context;
};

/* Not open; nothing to close. */
void listener_init(struct listener *listener, struct loop *loop,
                   void (*arrived)(void *context, int fd), void *context);
/* Listens, not on stdio; the address's port becomes the real one. -errno with
 * diag, and then it is not open. */
int listener_open(struct listener *listener, struct address *address,
                  struct diag *diag);
/* The file of a UNIX socket stays: address_unlink() comes before, since nobody
 * else's file has its number as long as the socket is open. */
void listener_close(struct listener *listener);
bool listener_is_open(const struct listener *listener);

#endif
