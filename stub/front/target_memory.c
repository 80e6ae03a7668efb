/* SPDX-License-Identifier: MIT */
/* Memory as the protocol session asks for it: virtual, physical, searched. */
#include "stub/front/target_memory.h"

#include <errno.h>

#include "kvm/arch_run.h"
#include "stub/engine/catch.h"
#include "stub/engine/memview.h"
#include "stub/front/search.h"
#include "stub/front/target_common.h"
#include "stub/log.h"
#include "stub/points/table.h"
#include "stub/points/written.h"

typedef unsigned long long ull;

static struct memview target_memory_view_of(struct debugger *d, unsigned tid,
                                            bool physical)
{
    return (struct memview){target_vcpu(d, tid), &d->engine.points, physical};
}

/* Through no page tables: any vCPU will do. */
static struct memview physical_view(struct debugger *d)
{
    return target_memory_view_of(d, engine_current(&d->engine)->tid, true);
}

/* --- 32 bits of an address --- */

/* Of 32 bits of an address the rest is guessed: where memory is, and if there
 * is some at both, in the half where the code is. */
static uint64_t target_meant(struct debugger *d, const struct memview *view,
                             uint64_t addr)
{
    uint64_t other = bp_twin_gva(addr);
    bool is_high = arch_pc(view->vcpu) > UINT32_MAX;

    if (view->physical || other <= UINT32_MAX || !target_is_narrow(d) ||
        !arch_is_wide(view->vcpu) || !memview_has(view, other) ||
        (!is_high && memview_has(view, addr)))
        return addr;
    return other;
}

/* --- reads and writes --- */

static const char *target_space(const struct memview *view)
{
    return view->physical ? "physical " : "";
}

static ssize_t read_view(struct debugger *d, const struct memview *view,
                         uint64_t addr, void *out, size_t n)
{
    ssize_t got;

    if (!view->vcpu)
        return -ESRCH;
    addr = target_meant(d, view, addr);
    d->bulk_end = BP_NO_PLACE;
    got = memview_read(view, addr, out, n);
    log_trace(LOG_MEM, "mem: read 0x%llx, %zu: %zd", (ull)addr, n, got);
    if (got < 0)
        return target_fail(d, (int)got, "there is no memory at %s0x%llx",
                           target_space(view), (ull)addr);
    return got;
}

/* The last bytes of a download may be few, and right behind the others. */
static bool is_rest(struct debugger *d, uint64_t addr, size_t n)
{
    bool rest = addr == d->bulk_end;

    d->bulk_end = n > d->engine.points.written->size ? addr + n : BP_NO_PLACE;
    return rest;
}

/* Does the client plant a breakpoint, or take one away? */
static bool is_planting(struct debugger *d, const struct memview *view,
                        uint64_t addr, const void *in, size_t n)
{
    uint64_t gpa;
    int r;

    if (is_rest(d, addr, n) || !memview_translate(view, addr, &gpa))
        return false;
    r = bp_client_writes(&d->engine.points, addr, gpa, in, n);
    if (r == -ENOSPC)
        log_user("the debugger has written %d breakpoints into memory; the one "
                 "at 0x%llx is the guest's to handle",
                 BP_WRITTEN_MAX, (ull)addr);
    return r > 0;
}

/* A caught exception is not delivered then: the instruction is tried again. */
static void memory_changed(struct debugger *d)
{
    struct engine *e = &d->engine;

    for (unsigned i = 0; i < e->n_threads; i++)
        catch_changed(e, &e->thread[i]);
}

static int write_view(struct debugger *d, const struct memview *view,
                      uint64_t addr, const void *in, size_t n)
{
    bool planting;
    int r;

    if (!view->vcpu)
        return -ESRCH;
    addr = target_meant(d, view, addr);
    planting = is_planting(d, view, addr, in, n);
    r = memview_write(view, addr, in, n);
    bp_sweep_written(&d->engine.points);
    log_trace(LOG_MEM, "mem: write 0x%llx, %zu: %d", (ull)addr, n, r);
    if (r < 0)
        return target_fail(d, r,
                           "there is no memory at %s0x%llx to take %zu bytes",
                           target_space(view), (ull)addr, n);
    if (!planting)
        memory_changed(d);
    return 0;
}

ssize_t target_mem_read(void *target, unsigned tid, uint64_t addr, void *out,
                        size_t n)
{
    const struct memview view = target_memory_view_of(target, tid, false);

    return read_view(target, &view, addr, out, n);
}

int target_mem_write(void *target, unsigned tid, uint64_t addr, const void *in,
                     size_t n)
{
    const struct memview view = target_memory_view_of(target, tid, false);

    return write_view(target, &view, addr, in, n);
}

/* --- searches --- */

/* What is found is told in the client's own terms. */
static int search_view(struct debugger *d, const struct memview *view,
                       uint64_t addr, uint64_t n, const void *pattern,
                       size_t n_pattern, uint64_t *ret)
{
    uint64_t start;
    int r;

    if (!view->vcpu)
        return -ESRCH;
    start = target_meant(d, view, addr);
    r = search_memory(view, start, n, pattern, n_pattern, SEARCH_MS, ret);
    log_trace(LOG_MEM, "mem: search 0x%llx, %llu: %d", (ull)start, (ull)n, r);
    *ret += addr - start;
    if (r == -ENOMEM)
        return target_fail(d, r, "no memory to search in");
    return r;
}

static int target_search(void *target, unsigned tid, uint64_t addr, uint64_t n,
                         const void *pattern, size_t n_pattern, uint64_t *ret)
{
    const struct memview view = target_memory_view_of(target, tid, false);

    return search_view(target, &view, addr, n, pattern, n_pattern, ret);
}

const struct rsp_search_ops target_search_ops = {target_search};

/* --- physical memory --- */

static ssize_t read_gpa(void *target, uint64_t gpa, void *out, size_t n)
{
    const struct memview view = physical_view(target);

    return read_view(target, &view, gpa, out, n);
}

static int write_gpa(void *target, uint64_t gpa, const void *in, size_t n)
{
    const struct memview view = physical_view(target);

    return write_view(target, &view, gpa, in, n);
}

static int search_gpa(void *target, uint64_t gpa, uint64_t n,
                      const void *pattern, size_t n_pattern, uint64_t *ret)
{
    const struct memview view = physical_view(target);

    return search_view(target, &view, gpa, n, pattern, n_pattern, ret);
}

const struct rsp_physical_ops target_physical_ops = {read_gpa, write_gpa,
                                                     search_gpa};

/* --- regions --- */

static struct vcpu *current_vcpu(struct debugger *d)
{
    return engine_current(&d->engine)->vcpu;
}

static int target_region(void *target, uint64_t addr, struct rsp_region *ret)
{
    struct gva_region region;

    arch_region(current_vcpu(target), addr, &region);
    *ret = (struct rsp_region){
        .start = region.start,
        .size = region.size,
        .mapped = region.mapped,
        .readable = region.mapped,
        .writable = region.writable,
        .executable = region.executable,
    };
    return 0;
}

const struct rsp_region_ops target_region_ops = {.region = target_region};
