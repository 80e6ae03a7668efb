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
#include "kvm/image/image.h"

/* One load_image() under way; everything is borrowed. */
struct load_job {
    const struct guest_mem *mem;
    const struct load_options *options;
    struct diag *diag;
    int fd;        /* the image, a regular file */
    uint64_t size; /* of it, in bytes */
};

/* Fills in job->diag, the file's name first; returns err. */
int load_refuse(const struct load_job *job, int err, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The user has said how the file is to be run, so it is, whatever it may be. */
bool load_is_told(const struct load_job *job);

/* 0 when [gpa, gpa + n) is RAM, else -E2BIG with a sentence. */
int load_fits(const struct load_job *job, uint64_t gpa, uint64_t n);

/* Copies n bytes of the file from offset on to gpa; both ranges were checked
 * by the caller. -EIO or what pread(2) says, with a sentence. */
int load_copy(const struct load_job *job, uint64_t offset, uint64_t gpa,
              uint64_t n);

#endif
