/* SPDX-License-Identifier: MIT */
#ifndef KVM_CORE_CLOCK_H
#define KVM_CORE_CLOCK_H

/*
 * The machine's clock: nanoseconds since the machine was made, as its devices
 * count them. It stands still while the guest is stopped. Any thread.
 *
 * It goes with the host's, or it is virtual: each access of the guest to a
 * device takes CLOCK_ACCESS_NS, and a guest that waits for an interrupt waits
 * no time, but finds the clock at where that is due. So what a guest sees does
 * not depend on how fast it runs. A guest that waits without either is given
 * time (machine_clock_push()): such a run is not equal to others any more.
 */

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#define CLOCK_NS_PER_SECOND UINT64_C(1000000000)
/* A time that does not come. */
#define CLOCK_NEVER UINT64_MAX

/* What an access to a port takes on a PC, about. */
enum { CLOCK_ACCESS_NS = 1000 };

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
    bool is_virtual; /* fixed once a vCPU runs; then the time is */
    uint64_t now, accesses, pushes;
};

/* It stands still at 0. */
void machine_clock_init(struct machine_clock *clock);
/* Before a vCPU runs. */
void machine_clock_make_virtual(struct machine_clock *clock);

/* A vCPU goes on, or stops: the clock goes as long as one does. */
void machine_clock_go(struct machine_clock *clock);
void machine_clock_stop(struct machine_clock *clock);

/* CLOCK_MONOTONIC, in ns. */
uint64_t machine_clock_host(void);
uint64_t machine_clock_now(struct machine_clock *clock);
/* When that will be, on CLOCK_MONOTONIC, if the clock goes on until then; for
 * waiting in real time. CLOCK_NEVER stays what it is. */
uint64_t machine_clock_when(struct machine_clock *clock, uint64_t ns);

/* --- virtual time; in real time they do nothing --- */

/* The guest has accessed devices n times. */
void machine_clock_count(struct machine_clock *clock, unsigned n);
/* It is halted until ns, which comes now; what is over, a little later than
 * now. False: real time, or CLOCK_NEVER. */
bool machine_clock_jump(struct machine_clock *clock, uint64_t ns);
/* The same for one that waits and is not halted; true the first time. */
bool machine_clock_push(struct machine_clock *clock, uint64_t ns);

/* How it stands: to be shown, or saved. Real time: the first two. */
struct machine_clock_state {
    bool is_virtual;
    uint64_t now, accesses, pushes;
};

struct machine_clock_state machine_clock_state(struct machine_clock *clock);
/* As it stood then, of the same kind; it stands still. */
void machine_clock_restore(struct machine_clock *clock,
                           const struct machine_clock_state *state);

#endif
