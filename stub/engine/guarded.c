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
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "kvm/arch.h"
#include "kvm/core/kick.h"
#include "kvm/core/mem.h"
#include "kvm/vm/run.h"
#include "kvm/vm/types.h"
#include "stub/engine/engine.h"
#include "stub/engine/memview.h"
#include "stub/log.h"
#include "stub/points/pages.h"
#include "stub/points/traps.h"
#include "stub/points/trust.h"

enum {
    /* The stack is taken to be gone when it has been for so many steps: to
     * raise guards and lower them again takes longer than these. */
    STEPS_AWAY = 64,
    /* More than that is not compared byte by byte at each step. */
    COMPARE_MAX = 65536,
};

/* --- what is watched of an access --- */

static void note_hit(void *context, const struct breakpoint *bp)
{
    hits_note(&((struct debugger *)context)->hits, bp);
}

static bool note_physical(struct debugger *d, uint64_t gpa, size_t n,
                          bool is_write)
{
    return bp_each_watching(&d->bps, gpa, n, is_write, note_hit, d) > 0;
}

/* The guards change, which needs a vCPU that is not in the midst of an access.
 */
static void rearm_soon(struct debugger *d)
{
    for (unsigned i = 0; i < d->vm->n_vcpus; i++)
        vcpu_kick(&d->vm->vcpu[i]);
}

static void note_write(struct debugger *d, uint64_t gpa, size_t n)
{
    bool was_stale = d->bps.stale;

    bp_trust_write(&d->bps, gpa, n);
    if (d->bps.stale && !was_stale)
        rearm_soon(d);
}

/* One that has been made, or will be, with the guards down. */
static void note_access(struct debugger *d, struct vcpu *vcpu,
                        const struct arch_access *access)
{
    uint64_t gpa;
    uint64_t run;

    for (uint64_t done = 0; done < access->size; done += run) {
        if (arch_translate(vcpu, access->gva + done, &gpa, &run) < 0)
            return;
        if (run > access->size - done)
            run = access->size - done;
        if (access->read)
            (void)note_physical(d, gpa, run, false);
        if (!access->write)
            continue;
        (void)note_physical(d, gpa, run, true);
        if (bp_is_guarded(&d->bps, gpa))
            note_write(d, gpa, run);
    }
}

struct accesses {
    unsigned n;
    struct arch_access access[ARCH_ACCESSES];
};

static void note_all(struct debugger *d, struct vcpu *vcpu,
                     const struct accesses *all)
{
    for (unsigned i = 0; i < all->n; i++)
        note_access(d, vcpu, &all->access[i]);
}

/* The watched bytes, piece after piece. NULL: none, or too many. */
static uint8_t *copy_watched(const struct debugger *d)
{
    size_t n = 0;
    size_t at = 0;
    uint8_t *copy;

    for (size_t i = 0; i < d->bps.n_pieces && n <= COMPARE_MAX; i++)
        n += d->bps.piece[i].size;
    copy = n && n <= COMPARE_MAX ? malloc(n) : NULL;
    for (size_t i = 0; copy && i < d->bps.n_pieces; i++) {
        const struct bp_piece *piece = &d->bps.piece[i];

        (void)mem_read(&d->vm->mem, piece->gpa, copy + at, piece->size);
        at += piece->size;
    }
    return copy;
}

/* Watchpoints whose bytes are no longer those of the copy: for what no operand
 * tells, as when the CPU stores by itself. One for reads is not hit by that. */
static void note_changed(struct debugger *d, const uint8_t *copy)
{
    size_t at = 0;

    for (size_t i = 0; copy && i < d->bps.n_pieces; i++) {
        const struct bp_piece *piece = &d->bps.piece[i];
        const struct breakpoint *bp = &d->bps.bp[piece->bp];
        const uint8_t *now = mem_ptr(&d->vm->mem, piece->gpa, piece->size);

        if (bp->kind != BP_READ && now &&
            memcmp(now, copy + at, piece->size) != 0)
            hits_note(&d->hits, bp);
        at += piece->size;
    }
}

/* --- guards up and down --- */

static int lower(struct debugger *d)
{
    int r = 0;

    if (!d->guards_down)
        r = guards_lower(d->vm, d->bps.guard, d->bps.n_guards);
    d->guards_down = r == 0;
    return r;
}

/* For one instruction: if the stack is not near, nothing waits for it to go. */
static int lower_for_one(struct debugger *d)
{
    if (!d->guards_down)
        d->steps_away = STEPS_AWAY;
    return lower(d);
}

static int raise_again(struct debugger *d)
{
    int r = 0;

    if (d->guards_down)
        r = guards_set(d->vm, d->bps.guard, d->bps.n_guards);
    d->guards_down = r < 0;
    return r;
}

