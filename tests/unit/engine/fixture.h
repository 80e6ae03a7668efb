/* SPDX-License-Identifier: MIT */
#ifndef TESTS_UNIT_ENGINE_FIXTURE_H
#define TESTS_UNIT_ENGINE_FIXTURE_H

/* An engine on a machine of up to eight vCPUs, and what it has told. */

#include "stub/engine/engine.h"
#include "tests/support/fake_machine.h"

/* Code and data of most guests. */
enum { CODE = 0x3000, PRIVATE = 0x4000, COUNTERS = 0x2000 };

extern struct fake_machine m;
extern struct engine e;
extern struct stop last;         /* what was told last */
extern unsigned n_told;          /* stops, since begin() */
extern unsigned n_halted;        /* times that a vCPU was said to wait */
extern char halted[ENGINE_TEXT]; /* what was said then */
extern char said[ENGINE_TEXT];   /* what else was said last */
extern int64_t cpu_ns;           /* of this thread's CPU time, so far */

/* As struct engine_listener asks for it. */
extern struct client {
    unsigned bits;
    bool knows_registers, follows, finds_at_pc, stops_widened;
    unsigned n_widened, widened_by; /* how often it was told, of whom last */
} client;

/* All vCPUs stand at CODE; memory is zero, the client looks on. */
void begin(unsigned n, uint64_t seed);
/* No mistake was made, and it is gone. */
void end(void);

/* BYTES to gpa. */
void code(uint64_t gpa, const char *bytes, size_t n);
#define CODE_AT(gpa, bytes) code((gpa), (bytes), sizeof(bytes) - 1)

void set(enum bp_kind kind, uint64_t gva, uint64_t size);
void unset(enum bp_kind kind, uint64_t gva, uint64_t size);

/* Lets the guest go on, to the next stop or for so many kicks. True: it has
 * stopped. */
bool run_on(unsigned kicks);
bool continue_all(void);
/* That vCPU alone; the others hold. */
bool step_alone(unsigned tid);

uint64_t pc_of(unsigned tid);

#endif
