/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>
#include <signal.h>
#include <unistd.h>

#include <sys/time.h>

#include "stub/server/loop.h"

static struct loop loop;

static void on_signal(int signal)
{
    (void)signal;
}

/* A signal ends the wait, and is no error: whoever set its handler looks what
 * it was. It comes again and again, so it cannot come too early. */
Test(loop, interrupted)
{
    const struct sigaction action = {.sa_handler = on_signal};
    const struct itimerval often = {{0, 1000}, {0, 1000}};
    const struct itimerval never = {{0, 0}, {0, 0}};

    cr_assert(zero(int, loop_init(&loop)));
    (void)sigaction(SIGALRM, &action, NULL);
    (void)setitimer(ITIMER_REAL, &often, NULL);
    cr_expect(zero(int, loop_once(&loop, true)));
    (void)setitimer(ITIMER_REAL, &never, NULL);
    loop_done(&loop);
}

Test(loop, nothing_is_ready)
{
    cr_assert(zero(int, loop_init(&loop)));
    errno = EBADF;
    cr_expect(zero(int, loop_once(&loop, false)));
    loop_done(&loop);
}

Test(loop, broken)
{
    loop.fd = -1;
    cr_expect(eq(int, loop_once(&loop, false), -EBADF));
}
