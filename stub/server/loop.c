/* SPDX-License-Identifier: MIT */
#include "stub/server/loop.h"

#include <errno.h>
#include <unistd.h>

#include <sys/epoll.h>

int loop_init(struct loop *loop)
{
    loop->fd = epoll_create1(EPOLL_CLOEXEC);
    return loop->fd < 0 ? -errno : 0;
}

void loop_done(struct loop *loop)
{
    (void)close(loop->fd);
}

static int loop_control(struct loop *loop, int op, struct loop_source *source,
                        uint32_t events)
{
    struct epoll_event event = {.events = events, .data.ptr = source};

    return epoll_ctl(loop->fd, op, source->fd, &event) < 0 ? -errno : 0;
}

int loop_add(struct loop *loop, struct loop_source *source, uint32_t events)
{
    return loop_control(loop, EPOLL_CTL_ADD, source, events);
}

int loop_change(struct loop *loop, struct loop_source *source, uint32_t events)
{
    return loop_control(loop, EPOLL_CTL_MOD, source, events);
}

void loop_remove(struct loop *loop, struct loop_source *source)
{
    (void)loop_control(loop, EPOLL_CTL_DEL, source, 0);
}

int loop_once(struct loop *loop, int wait)
{
    struct epoll_event event;
    struct loop_source *source;
    int n = epoll_wait(loop->fd, &event, 1, wait ? -1 : 0);

    if (n < 0)
        return errno == EINTR ? 0 : -errno;
    if (n > 0) {
        source = event.data.ptr;
        source->ready(source->context, event.events);
    }
    return 0;
}
