/* SPDX-License-Identifier: MIT */
#ifndef KVM_IMAGE_PVH_H
#define KVM_IMAGE_PVH_H

/* Xen's boot protocol for guests without a BIOS, by which Linux's vmlinux can
 * be started, too (docs/misc/pvh.pandoc in Xen's sources): an ELF note has the
 * entry point. */

#include "kvm/image/job.h"

/* Loads it; fills in ret but for its mode and what goes along.
 * LOAD_NOT_MINE: it has no such note. -errno with a sentence. */
int load_pvh(const struct load_job *job, struct image *ret);

#endif
