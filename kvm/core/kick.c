/* SPDX-License-Identifier: MIT */
#include "kvm/core/kick.h"

#include <errno.h>
#include <stdatomic.h>
#include <time.h>
#include <unistd.h>

#include <linux/kvm.h>

#include "kvm/core/clock.h"
#include "kvm/core/link.h"
#include "kvm/vm/types.h"

static void set_immediate_exit(struct vcpu *vcpu, bool on)
{
    __atomic_store_n(&vcpu->run->immediate_exit, on, __ATOMIC_SEQ_CST);
}

/* The one that this thread runs. */
static _Thread_local struct vcpu *volatile running;

/* A timer's signal may come just before KVM_RUN. */
static void on_kick_signal(int signal)
{
    struct vcpu *vcpu = running;

    (void)signal;
    if (vcpu)
        set_immediate_exit(vcpu, true);
}

int vcpu_kick_setup(void)
{
    struct sigaction action = {.sa_handler = on_kick_signal,
                               .sa_flags = SA_RESTART};

    (void)sigemptyset(&action.sa_mask);
    return sigaction(VCPU_KICK_SIGNAL, &action, NULL) < 0 ? -errno : 0;
}

/* vcpu_sleep() says that it sleeps before it looks whether it may: so it is
 * seen here, or sees itself what it would be woken for. */
static void kick_wake(struct vcpu *vcpu)
{
    if (!atomic_load(&vcpu->asleep))
        return;
    (void)pthread_mutex_lock(&vcpu->sleep_lock);
    (void)pthread_cond_broadcast(&vcpu->woken);
    (void)pthread_mutex_unlock(&vcpu->sleep_lock);
}

static void call_back(struct vcpu *vcpu)
{
    set_immediate_exit(vcpu, true);
    if (atomic_load(&vcpu->inside))
        vcpu->link->kick(vcpu);
    kick_wake(vcpu);
}

void vcpu_kick(struct vcpu *vcpu)
{
    atomic_store(&vcpu->kick_wanted, true);
    call_back(vcpu);
}

/* Who runs it looks anyway, before it enters the guest. */
void vcpu_poke(struct vcpu *vcpu)
{
    if (running != vcpu && atomic_load(&vcpu->inside))
        call_back(vcpu);
}

/* The flag first, then the wish: a kick that comes in between is taken here, or
 * seen at the next entry. */
bool vcpu_kick_take(struct vcpu *vcpu)
{
    set_immediate_exit(vcpu, false);
    return atomic_exchange(&vcpu->kick_wanted, false);
}

void vcpu_kick_forget(struct vcpu *vcpu)
{
    (void)vcpu_kick_take(vcpu);
}

void vcpu_stay_out(struct vcpu *vcpu, bool on)
{
    set_immediate_exit(vcpu, on);
    if (!on && atomic_load(&vcpu->kick_wanted))
        set_immediate_exit(vcpu, true);
}

/* --- inside vcpu_run() --- */

void vcpu_enter_run(struct vcpu *vcpu)
{
    running = vcpu;
    atomic_store(&vcpu->runner, pthread_self());
    atomic_store(&vcpu->inside, true);
}

void vcpu_leave_run(struct vcpu *vcpu)
{
    atomic_store(&vcpu->inside, false);
    running = NULL;
}

static struct timespec to_timespec(uint64_t ns)
{
    return (struct timespec){(time_t)(ns / CLOCK_NS_PER_SECOND),
                             (long)(ns % CLOCK_NS_PER_SECOND)};
}

/* Its signal goes to the thread that runs the vCPU: when that is another one
 * than before there must be another timer. */
static int make_timer(struct vcpu *vcpu)
{
    struct sigevent event = {.sigev_notify = SIGEV_THREAD_ID,
                             .sigev_signo = VCPU_KICK_SIGNAL};
    int r = vcpu_kick_setup(); /* else it would end the process */

    vcpu_kick_done(vcpu);
    if (r)
        return r;
    event._sigev_un._tid = gettid();
    if (timer_create(CLOCK_MONOTONIC, &event, &vcpu->timer) < 0)
        return -errno;
    vcpu->timer_owner = pthread_self();
    vcpu->has_timer = true;
    return 0;
}

static bool has_own_timer(const struct vcpu *vcpu)
{
    return vcpu->has_timer && pthread_equal(vcpu->timer_owner, pthread_self());
}

/* One that is set for an earlier time stays: it is in time, and setting it
 * would cost a system call with each entry. */
int vcpu_poke_at(struct vcpu *vcpu, uint64_t when)
{
    const struct itimerspec at = {.it_value = to_timespec(when)};
    int r = 0;

    if (!has_own_timer(vcpu))
        r = make_timer(vcpu);
    else if (vcpu->timer_at <= when && vcpu->timer_at > machine_clock_host())
        return 0;
    if (!r && timer_settime(vcpu->timer, TIMER_ABSTIME, &at, NULL) < 0)
        r = -errno;
    vcpu->timer_at = when;
    return r;
}

static bool is_called(struct vcpu *vcpu)
{
    return __atomic_load_n(&vcpu->run->immediate_exit, __ATOMIC_SEQ_CST);
}

void vcpu_sleep(struct vcpu *vcpu, uint64_t when)
{
    const struct timespec at = to_timespec(when);
    int r = 0;

    (void)pthread_mutex_lock(&vcpu->sleep_lock);
    atomic_store(&vcpu->asleep, true);
    while (!r && !is_called(vcpu))
        r = when == CLOCK_NEVER
                ? pthread_cond_wait(&vcpu->woken, &vcpu->sleep_lock)
                : pthread_cond_timedwait(&vcpu->woken, &vcpu->sleep_lock, &at);
    atomic_store(&vcpu->asleep, false);
    (void)pthread_mutex_unlock(&vcpu->sleep_lock);
}

/* --- life --- */

void vcpu_kick_init(struct vcpu *vcpu)
{
    pthread_condattr_t monotonic;

    vcpu->has_timer = false;
    (void)pthread_condattr_init(&monotonic);
    (void)pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&vcpu->woken, &monotonic);
    (void)pthread_condattr_destroy(&monotonic);
    (void)pthread_mutex_init(&vcpu->sleep_lock, NULL);
}

void vcpu_kick_done(struct vcpu *vcpu)
{
    if (vcpu->has_timer)
        (void)timer_delete(vcpu->timer);
    vcpu->has_timer = false;
}
