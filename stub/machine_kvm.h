/* SPDX-License-Identifier: MIT */
#ifndef STUB_MACHINE_KVM_H
#define STUB_MACHINE_KVM_H

/*
 * The machine that KVM runs in this process: the VM that the options describe,
 * over and over. The next one is made beside the one in use, so that there is
 * one if that fails. Its one vCPU runs inside machine_wait().
 */

#include "kvm/probe/types.h"
#include "stub/machine.h"
#include "stub/options/types.h"

struct machine_kvm {
    struct machine machine; /* what the engine has of it */
    const struct options *options;
    const struct file_opener *opener;
    struct vm_config config;
    struct vm vm[2];
    unsigned in_use;
    struct probe probe; /* what this host can do */
    struct machine_owner owner;
};

/* The first one, loaded and at its first instruction. -errno with a sentence.
 * Borrowed: all that is given, until machine_kvm_destroy(). */
int machine_kvm_create(struct machine_kvm *m, const struct options *options,
                       const struct file_opener *opener,
                       struct console_sink console,
                       const struct console_sink *serial, struct image *ret,
                       struct diag *diag);
void machine_kvm_destroy(struct machine_kvm *m);

/* For machines that were made elsewhere: vm[0] is one, and cannot be restarted.
 */
void machine_kvm_init(struct machine_kvm *m);

struct vm *machine_kvm_vm(struct machine_kvm *m);

#endif
