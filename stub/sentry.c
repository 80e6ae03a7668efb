/* SPDX-License-Identifier: MIT */
#include "stub/sentry.h"

#include <errno.h>
#include <signal.h>
#include <unistd.h>

#include <sys/epoll.h>
#include <sys/eventfd.h>

static void kick(struct sentry *sentry)
{
    (void)pthread_mutex_lock(&sentry->lock);
    if (sentry->vcpu)
        vcpu_kick(sentry->vcpu);
    (void)pthread_mutex_unlock(&sentry->lock);
}

static void set_vcpu(struct sentry *sentry, struct vcpu *vcpu)
{
    (void)pthread_mutex_lock(&sentry->lock);
    sentry->vcpu = vcpu;
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
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    r = -pthread_create(&sentry->thread, NULL, watch, sentry);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    return r;
}

static void close_all(struct sentry *sentry)
{
    if (sentry->stop >= 0)
        (void)close(sentry->stop);
    if (sentry->fd >= 0)
        (void)close(sentry->fd);
}

int sentry_start(struct sentry *sentry, const struct loop *loop)
{
    int r;

    sentry->vcpu = NULL;
    sentry->watched = loop->fd;
    (void)pthread_mutex_init(&sentry->lock, NULL);
    sentry->fd = epoll_create1(EPOLL_CLOEXEC);
    sentry->stop = eventfd(0, EFD_CLOEXEC);
    if (sentry->fd < 0 || sentry->stop < 0)
        r = -errno;
    else
        r = add(sentry, sentry->stop, EPOLLIN);
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
