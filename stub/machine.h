/* SPDX-License-Identifier: MIT */
#ifndef STUB_MACHINE_H
#define STUB_MACHINE_H

/*
 * The VM that the options describe, over and over: the next one is made beside
 * the one in use, so that there is one if that fails.
 */

#include "kvm/vm/types.h"
#include "stub/options/types.h"

struct machine {
    const struct options *options;
    const struct file_opener *opener;
    struct vm_config config;
    struct vm vm[2];
    unsigned in_use;
};

/* The first one, loaded and at its first instruction. -errno with a sentence.
 * Borrowed: all that is given, until machine_destroy(). */
int machine_create(struct machine *machine, const struct options *options,
                   const struct file_opener *opener,
                   struct console_sink console, struct image *ret,
                   struct diag *diag);
void machine_destroy(struct machine *machine);

struct vm *machine_vm(struct machine *machine);

/* For struct machine_maker; context is a machine. */
int machine_restart(void *context, struct vm **ret_vm, struct image *ret_image,
                    struct diag *diag);

#endif
