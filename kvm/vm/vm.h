/* SPDX-License-Identifier: MIT */
#ifndef KVM_VM_VM_H
#define KVM_VM_VM_H

/*
 * The machine: guest memory, devices, vCPUs.
 *
 * Made and destroyed by one thread. Memory layout and bus are fixed once the
 * first vCPU runs.
 */

#include "kvm/core/diag.h"
#include "kvm/image/image.h"
#include "kvm/vm/types.h"

/* Where KVM is; tests put others in place. */
#define VM_DEVICE "/dev/kvm"

/* -errno with a sentence that names the cure: no /dev/kvm, no permission,
 * wrong API version, no memory. On failure vm holds nothing. */
int vm_create(struct vm *vm, const struct vm_config *config, struct diag *diag);
void vm_destroy(struct vm *vm);

/* Memory for a firmware that ends at 4 GiB, before a vCPU runs. -errno with a
 * sentence. */
int vm_add_firmware(struct vm *vm, uint64_t size, struct diag *diag);

/* Puts vCPU 0 at the start of an image that load_image() has loaded. */
int vm_boot(struct vm *vm, const struct image *image, struct diag *diag);

#endif
