/* SPDX-License-Identifier: MIT */
#ifndef STUB_OPTIONS_H
#define STUB_OPTIONS_H

/* The command line. */

#include <stdbool.h>
#include <stdint.h>

#include "kvm/diag.h"
#include "kvm/load.h"
#include "stub/address.h"
#include "stub/debugger.h"
#include "stub/doctor.h"

/* Exit statuses beside the guest's own; 2, 69 and 70 as in sysexits.h. */
enum {
    EXIT_OTHER = 1,
    EXIT_USAGE = 2,
    EXIT_NO_KVM = 69,
    EXIT_BUG = 70,
};

enum options_verdict {
    OPTIONS_RUN,     /* go on */
    OPTIONS_HELP,    /* print options_help() and succeed */
    OPTIONS_VERSION, /* print the version and succeed */
    OPTIONS_DOCTOR,  /* doctor_run() gives the exit status */
    OPTIONS_BAD,     /* print diag and fail with EXIT_USAGE */
};

/* Is gdb told when the CPU mode changes? AUTO: debugger_init() knows. */
enum follow_mode { FOLLOW_AUTO, FOLLOW_ON, FOLLOW_OFF };

struct options {
    struct load_options load;
    const char *disk; /* file; NULL: a boot sector's own */
    struct address address;
    uint64_t memory; /* bytes, a multiple of MEM_PAGE */
    bool run;        /* without waiting for a debugger */
    const char *gdb; /* start this debugger; NULL: none */
    enum when_gone on_detach, on_disconnect;
    enum when_killed on_kill;
    struct doctor_request doctor; /* OPTIONS_DOCTOR */
    enum follow_mode follow_mode;
};

/* Strings of argv are borrowed. --trace takes effect at once. */
enum options_verdict options_parse(struct options *options, int argc,
                                   char **argv, struct diag *diag);

extern const char options_help[];

/* "64K", "128M", "0x1000": bytes. false when it is not a size, or wraps. */
bool options_parse_size(const char *text, uint64_t *ret);

#endif
