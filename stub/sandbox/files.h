/* SPDX-License-Identifier: MIT */
#ifndef STUB_SANDBOX_FILES_H
#define STUB_SANDBOX_FILES_H

/*
 * --files DIR: what a client may have read or written, and nothing else. A name
 * is looked up by openat2(2) with RESOLVE_BENEATH: no "..", no absolute name
 * and no symbolic link leads out of the folder, whoever renames what meanwhile.
 */

#include "kvm/core/diag.h"

enum files_access { FILES_READ, FILES_WRITE };

/* The folder, which the caller closes. -errno with a sentence. */
int files_open_folder(const char *path, struct diag *diag);

/*
 * A regular file below the folder, at its beginning; FILES_WRITE makes it, or
 * empties the one that there is. folder may be -1: there is none. The
 * descriptor is the caller's. -errno with a sentence.
 */
int files_open(int folder, const char *name, enum files_access access,
               struct diag *diag);

#endif
