/* SPDX-License-Identifier: MIT */
#include "stub/server/waker.h"

#include <errno.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>

enum { ROUND_NS = 100 * 1000 * 1000 };

/* How soon a kick is repeated, ns. */
enum { AGAIN_NS = 5000000 };

static struct timespec waker_soon(void)
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
static void waker_kick(struct waker *waker)
{
    unsigned long duty;

    (void)pthread_mutex_lock(&waker->lock);
    duty = waker->duty;
    while (waker->machine && waker->duty == duty) {
        const struct timespec until = waker_soon();

        machine_kick(waker->machine);
        (void)pthread_cond_timedwait(&waker->off_duty, &waker->lock, &until);
    }
    (void)pthread_mutex_unlock(&waker->lock);
}

/* A duty takes no system call but its first in a while: a step has no time for
 * a timer of its own. Set anew by each round, for two that a late thread made
 * in a row would find the same duty. */
static void set_rounds(struct waker *waker, bool on)
{
    const long ns = on ? ROUND_NS : 0;
    const struct itimerspec timer = {.it_value.tv_nsec = ns};

    waker->making_rounds = on;
    (void)timerfd_settime(waker->rounds, 0, &timer, NULL);
}

static void set_machine(struct waker *waker, struct machine *machine)
{
    (void)pthread_mutex_lock(&waker->lock);
    waker->machine = machine;
    if (!machine)
        (void)pthread_cond_signal(&waker->off_duty);
    if (machine)
        waker->duty++;
    if (machine && !waker->making_rounds)
        set_rounds(waker, true);
    (void)pthread_mutex_unlock(&waker->lock);
}

/* Who was there in the last round is called back. */
static void make_round(struct waker *waker)
{
    uint64_t count;

    (void)!read(waker->rounds, &count, sizeof count);
    (void)pthread_mutex_lock(&waker->lock);
    if (waker->machine && waker->seen == waker->duty)
        machine_kick(waker->machine);
    set_rounds(waker, waker->machine != NULL);
    waker->seen = waker->duty;
    (void)pthread_mutex_unlock(&waker->lock);
}

static void *waker_watch(void *context)
{
    struct waker *waker = context;
    struct epoll_event event;

    for (;;) {
        int n = epoll_wait(waker->fd, &event, 1, -1);

        if (n < 0 && errno != EINTR)
            return NULL;
        if (n < 1)
            continue;
        if (event.data.fd == waker->stop)
            return NULL;
        if (event.data.fd == waker->rounds)
            make_round(waker);
        else
            waker_kick(waker);
    }
}

static int waker_add(struct waker *waker, int fd, uint32_t events)
{
    struct epoll_event event = {.events = events, .data.fd = fd};

    return epoll_ctl(waker->fd, EPOLL_CTL_ADD, fd, &event) < 0 ? -errno : 0;
}

/* Signals are for the loop's thread. */
static int waker_start_thread(struct waker *waker)
{
    sigset_t all;
    sigset_t before;
    int r;

    (void)sigfillset(&all);
    (void)sigdelset(&all, SIGSYS); /* of the call that it is about */
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    r = -pthread_create(&waker->thread, NULL, waker_watch, waker);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    return r;
}

static void close_all(struct waker *waker)
{
    if (waker->stop >= 0)
        (void)close(waker->stop);
    if (waker->rounds >= 0)
        (void)close(waker->rounds);
    if (waker->fd >= 0)
        (void)close(waker->fd);
}

static void init_locks(struct waker *waker)
{
    pthread_condattr_t monotonic;

    (void)pthread_condattr_init(&monotonic);
    (void)pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&waker->off_duty, &monotonic);
    (void)pthread_condattr_destroy(&monotonic);
    (void)pthread_mutex_init(&waker->lock, NULL);
}

int waker_start(struct waker *waker, const struct loop *loop)
{
    int r;

    waker->machine = NULL;
    waker->watched = loop->fd;
    init_locks(waker);
    waker->fd = epoll_create1(EPOLL_CLOEXEC);
    waker->stop = eventfd(0, EFD_CLOEXEC);
    waker->rounds = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
    waker->making_rounds = false;
    waker->duty = waker->seen = 0;
    if (waker->fd < 0 || waker->stop < 0 || waker->rounds < 0)
        r = -errno;
    else
        r = waker_add(waker, waker->stop, EPOLLIN);
    if (!r)
        r = waker_add(waker, waker->rounds, EPOLLIN);
    if (!r)
        r = waker_add(waker, waker->watched, 0);
    if (!r)
        r = waker_start_thread(waker);
    if (r < 0)
        close_all(waker);
    return r;
}

void waker_end(struct waker *waker)
{
    (void)eventfd_write(waker->stop, 1);
    (void)pthread_join(waker->thread, NULL);
    (void)pthread_cond_destroy(&waker->off_duty);
    (void)pthread_mutex_destroy(&waker->lock);
    close_all(waker);
}

static void waker_set_events(struct waker *waker, uint32_t events)
{
    struct epoll_event event = {.events = events, .data.fd = waker->watched};

    (void)epoll_ctl(waker->fd, EPOLL_CTL_MOD, waker->watched, &event);
}

void waker_arm(struct waker *waker, struct machine *machine)
{
    set_machine(waker, machine);
    waker_set_events(waker, EPOLLIN | EPOLLONESHOT);
}

void waker_disarm(struct waker *waker)
{
    waker_set_events(waker, 0);
    set_machine(waker, NULL);
}
