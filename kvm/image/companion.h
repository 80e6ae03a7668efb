/* SPDX-License-Identifier: MIT */
#ifndef KVM_IMAGE_COMPANION_H
#define KVM_IMAGE_COMPANION_H

/* What goes along with an image that a boot protocol starts: modules, and room
 * for what the guest is told. */

#include "kvm/image/job.h"

/* The image is loaded: everything else is put beside it; fills in ret->boot but
 * for the protocol. -errno with a sentence: a file that cannot be read, no room
 * for it. */
int load_companions(const struct load_job *job, struct image *ret);

/* The image is started by none: options that only such a one can take are
 * refused. */
int load_without_companions(const struct load_job *job);

/* Whatever starts it: where the tables of a firmware go, if there is room. */
void load_find_tables(const struct load_job *job, struct image *ret);

#endif
