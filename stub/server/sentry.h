/* SPDX-License-Identifier: MIT */
#ifndef STUB_SERVER_SENTRY_H
#define STUB_SERVER_SENTRY_H

/*
 * The loop's thread runs the vCPU itself, which saves two thread hand-overs
 * for every step. While it is inside the guest the sentry, a thread of its
 * own, watches the loop's descriptor and kicks the vCPU when there is
 * something to do, again and again until it is relieved. It also kicks a vCPU
 * that has not been called back for a while, lest it be stuck. That is all it
 * does; it shares nothing else.
 */

#include <pthread.h>
#include <stdbool.h>

#include "kvm/vm/types.h"
#include "stub/server/loop.h"

struct sentry {
    int fd;   /* epoll's, watching the loop's */
    int stop; /* eventfd that ends the thread */
    int watched;
    int rounds;           /* a timer */
    pthread_mutex_t lock; /* for what follows, and held while kicking */
    struct vcpu *vcpu;    /* NULL: off duty */
    pthread_cond_t off_duty;
    bool making_rounds; /* the timer runs: from the first duty until one of
                           its rounds finds none */
    unsigned long duty; /* counts them up */
    unsigned long seen; /* the one that the last round has found */
    pthread_t thread;
};

int sentry_start(struct sentry *sentry, const struct loop *loop);
void sentry_end(struct sentry *sentry);

/* On duty from here... An event that came before is seen too. */
void sentry_arm(struct sentry *sentry, struct vcpu *vcpu);
/* ...to here. No kick comes any more: the vCPU may be destroyed. */
void sentry_disarm(struct sentry *sentry);

#endif
