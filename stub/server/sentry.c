/* SPDX-License-Identifier: MIT */
#include "stub/server/sentry.h"

#include <errno.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>

#include "kvm/core/kick.h"

enum { ROUND_NS = 100 * 1000 * 1000 };

/* How soon a kick is repeated, ns. */
enum { AGAIN_NS = 5000000 };

static struct timespec soon(void)
{
    struct timespec when;

    (void)clock_gettime(CLOCK_MONOTONIC, &when);
    when.tv_nsec += AGAIN_NS;
    when.tv_sec += when.tv_nsec / 1000000000;
    when.tv_nsec %= 1000000000;
    return when;
}

/*
 * A kick ends one vcpu_run(), and the debugger may make another before it looks
 * at the loop: to help an instruction that gets nowhere
 * (stub/engine/guarded.c), which can itself take long. So it is repeated for as
 * long as the vCPU is on the same duty: the next one may have begun before this
 * thread looks again.
 */
static void kick(struct sentry *sentry)
{
    unsigned long duty;

    (void)pthread_mutex_lock(&sentry->lock);
    duty = sentry->duty;
    while (sentry->vcpu && sentry->duty == duty) {
        const struct timespec until = soon();

        vcpu_kick(sentry->vcpu);
        (void)pthread_cond_timedwait(&sentry->off_duty, &sentry->lock, &until);
    }
    (void)pthread_mutex_unlock(&sentry->lock);
}

/* A duty takes no system call but its first in a while: a step has no time for
 * a timer of its own. */
static void set_rounds(struct sentry *sentry, bool on)
{
    const long ns = on ? ROUND_NS : 0;
    const struct itimerspec timer = {.it_value.tv_nsec = ns,
                                     .it_interval.tv_nsec = ns};

    sentry->making_rounds = on;
    (void)timerfd_settime(sentry->rounds, 0, &timer, NULL);
}

static void set_vcpu(struct sentry *sentry, struct vcpu *vcpu)
{
    (void)pthread_mutex_lock(&sentry->lock);
    sentry->vcpu = vcpu;
    if (!vcpu)
        (void)pthread_cond_signal(&sentry->off_duty);
    if (vcpu)
        sentry->duty++;
    if (vcpu && !sentry->making_rounds)
        set_rounds(sentry, true);
    (void)pthread_mutex_unlock(&sentry->lock);
}

/* Who was there in the last round is called back. */
static void make_round(struct sentry *sentry)
{
    uint64_t count;

    (void)!read(sentry->rounds, &count, sizeof count);
    (void)pthread_mutex_lock(&sentry->lock);
    if (!sentry->vcpu)
        set_rounds(sentry, false);
    else if (sentry->seen == sentry->duty)
        vcpu_kick(sentry->vcpu);
    sentry->seen = sentry->duty;
    (void)pthread_mutex_unlock(&sentry->lock);
}

static void *watch(void *context)
{
    struct sentry *sentry = context;
    struct epoll_event event;

    for (;;) {
        int n = epoll_wait(sentry->fd, &event, 1, -1);

        if (n < 0 && errno != EINTR)
            return NULL;
        if (n < 1)
            continue;
        if (event.data.fd == sentry->stop)
            return NULL;
        if (event.data.fd == sentry->rounds)
            make_round(sentry);
        else
            kick(sentry);
    }
}

static int add(struct sentry *sentry, int fd, uint32_t events)
{
    struct epoll_event event = {.events = events, .data.fd = fd};

    return epoll_ctl(sentry->fd, EPOLL_CTL_ADD, fd, &event) < 0 ? -errno : 0;
}

/* Signals are for the loop's thread. */
static int start_thread(struct sentry *sentry)
{
    sigset_t all;
    sigset_t before;
    int r;

    (void)sigfillset(&all);
    (void)sigdelset(&all, SIGSYS); /* of the call that it is about */
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    r = -pthread_create(&sentry->thread, NULL, watch, sentry);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    return r;
}

static void close_all(struct sentry *sentry)
{
    if (sentry->stop >= 0)
        (void)close(sentry->stop);
    if (sentry->rounds >= 0)
        (void)close(sentry->rounds);
    if (sentry->fd >= 0)
        (void)close(sentry->fd);
}

static void init_locks(struct sentry *sentry)
{
    pthread_condattr_t monotonic;

    (void)pthread_condattr_init(&monotonic);
    (void)pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&sentry->off_duty, &monotonic);
    (void)pthread_condattr_destroy(&monotonic);
    (void)pthread_mutex_init(&sentry->lock, NULL);
}

int sentry_start(struct sentry *sentry, const struct loop *loop)
{
    int r;

    sentry->vcpu = NULL;
    sentry->watched = loop->fd;
    init_locks(sentry);
    sentry->fd = epoll_create1(EPOLL_CLOEXEC);
    sentry->stop = eventfd(0, EFD_CLOEXEC);
    sentry->rounds =
        timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
    sentry->making_rounds = false;
    sentry->duty = sentry->seen = 0;
    if (sentry->fd < 0 || sentry->stop < 0 || sentry->rounds < 0)
        r = -errno;
    else
        r = add(sentry, sentry->stop, EPOLLIN);
    if (!r)
        r = add(sentry, sentry->rounds, EPOLLIN);
    if (!r)
        r = add(sentry, sentry->watched, 0);
    if (!r)
        r = start_thread(sentry);
    if (r < 0)
        close_all(sentry);
    return r;
}

void sentry_end(struct sentry *sentry)
{
    (void)eventfd_write(sentry->stop, 1);
    (void)pthread_join(sentry->thread, NULL);
    (void)pthread_cond_destroy(&sentry->off_duty);
    (void)pthread_mutex_destroy(&sentry->lock);
    close_all(sentry);
}

static void set_events(struct sentry *sentry, uint32_t events)
{
    struct epoll_event event = {.events = events, .data.fd = sentry->watched};

    (void)epoll_ctl(sentry->fd, EPOLL_CTL_MOD, sentry->watched, &event);
}

void sentry_arm(struct sentry *sentry, struct vcpu *vcpu)
{
    set_vcpu(sentry, vcpu);
    set_events(sentry, EPOLLIN | EPOLLONESHOT);
}

void sentry_disarm(struct sentry *sentry)
{
    set_events(sentry, 0);
    set_vcpu(sentry, NULL);
}
