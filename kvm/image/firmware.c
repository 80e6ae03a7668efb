/* SPDX-License-Identifier: MIT */
#include "kvm/image/firmware.h"

#include <errno.h>
#include <unistd.h>

#include "kvm/core/file.h"
#include "kvm/core/number.h"
#include "kvm/image/companion.h"

#define KIB       UINT64_C(1024)
#define MIB       (1024 * KIB)
#define GIB_4     (UINT64_C(1) << 32)
#define UNIT      (64 * KIB)
#define MOST      (16 * MIB)
#define LOW_MOST  (128 * KIB)
#define RESET_GPA UINT64_C(0xffff0)

static int firmware_check_size(const char *path, uint64_t size,
                               struct diag *diag)
{
    if (size % UNIT == 0 && size <= MOST)
        return 0;
    return diag_set(diag, -ENOEXEC,
                    "%s: is no firmware: its %llu bytes are not 1 to 256 times "
                    "64 KiB; SeaBIOS is one, /usr/share/seabios/bios.bin of "
                    "Debian's package seabios",
                    file_shown(path), (unsigned long long)size);
}

int firmware_size(const struct load_options *options, uint64_t *ret,
                  struct diag *diag)
{
    int fd = file_open(options->opener, options->path, "firmware", ret, diag);

    if (fd < 0)
        return fd;
    (void)close(fd);
    return firmware_check_size(options->path, *ret, diag);
}

/* What a firmware has no use for. */
static int check_firmware_wishes(const struct load_job *job)
{
    const struct load_options *options = job->options;
    const struct {
        bool is_said;
        const char *option;
    } wishes[] = {
        {options->mode != CPU_MODE_AUTO, "--mode"},
        {options->has_load_addr, "--load-addr"},
        {options->has_entry, "--entry"},
        {options->append != NULL, "--append"},
        {options->initrd != NULL, "--initrd"},
        {options->n_modules > 0, "--module"},
    };

    for (size_t i = 0; i < sizeof wishes / sizeof *wishes; i++)
        if (wishes[i].is_said)
            return load_refuse(job, -EINVAL,
                               "--bios starts a firmware, which boots a disk: "
                               "drop %s",
                               wishes[i].option);
    return 0;
}

int load_firmware(const struct load_job *job, struct image *ret)
{
    uint64_t size = job->size;
    uint64_t low = min_u64(size, LOW_MOST);
    int err = check_firmware_wishes(job);

    if (!err)
        err = firmware_check_size(job->options->path, size, job->diag);
    if (!err && !mem_has(job->mem, GIB_4 - size, size))
        err = load_refuse(job, -EIO, "changed while being read: try again");
    if (!err && !mem_has(job->mem, MIB - low, low))
        err = load_refuse(job, -ENOMEM,
                          "a firmware needs 1 MiB of memory: use a larger -m");
    if (!err)
        err = load_copy(job, 0, GIB_4 - size, size);
    if (!err)
        err = load_copy(job, size - low, MIB - low, low);
    *ret = (struct image){.kind = IMAGE_FIRMWARE,
                          .entry = RESET_GPA,
                          .low = MIB - low,
                          .high = GIB_4,
                          .low_end = MIB};
    return err;
}
