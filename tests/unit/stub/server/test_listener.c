/* SPDX-License-Identifier: MIT */
/* Debuggers that come, also where the process may have no more descriptors. */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <unistd.h>

#include <sys/resource.h>
#include <sys/socket.h>

#include "stub/server/listener.h"

static struct loop loop;
static struct listener listener;
static int arrived, n_arrived;

static void on_arrival(void *context, int fd)
{
    (void)context;
    arrived = fd;
    n_arrived++;
}

static void begin(void)
{
    struct diag diag = {""};
    struct address address;

    n_arrived = 0;
    cr_assert(zero(int, loop_init(&loop)));
    cr_assert(zero(int, address_parse(&address, "tcp:127.0.0.1:0", &diag)));
    listener_init(&listener, &loop, on_arrival, NULL);
    cr_assert(not(listener_is_open(&listener)));
    cr_assert(zero(int, listener_open(&listener, &address, &diag)), "%s",
              diag.text);
}

static void end(void)
{
    listener_close(&listener);
    cr_expect(not(listener_is_open(&listener)));
    loop_done(&loop);
}

TestSuite(listener, .init = begin, .fini = end, .timeout = 60);

/* By the socket, which is made while there still may be one. */
static void call(int fd)
{
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_port =
                                 htons((uint16_t)atoi(listener.address.port)),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};

    cr_assert(zero(int, connect(fd, (const struct sockaddr *)&to, sizeof to)));
}

static int new_socket(void)
{
    return socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
}

static void limit(rlim_t n)
{
    struct rlimit files;

    (void)getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = n;
    cr_assert(zero(int, setrlimit(RLIMIT_NOFILE, &files)));
}

/* Every number below that is taken. */
static int fill(void)
{
    int first = dup(0);
    int last = first;

    while (last >= 0 && last < 100)
        last = dup(0);
    limit(100);
    while (dup(0) >= 0)
        continue;
    return first;
}

Test(listener, they_come_one_after_the_other)
{
    for (int i = 1; i <= 3; i++) {
        int fd = new_socket();

        call(fd);
        cr_assert(zero(int, loop_once(&loop, 1)));
        cr_expect(eq(int, n_arrived, i));
        cr_expect(ne(int, fcntl(arrived, F_GETFD) & FD_CLOEXEC, 0));
        cr_expect(eq(int, (int)write(fd, "x", 1), 1));
        cr_expect(eq(int, (int)read(arrived, &(char){0}, 1), 1));
        (void)close(arrived);
        (void)close(fd);
    }
}

/* The first gets in by the one that is kept back; the next has to wait until
 * there is a descriptor again, and meanwhile the loop does not spin. */
Test(listener, no_descriptors)
{
    int first = new_socket();
    int second = new_socket();
    int filler = fill();

    call(first);
    cr_assert(zero(int, loop_once(&loop, 1)));
    cr_expect(eq(int, n_arrived, 1));
    cr_expect(eq(int, listener.spare, -1), "there is none to keep back");
    cr_expect(not(listener.is_short));

    call(second);
    cr_assert(zero(int, loop_once(&loop, 1)));
    cr_expect(eq(int, n_arrived, 1));
    cr_expect(listener.is_short);
    cr_assert(zero(int, loop_once(&loop, 0)));
    cr_expect(eq(int, n_arrived, 1));

    (void)close(filler);
    for (int i = 0; i < 2; i++) /* a second later, and then at once */
        cr_assert(zero(int, loop_once(&loop, 1)));
    cr_expect(eq(int, n_arrived, 2));
    cr_expect(not(listener.is_short));
    (void)close(arrived);
    (void)close(first);
    (void)close(second);
}
