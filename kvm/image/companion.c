/* SPDX-License-Identifier: MIT */
#include "kvm/image/companion.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "kvm/core/file.h"

#define MIB (UINT64_C(1) << 20)

/*
 * Modules begin on a page above the image, as boot loaders have it: kernels
 * take what follows their last one for free memory. What the guest is told lies
 * in the memory of a PC below 640 KiB, above what boot sectors and the start of
 * further CPUs use and below the BIOS's data; where the image fills that, above
 * 1 MiB.
 */
#define INFO_FROM UINT64_C(0x10000)
#define INFO_TO   UINT64_C(0x9f000)

/* The largest of the structures, with tags around them and what a memory map
 * has. */
enum { INFO_FIXED = 3 * MEM_PAGE, INFO_PER_MODULE = 128 };

static int no_room(const struct load_job *job, uint64_t size)
{
    return load_refuse(job, -E2BIG,
                       "there is no room for its %llu bytes beside the image "
                       "in the guest's %llu KiB of memory: give it more with "
                       "-m",
                       (unsigned long long)size,
                       (unsigned long long)(mem_size(job->mem) >> 10));
}

static int place_module(const struct load_job *file, const struct image *image,
                        struct image_module *ret)
{
    uint64_t from = image->low_end > MIB ? image->low_end : MIB;

    ret->size = file->size;
    if (!places_lowest(file->places, file->size, MEM_PAGE, from, load_top(file),
                       &ret->start))
        return no_room(file, file->size);
    return load_take(file, 0, ret->start, file->size, file->size);
}

/* The words behind a module's path are for the guest. */
static int copy_path(const struct load_job *job, const char *text, char *path,
                     size_t cap)
{
    size_t n = strcspn(text, " ");

    if (n >= cap)
        return load_refuse(job, -ENAMETOOLONG,
                           "the name of its module is too long: give it a "
                           "shorter one");
    memcpy(path, text, n);
    path[n] = '\0';
    return 0;
}

static int load_module(const struct load_job *job, const struct image *image,
                       const char *text, struct image_module *ret)
{
    char path[PATH_MAX];
    struct load_job file = *job;
    int err = copy_path(job, text, path, sizeof path);

    if (err)
        return err;
    ret->text = text;
    file.name = path;
    file.fd =
        file_open(job->options->opener, path, "module", &file.size, job->diag);
    if (file.fd < 0)
        return file.fd;
    err = place_module(&file, image, ret);
    (void)close(file.fd);
    return err;
}

static int load_modules(const struct load_job *job, struct image *image)
{
    struct image_boot *boot = &image->boot;
    int err = 0;

    for (unsigned i = 0; i < job->options->n_modules && !err; i++) {
        err =
            load_module(job, image, job->options->module[i], &boot->module[i]);
        boot->n_modules = i + 1;
    }
    return err;
}

static uint64_t size_of_text(const char *text)
{
    return text ? strlen(text) + 1 : 0;
}

static uint64_t info_size(const struct image_boot *boot)
{
    uint64_t size =
        INFO_FIXED + size_of_text(boot->path) + size_of_text(boot->append);

    for (unsigned i = 0; i < boot->n_modules; i++)
        size += INFO_PER_MODULE + size_of_text(boot->module[i].text);
    return (size + MEM_PAGE - 1) / MEM_PAGE * MEM_PAGE;
}

static uint64_t min_u64(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* It is taken as memory that reads as zero. */
static int place_info(const struct load_job *job, struct image_boot *boot)
{
    uint64_t to = load_top(job);

    boot->info_size = info_size(boot);
    if (!places_lowest(job->places, boot->info_size, MEM_PAGE, INFO_FROM,
                       min_u64(to, INFO_TO), &boot->info) &&
        !places_lowest(job->places, boot->info_size, MEM_PAGE, MIB, to,
                       &boot->info))
        return load_refuse(job, -E2BIG,
                           "there is no room for the %llu bytes of command "
                           "line and memory map in the guest's %llu KiB of "
                           "memory: give it more with -m",
                           (unsigned long long)boot->info_size,
                           (unsigned long long)(mem_size(job->mem) >> 10));
    return load_take(job, 0, boot->info, 0, boot->info_size);
}

int load_companions(const struct load_job *job, struct image *ret)
{
    struct image_boot *boot = &ret->boot;
    int err;

    boot->path = job->options->path;
    boot->append = job->options->append;
    err = load_modules(job, ret);
    return err ? err : place_info(job, boot);
}

int load_without_companions(const struct load_job *job)
{
    const struct load_options *options = job->options;

    if (options->append)
        return load_refuse(job, -EINVAL,
                           "takes no command line, for there is no multiboot "
                           "header near its start: drop --append");
    if (options->n_modules)
        return load_refuse(job, -EINVAL,
                           "takes no modules, for there is no multiboot "
                           "header near its start: drop --module");
    return 0;
}
