/* SPDX-License-Identifier: MIT */
#ifndef STUB_RESULT_H
#define STUB_RESULT_H

/*
 * --result FILE: one JSON object that says how it ended, for scripts: an exit
 * status alone may be the guest's own. The file is opened and emptied at the
 * start, so what cannot be written is known before the guest runs, and an old
 * result is never taken for a new one. It stays empty if the program is killed.
 */

#include <stdbool.h>
#include <stdint.h>

#include "kvm/core/diag.h"
#include "stub/front/ending.h"

struct result {
    int fd; /* -1: nobody wants it */
    const char *path;
    const char *guest; /* its file; NULL: none was named */
    /* Where the vCPU was at the end, if there was one. */
    bool has_place;
    uint64_t pc; /* linear */
    char where[64];
};

/* path NULL: nothing. A file with anything but an old result in it is refused.
 * -errno with diag. */
int result_open(struct result *result, const char *path, struct diag *diag);

/* Writes it all and closes. -errno with diag. */
int result_write(struct result *result, const struct ending *ending,
                 struct diag *diag);

/* Leaves it to another process, which has it open, too. */
void result_leave(struct result *result);

#endif
