/* SPDX-License-Identifier: MIT */
#ifndef KVM_IMAGE_ELF_SECTIONS_H
#define KVM_IMAGE_ELF_SECTIONS_H

/* The section headers of an ELF image, and the sections that no segment has
 * loaded, for a guest that looks up its own symbols. */

#include <gelf.h>

#include "kvm/image/job.h"

/* After the segments are loaded: puts them above the image, which they belong
 * to from then on. Where there is no room for them, or the file's section
 * headers are damaged, there are none: no guest can count on them. -errno with
 * a sentence when the file cannot be read. */
int load_elf_sections(const struct load_job *job, Elf *elf, struct image *ret);

#endif
