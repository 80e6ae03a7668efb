/* SPDX-License-Identifier: MIT */
#ifndef TESTS_SUPPORT_FAKE_STDERR_H
#define TESTS_SUPPORT_FAKE_STDERR_H

/* What is said to the user, on standard error. */

/* Listens, from here on. */
void hear(void);
/* What was said since, at most 1 KiB of it; standard error is as before.
 * Static. */
const char *heard(void);

#endif
