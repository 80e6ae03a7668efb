/* SPDX-License-Identifier: MIT */
/* Between the breakpoint table and the vCPU: arming before the guest runs, and
 * recognising afterwards what it came to. */
#include <string.h>

#include "kvm/arch.h"
#include "kvm/core/trap.h"
#include "kvm/image/image.h"
#include "kvm/probe/probe.h"
#include "kvm/probe/trap.h"
#include "kvm/vm/trap.h"
#include "rsp/session.h"
#include "stub/arch.h"
#include "stub/engine/engine.h"
#include "stub/engine/written.h"
#include "stub/log.h"
#include "stub/points/assign.h"
#include "stub/points/table.h"
#include "stub/points/traps.h"
#include "stub/points/trust.h"

static int translate(void *context, uint64_t gva, uint64_t *ret_gpa,
                     uint64_t *ret_run)
{
    return arch_translate(context, gva, ret_gpa, ret_run);
}

static int page_tables(void *context, void (*visit)(void *, uint64_t gpa),
                       void *visit_context)
{
    return arch_page_tables(context, visit, visit_context);
}

static bool is_for_user(void *context, uint64_t gva)
{
    return arch_is_user_page(context, gva);
}

static struct bp_space space_of(const struct debugger *d, struct vcpu *vcpu)
{
    return (struct bp_space){
        .translate = translate,
        .page_tables = page_tables,
        .bars_traps = d->catch.door_is_end ? is_for_user : NULL,
        .context = vcpu,
        .wide = arch_is_wide(vcpu),
    };
}

/* --- before --- */

static bool watches(struct probe *probe)
{
    static const enum probe_feature features[] = {
        PROBE_HW_WRITE,
        PROBE_HW_ACCESS,
        PROBE_STEP_HW_WRITE,
        PROBE_STEP_HW_ACCESS,
    };

    for (size_t i = 0; i < sizeof features / sizeof features[0]; i++)
        if (!probe_in_kernel(probe, features[i]) ||
            !probe_in_user(probe, features[i]))
            return false;
    return true;
}

bool serve_steps_user(struct debugger *d)
{
    bool works = probe_in_user(&d->probe, PROBE_STEP);

    probe_rest(&d->probe);
    return works;
}

/* Said once: whatever serves breakpoints is then the least there is. */
static void tell_unmeasured(struct debugger *d)
{
    if (!d->unmeasured_told)
        log_user("cannot try out how this host's KVM traps, for want of a "
                 "second VM: %s; breakpoints and watchpoints may be missed",
                 strerror(-d->probe.error));
    d->unmeasured_told = true;
}

static void learn_host(struct debugger *d)
{
    if (d->traps_known)
        return;
    d->bps.host.watch_registers = watches(&d->probe);
    d->bps.host.user_registers = probe_in_user(&d->probe, PROBE_HW_EXEC);
    d->bps.host.trap = trap_of_host(&d->probe);
    d->traps_known = !d->probe.error;
    if (d->probe.error)
        tell_unmeasured(d);
}

/* Said once. */
static void tell_barred(struct debugger *d, const struct breakpoint *bp)
{
    if (d->barred_told || !bp)
        return;
    d->barred_told = true;
    log_user("the breakpoint at 0x%llx, in user code, waits until the guest "
             "has a handler for #%s, which this host's traps raise there: "
             "without one they would be a triple fault; hardware breakpoints "
             "are not concerned",
             (unsigned long long)bp->gva,
             arch_vector_name(d->bps.host.trap->user_vector));
}

static void arm_table(struct debugger *d, struct vcpu *vcpu)
{
    struct bp_space space;
    bool missing;

    if (d->bps.n || d->catch.n)
        learn_host(d);
    written_arm(d, vcpu);
    missing = catch_arm(d);
    space = space_of(d, vcpu);
    d->bps_pending = bp_arm(&d->bps, &space) || missing;
    tell_barred(d, bp_barred(&d->bps, &space));
    /* Where KVM cannot tell it is noticed at a tick. */
    (void)arch_tell_widening(d->vm, d->bps.awaits_wide || d->tells_wide);
}

/* Slots are cut for some, up or down. */
static bool has_guards(const struct debugger *d)
{
    return d->vm->guards.n_guarded || d->guards_down;
}

