/* SPDX-License-Identifier: MIT */
#ifndef KVM_CORE_CLOCK_H
#define KVM_CORE_CLOCK_H

/*
 * The machine's clock: nanoseconds since the machine was made, as its devices
 * count them. It stands still while the guest is stopped. Any thread.
 */

#include <pthread.h>
#include <stdint.h>

#define CLOCK_NS_PER_SECOND UINT64_C(1000000000)
/* A time that does not come. */
#define CLOCK_NEVER UINT64_MAX

/* For a chip that counts: how many cycles of hz are over at ns, and the first
 * ns at which so many are. Exact, for hz below 2^32. */
static inline uint64_t clock_cycles_at(uint64_t ns, uint64_t hz)
{
    return ns / CLOCK_NS_PER_SECOND * hz +
           ns % CLOCK_NS_PER_SECOND * hz / CLOCK_NS_PER_SECOND;
}

static inline uint64_t clock_ns_of(uint64_t cycles, uint64_t hz)
{
    uint64_t rest = cycles % hz * CLOCK_NS_PER_SECOND;

    return cycles / hz * CLOCK_NS_PER_SECOND + (rest + hz - 1) / hz;
}

struct machine_clock {
    pthread_mutex_t lock;
    uint64_t passed; /* ns, when it last stood still */
    uint64_t since;  /* CLOCK_MONOTONIC, when it went on */
    unsigned runs;   /* how many vCPUs it goes on for; 0: it stands still */
};

/* It stands still at 0. */
void machine_clock_init(struct machine_clock *clock);

/* A vCPU goes on, or stops: the clock goes as long as one does. */
void machine_clock_go(struct machine_clock *clock);
void machine_clock_stop(struct machine_clock *clock);

/* CLOCK_MONOTONIC, in ns. */
uint64_t machine_clock_host(void);
uint64_t machine_clock_now(struct machine_clock *clock);
/* When that will be, on CLOCK_MONOTONIC, if the clock goes on until then; for
 * waiting. CLOCK_NEVER stays what it is. */
uint64_t machine_clock_when(struct machine_clock *clock, uint64_t ns);

#endif
