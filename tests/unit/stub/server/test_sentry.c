/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <poll.h>
#include <stdatomic.h>
#include <unistd.h>

#include <linux/kvm.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>

#include "kvm/core/kick.h"
#include "kvm/vm/types.h"
#include "stub/server/sentry.h"

/* Longer than it takes for a kick to be repeated, and shorter than a round. */
enum { QUIET_MS = 20, TRIES = 20, WAIT_MS = 10000 };

static struct kvm_run run;
static struct vcpu vcpu;
static struct loop loop;
static struct loop_source source;
static struct sentry sentry;

static void on_ready(void *context, uint32_t events)
{
    (void)events;
    eventfd_t value;

    (void)eventfd_read(((struct loop_source *)context)->fd, &value);
}

static void begin(void)
{
    vcpu = (struct vcpu){.run = &run};
    source = (struct loop_source){eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC),
                                  on_ready, &source};
    cr_assert(eq(int, loop_init(&loop), 0));
    cr_assert(eq(int, loop_add(&loop, &source, EPOLLIN), 0));
    cr_assert(eq(int, sentry_start(&sentry, &loop), 0));
}

static void end(void)
{
    sentry_end(&sentry);
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
    for (; ms > 0 && !atomic_load(&vcpu.kick_wanted); ms--)
        pause_ms(1);
    return atomic_load(&vcpu.kick_wanted);
}

static void event(void)
{
    (void)eventfd_write(source.fd, 1);
}

TestSuite(sentry, .init = begin, .fini = end);

Test(sentry, an_event_kicks_who_is_on_duty)
{
    event();
    cr_expect(not(kicked(QUIET_MS)));
    sentry_arm(&sentry, &vcpu);
    cr_expect(kicked(WAIT_MS), "one that came before");
    vcpu_kick_forget(&vcpu);
    cr_expect(kicked(WAIT_MS), "and again until it is relieved");
    sentry_disarm(&sentry);
}

/* A guest that was stepped came back from one kick to the next for ever. */
Test(sentry, no_event_no_kick_though_the_next_duty_begins_at_once)
{
    int quiet = 0;

    for (int i = 0; i < TRIES; i++) {
        sentry_arm(&sentry, &vcpu);
        event();
        cr_assert(kicked(WAIT_MS));
        (void)loop_once(&loop, 0);
        sentry_disarm(&sentry);
        vcpu_kick_forget(&vcpu);
        sentry_arm(&sentry, &vcpu);
        quiet += !kicked(QUIET_MS);
        sentry_disarm(&sentry);
        vcpu_kick_forget(&vcpu);
    }
    /* Not all: who looks late finds the next duty. */
    cr_expect(gt(int, quiet, TRIES / 2));
}
