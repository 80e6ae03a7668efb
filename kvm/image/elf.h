/* SPDX-License-Identifier: MIT */
#ifndef KVM_IMAGE_ELF_H
#define KVM_IMAGE_ELF_H

#include "kvm/image/job.h"

/* Loads an ELF file; fills in ret but for its mode. */
int load_elf(const struct load_job *job, struct image *ret);

#endif
