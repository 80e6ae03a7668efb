/* SPDX-License-Identifier: MIT */
#include "kvm/core/clock.h"

#include <time.h>

uint64_t machine_clock_host(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * CLOCK_NS_PER_SECOND + (uint64_t)now.tv_nsec;
}

void machine_clock_init(struct machine_clock *clock)
{
    *clock = (struct machine_clock){.passed = 0};
    (void)pthread_mutex_init(&clock->lock, NULL);
}

/* With the lock. */
static uint64_t passed_at(const struct machine_clock *clock, uint64_t host)
{
    return clock->passed + (clock->runs ? host - clock->since : 0);
}

void machine_clock_go(struct machine_clock *clock)
{
    (void)pthread_mutex_lock(&clock->lock);
    if (clock->runs++ == 0)
        clock->since = machine_clock_host();
    (void)pthread_mutex_unlock(&clock->lock);
}

void machine_clock_stop(struct machine_clock *clock)
{
    (void)pthread_mutex_lock(&clock->lock);
    if (clock->runs == 1)
        clock->passed = passed_at(clock, machine_clock_host());
    if (clock->runs)
        clock->runs--;
    (void)pthread_mutex_unlock(&clock->lock);
}

static uint64_t clock_now(const struct machine_clock *clock)
{
    if (clock->is_virtual)
        return clock->now;
    return clock->runs ? passed_at(clock, machine_clock_host()) : clock->passed;
}

uint64_t machine_clock_now(struct machine_clock *clock)
{
    uint64_t now;

    (void)pthread_mutex_lock(&clock->lock);
    now = clock_now(clock);
    (void)pthread_mutex_unlock(&clock->lock);
    return now;
}

uint64_t machine_clock_when(struct machine_clock *clock, uint64_t ns)
{
    uint64_t host = machine_clock_host();
    uint64_t now;

    if (ns == CLOCK_NEVER)
        return CLOCK_NEVER;
    (void)pthread_mutex_lock(&clock->lock);
    now = passed_at(clock, host);
    (void)pthread_mutex_unlock(&clock->lock);
    return ns > now ? host + (ns - now) : host;
}

struct machine_clock_state machine_clock_state(struct machine_clock *clock)
{
    struct machine_clock_state state;

    (void)pthread_mutex_lock(&clock->lock);
    state = (struct machine_clock_state){clock->is_virtual, clock_now(clock),
                                         clock->accesses, clock->pushes};
    (void)pthread_mutex_unlock(&clock->lock);
    return state;
}

void machine_clock_restore(struct machine_clock *clock,
                           const struct machine_clock_state *state)
{
    (void)pthread_mutex_lock(&clock->lock);
    clock->passed = clock->now = state->now;
    clock->accesses = state->accesses;
    clock->pushes = state->pushes;
    (void)pthread_mutex_unlock(&clock->lock);
}

/* --- virtual time --- */

void machine_clock_make_virtual(struct machine_clock *clock)
{
    clock->is_virtual = true;
}

void machine_clock_count(struct machine_clock *clock, unsigned n)
{
    if (!clock->is_virtual)
        return;
    (void)pthread_mutex_lock(&clock->lock);
    clock->now += (uint64_t)n * CLOCK_ACCESS_NS;
    clock->accesses += n;
    (void)pthread_mutex_unlock(&clock->lock);
}

bool machine_clock_jump(struct machine_clock *clock, uint64_t ns)
{
    if (!clock->is_virtual || ns == CLOCK_NEVER)
        return false;
    (void)pthread_mutex_lock(&clock->lock);
    clock->now = ns > clock->now ? ns : clock->now + 1;
    (void)pthread_mutex_unlock(&clock->lock);
    return true;
}

bool machine_clock_push(struct machine_clock *clock, uint64_t ns)
{
    bool is_first;

    if (!machine_clock_jump(clock, ns))
        return false;
    (void)pthread_mutex_lock(&clock->lock);
    is_first = clock->pushes++ == 0;
    (void)pthread_mutex_unlock(&clock->lock);
    return is_first;
}
