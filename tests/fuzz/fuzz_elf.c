/* SPDX-License-Identifier: MIT */
/*
 * Any file as a guest image: loaded or refused with a sentence, and never a
 * byte outside of guest memory. RAM is on the heap, where ASan has fences.
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

enum { RAM = 64 << 10 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(int truth)
{
    if (!truth)
        abort();
}

static void load(const struct guest_mem *mem, const char *path,
                 enum cpu_mode mode)
{
    const struct load_options options = {.path = path, .mode = mode};
    struct image image = {0};
    struct diag diag = {""};

    if (load_image(mem, &options, &image, &diag) < 0) {
        must(strncmp(diag.text, path, strlen(path)) == 0);
        return;
    }
    must(image.low < image.high && image.high <= RAM);
    must(image.mode != CPU_MODE_AUTO && image.entry < RAM);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int fd = memfd_create("guest", MFD_CLOEXEC);
    struct guest_mem mem = {.n = 1};
    char path[32];

    mem.region[0] = (struct mem_region){0, RAM, aligned_alloc(MEM_PAGE, RAM)};
    must(fd >= 0 && mem.region[0].hva);
    must(write(fd, data, size) == (ssize_t)size);
    (void)snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    load(&mem, path, CPU_MODE_AUTO);
    load(&mem, path, CPU_MODE_PROT); /* said to be a guest, whatever it is */
    free(mem.region[0].hva);
    (void)close(fd);
    return 0;
}
