/* SPDX-License-Identifier: MIT */
#include "kvm/vm/runner.h"

#include <errno.h>
#include <signal.h>
#include <unistd.h>

#include <sys/eventfd.h>

#include "kvm/core/kick.h"
#include "kvm/vm/run.h"

/* --- the thread --- */

/* With the lock held. False when there will be no more work. */
static bool wait_for_work(struct runner *runner)
{
    while (runner->state == RUNNER_PARKED)
        (void)pthread_cond_wait(&runner->changed, &runner->lock);
    return runner->state == RUNNER_RUNNING;
}

static void *serve(void *context)
{
    struct runner *runner = context;

    (void)pthread_mutex_lock(&runner->lock);
    while (wait_for_work(runner)) {
        struct vcpu_event event;
        int r;

        (void)pthread_mutex_unlock(&runner->lock);
        r = vcpu_run(runner->vcpu, &event);
        (void)pthread_mutex_lock(&runner->lock);
        runner->result = r;
        runner->event = event;
        runner->state = RUNNER_PARKED;
        (void)pthread_cond_signal(&runner->changed);
        (void)eventfd_write(runner->fd, 1);
    }
    (void)pthread_mutex_unlock(&runner->lock);
    return NULL;
}

/* All signals but the kick's are for the threads that ask for them. */
static int start_thread(struct runner *runner)
{
    sigset_t all_but_kick;
    sigset_t before;
    int r;

    (void)sigfillset(&all_but_kick);
    (void)sigdelset(&all_but_kick, VCPU_KICK_SIGNAL);
    (void)pthread_sigmask(SIG_SETMASK, &all_but_kick, &before);
    r = -pthread_create(&runner->thread, NULL, serve, runner);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    return r;
}

/* --- its owner --- */

static void release(struct runner *runner)
{
    (void)pthread_cond_destroy(&runner->changed);
    (void)pthread_mutex_destroy(&runner->lock);
    (void)close(runner->fd);
}

int runner_start(struct runner *runner, struct vcpu *vcpu)
{
    int r;

    *runner = (struct runner){.vcpu = vcpu, .state = RUNNER_PARKED};
    runner->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (runner->fd < 0)
        return -errno;
    (void)pthread_mutex_init(&runner->lock, NULL);
    (void)pthread_cond_init(&runner->changed, NULL);
    r = start_thread(runner);
    if (r < 0)
        release(runner);
    return r;
}

static void set_state(struct runner *runner, enum runner_state state)
{
    (void)pthread_mutex_lock(&runner->lock);
    runner->state = state;
    (void)pthread_cond_signal(&runner->changed);
    (void)pthread_mutex_unlock(&runner->lock);
}

void runner_end(struct runner *runner)
{
    struct vcpu_event ignored;

    (void)runner_park(runner, &ignored);
    set_state(runner, RUNNER_ENDING);
    (void)pthread_join(runner->thread, NULL);
    release(runner);
}

void runner_resume(struct runner *runner)
{
    set_state(runner, RUNNER_RUNNING);
}

int runner_wait(struct runner *runner, struct vcpu_event *ret)
{
    eventfd_t ignored;
    int r;

    (void)pthread_mutex_lock(&runner->lock);
    while (runner->state == RUNNER_RUNNING)
        (void)pthread_cond_wait(&runner->changed, &runner->lock);
    (void)eventfd_read(runner->fd, &ignored);
    *ret = runner->event;
    r = runner->result;
    (void)pthread_mutex_unlock(&runner->lock);
    return r;
}

int runner_park(struct runner *runner, struct vcpu_event *ret)
{
    int r;

    vcpu_kick(runner->vcpu);
    r = runner_wait(runner, ret);
    vcpu_kick_forget(runner->vcpu);
    return r;
}