/* --- steps with the guards down --- */

static bool leads_to_guard(struct debugger *d, struct vcpu *vcpu, uint64_t gva)
{
    uint64_t gpa;
    uint64_t run;

    return arch_translate(vcpu, gva, &gpa, &run) == 0 &&
           bp_is_guarded(&d->bps, gpa);
}

static bool stack_is_near(struct debugger *d, struct vcpu *vcpu)
{
    uint64_t n;
    uint64_t gva = arch_stack(vcpu, &n);

    return leads_to_guard(d, vcpu, gva - n) ||
           leads_to_guard(d, vcpu, gva + n - 1);
}

/* Where the host cannot step it the guest's own code has single accesses. */
static bool can_step(struct debugger *d, struct vcpu *vcpu)
{
    return !arch_is_user(vcpu) || serve_steps_user(d);
}

/* Is the guest to be stepped from here, on its stack beside guarded pages? */
static bool is_stepped(struct debugger *d, struct vcpu *vcpu)
{
    if (!d->bps.n_guards || !can_step(d, vcpu))
        return false;
    if (stack_is_near(d, vcpu)) {
        d->steps_away = 0;
        return true;
    }
    return d->guards_down && d->steps_away++ < STEPS_AWAY;
}

static int step_once(struct debugger *d, struct vcpu *vcpu,
                     struct vcpu_event *event)
{
    const struct debug_state wanted = vcpu->debug;
    int r;

    serve_prepare_step(d, vcpu);
    vcpu->debug.step = true;
    vcpu->debug.step_calls = false;
    vcpu->debug.step_irq |= d->action.resume == RSP_CONTINUE;
    r = vcpu_run(vcpu, event);
    vcpu->debug = wanted;
    return r;
}

/* A repeated instruction that was kicked half-way has done what it no longer
 * plans to do: from the low end, or with DF set from the high one. */
static void note_part(struct debugger *d, struct vcpu *vcpu,
                      const struct accesses *planned)
{
    struct accesses left;

    left.n = arch_accesses(vcpu, left.access);
    for (unsigned i = 0; i < planned->n && i < left.n; i++) {
        struct arch_access done = planned->access[i];

        if (left.access[i].size >= done.size)
            continue;
        done.size -= left.access[i].size;
        if (left.access[i].gva == done.gva)
            done.gva += left.access[i].size;
        note_access(d, vcpu, &done);
    }
}

/* An instruction that came to an event's handler has not done its accesses, or
 * has none but the frame. */
static void note_step(struct debugger *d, struct vcpu *vcpu,
                      const struct accesses *planned)
{
    struct arch_access frame;

    if (arch_event_frame(vcpu, &frame))
        note_access(d, vcpu, &frame);
    else
        note_all(d, vcpu, planned);
}

/* One instruction with the guards down, and what was watched of it. */
static int step_lowered(struct debugger *d, struct vcpu *vcpu,
                        struct vcpu_event *event)
{
    uint64_t pc = arch_pc(vcpu);
    struct accesses planned;
    uint8_t *before;
    int r = lower(d);

    if (r < 0)
        return r;
    planned.n = arch_accesses(vcpu, planned.access);
    before = copy_watched(d);
    r = step_once(d, vcpu, event);
    if (event->stepped)
        note_step(d, vcpu, &planned);
    else if (event->kind == VCPU_EVENT_KICK && arch_pc(vcpu) == pc)
        note_part(d, vcpu, &planned);
    note_changed(d, before);
    free(before);
    bp_replant(&d->bps);
    if (!r && d->hits.n && (event->stepped || event->kind == VCPU_EVENT_KICK))
        *event = (struct vcpu_event){.kind = VCPU_EVENT_GUARD,
                                     .hit = event->hit,
                                     .stepped = event->stepped};
    return r;
}

static int run_free(struct debugger *d, struct vcpu *vcpu,
                    struct vcpu_event *event)
{
    struct arch_access read;
    int r = raise_again(d);

    d->pops.n = 0;
    if (!r)
        r = vcpu_run(vcpu, event);
    if (!r && d->pops.n && arch_pops_end(vcpu, &d->pops, &read))
        note_access(d, vcpu, &read);
    return r;
}

int guarded_run(struct debugger *d, struct vcpu *vcpu, struct vcpu_event *event)
{
    return is_stepped(d, vcpu) ? step_lowered(d, vcpu, event)
                               : run_free(d, vcpu, event);
}

int guarded_step(struct debugger *d, struct vcpu *vcpu,
                 struct vcpu_event *event)
{
    if (is_stepped(d, vcpu))
        return step_lowered(d, vcpu, event);
    return step_once(d, vcpu, event);
}

