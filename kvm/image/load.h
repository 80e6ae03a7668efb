/* SPDX-License-Identifier: MIT */
#ifndef KVM_IMAGE_LOAD_H
#define KVM_IMAGE_LOAD_H

/*
 * Guest images: what kind a file is, and getting it into guest memory.
 *
 *   ELF32, ELF64   program headers; PT_LOAD goes to p_paddr, the entry point
 *                  (virtual) becomes physical through the segment it lies in
 *   boot sector    at least 512 bytes, 55 AA at 510: those go to 0x7c00, real
 *                  mode, the drive in DL; they and what follows are a disk,
 *                  which the caller attaches (kvm/vm/vm.h)
 *   CD             ISO 9660 with a boot catalog, and no boot sector of a disk
 *                  unless told so (kvm/image/cd.h)
 *   flat           anything else: at load_addr (0 by default, in every mode),
 *                  real mode unless told otherwise
 * A firmware is known by its option alone (kvm/image/firmware.h).
 * A load_addr makes a flat image of what is longer than a boot sector and has
 * 55 AA there by accident.
 *
 * What is known to be something else (kvm/core/foreign.h, and ELF programs for
 * an operating system) is refused with what it is, unless a mode, an entry or a
 * load_addr says how its bytes are to be run.
 *
 * 16 and 32-bit code is often linked as ELF64, so an ELF64 may start in any
 * mode; an ELF32 not in long mode, and a boot sector in real mode only.
 * libelf reads the headers; every number of the file is still checked here,
 * because nothing in it can be trusted.
 */

#include "kvm/core/diag.h"
#include "kvm/core/file.h"
#include "kvm/core/mem.h"
#include "kvm/image/image.h"

/*
 * Reads the file and copies it into mem. On failure mem may hold part of it.
 * -errno with a sentence: no such file, empty, a directory, truncated, not
 * x86, no guest at all, overlapping segments, larger than memory, entry outside
 * RAM, --mode or
 * --load-addr that does not go with the image, ...
 */
int load_image(const struct guest_mem *mem, const struct load_options *options,
               struct image *ret, struct diag *diag);

/* "real mode", "32-bit protected mode", "64-bit long mode". */
const char *cpu_mode_name(enum cpu_mode mode);

#endif
