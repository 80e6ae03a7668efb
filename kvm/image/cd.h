/* SPDX-License-Identifier: MIT */
#ifndef KVM_IMAGE_CD_H
#define KVM_IMAGE_CD_H

/*
 * A CD that boots ("El Torito" Bootable CD-ROM Format Specification 1.0): the
 * image that its boot catalog names first goes to memory, as a BIOS has it.
 * Only without emulation of another drive.
 */

#include "kvm/image/job.h"

/* LOAD_NOT_MINE: it is no CD, or none that boots; -errno with a sentence. */
int load_cd(const struct load_job *job, struct image *ret);

#endif
