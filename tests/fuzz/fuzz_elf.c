/* SPDX-License-Identifier: MIT */
/*
 * Any file as a guest image: loaded or refused with a sentence, and never a
 * byte outside of guest memory. RAM is on the heap, where ASan has fences. What
 * a boot protocol starts gets itself as a module, and is told of it.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sys/mman.h>

#include "kvm/core/mem.h"
#include "kvm/image/image.h"
#include "kvm/image/load.h"
#include "kvm/x86_64/boot/info.h"
#include "kvm/x86_64/boot/linux.h"
#include "kvm/x86_64/boot/multiboot.h"
#include "kvm/x86_64/boot/multiboot2.h"
#include "kvm/x86_64/boot/pvh.h"

/* Modules are above 1 MiB, and the last 64 KiB are kept free. */
enum { RAM = (1 << 20) + (256 << 10) };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(int truth)
{
    if (!truth)
        abort();
}

static uint64_t (*const writers[])(struct info *info,
                                   const struct image_boot *boot) = {
    [BOOT_MULTIBOOT] = x86_put_multiboot,
    [BOOT_MULTIBOOT2] = x86_put_multiboot2,
    [BOOT_PVH] = x86_put_pvh,
    [BOOT_LINUX] = x86_put_linux,
};

static int is_ram(uint64_t start, uint64_t size)
{
    return size <= RAM && start <= RAM - size;
}

static void tell(const struct guest_mem *mem, const struct image *image)
{
    const struct image_boot *boot = &image->boot;
    struct info info = info_begin(mem, boot);

    must(is_ram(boot->info, boot->info_size));
    for (unsigned i = 0; i < boot->n_modules; i++)
        must(is_ram(boot->module[i].start, boot->module[i].size) &&
             (boot->protocol == BOOT_LINUX ||
              boot->module[i].start >= image->high));
    (void)writers[boot->protocol](&info, boot);
    must(!info.is_full);
}

static enum boot_protocol load(const struct guest_mem *mem,
                               const struct load_options *options)
{
    struct image image = {0};
    struct diag diag = {""};

    if (load_image(mem, options, &image, &diag) < 0) {
        must(strncmp(diag.text, options->path, strlen(options->path)) == 0);
        return BOOT_BARE;
    }
    must(image.low < image.high && image.high <= RAM);
    must(image.mode != CPU_MODE_AUTO && image.entry < RAM);
    if (image.boot.protocol != BOOT_BARE)
        tell(mem, &image);
    return image.boot.protocol;
}

static void load_all(const struct guest_mem *mem, const char *path)
{
    struct load_options options = {.path = path};

    enum boot_protocol protocol = load(mem, &options);

    if (protocol != BOOT_BARE) {
        options.append = "one two";
        if (protocol == BOOT_LINUX)
            options.initrd = path;
        else
            options.module[options.n_modules++] = path;
        (void)load(mem, &options);
        return;
    }
    options.mode = CPU_MODE_PROT; /* said to be a guest, whatever it is */
    (void)load(mem, &options);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int fd = memfd_create("guest", MFD_CLOEXEC);
    struct guest_mem mem = {.n = 1};
    char path[32];

    mem.region[0] =
        (struct mem_region){0, RAM, aligned_alloc(MEM_PAGE, RAM), false};
    must(fd >= 0 && mem.region[0].hva);
    must(write(fd, data, size) == (ssize_t)size);
    (void)snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    load_all(&mem, path);
    free(mem.region[0].hva);
    (void)close(fd);
    return 0;
}
