/* SPDX-License-Identifier: MIT */
/* What a client's descriptors are set to. What goes over them is for
 * test_conn_stream.c. */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <unistd.h>

#include <sys/socket.h>

#include "stub/server/conn.h"

struct ends {
    int ours, peer;
};

static struct ends connect_tcp(void)
{
    struct sockaddr_in where = {.sin_family = AF_INET,
                                .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct sockaddr *address = (struct sockaddr *)&where;
    socklen_t size = sizeof where;
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    struct ends ends = {.peer = socket(AF_INET, SOCK_STREAM, 0)};

    cr_assert(zero(int, bind(listener, address, size)));
    cr_assert(zero(int, listen(listener, 1)));
    cr_assert(zero(int, getsockname(listener, address, &size)));
    cr_assert(zero(int, connect(ends.peer, address, size)));
    ends.ours = accept(listener, NULL, NULL);
    cr_assert(ge(int, ends.ours, 0));
    (void)close(listener);
    return ends;
}

static int option(int fd, int level, int name)
{
    int value = -1;
    socklen_t size = sizeof value;

    cr_assert(zero(int, getsockopt(fd, level, name, &value, &size)));
    return value;
}

/* A peer that is gone without a word is noticed within about a minute. */
Test(conn, vanished_peer_is_noticed)
{
    struct ends ends = connect_tcp();
    struct loop loop;
    static struct conn conn;
    int idle, interval, count;

    cr_assert(zero(int, loop_init(&loop)));
    conn.loop = &loop;
    cr_assert(zero(int, conn_open(&conn, ends.ours, ends.ours)));
    cr_expect(ne(int, option(ends.ours, IPPROTO_TCP, TCP_NODELAY), 0));
    cr_expect(ne(int, option(ends.ours, SOL_SOCKET, SO_KEEPALIVE), 0));
    idle = option(ends.ours, IPPROTO_TCP, TCP_KEEPIDLE);
    interval = option(ends.ours, IPPROTO_TCP, TCP_KEEPINTVL);
    count = option(ends.ours, IPPROTO_TCP, TCP_KEEPCNT);
    cr_expect(eq(int, idle + interval * count, 60));
    cr_expect(
        eq(int, option(ends.ours, IPPROTO_TCP, TCP_USER_TIMEOUT), 60 * 1000));
    conn_close(&conn);
    loop_done(&loop);
    (void)close(ends.peer);
}

/* Pipes and UNIX sockets know none of this, and are taken. */
Test(conn, other_kinds_are_taken)
{
    int ends[2], pipes[2][2];
    struct loop loop;
    static struct conn conn;

    cr_assert(zero(int, loop_init(&loop)));
    conn.loop = &loop;
    cr_assert(zero(int, socketpair(AF_UNIX, SOCK_STREAM, 0, ends)));
    cr_expect(zero(int, conn_open(&conn, ends[0], ends[0])));
    cr_expect(ne(int, fcntl(ends[0], F_GETFL) & O_NONBLOCK, 0));
    conn_close(&conn);
    cr_assert(zero(int, pipe(pipes[0])));
    cr_assert(zero(int, pipe(pipes[1])));
    cr_expect(zero(int, conn_open(&conn, pipes[0][0], pipes[1][1])));
    conn_close(&conn);
    cr_expect(lt(int, fcntl(pipes[1][1], F_GETFD), 0), "closed");
    loop_done(&loop);
}