/* --- accesses to guarded pages --- */

/* What KVM has lost of an instruction that stored several values. Those that
 * lie beside the guarded pages are in memory already, and stay the same. */
static bool restore_lost(struct debugger *d, struct vcpu *vcpu, uint64_t gpa,
                         const void *data, size_t n)
{
    const struct memview view = {vcpu, &d->bps, false};
    struct arch_store lost[ARCH_STORES];
    unsigned n_lost = arch_lost_stores(vcpu, gpa, data, n, lost);
    size_t told = d->hits.n;

    for (unsigned i = 0; i < n_lost; i++) {
        const struct arch_access access = {
            .gva = lost[i].gva, .size = lost[i].size, .write = true};

        (void)memview_write(&view, lost[i].gva, &lost[i].value, lost[i].size);
        note_access(d, vcpu, &access);
    }
    return d->hits.n > told;
}

static bool store(struct debugger *d, struct vcpu *vcpu, uint64_t gpa,
                  const void *data, size_t n)
{
    note_write(d, gpa, n);
    (void)mem_write(&d->vm->mem, gpa, data, n);
    bp_written(&d->bps, gpa, n);
    return restore_lost(d, vcpu, gpa, data, n);
}

/* Of an instruction with several loads this is the first. True when KVM can do
 * all of it now, and no further one: guards come up again after that. */
static bool load(struct debugger *d, struct vcpu *vcpu, uint64_t gpa,
                 void *data, size_t n)
{
    struct accesses planned;

    (void)mem_read(&d->vm->mem, gpa, data, n);
    bp_hide(&d->bps, gpa, data, n);
    if (!arch_stacks_now(vcpu))
        return false;
    planned.n = arch_accesses(vcpu, planned.access);
    if (lower_for_one(d) < 0)
        return false;
    note_all(d, vcpu, &planned);
    arch_pops_begin(vcpu, &d->pops);
    return true;
}

bool guarded_access(void *context, uint64_t gpa, void *data, size_t n,
                    bool is_write)
{
    struct debugger *d = context;
    struct vcpu *vcpu = debugger_vcpu(d, 1);
    bool stop = note_physical(d, gpa, n, is_write);

    if (mem_ptr(&d->vm->mem, gpa, n))
        stop |= is_write ? store(d, vcpu, gpa, data, n)
                         : load(d, vcpu, gpa, data, n);
    if (!vcpu->debug.step && !d->guards_down && can_step(d, vcpu) &&
        stack_is_near(d, vcpu))
        rearm_soon(d); /* the stack has come here */
    return stop;
}

/* --- what KVM cannot do there --- */

/*
 * An access that KVM cannot emulate and an instruction fetch from a guarded
 * page are emulation failures; an exception whose frame would go onto one is
 * an exit that KVM does not explain or, where KVM delivers it itself
 * (kvm_pvm), a triple fault with the registers still at the instruction.
 */
static bool could_be_guards(const struct debugger *d, struct vcpu *vcpu,
                            const struct vcpu_event *event)
{
    if (!d->vm->guards.n_guarded)
        return false;
    return event->kind == VCPU_EVENT_EMULATION ||
           event->kind == VCPU_EVENT_STALL ||
           event->kind == VCPU_EVENT_UNKNOWN ||
           (event->kind == VCPU_EVENT_SHUTDOWN && !arch_is_reset(vcpu));
}

/*
 * What the CPU reads by itself, descriptors above all, KVM's emulator reads in
 * a way that cannot leave the guest: where that is guarded it begins the
 * instruction anew, for ever (x86.c, emulator_read_std()). So who is kicked in
 * a step (stub/engine/stall.h makes one), or done with it, where it was
 * entered, may need help; a guest that waits there for somebody does not notice
 * it.
 */
static bool is_stuck(struct debugger *d, struct vcpu *vcpu,
                     const struct vcpu_event *event)
{
    d->was_stuck = d->vm->guards.n_guarded && !event->hit.hw &&
                   (event->stepped ||
                    (event->kind == VCPU_EVENT_KICK && vcpu->debug.step)) &&
                   arch_progress(vcpu) == d->entered_at;
    return d->was_stuck;
}

bool guarded_rescue(struct debugger *d, struct vcpu *vcpu,
                    struct vcpu_event *event)
{
    if ((!is_stuck(d, vcpu, event) && !could_be_guards(d, vcpu, event)) ||
        serve_trap_hit(d, vcpu, event) ||
        (event->kind == VCPU_EVENT_SHUTDOWN && catch_shutdown(d)) ||
        lower_for_one(d) < 0)
        return false;
    return step_lowered(d, vcpu, event) == 0;
}