/* A step off a breakpoint comes between two continues with the same guards:
 * those that are too many do no harm meanwhile. */
static bool guards_may_stay(const struct debugger *d)
{
    return d->action.resume != RSP_CONTINUE && d->bps.n_guards == 0;
}

static int set_guards(struct debugger *d)
{
    if (guards_may_stay(d) || (d->bps.n_guards == 0 && !has_guards(d)))
        return 0;
    d->guards_down = false;
    return guards_set(d->vm, d->bps.guard, d->bps.n_guards);
}

/* Said once: the guest's own breakpoints are silent while ours are loaded. */
static void tell_shadow(struct debugger *d, struct vcpu *vcpu)
{
    if (d->shadow_told || !vcpu->debug.n_hw ||
        d->action.resume != RSP_CONTINUE || !arch_guest_has_points(vcpu))
        return;
    d->shadow_told = true;
    log_user("the guest uses debug registers itself; its breakpoints in them "
             "do not work as long as the debugger's need registers");
}

/* A continue looks at memory anew, and takes down what a step left up. */
static bool has_work(const struct debugger *d)
{
    return d->bps.n || d->catch.n || has_guards(d);
}

/* While the guest has its debug registers in use, and in user code that the
 * host does not step, a step waits with traps. */
void serve_prepare_step(struct debugger *d, struct vcpu *vcpu)
{
    vcpu->debug.no_user_step = !serve_steps_user(d);
    if ((vcpu->debug.no_user_step && arch_may_run_user(vcpu)) ||
        arch_guest_has_points(vcpu))
        learn_host(d);
    vcpu->debug.trap = d->bps.host.trap;
}

int serve_arm(struct debugger *d, struct vcpu *vcpu)
{
    int r = 0;

    if (d->bps.stale || (d->rearm && has_work(d))) {
        arm_table(d, vcpu);
        r = set_guards(d);
    }
    d->rearm = false;
    bp_wanted(&d->bps, &vcpu->debug);
    vcpu->debug.trap = d->bps.host.trap;
    tell_shadow(d, vcpu);
    return r;
}

void serve_pending(struct debugger *d, struct vcpu *vcpu)
{
    const struct bp_space space = space_of(d, vcpu);

    d->bps.stale |= bp_trust_broken(&d->bps) || catch_moved(d) ||
                    (d->bps.awaits_wide && arch_is_wide(vcpu)) ||
                    ((d->bps_pending || d->bps.lacks_traps) &&
                     bp_appeared(&d->bps, &space));
}

bool serve_awaits_wide(struct debugger *d, struct vcpu *vcpu)
{
    bool widens =
        (d->bps.awaits_wide || d->tells_wide) && arch_is_widening(vcpu);
    bool arrives = d->tells_wide && arch_is_wide(vcpu) &&
                   stub_code_mode(vcpu) != CPU_MODE_LONG;

    return (widens || arrives) && d->wide_steps && d->wide_steps--;
}

static bool any_watched(const struct bp_table *table)
{
    for (size_t i = 0; i < table->n; i++)
        if (!bp_is_exec(&table->bp[i]))
            return true;
    return false;
}

bool serve_tells_wide(const struct debugger *d)
{
    return d->action.resume == RSP_CONTINUE && d->attached &&
           d->follow_mode != FOLLOW_OFF &&
           stub_address_bits(rsp_description(&d->session)) < 64 &&
           (d->bps.n_twins || any_watched(&d->bps));
}

/* --- after --- */

const struct breakpoint *serve_planted(struct debugger *d, struct vcpu *vcpu,
                                       uint64_t pc)
{
    uint64_t gpa;
    uint64_t run;

    if (arch_translate(vcpu, pc, &gpa, &run) < 0)
        return NULL;
    return bp_planted_at(&d->bps, gpa, pc);
}

const struct breakpoint *serve_trap_hit(struct debugger *d, struct vcpu *vcpu,
                                        const struct vcpu_event *event)
{
    const struct breakpoint *bp = written_hit(d, vcpu, event);
    uint64_t pc;

    if (bp || !d->bps.host.trap->size ||
        !trap_exit(d->bps.host.trap, vcpu, event, &pc))
        return bp;
    bp = serve_planted(d, vcpu, pc);
    if (bp && pc != arch_pc(vcpu))
        (void)arch_set_pc(vcpu, pc);
    return bp;
}

