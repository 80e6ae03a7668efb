/* SPDX-License-Identifier: MIT */
#ifndef STUB_SERVER_LOOP_H
#define STUB_SERVER_LOOP_H

/*
 * The event loop: file descriptors and callbacks, over epoll. One event is
 * handled at a time, so a callback may remove any source. One thread.
 */

#include <stdint.h>

struct loop {
    int fd; /* epoll's; readable when there is something to do */
};

/* Embed it; it must outlive its time in the loop. */
struct loop_source {
    int fd;
    void (*ready)(void *context, uint32_t events); /* EPOLLIN, ... */
    void *context;
};

int loop_init(struct loop *loop);
void loop_done(struct loop *loop);

/* events: EPOLLIN and EPOLLOUT, or 0 to pause. -errno. */
int loop_add(struct loop *loop, struct loop_source *source, uint32_t events);
int loop_change(struct loop *loop, struct loop_source *source, uint32_t events);
void loop_remove(struct loop *loop, struct loop_source *source);

/* Handles one event if there is one; waits for it if wait is set. */
int loop_once(struct loop *loop, int wait);

#endif
