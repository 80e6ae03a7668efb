/* SPDX-License-Identifier: MIT */
#ifndef TESTS_SUPPORT_FAKE_TARGET_H
#define TESTS_SUPPORT_FAKE_TARGET_H

/*
 * A target with state and no machine: registers, 64 KiB of memory, a list of
 * breakpoints. Tests look at its members, and set them.
 */

#include "rsp/target.h"

enum {
    FAKE_RAM = 0x1000,       /* address of ram[0] */
    FAKE_RAM_SIZE = 0x10000, /* a byte is its address modulo 256 at first */
    FAKE_THREADS = RSP_MAX_THREADS,
    FAKE_POINTS = 4,
};

enum fake_kind {
    FAKE_FULL,     /* one thread, all optional groups */
    FAKE_SMP2,     /* the same with two threads, and non-stop mode,
 conditions and commands of breakpoints */
    FAKE_BARE,     /* no optional group, no last_error */
    FAKE_RAM_ONLY, /* as the first, without ROM */
    FAKE_KINDS
};

enum fake_reg { FAKE_A, FAKE_SP, FAKE_PC, FAKE_FLAGS, FAKE_ST, FAKE_HIDDEN };
enum { FAKE_REGS = FAKE_HIDDEN + 1 };

/* Descriptions: all registers; those before FAKE_FLAGS; four of one register;
 * all, of which those before FAKE_FLAGS are the base, and it yields to files.
 */
enum { FAKE_MODES = 7, FAKE_YIELDS = FAKE_MODES - 1 };
extern const struct rsp_desc fake_descs[FAKE_MODES];

struct fake_point {
    bool used;
    unsigned type;
    uint64_t addr, size;
};

struct fake_target {
    struct rsp_target_ops ops;
    unsigned n_threads;
    unsigned mode; /* which description it gives */
    bool follows;  /* and the client is told when that changes */
    uint8_t reg[FAKE_THREADS][FAKE_REGS][RSP_REG_MAX_BYTES];
    uint8_t saved[FAKE_REGS][RSP_REG_MAX_BYTES]; /* of one thread */
    uint8_t ram[FAKE_RAM_SIZE];
    struct fake_point point[FAKE_POINTS];
    char conditions[64], commands[64]; /* of the last one; "-": none */
    bool persist;
    struct rsp_stop why;
    const char *error; /* what last_error says */
    int fail;          /* what all operations return, if not 0 */

    /* What was asked for. */
    struct rsp_action action[FAKE_THREADS];
    unsigned resumes, interrupts, describes, restarts, attaches;
    bool nonstop;                    /* the mode */
    bool runs[FAKE_THREADS];         /* when the mode is set on */
    char stopping[FAKE_THREADS + 1]; /* 't': was asked to stop; or '-' */
    bool detached, stays, killed, lldb;
    size_t traced[2]; /* packets '<' and '>' */
};

void fake_init(struct fake_target *fake, enum fake_kind kind);
const char *fake_kind_name(enum fake_kind kind);

/* c, s, r or - for each thread, as it was last resumed: "s-". Static. */
const char *fake_actions(const struct fake_target *fake);
/* How many breakpoints there are. */
unsigned fake_points(const struct fake_target *fake);

#endif
