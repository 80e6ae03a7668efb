/* SPDX-License-Identifier: MIT */
#ifndef KVM_IMAGE_ELF_PROGRAM_H
#define KVM_IMAGE_ELF_PROGRAM_H

/* ELF files that are a program or library for an operating system. */

#include <gelf.h>
#include <stddef.h>

#include "kvm/image/job.h"

/* Refuses them: their headers do not say where they go in physical memory, and
 * their first system call leads nowhere. n: the number of program headers. */
int elf_check_freestanding(const struct load_job *job, Elf *elf, size_t n);

#endif
