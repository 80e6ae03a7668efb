/* SPDX-License-Identifier: MIT */
#ifndef KVM_BOARD_PC_H
#define KVM_BOARD_PC_H

/*
 * Which devices the machine has, and at which ports. Needs no KVM: of struct
 * vm only the devices, the bus and the console are touched.
 */

#include "kvm/vm/types.h"

/* All but the disk (vm_attach_disk()). vm->console is set and vm->bus empty.
 * -errno with a sentence: bus_add(). */
int devices_attach(struct vm *vm, struct diag *diag);

/* Once, before vm_boot(): the file is the first disk. -errno with a sentence:
 * disk_open(). */
int vm_attach_disk(struct vm *vm, const char *path, struct diag *diag);

#endif
