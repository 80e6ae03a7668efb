/* SPDX-License-Identifier: MIT */
/* The guest's text, and a reader that is slow, is not there, or is gone. */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include <sys/eventfd.h>

#include "stub/server/console.h"

enum { LONG = 300000 }; /* more than a pipe takes at once */

static char text[LONG], heard[LONG];
static int ends[2];
static struct console console;

static void begin(void)
{
    cr_assert(zero(int, pipe2(ends, O_CLOEXEC)));
    console = (struct console){.fd = ends[1], .loop = eventfd(0, EFD_CLOEXEC)};
    for (size_t i = 0; i < sizeof text; i++)
        text[i] = (char)('a' + i % 23);
}

static void end(void)
{
    (void)close(ends[0]);
    (void)close(ends[1]);
    (void)close(console.loop);
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

/* Nobody reads, and a client waits: the text is given up. */
Test(console, something_else_waits)
{
    size_t n = 0;

    (void)eventfd_write(console.loop, 1);
    console_put(&console, text, sizeof text);
    (void)fcntl(ends[0], F_SETFL, O_NONBLOCK);
    (void)read_all(&n);
    cr_expect(gt(sz, n, 0), "what there was room for is there");
    cr_expect(lt(sz, n, sizeof text));
    cr_expect(not(console.failed));
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
