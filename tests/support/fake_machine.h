/* SPDX-License-Identifier: MIT */
#ifndef TESTS_SUPPORT_FAKE_MACHINE_H
#define TESTS_SUPPORT_FAKE_MACHINE_H

/*
 * A machine without KVM: it executes tests/support/arch_null's instructions on
 * any number of vCPUs, a few at a time in a random order, which a seed repeats.
 * It notices what no machine may be asked for, and fails when told to.
 */

#include <stdatomic.h>

#include "stub/machine.h"
#include "tests/support/arch_null/cpu.h"

enum { FAKE_CPUS = 8, FAKE_GUARDS = 64 };

struct fake_machine {
    struct machine machine;
    struct vm vm;
    unsigned n; /* vCPUs that are there */
    bool runs[FAKE_CPUS];
    bool told[FAKE_CPUS];    /* it came back from a register at its pc */
    bool is_done[FAKE_CPUS]; /* a step that needs no execution */
    struct vcpu_event done[FAKE_CPUS];
    struct vcpu_arch arch[FAKE_CPUS];
    struct vcpu_arch arch_at_start[FAKE_CPUS];
    uint8_t ram_at_start[NULL_RAM];

    /* What the host cannot do, or does otherwise. */
    bool watches_in_pages; /* debug registers do not trap on data */
    bool steps_no_user;
    bool user_raises;   /* traps in user code: an exception of the guest's, */
    bool user_behind;   /* whose frame is behind the trap, */
    bool user_refuses;  /* or another one, since its handler is not for it */
    bool written_stays; /* what the client writes does not leave the guest */
    unsigned measured;  /* how often that was asked */
    bool tells_widening;

    unsigned inside; /* an access of this vCPU's, by number, is under way */
    struct machine_owner owner;
    struct guard_range guard[FAKE_GUARDS];
    size_t n_guards;
    bool lowered;

    struct machine_clock_state clock;
    uint64_t seed;
    unsigned slack;     /* a vCPU that is parked may execute so many more */
    atomic_bool kicked; /* a kick may come from any thread */
    uint64_t kick_in;   /* a kick after so many instructions; 0: none */
    int fail_in; /* the call of that number that can fail does; 0: none */

    uint64_t executed[FAKE_CPUS];
    unsigned mistakes; /* of the engine's: asked for what is forbidden */
    void (*each)(struct fake_machine *m, unsigned cpu); /* before each
                                                           instruction */
};

/* vCPU i stands at pc[i]; memory is zero. */
void fake_begin(struct fake_machine *m, unsigned n, uint64_t seed);
void fake_end(struct fake_machine *m);
/* That is how a restart finds it. */
void fake_keep(struct fake_machine *m);

uint8_t *fake_byte(struct fake_machine *m, uint64_t gpa);
/* Bytes from gpa on; returns what is behind them. */
uint64_t fake_code(struct fake_machine *m, uint64_t gpa, const uint8_t *bytes,
                   size_t n);

#endif
