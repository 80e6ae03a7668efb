/* SPDX-License-Identifier: MIT */
#ifndef STUB_SERVER_WAKER_H
#define STUB_SERVER_WAKER_H

/*
 * The loop's thread runs the vCPU itself, which saves two thread hand-overs
 * for every step. While it is inside the guest the waker, a thread of its
 * own, watches the loop's descriptor and kicks the vCPU when there is
 * something to do, again and again until it is relieved. It also kicks a vCPU
 * that has not been called back for a while, lest it be stuck. That is all it
 * does; it shares nothing else.
 */

#include <pthread.h>
#include <stdbool.h>

#include "stub/machine.h"
#include "stub/server/loop.h"

struct waker {
    int fd;   /* epoll's, watching the loop's */
    int stop; /* eventfd that ends the thread */
    int watched;
    int rounds;              /* a timer */
    pthread_mutex_t lock;    /* for what follows, and held while kicking */
    struct machine *machine; /* NULL: off duty */
    pthread_cond_t off_duty;
    bool making_rounds; /* the timer runs: from the first duty until one of
                           its rounds finds none */
    unsigned long duty; /* counts them up */
    unsigned long seen; /* the one that the last round has found */
    pthread_t thread;
};

int waker_start(struct waker *waker, const struct loop *loop);
void waker_end(struct waker *waker);

/* On duty from here... An event that came before is seen too. */
void waker_arm(struct waker *waker, struct machine *machine);
/* ...to here. No kick comes any more: the vCPU may be destroyed. */
void waker_disarm(struct waker *waker);

#endif
