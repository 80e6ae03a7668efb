/* SPDX-License-Identifier: MIT */
#ifndef STUB_OPTIONS_TYPES_H
#define STUB_OPTIONS_TYPES_H

/* What the command line asks for. Types alone. */

#include <stdbool.h>
#include <stdint.h>

#include <sys/types.h>

#include "kvm/core/diag.h"
#include "kvm/image/image.h"
#include "stub/doctor/doctor.h"
#include "stub/engine/stop_types.h"
#include "stub/front/policy.h"
#include "stub/server/address.h"
#include "stub/server/line.h"

enum options_verdict {
    OPTIONS_RUN,     /* go on */
    OPTIONS_HELP,    /* options_print_help() and succeed */
    OPTIONS_VERSION, /* print the version and succeed */
    OPTIONS_DOCTOR,  /* doctor_run() gives the exit status */
    OPTIONS_BAD,     /* print diag and fail; result is good all the same */
};

struct options {
    struct load_options load;
    const char *bios;   /* firmware, which boots the guest; NULL: none */
    const char *disk;   /* file; NULL: a boot sector's own */
    const char *cdrom;  /* the guest, a CD; NULL: not said */
    bool is_floppy;     /* it is a floppy disk: */
    const char *floppy; /* --floppy's own file; NULL: not said */
    struct address address;
    struct line_target serial[LINES]; /* of each port */
    unsigned n_serial;                /* how many were said */
    bool has_vnc;
    struct address vnc;
    uint64_t memory; /* bytes, a multiple of MEM_PAGE */
    bool virtual_clock;
    uint64_t date;   /* that it begins with: s since 1970-01-01, UTC */
    bool run;        /* without waiting for a debugger */
    const char *gdb; /* start this debugger; NULL: none */
    enum when_gone on_detach, on_disconnect;
    enum when_killed on_kill;
    enum when_stopped on_stop;
    bool has_on_stop;
    enum when_reset on_reset;
    bool no_sandbox;
    mode_t socket_mode;           /* 0: not said */
    const char *files;            /* folder; NULL: none */
    uint64_t timeout_ns;          /* 0: none */
    const char *result;           /* file; NULL: none */
    struct doctor_request doctor; /* OPTIONS_DOCTOR */
    enum follow_mode follow_mode;
    enum options_verdict question; /* asked for instead of a run */
};

#endif
