/* SPDX-License-Identifier: MIT */
#ifndef STUB_SANDBOX_BROKER_H
#define STUB_SANDBOX_BROKER_H

/*
 * Opens files for the program, which in its sandbox may open none
 * (stub/sandbox/sandbox.h): a small process that was told beforehand which ones
 * there may be, and passes descriptors over a socket (unix(7), SCM_RIGHTS). A
 * guest is read anew from its file, by name, whenever it begins anew, so a
 * descriptor opened at the start would not do. Without a sandbox the same is
 * done by the program itself.
 *
 *     program  ---- name, what for ---->  broker   may it be? open(2)
 *              <--- descriptor, or why not --
 *
 * It ends with the program, however that ends, and then removes the files of
 * the UNIX sockets that were listened on. One thread.
 */

#include <stdbool.h>

#include <sys/types.h>

#include "kvm/core/diag.h"
#include "stub/sandbox/files.h"
#include "stub/server/address.h"

/* What may be opened beside the KVM device. Borrowed. */
struct broker_config {
    const char *image, *disk, *initrd; /* to be read; NULL: none */
    const char *const *modules;        /* likewise; the path ends at a space */
    unsigned n_modules;
    int files; /* folder of --files, or -1 */
};

/* A debugger's, those of serial ports, and a VNC server's. */
enum { BROKER_SOCKETS = 4 };

struct broker {
    struct broker_config config;
    int fd;    /* to the other process; -1: there is none */
    pid_t pid; /* of it */
    bool is_sealed;
    struct address socket[BROKER_SOCKETS]; /* to be removed */
};

/* separate: as a process of its own. The folder is taken over. -errno with a
 * sentence. */
int broker_start(struct broker *broker, const struct broker_config *config,
                 bool separate, struct diag *diag);
/* Here is listened, at BROKER_SOCKETS addresses at most: once, before the
 * program does anything that others say. */
void broker_seal(struct broker *broker, const struct address *addresses,
                 unsigned n);
void broker_end(struct broker *broker);

/* For struct file_opener; context is a broker. -EPERM: what was not foreseen;
 * -EPIPE: the other process has gone. */
int broker_open(void *context, const char *path, int flags);

/* files_open(), in the folder of --files. */
int broker_open_file(struct broker *broker, const char *name,
                     enum files_access access, struct diag *diag);

#endif
