/* SPDX-License-Identifier: MIT */
#include "stub/engine/memview.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "kvm/arch_cpu.h"
#include "kvm/core/gva.h"
#include "kvm/vm/types.h"
#include "stub/points/traps.h"

static const struct guest_mem *ram_of(const struct memview *view)
{
    return view->bps->mem;
}

static int translate_physical(void *context, uint64_t gpa, uint64_t *ret_gpa,
                              uint64_t *ret_run)
{
    (void)context;
    *ret_gpa = gpa;
    *ret_run = UINT64_MAX;
    return 0;
}

static struct gva_space memview_space(const struct memview *view)
{
    if (!view->physical)
        return arch_space(view->vcpu);
    return (struct gva_space){translate_physical, NULL, ram_of(view)};
}

bool memview_translate(const struct memview *view, uint64_t addr,
                       uint64_t *ret_gpa)
{
    const struct gva_space space = memview_space(view);
    struct gva_piece piece;

    if (gva_piece(&space, addr, 1, &piece) != GVA_RAM)
        return false;
    *ret_gpa = piece.gpa;
    return true;
}

bool memview_has(const struct memview *view, uint64_t addr)
{
    uint64_t gpa;

    return memview_translate(view, addr, &gpa);
}

/* How many of n bytes there are before addresses end. */
static size_t without_wrap(uint64_t addr, size_t n)
{
    return n && n - 1 > UINT64_MAX - addr ? (size_t)(0 - addr) : n;
}

ssize_t memview_read(const struct memview *view, uint64_t addr, void *out,
                     size_t n)
{
    const struct gva_space space = memview_space(view);
    size_t there = without_wrap(addr, n);
    struct gva_piece piece;
    size_t done;

    for (done = 0; done < there; done += piece.n) {
        uint8_t *to = (uint8_t *)out + done;

        if (gva_piece(&space, addr + done, there - done, &piece) != GVA_RAM)
            break;
        memcpy(to, piece.hva, piece.n);
        bp_hide(view->bps, piece.gpa, to, piece.n);
    }
    return done || !n ? (ssize_t)done : -EFAULT;
}

/* One for each page, and one more at each end. */
static size_t pieces_max(size_t n)
{
    return n / MEM_PAGE + 2;
}

/* All pieces of n bytes; their number, or -EFAULT. */
static ssize_t find_pieces(const struct memview *view, uint64_t addr, size_t n,
                           struct gva_piece *pieces)
{
    const struct gva_space space = memview_space(view);
    size_t count = 0;

    if (without_wrap(addr, n) < n)
        return -EFAULT;
    for (size_t done = 0; done < n; done += pieces[count++].n)
        if (count == pieces_max(n) ||
            gva_piece(&space, addr + done, n - done, &pieces[count]) != GVA_RAM)
            return -EFAULT;
    return (ssize_t)count;
}

int memview_write(const struct memview *view, uint64_t addr, const void *in,
                  size_t n)
{
    struct gva_piece *pieces = calloc(pieces_max(n), sizeof *pieces);
    const uint8_t *from = in;
    ssize_t count;

    if (!pieces)
        return -ENOMEM;
    count = find_pieces(view, addr, n, pieces);
    for (ssize_t i = 0; i < count; i++) {
        memcpy(pieces[i].hva, from, pieces[i].n);
        bp_written(view->bps, pieces[i].gpa, pieces[i].n);
        from += pieces[i].n;
    }
    free(pieces);
    return count < 0 ? (int)count : 0;
}

/* They are in order. */
static bool skip_physical(const struct memview *view, uint64_t addr,
                          uint64_t *ret)
{
    const struct guest_mem *mem = ram_of(view);

    for (unsigned i = 0; i < mem->n; i++) {
        *ret = mem->region[i].gpa;
        if (*ret > addr)
            return true;
    }
    return false;
}

static bool skip_virtual(const struct memview *view, uint64_t addr,
                         uint64_t *ret)
{
    struct gva_region hole;

    arch_region(view->vcpu, addr, &hole);
    *ret = hole.start + hole.size;
    return *ret > addr;
}

bool memview_skip(const struct memview *view, uint64_t addr, uint64_t *ret)
{
    return view->physical ? skip_physical(view, addr, ret)
                          : skip_virtual(view, addr, ret);
}
