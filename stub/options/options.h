/* SPDX-License-Identifier: MIT */
#ifndef STUB_OPTIONS_OPTIONS_H
#define STUB_OPTIONS_OPTIONS_H

/* The command line. */

#include <stdio.h>

#include "kvm/core/diag.h"
#include "stub/options/types.h"

/* Strings of argv are borrowed. --trace takes effect at once. */
enum options_verdict options_parse(struct options *options, int argc,
                                   char **argv, struct diag *diag);

void options_print_help(FILE *out);

#endif
