/* SPDX-License-Identifier: MIT */
#ifndef KVM_IMAGE_MULTIBOOT_HEADER_H
#define KVM_IMAGE_MULTIBOOT_HEADER_H

/* What the headers of multiboot 1 and 2 have in common: how they are found, and
 * that they may say themselves where the image goes. */

#include "kvm/image/elf.h"
#include "kvm/image/job.h"

struct multiboot_magic {
    uint32_t magic;  /* the header's first word */
    unsigned sum_of; /* so many words, which together give 0 */
    unsigned align;  /* bytes; it is at a multiple of them in the file, */
    size_t within;   /* and all of it in so many first bytes */
};

/* Reads that many bytes of the file, or all that there are: *ret_n. 0: the
 * header begins at *ret_at; LOAD_NOT_MINE: there is none; or -errno. */
int multiboot_find_header(const struct load_job *job,
                          const struct multiboot_magic *magic, uint8_t *bytes,
                          size_t *ret_n, size_t *ret_at);

/* The file has a header without addresses, so it is an ELF file, or -ENOEXEC.
 * By which name people know the header; what to do about it. */
int multiboot_load_elf(const struct load_job *job,
                       const struct elf_start *start, const char *name,
                       const char *cure, struct image *ret);

/* Multiboot Specification 0.6.96, 3.1.3; 2.0, 3.1.7 and 3.1.8: gpa. */
struct load_addresses {
    uint64_t offset; /* of the header in the file */
    uint32_t header_addr, load_addr;
    uint32_t load_end; /* 0: all of the file */
    uint32_t bss_end;  /* 0: there is none */
    uint32_t entry;
};

/* Loads the file by them; fills in ret but for its mode and what goes along.
 * -ENOEXEC and -E2BIG with a sentence. */
int load_by_addresses(const struct load_job *job,
                      const struct load_addresses *at, struct image *ret);

#endif
