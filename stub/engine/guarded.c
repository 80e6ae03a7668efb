/* SPDX-License-Identifier: MIT */
/*
 * A vCPU beside guarded pages (stub/DECISIONS.md 38).
 *
 * An access to one leaves the guest, and guarded_access() performs it. That is
 * exact for instructions with one load or one store. For those with several,
 * and for the frames of events, there are three ways, each taken where the one
 * before cannot be:
 *
 *   stack near guarded pages   the guards are down, and the guest is stepped:
 *                              what an instruction will access is decoded
 *   it loads                   the guards go down at the first load, before
 *                              anything has changed; KVM does the rest
 *   it stores                  KVM has lost all stores but the last by the time
 *                              that one arrives: they are found again
 */
#include "stub/engine/guarded.h"

#include "kvm/arch_run.h"
#include "stub/engine/guards.h"
#include "stub/engine/memview.h"
#include "stub/engine/near.h"
#include "stub/engine/watch.h"
#include "stub/points/traps.h"

/* What KVM has lost of an instruction that stored several values. Those that
 * lie beside the guarded pages are in memory already, and stay the same. */
static bool restore_lost(struct engine *e, struct thread *t, uint64_t gpa,
                         const void *data, size_t n)
{
    const struct memview view = {t->vcpu, &e->points, false};
    struct arch_store lost[ARCH_STORES];
    unsigned n_lost =
        arch_emulator ? arch_emulator->lost_stores(t->vcpu, gpa, data, n, lost)
                      : 0;
    size_t told = t->hits.n;

    for (unsigned i = 0; i < n_lost; i++) {
        const struct arch_access access = {
            .gva = lost[i].gva, .size = lost[i].size, .write = true};

        (void)memview_write(&view, lost[i].gva, &lost[i].value, lost[i].size);
        watch_note_access(e, t, &access);
    }
    return t->hits.n > told;
}

static bool guarded_store(struct engine *e, struct thread *t, uint64_t gpa,
                          const void *data, size_t n)
{
    watch_note_write(e, gpa, n);
    (void)mem_write(machine_memory(e->machine), gpa, data, n);
    bp_written(&e->points, gpa, n);
    return restore_lost(e, t, gpa, data, n);
}

/* Of an instruction with several loads this is the first. True when KVM can do
 * all of it now, and no further one: guards come up again after that. */
static bool guarded_load(struct engine *e, struct thread *t, uint64_t gpa,
                         void *data, size_t n)
{
    struct watch_accesses planned;

    (void)mem_read(machine_memory(e->machine), gpa, data, n);
    bp_hide(&e->points, gpa, data, n);
    if (!arch_emulator || !arch_emulator->stacks_now(t->vcpu))
        return false;
    planned.n = arch_accesses(t->vcpu, planned.access);
    if (guards_down_for_one(e) < 0)
        return false;
    watch_note_all(e, t, &planned);
    arch_emulator->pops_begin(t->vcpu, &t->pops);
    return true;
}

bool guarded_access(void *context, unsigned cpu, uint64_t gpa, void *data,
                    size_t n, bool is_write)
{
    struct engine *e = context;
    struct thread *t = &e->thread[cpu];
    bool stop = watch_note_physical(e, t, gpa, n, is_write);

    if (mem_has(machine_memory(e->machine), gpa, n))
        stop |= is_write ? guarded_store(e, t, gpa, data, n)
                         : guarded_load(e, t, gpa, data, n);
    if (!t->vcpu->debug.step && !e->guards.down && near_can_step(e, t) &&
        near_stack(e, t))
        machine_kick(e->machine); /* the stack has come here */
    return stop;
}

bool guarded_dma(void *context, unsigned cpu, uint64_t gpa, void *data,
                 size_t n, bool is_write)
{
    struct engine *e = context;

    if (is_write) {
        watch_note_write(e, gpa, n);
        bp_written(&e->points, gpa, n);
    } else {
        bp_hide(&e->points, gpa, data, n);
    }
    return watch_note_physical(e, &e->thread[cpu], gpa, n, is_write);
}
