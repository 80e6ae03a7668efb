/* SPDX-License-Identifier: MIT */
#ifndef KVM_CORE_FILE_H
#define KVM_CORE_FILE_H

/*
 * Files that the user named: guest images and disks. Regular ones that are not
 * empty; any other is refused with a sentence that begins with its name.
 */

#include <stdint.h>

#include <sys/types.h>

#include "kvm/core/diag.h"

/*
 * Who opens what, instead of open(2): for a process that may not. The flags are
 * open's; the descriptor is close-on-exec and the caller's. -errno. A NULL
 * opener is open(2) itself.
 */
struct file_opener {
    int (*open)(void *context, const char *path, int flags);
    void *context;
};

int file_open_by(const struct file_opener *opener, const char *path, int flags);

enum { FILE_SHOWN = 120 }; /* longer names would push the cure out of diag */

/* The name as sentences show it: the end, which tells more than the start. */
const char *file_shown(const char *path);

/* A descriptor to read from, and the size; what is "guest image" and the
 * like. -errno with a sentence. */
int file_open(const struct file_opener *opener, const char *path,
              const char *what, uint64_t *ret_size, struct diag *diag);

/* n bytes from offset on, fewer at the file's end; -errno. */
ssize_t file_read(int fd, void *to, size_t n, uint64_t offset);

#endif
