/* SPDX-License-Identifier: MIT */
#include "stub/server/listener.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/timerfd.h>

#include "stub/log.h"

static int keep_one_back(struct listener *listener)
{
    if (listener->spare < 0)
        listener->spare = fcntl(listener->socket.fd, F_DUPFD_CLOEXEC, 0);
    return listener->spare < 0 ? -errno : 0;
}

static int try_accept(const struct listener *listener)
{
    int fd = accept4(listener->socket.fd, NULL, NULL, SOCK_CLOEXEC);

    return fd < 0 ? -errno : fd;
}

static int accept_somehow(struct listener *listener)
{
    int fd = try_accept(listener);

    if (fd != -EMFILE || listener->spare < 0)
        return fd;
    (void)close(listener->spare);
    listener->spare = -1;
    return try_accept(listener);
}

/* Only the debugger is gone, or the network failed it: accept(2), "Error
 * handling". */
static bool is_passing(int err)
{
    static const int passing[] = {
        EAGAIN,    EINTR,  ECONNABORTED, ENETDOWN,   EPROTO,      ENOPROTOOPT,
        EHOSTDOWN, ENONET, EHOSTUNREACH, EOPNOTSUPP, ENETUNREACH,
    };

    for (size_t i = 0; i < sizeof passing / sizeof *passing; i++)
        if (err == -passing[i])
            return true;
    return false;
}

static void set_retry(const struct listener *listener, time_t seconds)
{
    const struct itimerspec timer = {.it_value.tv_sec = seconds};

    (void)timerfd_settime(listener->retry.fd, 0, &timer, NULL);
}

static void pause_listening(struct listener *listener, int err)
{
    if (!listener->is_short)
        log_user("no further %s can be accepted for now: %s (see "
                 "`ulimit -n`)",
                 listener->address.user == ADDRESS_LINE ? "terminal"
                                                        : "debugger",
                 strerror(-err));
    listener->is_short = true;
    (void)loop_change(listener->loop, &listener->socket, 0);
    set_retry(listener, 1);
}

static void on_socket(void *context, uint32_t events)
{
    struct listener *listener = context;
    int fd = accept_somehow(listener);

    (void)events;
    if (fd >= 0) {
        listener->is_short = false;
        listener->arrived(listener->context, fd);
        (void)keep_one_back(listener);
    } else if (!is_passing(fd)) {
        pause_listening(listener, fd);
    }
}

static void on_retry(void *context, uint32_t events)
{
    struct listener *listener = context;

    (void)events;
    set_retry(listener, 0); /* no longer readable: timerfd_create(2) */
    (void)loop_change(listener->loop, &listener->socket, EPOLLIN);
}

void listener_init(struct listener *listener, struct loop *loop,
                   void (*arrived)(void *context, int fd), void *context)
{
    *listener = (struct listener){
        .loop = loop,
        .socket = {-1, on_socket, listener},
        .retry = {-1, on_retry, listener},
        .spare = -1,
        .arrived = arrived,
        .context = context,
    };
}

static int open_retry(struct listener *listener)
{
    listener->retry.fd =
        timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
    if (listener->retry.fd < 0)
        return -errno;
    return loop_add(listener->loop, &listener->retry, EPOLLIN);
}

int listener_open(struct listener *listener, struct address *address,
                  struct diag *diag)
{
    int fd = address_listen(address, diag);
    int r;

    if (fd < 0)
        return fd;
    listener->address = *address;
    listener->socket.fd = fd;
    r = open_retry(listener);
    if (!r)
        r = keep_one_back(listener);
    if (!r)
        r = loop_add(listener->loop, &listener->socket, EPOLLIN);
    if (!r)
        return 0;
    address_unlink(address);
    listener_close(listener);
    return diag_set(diag, r, "cannot wait for anybody: %s", strerror(-r));
}

static void close_if_open(int *fd)
{
    if (*fd >= 0)
        (void)close(*fd);
    *fd = -1;
}

void listener_close(struct listener *listener)
{
    close_if_open(&listener->spare);
    close_if_open(&listener->socket.fd);
    close_if_open(&listener->retry.fd);
}

bool listener_is_open(const struct listener *listener)
{
    return listener->socket.fd >= 0;
}
