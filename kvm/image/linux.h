/* SPDX-License-Identifier: MIT */
#ifndef KVM_IMAGE_LINUX_H
#define KVM_IMAGE_LINUX_H

/* Linux kernels by the x86 boot protocol (Linux,
 * Documentation/arch/x86/boot.rst): a bzImage, and a vmlinux that has no PVH
 * note. Other programs come as bzImages, too: memtest86+, for one. */

#include "kvm/image/job.h"

/* Each loads it; fills in ret but for its mode and what goes along.
 * LOAD_NOT_MINE: it is none. -errno with a sentence. */
int load_bzimage(const struct load_job *job, struct image *ret);
int load_vmlinux(const struct load_job *job, struct image *ret);

#endif