static const struct breakpoint *exec_at(const struct debugger *d, uint64_t gva,
                                        bool is_catch)
{
    const struct breakpoint *twin = NULL;

    for (size_t i = 0; i < d->bps.n; i++) {
        const struct breakpoint *bp = &d->bps.bp[i];

        if (!bp_is_exec(bp) || bp->gva != gva ||
            (bp->kind == BP_CATCH) != is_catch)
            continue;
        if (!bp->twin)
            return bp;
        twin = bp;
    }
    return twin;
}

/* A twin is known by an address of 64 bits alone: of 32 it is not what the
 * client wrote. */
bool serve_is_known(struct debugger *d, const struct breakpoint *bp,
                    uint64_t pc)
{
    bool fits = pc <= UINT32_MAX || !rsp_described(&d->session) ||
                stub_address_bits(rsp_description(&d->session)) == 64;

    return bp->gva == pc && fits && (!bp->twin || pc > UINT32_MAX);
}

const struct breakpoint *serve_client_break(struct debugger *d,
                                            struct vcpu *vcpu)
{
    return exec_at(d, arch_pc(vcpu), false);
}

/* An exception is caught before a breakpoint at its handler is hit. */
static const struct breakpoint *catch_first(const struct debugger *d,
                                            const struct breakpoint *bp)
{
    const struct breakpoint *catch =
        bp && bp_is_exec(bp) ? exec_at(d, bp->gva, true) : NULL;

    return catch ? catch : bp;
}

/* Watchpoints in debug registers join those in pages. */
static void note_registers(struct debugger *d, const struct vcpu_event *event)
{
    for (unsigned i = 0; i < d->bps.n_registers; i++) {
        const struct breakpoint *bp = bp_of_register(&d->bps, i);

        if (event->hit.hw >> i & 1 && !bp_is_exec(bp))
            hits_note(&d->hits, bp);
    }
}

static const struct breakpoint *watch_hit(struct debugger *d,
                                          const struct vcpu_event *event)
{
    if (event->kind != VCPU_EVENT_GUARD && event->kind != VCPU_EVENT_DEBUG)
        return NULL;
    note_registers(d, event);
    return hits_take(&d->hits, &d->bps, d->action.resume != RSP_CONTINUE);
}

const struct breakpoint *serve_hit(struct debugger *d, struct vcpu *vcpu,
                                   const struct vcpu_event *event)
{
    const struct breakpoint *bp = watch_hit(d, event);

    if (bp || event->kind == VCPU_EVENT_GUARD)
        return bp;
    if (event->kind == VCPU_EVENT_SHUTDOWN)
        return catch_shutdown(d);
    if (event->kind == VCPU_EVENT_DEBUG && event->hit.hw)
        bp = bp_of_register(&d->bps, (unsigned)__builtin_ctz(event->hit.hw));
    else
        bp = serve_trap_hit(d, vcpu, event);
    return catch_first(d, bp);
}

/* --- running --- */

/*
 * The guest goes on where the trap of a breakpoint at another address is, both
 * leading to the same memory: the client cannot remove it, so the instruction
 * below it is executed.
 */
static const struct breakpoint *alias_here(struct debugger *d,
                                           struct vcpu *vcpu)
{
    const struct breakpoint *bp =
        d->fresh ? serve_planted(d, vcpu, arch_pc(vcpu)) : NULL;

    return bp && bp->kind != BP_WRITTEN && !serve_is_known(d, bp, arch_pc(vcpu))
               ? bp
               : NULL;
}

int serve_run(struct debugger *d, struct vcpu *vcpu, struct vcpu_event *event)
{
    const struct breakpoint *alias = alias_here(d, vcpu);
    int r;

    d->entered_at = arch_progress(vcpu);
    if (!alias)
        return guarded_run(d, vcpu, event);
    bp_lift(&d->bps, alias->gpa);
    r = guarded_step(d, vcpu, event);
    bp_replant(&d->bps);
    return r;
}
