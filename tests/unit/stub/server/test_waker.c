/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <poll.h>
#include <stdatomic.h>
#include <unistd.h>

#include <sys/epoll.h>
#include <sys/eventfd.h>

#include "stub/server/waker.h"

/* Longer than it takes for a kick to be repeated, and shorter than a round. */
enum { QUIET_MS = 20, TRIES = 20, WAIT_MS = 10000 };

static struct loop loop;
static struct loop_source source;
static struct waker waker;
static atomic_bool was_kicked;

static void note_kick(struct machine *machine)
{
    (void)machine;
    atomic_store(&was_kicked, true);
}

static const struct machine_ops ops = {.kick = note_kick};
static struct machine machine = {&ops};

static void on_ready(void *context, uint32_t events)
{
    (void)events;
    eventfd_t value;

    (void)eventfd_read(((struct loop_source *)context)->fd, &value);
}

static void begin(void)
{
    atomic_store(&was_kicked, false);
    source = (struct loop_source){eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC),
                                  on_ready, &source};
    cr_assert(eq(int, loop_init(&loop), 0));
    cr_assert(eq(int, loop_add(&loop, &source, EPOLLIN), 0));
    cr_assert(eq(int, waker_start(&waker, &loop), 0));
}

static void end(void)
{
    waker_end(&waker);
    loop_done(&loop);
    (void)close(source.fd);
}

static void pause_ms(int ms)
{
    (void)poll(NULL, 0, ms);
}

/* Has it been kicked within the time? */
static bool kicked(int ms)
{
    for (; ms > 0 && !atomic_load(&was_kicked); ms--)
        pause_ms(1);
    return atomic_load(&was_kicked);
}

static void event(void)
{
    (void)eventfd_write(source.fd, 1);
}

TestSuite(waker, .init = begin, .fini = end);

Test(waker, an_event_kicks_who_is_on_duty)
{
    event();
    cr_expect(not(kicked(QUIET_MS)));
    waker_arm(&waker, &machine);
    cr_expect(kicked(WAIT_MS), "one that came before");
    atomic_store(&was_kicked, false);
    cr_expect(kicked(WAIT_MS), "and again until it is relieved");
    waker_disarm(&waker);
}

/* A guest that was stepped came back from one kick to the next for ever. */
Test(waker, no_event_no_kick_though_the_next_duty_begins_at_once)
{
    int quiet = 0;

    for (int i = 0; i < TRIES; i++) {
        waker_arm(&waker, &machine);
        event();
        cr_assert(kicked(WAIT_MS));
        (void)loop_once(&loop, 0);
        waker_disarm(&waker);
        atomic_store(&was_kicked, false);
        waker_arm(&waker, &machine);
        quiet += !kicked(QUIET_MS);
        waker_disarm(&waker);
        atomic_store(&was_kicked, false);
    }
    /* Not all: who looks late finds the next duty. */
    cr_expect(gt(int, quiet, TRIES / 2));
}
