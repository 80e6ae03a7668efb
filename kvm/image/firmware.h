/* SPDX-License-Identifier: MIT */
#ifndef KVM_IMAGE_FIRMWARE_H
#define KVM_IMAGE_FIRMWARE_H

/*
 * A PC's firmware (--bios): all of it ends at 4 GiB, and its last 128 KiB, or
 * what there is of them, are at the end of the first MiB, too, in RAM. It
 * starts at F000:FFF0, as after a reset.
 */

#include "kvm/image/job.h"

/* How much memory it wants below 4 GiB, which has to be there before it is
 * loaded: mem_add_device(). -errno with a sentence: file_open(); it is not of
 * a firmware's size. */
int firmware_size(const struct load_options *options, uint64_t *ret,
                  struct diag *diag);
/* -errno with a sentence: it has grown meanwhile, no RAM, what goes along. */
int load_firmware(const struct load_job *job, struct image *ret);

#endif
