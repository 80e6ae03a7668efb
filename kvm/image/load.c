/* SPDX-License-Identifier: MIT */
#include "kvm/image/load.h"

/*
 * From a path to bytes in guest memory: open, decide on the kind, load, settle
 * mode and entry point.
 *
 * Invariant: a range is checked against RAM and against the file, by
 * subtraction, before a byte of it is copied.
 */

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "kvm/core/file.h"
#include "kvm/core/foreign.h"
#include "kvm/device/disk.h"
#include "kvm/image/cd.h"
#include "kvm/image/companion.h"
#include "kvm/image/elf.h"
#include "kvm/image/firmware.h"
#include "kvm/image/job.h"
#include "kvm/image/linux.h"
#include "kvm/image/multiboot.h"
#include "kvm/image/multiboot2.h"
#include "kvm/image/pvh.h"

enum {
    BOOT_SECTOR_GPA = 0x7c00, /* where a PC's BIOS puts it */
};

#define MODE(mode) (1u << (mode))

/* clang-format off */
static const struct kind {
    const char *name;
    enum cpu_mode mode;   /* unless told otherwise */
    unsigned modes;       /* those it can start in */
    uint64_t load_addr;   /* unless told otherwise */
    const char *cure;     /* for a mode that it cannot start in */
} kinds[] = {
    [IMAGE_FLAT] = {
        "a flat image", CPU_MODE_REAL,
        MODE(CPU_MODE_REAL) | MODE(CPU_MODE_PROT) | MODE(CPU_MODE_LONG),
        0, ""},
    [IMAGE_BOOT_SECTOR] = {
        "a boot sector", CPU_MODE_REAL, MODE(CPU_MODE_REAL),
        BOOT_SECTOR_GPA, "drop --mode"},
    [IMAGE_FIRMWARE] = {
        "a firmware", CPU_MODE_REAL, MODE(CPU_MODE_REAL), 0, ""},
    [IMAGE_ELF32] = {
        "a 32-bit ELF image", CPU_MODE_PROT,
        MODE(CPU_MODE_REAL) | MODE(CPU_MODE_PROT),
        0, "build it with -m64, or drop --mode"},
    [IMAGE_ELF64] = { /* 16 and 32-bit code is often linked as ELF64 */
        "a 64-bit ELF image", CPU_MODE_LONG,
        MODE(CPU_MODE_REAL) | MODE(CPU_MODE_PROT) | MODE(CPU_MODE_LONG),
        0, ""},
};

static const struct {
    const char *name;
    uint64_t reach; /* an entry point lies below */
} modes[] = {
    [CPU_MODE_AUTO] = {"automatic mode", 0},
    /* ffff:ffff, SDM 3B, "Real-Address Mode" */
    [CPU_MODE_REAL] = {"real mode", 0x10fff0},
    [CPU_MODE_PROT] = {"32-bit protected mode", UINT64_C(1) << 32},
    /* as far as the identity map goes */
    [CPU_MODE_LONG] = {"64-bit long mode", UINT64_C(1) << 32},
};
/* clang-format on */

const char *cpu_mode_name(enum cpu_mode mode)
{
    return modes[mode].name;
}

static int open_image(struct load_job *job)
{
    job->fd = file_open(job->options->opener, job->options->path,
                        job->options->is_firmware ? "firmware" : "guest image",
                        &job->size, job->diag);
    return job->fd < 0 ? job->fd : 0;
}

static int read_head(const struct load_job *job, struct load_head *ret)
{
    ssize_t got = file_read(job->fd, ret->bytes, sizeof ret->bytes, 0);

    if (got < 0)
        return load_refuse(job, (int)got, "cannot read it: %s",
                           strerror((int)-got));
    ret->n = (size_t)got;
    return 0;
}

/* The first n bytes of the file, as they are. */
static int load_bytes(const struct load_job *job, enum image_kind kind,
                      uint64_t n, struct image *ret)
{
    uint64_t gpa = job->options->has_load_addr ? job->options->load_addr
                                               : kinds[kind].load_addr;
    int err = load_take(job, 0, gpa, n, n);

    *ret = (struct image){.kind = kind,
                          .entry = gpa,
                          .low = gpa,
                          .high = gpa + n,
                          .low_end = gpa + n};
    return err;
}

/* What the boot sector of a disk brings along is often no whole number of
 * sectors, so the mark alone decides, unless the user does. */
static bool is_bootable(const struct load_job *job)
{
    return load_has_boot_mark(job) &&
           (job->size == DISK_SECTOR || !job->options->has_load_addr);
}

