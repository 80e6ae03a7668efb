/* SPDX-License-Identifier: MIT */
#ifndef STUB_ENGINE_STOP_TYPES_H
#define STUB_ENGINE_STOP_TYPES_H

/* Why the guest has stopped, in no protocol's terms. Types alone. */

#include <stdint.h>

enum stop_kind {
    STOP_INTERRUPTED, /* the client asked for it */
    STOP_STEPPED,     /* one instruction, or one range */
    STOP_SOFT,        /* a software breakpoint; pc is at the instruction */
    STOP_HARD,        /* a hardware breakpoint; pc is at the instruction */
    STOP_WRITE,       /* watchpoints: addr is theirs; pc is past the access */
    STOP_READ,
    STOP_ACCESS,
    STOP_WRITTEN, /* a breakpoint that the client wrote itself; pc is at it */
    STOP_TRAP,    /* another trap: the guest's own, a breakpoint by another
                     name, or one that the client wrote and looks for before
                     pc */
    STOP_FAULT,   /* an exception that is caught; fault says what kind */
    STOP_HALTED,  /* it waits, and the step that led there has no end */
    STOP_ENDED,   /* the guest ended itself with status */
    STOP_ASKED,   /* it calls the debugger; pc is behind that */
    STOP_RESET,   /* it reset the machine; going on is going on behind that */
    /* It cannot go on from here: */
    STOP_DEAD_FAULT,     /* as STOP_FAULT */
    STOP_DEAD_HALT,      /* nothing can wake it */
    STOP_DEAD_EMULATION, /* the host cannot execute the instruction, */
    STOP_DEAD_STALL,     /* or begins it anew without end */
    STOP_DEAD_HOST,      /* the host cannot run it at all */
};

/* What a guest comes to that resets the machine. */
enum when_reset {
    RESET_ENDS,    /* its end, with status 0 */
    RESET_REBOOTS, /* its beginning */
    RESET_STOPS,   /* a stop */
};

struct stop {
    enum stop_kind kind;
    unsigned tid;     /* of the vCPU, from 1 */
    unsigned fault;   /* enum fault_class */
    int status;       /* of STOP_ENDED */
    uint64_t addr;    /* of watchpoints: what the client asked for */
    const char *text; /* a sentence for the user, or NULL; borrowed */
};

#endif
