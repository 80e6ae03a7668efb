/* SPDX-License-Identifier: MIT */
#ifndef KVM_IMAGE_JOB_H
#define KVM_IMAGE_JOB_H

/*
 * What the loaders of the kinds of image share; nobody else includes this.
 *
 * The file is read straight into guest memory, never into memory of ours, so
 * an image of any size costs only the guest pages that it fills.
 */

#include <stdbool.h>
#include <stdint.h>

#include "kvm/core/diag.h"
#include "kvm/core/mem.h"
#include "kvm/device/disk.h"
#include "kvm/image/image.h"
#include "kvm/image/place.h"

/* Enough of an image to tell its kind. */
struct load_head {
    uint8_t bytes[DISK_SECTOR];
    size_t n;
};

/* One load_image() under way; everything is borrowed. */
struct load_job {
    const struct guest_mem *mem;
    const struct load_options *options;
    struct diag *diag;
    const struct load_head *head; /* of the image */
    struct places *places;        /* what is taken of memory */
    const char *name;             /* of the file, as sentences begin */
    int fd;                       /* the image or a module, a regular file */
    uint64_t size;                /* of it, in bytes */
};

/* What a loader of one kind of image returns when the file is of another. */
enum { LOAD_NOT_MINE = 1 };

/* The head says that it is an ELF file; ends with the mark of a boot sector. */
bool load_is_elf(const struct load_job *job);
bool load_has_boot_mark(const struct load_job *job);

/* Fills in job->diag, the file's name first; returns err. */
int load_refuse(const struct load_job *job, int err, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The user has said how the file is to be run, so it is, whatever it may be. */
bool load_is_told(const struct load_job *job);

/* 0 when [gpa, gpa + n) is RAM, else -E2BIG with a sentence. */
int load_fits(const struct load_job *job, uint64_t gpa, uint64_t n);

/* n bytes of the file from offset on go to gpa, and zeros up to all: both are
 * checked and, if they are there, taken. n is at most all. -E2BIG, -ENOEXEC. */
int load_take(const struct load_job *job, uint64_t offset, uint64_t gpa,
              uint64_t n, uint64_t all);

/* Nothing that goes along with an image is put at this gpa or above. */
uint64_t load_top(const struct load_job *job);

/* Little-endian numbers of a header; the caller has checked that they are
 * there. */
uint16_t load_u16(const uint8_t *at);
uint32_t load_u32(const uint8_t *at);
uint64_t load_u64(const uint8_t *at);

/* Copies n bytes of the file from offset on to gpa; both ranges were checked
 * by the caller. -EIO or what pread(2) says, with a sentence. */
int load_copy(const struct load_job *job, uint64_t offset, uint64_t gpa,
              uint64_t n);

#endif
