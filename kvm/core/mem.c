/* SPDX-License-Identifier: MIT */
#include "kvm/core/mem.h"

/*
 * Guest RAM as anonymous host memory. The kernel hands out pages as they are
 * touched, so a large guest costs what it uses.
 *
 * Invariant: a region's hva is a multiple of HUGE_PAGE, and so is its gpa (a
 * device's in as far as it likes);
 * only then may KVM map it with 2 MiB entries (KVM api.rst,
 * KVM_SET_USER_MEMORY_REGION: "the lower 21 bits of guest_phys_addr and
 * userspace_addr be identical").
 */

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include <sys/mman.h>

#define HUGE_PAGE ((size_t)2 << 20)
/* What an x86 process can address; beyond it sums of sizes could wrap. */
#define MEM_MAX (UINT64_C(1) << 47)

/* Reserves size bytes at a multiple of HUGE_PAGE, or returns NULL. */
static uint8_t *mem_reserve(size_t size)
{
    size_t padded = size + HUGE_PAGE;
    uint8_t *start = mmap(NULL, padded, PROT_READ | PROT_WRITE,
                          MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    size_t head, tail;

    if (start == MAP_FAILED)
        return NULL;
    head = -(uintptr_t)start % HUGE_PAGE;
    tail = padded - head - size;
    if (head)
        (void)munmap(start, head);
    if (tail)
        (void)munmap(start + head + size, tail);
    /* A child (a debugger we start) has no use for it, and a fork would make
     * every page of a running guest copy-on-write. Best effort. */
    (void)madvise(start + head, size, MADV_DONTFORK);
    /* The guest's secrets are not the host's to write into a core file. */
    (void)madvise(start + head, size, MADV_DONTDUMP);
    return start + head;
}

static int add_region(struct guest_mem *mem, uint64_t gpa, uint64_t size)
{
    uint8_t *hva = mem_reserve(size);

    if (!hva)
        return -errno;
    mem->region[mem->n++] = (struct mem_region){gpa, size, hva, false};
    return 0;
}

/* The last one to where its address puts it. */
static void sort_last(struct guest_mem *mem)
{
    for (unsigned i = mem->n - 1; i > 0; i--) {
        const struct mem_region region = mem->region[i];

        if (mem->region[i - 1].gpa < region.gpa)
            return;
        mem->region[i] = mem->region[i - 1];
        mem->region[i - 1] = region;
    }
}

static bool mem_is_free(const struct guest_mem *mem, uint64_t gpa,
                        uint64_t size)
{
    const struct mem_hole *hole = &mem->hole;

    if (mem->n == MEM_MAX_REGIONS || !size || (gpa | size) % MEM_PAGE ||
        gpa < hole->start || gpa > hole->end || size > hole->end - gpa)
        return false;
    for (unsigned i = 0; i < mem->n; i++) {
        const struct mem_region *region = &mem->region[i];

        if (gpa < region->gpa + region->size && region->gpa < gpa + size)
            return false;
    }
    return true;
}

int mem_add_device(struct guest_mem *mem, uint64_t gpa, uint64_t size,
                   struct diag *diag)
{
    int err =
        mem_is_free(mem, gpa, size) ? add_region(mem, gpa, size) : -EINVAL;

    if (err)
        return diag_set(diag, err,
                        "the host cannot provide %llu KiB of memory for a "
                        "device: %s",
                        (unsigned long long)(size >> 10), strerror(-err));
    mem->region[mem->n - 1].of_device = true;
    sort_last(mem);
    return 0;
}

int mem_init(struct guest_mem *mem, uint64_t size, struct diag *diag)
{
    return mem_init_around(mem, size, &(struct mem_hole){0, 0}, diag);
}

int mem_init_around(struct guest_mem *mem, uint64_t size,
                    const struct mem_hole *hole, struct diag *diag)
{
    uint64_t below = hole->start ? hole->start : UINT64_MAX;
    uint64_t low = size < below ? size : below;
    int err;

    *mem = (struct guest_mem){.hole = *hole};
    if (size == 0 || size % MEM_PAGE != 0)
        return diag_set(diag, -EINVAL,
                        "guest memory of %llu bytes is not a multiple of 4 "
                        "KiB: give a size such as -m 64M",
                        (unsigned long long)size);
    err = size < MEM_MAX ? add_region(mem, 0, low) : -ENOMEM;
    if (!err && size > low)
        err = add_region(mem, hole->end, size - low);
    if (!err)
        return 0;
    mem_done(mem);
    return diag_set(diag, err,
                    "the host cannot provide %llu MiB of guest memory (%s): "
                    "ask for less with -m",
                    (unsigned long long)(size >> 20), strerror(-err));
}

void mem_done(struct guest_mem *mem)
{
    while (mem->n > 0) {
        struct mem_region *region = &mem->region[--mem->n];

        (void)munmap(region->hva, region->size);
    }
    *mem = (struct guest_mem){0};
}

int mem_clear(struct guest_mem *mem)
{
    for (unsigned i = 0; i < mem->n; i++) {
        int err = mem_zero(mem, mem->region[i].gpa, mem->region[i].size);

        if (err)
            return err;
    }
    return 0;
}

/* The region that holds gpa; its end counts, for runs of no bytes. */
static const struct mem_region *mem_find_region(const struct guest_mem *mem,
                                                uint64_t gpa)
{
    for (unsigned i = 0; i < mem->n; i++) {
        const struct mem_region *region = &mem->region[i];

        if (gpa >= region->gpa && gpa - region->gpa <= region->size)
            return region;
    }
    return NULL;
}

void *mem_ptr(const struct guest_mem *mem, uint64_t gpa, size_t n)
{
    const struct mem_region *region = mem_find_region(mem, gpa);

    if (!region || region->size - (gpa - region->gpa) < n)
        return NULL;
    return region->hva + (gpa - region->gpa);
}

bool mem_has(const struct guest_mem *mem, uint64_t gpa, size_t n)
{
    return mem_ptr(mem, gpa, n) != NULL;
}

bool mem_span(const struct guest_mem *mem, uint64_t gpa, size_t n,
              struct mem_span *ret)
{
    const struct mem_region *region = mem_find_region(mem, gpa);
    uint64_t left = region ? region->size - (gpa - region->gpa) : 0;

    ret->n = left < n ? left : n;
    ret->at = ret->n ? region->hva + (gpa - region->gpa) : NULL;
    return ret->n;
}

int mem_read(const struct guest_mem *mem, uint64_t gpa, void *out, size_t n)
{
    const void *from = mem_ptr(mem, gpa, n);

    if (!from)
        return -EFAULT;
    memcpy(out, from, n);
    return 0;
}

int mem_write(const struct guest_mem *mem, uint64_t gpa, const void *in,
              size_t n)
{
    void *to = mem_ptr(mem, gpa, n);

    if (!to)
        return -EFAULT;
    memcpy(to, in, n);
    return 0;
}

int mem_zero(const struct guest_mem *mem, uint64_t gpa, size_t n)
{
    uint8_t *start = mem_ptr(mem, gpa, n);
    size_t head = -gpa % MEM_PAGE;
    size_t pages;

    if (!start)
        return -EFAULT;
    if (head > n)
        head = n;
    pages = (n - head) / MEM_PAGE * MEM_PAGE;
    memset(start, 0, head);
    memset(start + head + pages, 0, n - head - pages);
    /* madvise(2): a private anonymous page reads as zero after this. */
    if (pages && madvise(start + head, pages, MADV_DONTNEED) < 0)
        return -errno;
    return 0;
}

uint64_t mem_low_end(const struct guest_mem *mem)
{
    return mem->n ? mem->region[0].size : 0;
}

uint64_t mem_size(const struct guest_mem *mem)
{
    uint64_t size = 0;

    for (unsigned i = 0; i < mem->n; i++)
        if (!mem->region[i].of_device)
            size += mem->region[i].size;
    return size;
}
