/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "stub/server/input.h"

/* Longer than the guest is left alone at first. */
enum { LATER_MS = 20, TRIES = 1000 };

static struct loop loop;
static struct input input;
static char got[16];
static size_t n_got;
static bool expecting;
static bool ended;

static size_t take(struct machine *machine, unsigned port, const char *text,
                   size_t n)
{
    (void)machine;
    cr_assert(zero(uint, port));
    cr_assert(lt(sz, n_got + n, sizeof got));
    memcpy(got + n_got, text, n);
    n_got += n;
    return n;
}

static void expect(struct machine *machine, unsigned port, bool on)
{
    (void)machine;
    (void)port;
    expecting = on;
}

static const struct machine_ops ops = {.serial = take, .expect_serial = expect};
static struct machine machine = {&ops};

static void on_end(void *context)
{
    (void)context;
    ended = true;
}

static void begin(void)
{
    input = (struct input){.ended = on_end};
    memset(got, 0, sizeof got);
    n_got = 0;
    ended = false;
    cr_assert(eq(int, loop_init(&loop), 0));
}

static void end(void)
{
    input_close(&input);
    loop_done(&loop);
}

static bool is_quiet(void)
{
    struct pollfd fd = {loop.fd, POLLIN, 0};

    return poll(&fd, 1, LATER_MS) == 0;
}

TestSuite(input, .init = begin, .fini = end);

/* An event of the timer's was a kick in the first steps of the guest. */
Test(input, of_dev_null_there_is_no_event)
{
    int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

    cr_assert(eq(int, input_open(&input, &loop, &machine), 0));
    cr_assert(eq(int, input_take(&input, fd), 0));
    cr_expect(ended);
    cr_expect(not(expecting));
    cr_expect(is_quiet());
    (void)close(fd);
}

Test(input, a_file_is_sent_once_the_loop_runs)
{
    FILE *file = tmpfile();

    cr_assert(file != NULL && fputs("typed", file) >= 0);
    cr_assert(eq(int, fseek(file, 0, SEEK_SET), 0));
    cr_assert(eq(int, input_open(&input, &loop, &machine), 0));
    cr_assert(eq(int, input_take(&input, fileno(file)), 0));
    cr_expect(not(ended));
    cr_expect(expecting);
    cr_expect(eq(sz, n_got, 0));
    for (int i = 0; i < TRIES && !ended; i++)
        (void)loop_once(&loop, 1);
    cr_expect(eq(int, strcmp(got, "typed"), 0));
    cr_expect(ended);
    (void)fclose(file);
}
