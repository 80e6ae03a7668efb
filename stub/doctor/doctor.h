/* SPDX-License-Identifier: MIT */
#ifndef STUB_DOCTOR_DOCTOR_H
#define STUB_DOCTOR_DOCTOR_H

/*
 * --doctor: can this host debug guests, how well, and what is to be done where
 * it cannot? For people, for programs (json), and for tests that ask about one
 * ability (needs:NAME).
 */

#include "kvm/core/diag.h"

enum doctor_format { DOCTOR_TEXT, DOCTOR_JSON, DOCTOR_NEEDS };

struct doctor_request {
    enum doctor_format format;
    const char *need; /* DOCTOR_NEEDS: the name; borrowed */
};

/* The option's argument: NULL, "json" or "needs:NAME". -EINVAL with diag. */
int doctor_parse(const char *arg, struct doctor_request *ret,
                 struct diag *diag);

/*
 * Prints the answer to standard output; the program's exit status: 0 for yes,
 * EXIT_NO for no (KVM is usable, but what is needed is missing),
 * EXIT_FAILED.
 */
int doctor_run(const struct doctor_request *request);

#endif
