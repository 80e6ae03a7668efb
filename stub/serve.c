/* SPDX-License-Identifier: MIT */
/* Between the breakpoint table and the vCPU: arming before the guest runs,
 * recognising afterwards, and performing accesses to guarded pages. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "kvm/arch.h"
#include "stub/arch.h"
#include "stub/debugger.h"
#include "stub/log.h"

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

static struct bp_space space_of(struct vcpu *vcpu)
{
    return (struct bp_space){
        .translate = translate,
        .page_tables = page_tables,
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

/* Measured at the first step, then remembered. */
static bool steps_user_code(struct probe *probe)
{
    bool works = probe_in_user(probe, PROBE_STEP);

    probe_rest(probe);
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

static void arm_table(struct debugger *d, struct vcpu *vcpu)
{
    const struct bp_space space = space_of(vcpu);
    bool missing;

    if (d->bps.n || d->catch.n)
        learn_host(d);
    missing = catch_arm(d);
    d->bps_pending = bp_arm(&d->bps, &space) || missing;
    /* Where KVM cannot tell it is noticed at a tick. */
    (void)arch_tell_widening(d->vm, d->bps.awaits_wide || d->tells_wide);
}

/* A step off a breakpoint comes between two continues with the same guards:
 * those that are too many do no harm meanwhile. */
static bool guards_may_stay(const struct debugger *d)
{
    return d->action.resume != RSP_CONTINUE && d->bps.n_guards == 0;
}

static int set_guards(struct debugger *d)
{
    if (guards_may_stay(d) ||
        (d->bps.n_guards == 0 && d->vm->guards.n_guarded == 0))
        return 0;
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
    return d->bps.n || d->catch.n || d->vm->guards.n_guarded;
}

/* While the guest has its debug registers in use, a step waits with traps. */
static void prepare_step(struct debugger *d, struct vcpu *vcpu)
{
    vcpu->debug.no_user_step = !steps_user_code(&d->probe);
    if (arch_guest_has_points(vcpu))
        learn_host(d);
}

int serve_arm(struct debugger *d, struct vcpu *vcpu)
{
    int r = 0;

    d->watch_hit = NULL;
    if (d->bps.stale || (d->rearm && has_work(d))) {
        arm_table(d, vcpu);
        r = set_guards(d);
    }
    d->rearm = false;
    bp_wanted(&d->bps, &vcpu->debug);
    if (d->action.resume != RSP_CONTINUE)
        prepare_step(d, vcpu);
    vcpu->debug.trap = d->bps.host.trap;
    tell_shadow(d, vcpu);
    return r;
}

void serve_pending(struct debugger *d, struct vcpu *vcpu)
{
    const struct bp_space space = space_of(vcpu);

    d->bps.stale |= bp_trust_broken(&d->bps) || catch_moved(d) ||
                    (d->bps.awaits_wide && arch_is_wide(vcpu)) ||
                    (d->bps_pending && bp_appeared(&d->bps, &space));
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

/* --- the stack on guarded pages --- */

static bool is_guarded(struct debugger *d, struct vcpu *vcpu, uint64_t gva)
{
    uint64_t gpa;
    uint64_t run;

    return arch_translate(vcpu, gva, &gpa, &run) == 0 &&
           mem_ptr(&d->vm->mem, gpa, 1) && guards_cover(d->vm, gpa);
}

static bool stack_is_guarded(struct debugger *d, struct vcpu *vcpu)
{
    uint64_t n;
    uint64_t gva = arch_stack(vcpu, &n);

    return is_guarded(d, vcpu, gva - n) || is_guarded(d, vcpu, gva + n - 1);
}

bool serve_wants_step(struct debugger *d, struct vcpu *vcpu)
{
    return d->vm->guards.n_guarded && arch_stacks_often(vcpu) &&
           stack_is_guarded(d, vcpu);
}

static bool stacks_on_guards(struct debugger *d, struct vcpu *vcpu)
{
    return d->vm->guards.n_guarded && stack_is_guarded(d, vcpu) &&
           arch_stacks_now(vcpu);
}

/* --- accesses to guarded pages --- */

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

bool serve_access(void *context, uint64_t gpa, void *data, size_t n,
                  bool is_write)
{
    struct debugger *d = context;
    struct vcpu *vcpu = debugger_vcpu(d, 1);
    uint8_t *hva = mem_ptr(&d->vm->mem, gpa, n);
    const struct breakpoint *bp = bp_watching(&d->bps, gpa, n, is_write);

    if (hva && is_write) {
        note_write(d, gpa, n);
        memcpy(hva, data, n);
        bp_written(&d->bps, gpa, n);
    } else if (hva) {
        memcpy(data, hva, n);
        bp_hide(&d->bps, gpa, data, n);
    }
    if (bp && !d->watch_hit)
        d->watch_hit = bp;
    if (!vcpu->debug.step && serve_wants_step(d, vcpu))
        rearm_soon(d); /* the stack has come here */
    return bp != NULL;
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

static const struct breakpoint *trap_hit(struct debugger *d, struct vcpu *vcpu,
                                         const struct vcpu_event *event)
{
    const struct breakpoint *bp;
    uint64_t pc;

    if (!d->bps.host.trap->size ||
        !trap_exit(d->bps.host.trap, vcpu, event, &pc))
        return NULL;
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

const struct breakpoint *serve_hit(struct debugger *d, struct vcpu *vcpu,
                                   const struct vcpu_event *event)
{
    const struct breakpoint *bp;

    if (event->kind == VCPU_EVENT_GUARD)
        return d->watch_hit;
    if (event->kind == VCPU_EVENT_DEBUG && event->hit.hw)
        bp = bp_of_register(&d->bps, (unsigned)__builtin_ctz(event->hit.hw));
    else
        bp = trap_hit(d, vcpu, event);
    return catch_first(d, bp);
}

static int step_once(struct vcpu *vcpu, struct vcpu_event *event)
{
    const struct debug_state wanted = vcpu->debug;
    int r;

    vcpu->debug.step = true;
    vcpu->debug.step_calls = false;
    r = vcpu_run(vcpu, event);
    vcpu->debug = wanted;
    return r;
}

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

    return bp && !serve_is_known(d, bp, arch_pc(vcpu)) ? bp : NULL;
}

static int run_alias(struct debugger *d, struct vcpu *vcpu,
                     const struct breakpoint *bp, struct vcpu_event *event)
{
    int r;

    bp_lift(&d->bps, bp->gpa);
    r = step_once(vcpu, event);
    bp_replant(&d->bps);
    return r;
}

/* --- with the guards down --- */

/* The watched bytes, piece after piece. NULL when there are none. */
static uint8_t *copy_watched(const struct debugger *d, size_t *ret_n)
{
    size_t n = 0;
    size_t at = 0;
    uint8_t *copy;

    for (size_t i = 0; i < d->bps.n_pieces; i++)
        n += d->bps.piece[i].size;
    copy = n ? malloc(n) : NULL;
    for (size_t i = 0; copy && i < d->bps.n_pieces; i++) {
        const struct bp_piece *piece = &d->bps.piece[i];

        (void)mem_read(&d->vm->mem, piece->gpa, copy + at, piece->size);
        at += piece->size;
    }
    *ret_n = n;
    return copy;
}

/* The watchpoint whose bytes are no longer those of the copy. One for reads
 * is not hit by a write. */
static const struct breakpoint *changed(const struct debugger *d,
                                        const uint8_t *copy)
{
    size_t at = 0;

    for (size_t i = 0; copy && i < d->bps.n_pieces; i++) {
        const struct bp_piece *piece = &d->bps.piece[i];
        const struct breakpoint *bp = &d->bps.bp[piece->bp];
        const uint8_t *now = mem_ptr(&d->vm->mem, piece->gpa, piece->size);

        if (bp->kind != BP_READ && now &&
            memcmp(now, copy + at, piece->size) != 0)
            return bp;
        at += piece->size;
    }
    return NULL;
}

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
           event->kind == VCPU_EVENT_UNKNOWN ||
           (event->kind == VCPU_EVENT_SHUTDOWN && !arch_is_reset(vcpu));
}

/* The watchpoint that an access to size bytes at gva concerns, or NULL. */
static const struct breakpoint *watching(struct debugger *d, struct vcpu *vcpu,
                                         const struct arch_access *access,
                                         bool is_write)
{
    const struct breakpoint *bp = NULL;
    uint64_t run;

    for (uint64_t done = 0; !bp && done < access->size; done += run) {
        uint64_t gpa;

        if (arch_translate(vcpu, access->gva + done, &gpa, &run) < 0)
            break;
        if (run > access->size - done)
            run = access->size - done;
        bp = bp_watching(&d->bps, gpa, run, is_write);
    }
    return bp;
}

/* The same for the instruction at pc. */
static const struct breakpoint *about_to_touch(struct debugger *d,
                                               struct vcpu *vcpu)
{
    struct arch_access access[ARCH_ACCESSES];
    unsigned n = d->bps.n_pieces ? arch_accesses(vcpu, access) : 0;
    const struct breakpoint *bp = NULL;

    for (unsigned i = 0; i < n && !bp; i++) {
        if (access[i].read)
            bp = watching(d, vcpu, &access[i], false);
        if (access[i].write && !bp)
            bp = watching(d, vcpu, &access[i], true);
    }
    return bp;
}

/* One step with the guards down, and what was watched of it. */
static int step_unguarded(struct debugger *d, struct vcpu *vcpu,
                          struct vcpu_event *event)
{
    const struct breakpoint *touched = about_to_touch(d, vcpu);
    size_t n;
    uint8_t *before = copy_watched(d, &n);
    int r = step_once(vcpu, event);

    d->watch_hit = changed(d, before);
    if (!d->watch_hit && event->stepped)
        d->watch_hit = touched;
    free(before);
    bp_replant(&d->bps);
    return r;
}

/*
 * What the CPU reads by itself, descriptors above all, KVM's emulator reads in
 * a way that cannot leave the guest: where that is guarded it begins the
 * instruction anew, for ever (x86.c, emulator_read_std()). So who is kicked, or
 * done with a step, where it was entered, may need help; a guest that waits
 * there for somebody does not notice it.
 */
static bool is_stuck(struct debugger *d, struct vcpu *vcpu,
                     const struct vcpu_event *event)
{
    d->was_stuck = d->vm->guards.n_guarded && !event->hit.hw &&
                   (event->kind == VCPU_EVENT_KICK || event->stepped) &&
                   arch_progress(vcpu) == d->entered_at;
    return d->was_stuck;
}

/* One instruction with the guards down. -errno: they stayed up, or KVM_RUN
 * failed. */
static int run_unguarded(struct debugger *d, struct vcpu *vcpu,
                         struct vcpu_event *event)
{
    int r = guards_lower(d->vm, d->bps.guard, d->bps.n_guards);

    if (r < 0)
        return r;
    r = step_unguarded(d, vcpu, event);
    if (guards_set(d->vm, d->bps.guard, d->bps.n_guards) < 0)
        log_user("KVM refuses guards for the breakpoints");
    if (!r && d->watch_hit)
        *event = (struct vcpu_event){.kind = VCPU_EVENT_GUARD};
    return r;
}

bool serve_unguarded(struct debugger *d, struct vcpu *vcpu,
                     struct vcpu_event *event)
{
    if ((!is_stuck(d, vcpu, event) && !could_be_guards(d, vcpu, event)) ||
        trap_hit(d, vcpu, event))
        return false;
    return run_unguarded(d, vcpu, event) == 0;
}

/* --- running --- */

int serve_run(struct debugger *d, struct vcpu *vcpu, struct vcpu_event *event)
{
    const struct breakpoint *alias = alias_here(d, vcpu);

    d->entered_at = arch_progress(vcpu);
    if (alias)
        return run_alias(d, vcpu, alias, event);
    if (vcpu->debug.step && stacks_on_guards(d, vcpu))
        return run_unguarded(d, vcpu, event);
    return vcpu_run(vcpu, event);
}