/* What is known to be no machine code, unless the user says how to run it. */
static int refuse_foreign(const struct load_job *job)
{
    const struct foreign *foreign =
        load_is_told(job)
            ? NULL
            : foreign_image(job->fd, job->size, load_has_boot_mark(job));

    if (!foreign)
        return 0;
    return load_refuse(job, -ENOEXEC,
                       "is %s: %s (--load-addr or --mode run its bytes as they "
                       "are)",
                       foreign->what, foreign->cure);
}

/* The first that takes the file. */
static int (*const protocols[])(const struct load_job *job,
                                struct image *ret) = {
    load_multiboot2, load_multiboot, load_pvh, load_bzimage, load_vmlinux,
};

/* These start in protected mode; the user may want something else. */
static bool allows_protocol(const struct load_options *options)
{
    return !options->has_load_addr &&
           (options->mode == CPU_MODE_AUTO || options->mode == CPU_MODE_PROT);
}

static int load_by_protocol(const struct load_job *job, struct image *ret)
{
    int r = LOAD_NOT_MINE;

    if (!allows_protocol(job->options))
        return LOAD_NOT_MINE;
    for (size_t i = 0;
         i < sizeof protocols / sizeof *protocols && r == LOAD_NOT_MINE; i++)
        r = protocols[i](job, ret);
    return r ? r : load_companions(job, ret);
}

static int load_bare(const struct load_job *job, struct image *ret)
{
    int err = load_without_companions(job);

    if (err)
        return err;
    if (load_is_elf(job))
        return load_elf(job, NULL, ret);
    if (job->options->is_cd || (!load_is_told(job) && !is_bootable(job))) {
        err = load_cd(job, ret);
        if (err != LOAD_NOT_MINE)
            return err;
    }
    if (job->options->is_cd)
        return load_refuse(job, -ENOEXEC,
                           "is no CD that a BIOS could boot: it has no boot "
                           "catalog (El Torito)");
    err = refuse_foreign(job);
    if (err)
        return err;
    if (is_bootable(job))
        return load_bytes(job, IMAGE_BOOT_SECTOR, DISK_SECTOR, ret);
    return load_bytes(job, IMAGE_FLAT, job->size, ret);
}

static int load_by_kind(const struct load_job *job, struct image *ret)
{
    int r = job->options->is_firmware ? load_firmware(job, ret)
                                      : load_by_protocol(job, ret);

    return r == LOAD_NOT_MINE ? load_bare(job, ret) : r;
}

static enum cpu_mode usual_mode(const struct image *image)
{
    /* A vmlinux without PVH starts by the 64-bit protocol, if it is one. */
    if (image->boot.protocol == BOOT_BARE ||
        (image->boot.protocol == BOOT_LINUX && image->kind == IMAGE_ELF64))
        return kinds[image->kind].mode;
    return CPU_MODE_PROT;
}

static int settle_mode(const struct load_job *job, struct image *image)
{
    const struct kind *kind = &kinds[image->kind];
    enum cpu_mode wish = job->options->mode;

    image->mode = wish == CPU_MODE_AUTO ? usual_mode(image) : wish;
    if (kind->modes & MODE(image->mode))
        return 0;
    return load_refuse(job, -ENOEXEC, "%s cannot start in %s: %s", kind->name,
                       cpu_mode_name(image->mode), kind->cure);
}

static int settle_entry(const struct load_job *job, struct image *image)
{
    uint64_t reach = modes[image->mode].reach;

    if (job->options->has_entry)
        image->entry = job->options->entry;
    if (image->entry >= reach)
        return load_refuse(job, -ERANGE,
                           "the entry point %#llx is out of reach in %s, which "
                           "ends at %#llx: give another --entry or --mode",
                           (unsigned long long)image->entry,
                           cpu_mode_name(image->mode),
                           (unsigned long long)reach);
    if (!mem_has(job->mem, image->entry, 1))
        return load_refuse(job, -EFAULT,
                           "the entry point %#llx is not in the guest's "
                           "memory: give another --entry, or more with -m",
                           (unsigned long long)image->entry);
    return 0;
}

int load_image(const struct guest_mem *mem, const struct load_options *options,
               struct image *ret, struct diag *diag)
{
    struct load_head head;
    struct places places = {.n = 0};
    struct load_job job = {mem,     options,       diag,    &head,
                           &places, options->path, .fd = -1};
    int err = open_image(&job);

    *ret = (struct image){.kind = IMAGE_FLAT};
    if (!err)
        err = read_head(&job, &head);
    if (!err)
        err = load_by_kind(&job, ret);
    if (!err)
        err = settle_mode(&job, ret);
    if (!err)
        err = settle_entry(&job, ret);
    if (!err && ret->kind != IMAGE_FIRMWARE) /* it makes its own */
        load_find_tables(&job, ret);
    if (job.fd >= 0)
        (void)close(job.fd);
    return err;
}
