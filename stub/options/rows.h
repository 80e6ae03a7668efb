/* SPDX-License-Identifier: MIT */
#ifndef STUB_OPTIONS_ROWS_H
#define STUB_OPTIONS_ROWS_H

/* The table of options, of which stub/options/options.c makes getopt_long's own
 * and
 * --help. */

#include "stub/options/types.h"

struct option_row {
    const char *name; /* NULL ends the table */
    char letter;      /* 0: none */
    const char *arg;  /* as --help calls it; "[=X]": may be left out */
    /* arg: NULL where there is none. Borrowed, it is a part of argv. -errno
     * with a sentence. */
    int (*apply)(struct options *options, const char *arg, struct diag *diag);
    const char *help; /* '\n' between lines of up to 54 characters */
};

enum { OPTION_ROWS_MAX = 48 };

extern const struct option_row option_rows[];

#endif
