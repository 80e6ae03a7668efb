/* SPDX-License-Identifier: MIT */
#include "stub/server/conn.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include <sys/epoll.h>
#include <sys/socket.h>

#include "rsp/session.h"

static bool one_descriptor(const struct conn *conn)
{
    return conn->in.fd == conn->out.fd;
}

/* Tells the loop only what is new: most packets change nothing. */
static void conn_watch(struct conn *conn, struct loop_source *source,
                       uint32_t *events, uint32_t wanted)
{
    if (*events == wanted)
        return;
    *events = wanted;
    (void)loop_change(conn->loop, source, wanted);
}

static void update_interest(struct conn *conn, bool want_out)
{
    uint32_t in = conn->pending == CONN_BUFFER ? 0 : EPOLLIN;
    uint32_t out = want_out ? EPOLLOUT : 0;

    if (one_descriptor(conn)) {
        conn_watch(conn, &conn->in, &conn->in_events, in | out);
    } else {
        conn_watch(conn, &conn->in, &conn->in_events, in);
        conn_watch(conn, &conn->out, &conn->out_events, out);
    }
}

/* Signs before the first packet have nothing to acknowledge or interrupt. */
static bool conn_begin(struct conn *conn)
{
    switch (rx_begins(conn->buffer, conn->pending)) {
    case RX_BEGINS:
        conn->begun = true;
        conn->began(conn->context);
        return true;
    case RX_FOREIGN:
        conn->failed = true;
        conn->refused(conn->context, conn->buffer, conn->pending);
        break;
    case RX_BEGINS_LATER:
        break;
    }
    conn->pending = 0;
    return false;
}

static void conn_feed(struct conn *conn)
{
    size_t taken;

    if (!conn->begun && !conn_begin(conn))
        return;
    taken = rsp_feed(conn->session, conn->buffer, conn->pending);
    conn->pending -= taken;
    memmove(conn->buffer, conn->buffer + taken, conn->pending);
    conn->fed(conn->context);
}

static void on_readable(struct conn *conn)
{
    ssize_t n = read(conn->in.fd, conn->buffer + conn->pending,
                     CONN_BUFFER - conn->pending);

    if (n > 0) {
        conn->pending += (size_t)n;
        conn_feed(conn);
    } else if (n == 0 || (errno != EAGAIN && errno != EINTR)) {
        conn->failed = true;
    }
}

static void on_ready(void *context, uint32_t events)
{
    struct conn *conn = context;

    if (events & (EPOLLIN | EPOLLHUP | EPOLLERR) && conn->pending < CONN_BUFFER)
        on_readable(conn);
    conn_flush(conn);
}

/* Returns whether output is left that must wait. */
static bool send_output(struct conn *conn)
{
    size_t n;
    const void *bytes = rsp_output(conn->session, &n);

    while (n > 0 && !conn->failed) {
        ssize_t sent = write(conn->out.fd, bytes, n);

        if (sent < 0 && errno == EINTR)
            continue;
        if (sent < 0 && errno == EAGAIN)
            return true;
        if (sent < 0) {
            conn->failed = true;
            break;
        }
        rsp_sent(conn->session, (size_t)sent);
        bytes = rsp_output(conn->session, &n);
    }
    return false;
}

void conn_flush(struct conn *conn)
{
    bool blocked = conn->open && conn->begun && send_output(conn);
    size_t before;

    /* Room was made: what had to wait can go in now. */
    while (conn->open && !conn->failed && !blocked && conn->pending) {
        before = conn->pending;
        conn_feed(conn);
        if (conn->pending == before)
            break;
        blocked = send_output(conn);
    }
    if (!conn->open)
        return;
    if (conn->failed ||
        (conn->begun && !blocked && rsp_state(conn->session) == RSP_DONE)) {
        conn_close(conn);
        conn->ended(conn->context);
    } else {
        update_interest(conn, blocked);
    }
}

static bool hung_up(int fd)
{
    struct pollfd poll_fd = {.fd = fd, .events = POLLRDHUP};

    return poll(&poll_fd, 1, 0) > 0;
}

static void end_if_hung_up(struct conn *conn)
{
    if (!hung_up(conn->in.fd))
        return;
    while (!conn->failed && conn->pending < CONN_BUFFER)
        on_readable(conn);
    conn->failed = true;
    conn_flush(conn);
}

bool conn_is_taken(struct conn *conn)
{
    if (conn->open)
        end_if_hung_up(conn);
    if (conn->open && !conn->begun) {
        on_readable(conn);
        conn_flush(conn);
    }
    if (conn->open && !conn->begun)
        conn_close(conn);
    return conn->open;
}

/*
 * Each packet waits for its answer: without TCP_NODELAY Nagle's algorithm and
 * delayed acknowledgement cost 40 ms. And a peer that is gone without a word
 * (a cut cable, a machine that was turned off) keeps the next debugger out:
 * when it is silent it is asked after half a minute, and when it has neither
 * answered nor acknowledged anything for a minute it is given up (tcp(7)).
 */
static void set_up_tcp(int fd)
{
    static const struct {
        int level, name, value;
    } options[] = {
        {IPPROTO_TCP, TCP_NODELAY, 1},
        {SOL_SOCKET, SO_KEEPALIVE, 1},
        {IPPROTO_TCP, TCP_KEEPIDLE, 30},
        {IPPROTO_TCP, TCP_KEEPINTVL, 10},
        {IPPROTO_TCP, TCP_KEEPCNT, 3},
        {IPPROTO_TCP, TCP_USER_TIMEOUT, 60 * 1000},
    };

    /* Fails harmlessly on what is no TCP socket. */
    for (size_t i = 0; i < sizeof options / sizeof *options; i++)
        (void)setsockopt(fd, options[i].level, options[i].name,
                         &options[i].value, sizeof options[i].value);
}

static int conn_set_up(int fd)
{
    int flags = fcntl(fd, F_GETFL);

    if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0)
        return -errno;
    set_up_tcp(fd);
    return 0;
}

int conn_open(struct conn *conn, int in, int out)
{
    int r = conn_set_up(in);

    conn->in = (struct loop_source){in, on_ready, conn};
    conn->out = (struct loop_source){out, on_ready, conn};
    conn->pending = 0;
    conn->in_events = EPOLLIN;
    conn->out_events = 0;
    conn->failed = conn->begun = false;
    if (!r && out != in)
        r = conn_set_up(out);
    if (!r)
        r = loop_add(conn->loop, &conn->in, EPOLLIN);
    if (!r && out != in)
        r = loop_add(conn->loop, &conn->out, 0);
    conn->open = r == 0;
    if (r < 0) {
        (void)close(in);
        if (out != in)
            (void)close(out);
    }
    return r;
}

void conn_close(struct conn *conn)
{
    if (!conn->open)
        return;
    conn->open = false;
    loop_remove(conn->loop, &conn->in);
    (void)close(conn->in.fd);
    if (one_descriptor(conn))
        return;
    loop_remove(conn->loop, &conn->out);
    (void)close(conn->out.fd);
}
