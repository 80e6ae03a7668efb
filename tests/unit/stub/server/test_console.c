/* SPDX-License-Identifier: MIT */
/* The guest's text, and a reader that is slow, is not there, or is gone. */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>

#include "stub/server/console.h"

enum { LONG = 300000 }; /* more than a pipe takes at once */

static char text[LONG], heard[LONG];
static int ends[2];
static struct console console;
static struct loop loop;
static struct loop_source other; /* what else waits */

static void on_other(void *context, uint32_t events)
{
    (void)context;
    (void)events;
    loop_remove(&loop, &other);
}

static void begin(void)
{
    cr_assert(zero(int, pipe2(ends, O_CLOEXEC)));
    console = (struct console){.fd = ends[1], .loop = &loop};
    cr_assert(zero(int, loop_init(&loop)));
    other = (struct loop_source){eventfd(0, EFD_CLOEXEC), on_other, NULL};
    cr_assert(zero(int, loop_add(&loop, &other, EPOLLIN)));
    for (size_t i = 0; i < sizeof text; i++)
        text[i] = (char)('a' + i % 23);
}

static void end(void)
{
    (void)close(ends[0]);
    (void)close(ends[1]);
    console_forget(&console);
    (void)close(other.fd);
    loop_done(&loop);
}

TestSuite(console, .init = begin, .fini = end, .timeout = 60);

static void *read_all(void *context)
{
    size_t *n = context;

    while (*n < sizeof heard) {
        ssize_t part = read(ends[0], heard + *n, sizeof heard - *n);

        if (part <= 0)
            break;
        *n += (size_t)part;
    }
    return NULL;
}

/* All of it arrives, though it is more than there is room for. */
Test(console, a_slow_reader)
{
    pthread_t reader;
    size_t n = 0;

    cr_assert(zero(int, pthread_create(&reader, NULL, read_all, &n)));
    console_put(&console, text, sizeof text);
    (void)pthread_join(reader, NULL);
    cr_expect(eq(sz, n, sizeof text));
    cr_expect(zero(int, memcmp(text, heard, sizeof text)));
    cr_expect(not(console.failed));
}

/* The same where writes say that they would wait. */
Test(console, without_waiting)
{
    pthread_t reader;
    size_t n = 0;

    (void)fcntl(ends[1], F_SETFL, O_NONBLOCK);
    cr_assert(zero(int, pthread_create(&reader, NULL, read_all, &n)));
    console_put(&console, text, sizeof text);
    (void)pthread_join(reader, NULL);
    cr_expect(zero(int, memcmp(text, heard, sizeof text)));
}

/* What the pipe has, and then what the loop has written in its place. */
static size_t read_late(void)
{
    size_t n = 0;

    (void)fcntl(ends[0], F_SETFL, O_NONBLOCK);
    do {
        (void)read_all(&n);
        (void)loop_once(&loop, console.awaits_room);
    } while (console.awaits_room);
    (void)read_all(&n);
    return n;
}

static void expect_all_late(void)
{
    int there = 0;

    cr_expect(gt(sz, console.n_late, 0));
    cr_expect(eq(int, ioctl(ends[0], FIONREAD, &there), 0));
    cr_expect(gt(int, there, 0), "what there was room for is there");
    cr_expect(eq(sz, read_late(), sizeof text), "and the rest comes");
    cr_expect(zero(int, memcmp(text, heard, sizeof text)));
    cr_expect(not(console.failed));
    cr_expect(eq(ptr, console.late, NULL));
}

/* Nobody reads, and a client waits: the text does, too. */
Test(console, something_else_waits)
{
    (void)eventfd_write(other.fd, 1);
    console_put(&console, text, sizeof text);
    expect_all_late();
}

/* Nobody reads, and the guest is stepped: the same, without an event. */
Test(console, a_step)
{
    console.is_step = true;
    for (size_t i = 0; i < sizeof text; i++)
        console_put(&console, &text[i], 1);
    expect_all_late();
}

/* What waits goes first. */
Test(console, in_order)
{
    pthread_t reader;
    size_t n = 0;

    console.is_step = true;
    console_put(&console, text, sizeof text - 1000);
    cr_expect(gt(sz, console.n_late, 0));
    console.is_step = false;
    cr_assert(zero(int, pthread_create(&reader, NULL, read_all, &n)));
    console_put(&console, text + sizeof text - 1000, 1000);
    (void)pthread_join(reader, NULL);
    cr_expect(zero(int, memcmp(text, heard, sizeof text)));
    cr_expect(zero(sz, console.n_late));
    cr_expect(not(console.awaits_room));
}

/* Not without end: what is beyond is lost, and that is said. */
Test(console, too_much_waits)
{
    size_t n = 0;

    console.is_step = true;
    while (n < CONSOLE_LATE + sizeof text) {
        console_put(&console, text, 1000);
        n += 1000;
        cr_assert(le(sz, console.n_late, CONSOLE_LATE));
    }
    cr_expect(eq(sz, console.n_late, CONSOLE_LATE));
    cr_expect(console.failed);
}

/* At the end there is nobody to wait for. */
Test(console, the_end)
{
    console.is_step = true;
    console_put(&console, text, sizeof text);
    cr_expect(eq(sz, (size_t)read(ends[0], heard, 8192), 8192));
    console_end(&console);
    cr_expect(not(console.awaits_room));
    cr_expect(eq(ptr, console.late, NULL));
}

/* Who has gone without reading gets nothing, nor does who comes next. */
Test(console, who_waited_is_gone)
{
    (void)signal(SIGPIPE, SIG_IGN);
    console.is_step = console.is_line = true;
    console_put(&console, text, sizeof text);
    (void)close(ends[0]);
    (void)loop_once(&loop, 1);
    cr_expect(not(console.awaits_room));
    cr_expect(zero(sz, console.n_late));
    cr_expect(not(console.failed));
    ends[0] = dup(ends[1]);
}

/* The reader is gone: that is said once, until one is there again. */
Test(console, the_reader_is_gone)
{
    (void)signal(SIGPIPE, SIG_IGN);
    (void)close(ends[0]);
    console_put(&console, text, 5);
    cr_expect(console.failed);
    console_put(&console, text, 5);
    cr_expect(console.failed);
    (void)close(ends[1]);
    cr_assert(zero(int, pipe2(ends, O_CLOEXEC)));
    console.fd = ends[1];
    console_put(&console, text, 5);
    cr_expect(not(console.failed));
    cr_expect(eq(int, (int)read(ends[0], heard, sizeof heard), 5));
}

/* --- a line, whose other end comes and goes --- */

Test(console, a_line_with_nobody_there)
{
    console.is_line = true;
    console.fd = -1;
    console_put(&console, text, sizeof text);
    cr_expect(not(console.failed));

    console.fd = ends[1];
    console_put(&console, "here", 4);
    cr_expect(eq(long, read(ends[0], heard, sizeof heard), 4));

    (void)signal(SIGPIPE, SIG_IGN);
    (void)close(ends[0]);
    console_put(&console, text, sizeof text);
    cr_expect(not(console.failed), "it is no failure");
    ends[0] = dup(ends[1]);
}
