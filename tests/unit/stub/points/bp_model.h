/* SPDX-License-Identifier: MIT */
#ifndef TESTS_UNIT_STUB_POINTS_BP_MODEL_H
#define TESTS_UNIT_STUB_POINTS_BP_MODEL_H

/*
 * A model of a breakpoint table, so simple that it is right: the bytes that the
 * guest believes to have, and a list of wishes; and what must hold for a table
 * to which the same has happened.
 */

#include "tests/unit/stub/points/bp_fixture.h"

enum { MOST_WISHES = 24, MOST_WRITTEN = 24 };

struct model_row {
    const char *label;
    struct bp_host host;
    unsigned align; /* of code */
    uint64_t seed;
};

struct wish {
    enum bp_kind kind;
    uint64_t gva, size;
    bool narrow; /* only 32 bits of its address are known */
};

/* What the client wrote itself, and what was there before. */
struct written {
    uint64_t gpa;
    uint8_t was[TRAP_MAX_BYTES];
    bool hidden; /* and the client believes it to be there still */
};

extern const struct model_row *row;
extern uint64_t random_state; /* xorshift64, Marsaglia 2003 */
extern uint8_t model[RAM_SIZE];
extern struct wish wishes[MOST_WISHES];
extern size_t n_wishes;
extern struct written written[MOST_WRITTEN];
extern size_t n_written;

/* Below n. */
uint64_t draw(uint64_t n);
bool is_exec(const struct wish *w);
/* Where gva is mapped to, NOT_MAPPED when nowhere. */
uint64_t mapped(uint64_t gva);
/* What else 32 bits can mean: 0xffffffff80000000 and above, if they are more
 * than 0x80000000, and the other way round; 0 if nothing. */
uint64_t other_name(uint64_t gva);
/* All places that a wish means now: up to two, NOT_MAPPED for none. */
void places(const struct wish *w, uint64_t ret[2]);

/* At any time. */
void expect_shown(void);
/* Before bp_arm(): what it could serve better. */
void expect_appeared(void);
/* After it, which has returned pending. */
void expect_armed(bool pending);

#endif
