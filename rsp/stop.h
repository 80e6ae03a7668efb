/* SPDX-License-Identifier: MIT */
#ifndef RSP_STOP_H
#define RSP_STOP_H

/*
 * Why the target stopped: filled in by the target, turned into a stop reply
 * (GDB manual, "Stop Reply Packets") by the session and by nobody else.
 */

#include <stdbool.h>
#include <stdint.h>

/* Signal numbers are GDB's own (include/gdb/signals.def), not the host's. */
enum rsp_signal {
    RSP_SIGNAL_0 = 0,
    RSP_SIGINT = 2,
    RSP_SIGILL = 4,
    RSP_SIGTRAP = 5,
    RSP_SIGABRT = 6,
    RSP_SIGFPE = 8,
    RSP_SIGKILL = 9,
    RSP_SIGBUS = 10,
    RSP_SIGSEGV = 11,
    RSP_SIGSYS = 12,
    RSP_SIGSTOP = 17,
    RSP_SIGTTIN = 21,
    RSP_SIGPWR = 32,
};

enum rsp_stop_kind {
    RSP_STOP_SIGNAL,  /* signal says which; an interrupt is SIGINT */
    RSP_STOP_STEP,    /* one instruction, or one range, was stepped */
    RSP_STOP_SWBREAK, /* a Z0 breakpoint; pc is at the instruction */
    RSP_STOP_HWBREAK, /* a Z1 breakpoint; pc is at the instruction */
    RSP_STOP_WATCH,   /* Z2, addr is the data address; pc is past the access */
    RSP_STOP_RWATCH,  /* Z3 */
    RSP_STOP_AWATCH,  /* Z4 */
    RSP_STOP_EXITED,  /* the guest ended with exit_code */
    RSP_STOP_KILLED,  /* the guest was ended by signal */
};

struct rsp_stop {
    enum rsp_stop_kind kind;
    unsigned tid;      /* the thread that stopped, from 1 */
    uint8_t signal;    /* enum rsp_signal; for SIGNAL and KILLED */
    uint8_t exit_code; /* for EXITED */
    uint64_t addr;     /* for the watchpoint kinds */
    const char *text;  /* a sentence for the user or NULL; borrowed */
};

static inline bool stop_is_the_end(const struct rsp_stop *stop)
{
    return stop->kind == RSP_STOP_EXITED || stop->kind == RSP_STOP_KILLED;
}

#endif
