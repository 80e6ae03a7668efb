/* SPDX-License-Identifier: MIT */
#include "kvm/image/companion.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "kvm/core/file.h"
#include "kvm/core/number.h"

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

/* Tables lie where guests look for them: in the BIOS's 64 KiB, below the code
 * of ours (ACPI 6.4, 5.2.5.1; MultiProcessor Specification 1.4, 4). */
#define TABLES_FROM UINT64_C(0xf0000)
#define TABLES_TO   UINT64_C(0xfe000)

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

/* Linux wants its initrd as high as may be (Documentation/arch/x86/boot.rst,
 * "ramdisk_image"), all others want modules right above the image. */
static bool companion_find_place(const struct load_job *file,
                                 const struct image *image, uint64_t *ret)
{
    const struct image_boot *boot = &image->boot;
    uint64_t from = image->low_end > MIB ? image->low_end : MIB;
    uint64_t to = load_top(file);

    if (boot->protocol != BOOT_LINUX)
        return places_lowest(file->places, file->size, MEM_PAGE, from, to, ret);
    to = min_u64(to, (uint64_t)boot->linux_setup.initrd_last + 1);
    return places_highest(file->places, file->size, MEM_PAGE, MIB, to, ret);
}

static int place_module(const struct load_job *file, const struct image *image,
                        struct image_module *ret)
{
    ret->size = file->size;
    if (!companion_find_place(file, image, &ret->start))
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

/* A file to go along. */
struct wanted {
    const char *path, *text;
    const char *what; /* in sentences */
};

static int load_file(const struct load_job *job, const struct wanted *wanted,
                     struct image *image)
{
    struct image_module *module = &image->boot.module[image->boot.n_modules];
    struct load_job file = *job;
    int err;

    if (image->boot.n_modules == IMAGE_MODULES_MAX)
        return load_refuse(job, -EINVAL,
                           "takes %d modules, the initrd included: drop one",
                           IMAGE_MODULES_MAX);
    file.name = wanted->path;
    file.fd = file_open(job->options->opener, wanted->path, wanted->what,
                        &file.size, job->diag);
    if (file.fd < 0)
        return file.fd;
    module->text = wanted->text;
    image->boot.n_modules++;
    err = place_module(&file, image, module);
    (void)close(file.fd);
    return err;
}

static int load_module(const struct load_job *job, const char *text,
                       struct image *image)
{
    char path[PATH_MAX];
    const struct wanted wanted = {path, text, "module"};
    int err = copy_path(job, text, path, sizeof path);

    return err ? err : load_file(job, &wanted, image);
}

/* The initrd is the first module, for protocols that call it so. */
static int load_files(const struct load_job *job, struct image *image)
{
    const struct load_options *options = job->options;
    const struct wanted initrd = {options->initrd, options->initrd, "initrd"};
    int err = options->initrd ? load_file(job, &initrd, image) : 0;

    for (unsigned i = 0; i < options->n_modules && !err; i++)
        err = load_module(job, options->module[i], image);
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

/* What the protocol has no place for. */
static int check_wishes(const struct load_job *job,
                        const struct image_boot *boot)
{
    const struct load_options *options = job->options;
    bool is_linux = boot->protocol == BOOT_LINUX;
    size_t n = options->append ? strlen(options->append) : 0;

    if (is_linux && options->n_modules)
        return load_refuse(job, -EINVAL,
                           "is a Linux kernel, which takes no modules: use "
                           "--initrd");
    if (!is_linux && boot->protocol != BOOT_PVH && options->initrd)
        return load_refuse(job, -EINVAL,
                           "is a multiboot kernel, to which an initrd is a "
                           "module: use --module");
    if (is_linux && n > boot->linux_setup.command_line_max)
        return load_refuse(job, -E2BIG,
                           "the kernel takes %u bytes of command line, and "
                           "--append has %zu: make it shorter",
                           boot->linux_setup.command_line_max, n);
    return 0;
}

int load_companions(const struct load_job *job, struct image *ret)
{
    struct image_boot *boot = &ret->boot;
    int err = check_wishes(job, boot);

    boot->path = job->options->path;
    boot->append = job->options->append;
    if (!err)
        err = load_files(job, ret);
    return err ? err : place_info(job, boot);
}

void load_find_tables(const struct load_job *job, struct image *ret)
{
    uint64_t to = min_u64(load_top(job), TABLES_TO);

    if (!places_lowest(job->places, IMAGE_TABLES_ROOM, MEM_PAGE, TABLES_FROM,
                       to, &ret->boot.tables))
        ret->boot.tables = 0;
}

int load_without_companions(const struct load_job *job)
{
    const struct load_options *options = job->options;
    const struct {
        bool is_said;
        const char *option, *what;
    } wishes[] = {
        {options->append, "--append", "command line"},
        {options->initrd, "--initrd", "initrd"},
        {options->n_modules > 0, "--module", "modules"},
    };

    for (size_t i = 0; i < sizeof wishes / sizeof *wishes; i++)
        if (wishes[i].is_said)
            return load_refuse(job, -EINVAL,
                               "takes no %s, for it has no multiboot header "
                               "and no PVH note and is no Linux kernel: drop "
                               "%s",
                               wishes[i].what, wishes[i].option);
    return 0;
}
