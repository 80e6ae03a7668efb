/* SPDX-License-Identifier: MIT */
#ifndef STUB_FRONT_ENDING_H
#define STUB_FRONT_ENDING_H

/*
 * How the program's work came to its end, and with which exit status. A guest
 * may write any status, 123 to 125 and those of signals included: the kind
 * says which it was (--result).
 */

#include <stdbool.h>

/* Exit statuses beside the guest's own. */
enum {
    EXIT_NO = 1,        /* --doctor: what was asked for is missing */
    EXIT_STOPPED = 123, /* the guest cannot go on, and nobody is to look */
    EXIT_TIMEOUT = 124, /* as timeout(1) */
    EXIT_FAILED = 125,  /* the program could not do its work */
    EXIT_SIGNAL = 128,  /* and the signal's number, as in the shell */
};

enum ending_kind {
    ENDING_NONE,    /* it goes on */
    ENDING_EXITED,  /* the guest ended itself */
    ENDING_STOPPED, /* it cannot go on: --on-stop=exit */
    ENDING_TIMEOUT, /* --timeout */
    ENDING_SIGNAL,  /* a signal told the program to end */
    ENDING_KILLED,  /* the debugger killed the guest */
    ENDING_LEFT,    /* the debugger has gone, and that was to be the end */
    ENDING_QUIT,    /* `monitor exit` */
    ENDING_FAILED,  /* the program could not do its work */
    ENDING_KINDS,
};

struct ending {
    enum ending_kind kind;
    int value;        /* EXITED: the guest's status; SIGNAL: its number */
    char reason[480]; /* a sentence */
};

/* The first one counts: later ones change nothing. */
void ending_set(struct ending *ending, enum ending_kind kind, int value,
                const char *format, ...) __attribute__((format(printf, 4, 5)));

/* One word, for programs: "exited", "stopped", ... */
const char *ending_name(enum ending_kind kind);
/* The exit status that goes with it. */
int ending_status(const struct ending *ending);

#endif
