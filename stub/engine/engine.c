/* SPDX-License-Identifier: MIT */
#include "stub/engine/engine.h"

#include <stdio.h>
#include <string.h>

#include "kvm/arch.h"
#include "kvm/core/trap.h"
#include "kvm/probe/probe.h"
#include "kvm/vm/describe.h"
#include "kvm/vm/trap.h"
#include "rsp/session.h"
#include "stub/arch.h"
#include "stub/engine/stop.h"
#include "stub/engine/written.h"
#include "stub/log.h"
#include "stub/points/table.h"
#include "stub/points/trust.h"
#include "stub/points/written.h"

enum { THE_VCPU = 0 };

/* From the first step to wider addresses to the last: so many that boot code
 * can build its page tables meanwhile. */
enum { WIDE_STEPS = 20000 };

static struct vcpu *the_vcpu(struct debugger *d)
{
    return &d->vm->vcpu[THE_VCPU];
}

struct vcpu *debugger_vcpu(struct debugger *d, unsigned tid)
{
    return tid >= 1 && tid <= d->vm->n_vcpus ? &d->vm->vcpu[tid - 1] : NULL;
}

void debugger_init(struct debugger *d, struct vm *vm, const struct image *image)
{
    static const struct trap not_known_yet = {.name = "unknown", .size = 0};
    const struct bp_host host = {.trap = &not_known_yet,
                                 .registers = arch_hw_points()};

    d->vm = vm;
    d->image = *image;
    d->on_detach = GONE_RUN;
    d->on_disconnect = GONE_STOP;
    debugger_forget_run(d);
    probe_init(&d->probe);
    d->probe.opener = vm->opener;
    bp_init(&d->bps, &host, &vm->mem);
    d->bps.written = trap_written();
    vm->guard_owner = (struct guard_owner){guarded_access, d};
    rsp_init(&d->session, &debugger_target_ops, d);
}

void debugger_done(struct debugger *d)
{
    bp_done(&d->bps);
    d->vm->guard_owner = (struct guard_owner){NULL, NULL};
}

/* --- events --- */

static bool inside_range(struct debugger *d)
{
    uint64_t pc = arch_pc(the_vcpu(d));

    return d->action.resume == RSP_STEP_RANGE && pc >= d->action.lo &&
           pc < d->action.hi;
}

/* A call of the firmware is a step like any other: it ends behind it. */
static bool inside_call(struct debugger *d)
{
    struct vcpu *vcpu = the_vcpu(d);

    return arch_is_firmware(vcpu, arch_pc(vcpu)) &&
           !arch_is_firmware(vcpu, d->resumed_at);
}

/* What a process would get for the same mistake. */
static const uint8_t fault_signals[] = {
    [FAULT_UNKNOWN] = RSP_SIGSEGV, [FAULT_MEMORY] = RSP_SIGSEGV,
    [FAULT_ILLEGAL] = RSP_SIGILL,  [FAULT_ARITHMETIC] = RSP_SIGFPE,
    [FAULT_CALL] = RSP_SIGSYS,     [FAULT_INPUT] = RSP_SIGTTIN,
};

/* It is no stop, since kernels idle like that, but for a step, which has no
 * end. Said once, until the client lets the guest run again. */
static void tell_halt(struct debugger *d)
{
    char line[DEBUGGER_TEXT + 1];
    int n = snprintf(line, sizeof line, "%s\n", d->stop_text);

    if (d->action.resume != RSP_CONTINUE) {
        stop_as(d, (struct rsp_stop){.kind = RSP_STOP_SIGNAL,
                                     .signal = RSP_SIGSTOP,
                                     .text = d->stop_text});
    } else if (!d->halt_told) {
        d->halt_told = true;
        log_user("%s", d->stop_text);
        (void)rsp_console(&d->session, line, (size_t)n);
        note_trouble(d);
        end_in_trouble(d);
    }
}

/* The vCPU is halted: for good? */
static void on_halt(struct debugger *d)
{
    static const struct vcpu_event halt = {.kind = VCPU_EVENT_HALT};
    struct vcpu *vcpu = the_vcpu(d);
    struct fault fault;

    if (arch_uncall(vcpu, &fault)) {
        (void)snprintf(
            d->stop_text, sizeof d->stop_text, "%s%s", fault.text,
            fault.kind == FAULT_INPUT ? " (`monitor type TEXT` does it)" : "");
        stop_in_trouble(d, fault_signals[fault.kind]);
        return;
    }
    vcpu_event_describe(vcpu, &halt, d->stop_text, sizeof d->stop_text);
    if (!arch_interruptible(vcpu))
        stop_in_trouble(d, RSP_SIGSTOP);
    else
        tell_halt(d);
}

static void on_shutdown(struct debugger *d)
{
    enum fault_class fault = arch_explain_shutdown(
        the_vcpu(d), &d->probe, d->stop_text, sizeof d->stop_text);

    stop_in_trouble(d, fault_signals[fault]);
}

/* False: nobody wants to see it. */
static bool on_catch(struct debugger *d, unsigned vector)
{
    const struct breakpoint *bp;
    struct fault fault;
    enum catch_verdict verdict = catch_hit(d, vector, &fault, &bp);

    if (verdict == CATCH_PASS)
        return false;
    if (verdict == CATCH_TRAP) {
        stop_at_breakpoint(d, bp);
        return true;
    }
    (void)snprintf(d->stop_text, sizeof d->stop_text, "%s", fault.text);
    stop_as(d, (struct rsp_stop){.kind = RSP_STOP_SIGNAL,
                                 .signal = fault_signals[fault.kind],
                                 .text = d->stop_text});
    return true;
}

/* A client in extended mode, which may want to run it again. */
static bool client_stays(const struct debugger *d)
{
    return d->connected && rsp_extended(&d->session);
}

static void on_end(struct debugger *d, const struct vcpu_event *e)
{
    int status = (int)e->code;

    log_trace(LOG_RUN, "run: %s", d->stop_text);
    stop_as(d, (struct rsp_stop){.kind = RSP_STOP_EXITED,
                                 .exit_code = (uint8_t)status});
    d->ended = true;
    d->status = status;
    if (!client_stays(d))
        end_with_guest(d);
}

/* At the handler of an exception that goes there after all: is that a place
 * where the client wants to stop? Going on from here would be past it. */
static bool stop_at_handler(struct debugger *d)
{
    const struct breakpoint *bp = serve_client_break(d, the_vcpu(d));

    if (bp)
        stop_at_breakpoint(d, bp);
    return bp != NULL;
}

static void on_event(struct debugger *d, const struct vcpu_event *e)
{
    const struct breakpoint *bp = serve_hit(d, the_vcpu(d), e);
    bool stepped = e->stepped;

    if (bp && bp->kind == BP_CATCH) {
        /* A step has come here, unless it was to begin here. */
        stepped = d->action.resume != RSP_CONTINUE &&
                  arch_pc(the_vcpu(d)) != d->resumed_at;
        if (on_catch(d, (unsigned)bp->size) || stop_at_handler(d) || !stepped)
            return;
    } else if (bp) {
        stop_at_breakpoint(d, bp);
        return;
    }
    if (stepped && d->action.resume != RSP_CONTINUE && !inside_range(d) &&
        !inside_call(d)) {
        stop_as(d, (struct rsp_stop){.kind = RSP_STOP_STEP});
        return;
    }
    if (stepped && (bp || e->kind != VCPU_EVENT_HALT)) /* a trap may be a HLT */
        return;
    if (arch_reflect(the_vcpu(d), e)) {
        if (d->stop_at_guest_traps && d->attached)
            stop_with_signal(d, RSP_SIGTRAP);
        return;
    }
    if (e->kind != VCPU_EVENT_SHUTDOWN)
        vcpu_event_describe(the_vcpu(d), e, d->stop_text, sizeof d->stop_text);
    switch (e->kind) {
    case VCPU_EVENT_KICK:
    case VCPU_EVENT_GUARD:
        break;
    case VCPU_EVENT_HALT:
        on_halt(d);
        break;
    case VCPU_EVENT_END:
        on_end(d, e);
        break;
    case VCPU_EVENT_DEBUG:
        stop_with_signal(d, RSP_SIGTRAP);
        break;
    case VCPU_EVENT_SHUTDOWN:
        on_shutdown(d);
        break;
    case VCPU_EVENT_EMULATION:
        stop_in_trouble(d, RSP_SIGILL);
        break;
    case VCPU_EVENT_STALL:
        stop_in_trouble(d, RSP_SIGBUS);
        break;
    case VCPU_EVENT_ENTRY:
    case VCPU_EVENT_UNKNOWN:
        stop_in_trouble(d, RSP_SIGABRT);
        break;
    }
}

/* Before it is told of anything in 64-bit code. */
static void tell_wide(struct debugger *d)
{
    if (!d->tells_wide || !d->running || d->interrupt ||
        stub_code_mode(the_vcpu(d)) != CPU_MODE_LONG)
        return;
    d->tells_wide = false;
    if (!rsp_follow(&d->session, THE_VCPU + 1))
        return;
    log_trace(LOG_RUN, "run: 64-bit code at 0x%llx",
              (unsigned long long)arch_pc(the_vcpu(d)));
    d->running = false;
}

/* --- running --- */

bool debugger_runnable(const struct debugger *d)
{
    return d->running && !d->vm->vcpu[THE_VCPU].halted;
}

bool debugger_wants_ticks(struct debugger *d)
{
    return debugger_runnable(d) &&
           (d->bps_pending || d->bps.lacks_traps || bp_trusts(&d->bps) ||
            catch_wants_ticks(d) || d->vm->guards.n_guarded || d->stall.hot);
}

bool debugger_was_stuck(const struct debugger *d)
{
    return d->was_stuck || d->stall.hot == STALL_HOT;
}

static void stop_broken(struct debugger *d, const char *what, int err)
{
    (void)snprintf(d->stop_text, sizeof d->stop_text, "%s: %s", what,
                   strerror(-err));
    stop_in_trouble(d, RSP_SIGABRT);
}

/* A continue is stepped past the first instruction of a caught handler, while
 * such a handler has yet to be installed, and where KVM may get nowhere. */
static void set_step(struct debugger *d)
{
    the_vcpu(d)->debug.step = d->action.resume != RSP_CONTINUE ||
                              d->catch.passing || catch_wants_step(d) ||
                              d->stall.trial ||
                              serve_awaits_wide(d, the_vcpu(d));
    the_vcpu(d)->debug.step_calls = d->action.resume != RSP_CONTINUE;
    if (the_vcpu(d)->debug.step)
        serve_prepare_step(d, the_vcpu(d));
}

/* A caught exception is delivered: that is all of a step. */
static bool stop_on_release(struct debugger *d)
{
    if (!catch_release(d))
        return false;
    if (stop_at_handler(d))
        return true;
    if (d->action.resume == RSP_CONTINUE)
        return false;
    stop_as(d, (struct rsp_stop){.kind = RSP_STOP_STEP});
    return true;
}

/* What the last instruction also touched comes before the next one. */
static bool stop_at_pending(struct debugger *d)
{
    bool is_step = d->action.resume != RSP_CONTINUE;
    const struct breakpoint *bp = hits_take(&d->hits, &d->bps, is_step);

    if (bp)
        stop_at_breakpoint(d, bp);
    return bp != NULL;
}

/* Where the client has resumed from a breakpoint that it wrote, that was all of
 * a step. */
static bool stop_behind_written(struct debugger *d)
{
    bool passed = d->written_passed;

    d->written_passed = false;
    if (!passed || d->action.resume == RSP_CONTINUE || inside_range(d))
        return false;
    stop_as(d, (struct rsp_stop){.kind = RSP_STOP_STEP});
    return true;
}

bool debugger_prepare(struct debugger *d)
{
    int r;

    if (stop_at_pending(d) || stop_on_release(d) || stop_behind_written(d))
        return false;
    r = serve_arm(d, the_vcpu(d));
    set_step(d);
    the_vcpu(d)->debug.step_irq = d->step_irq;
    if (r < 0)
        stop_broken(d, "KVM refuses guards for the breakpoints", r);
    return r == 0;
}

/* One event. False when the guest stopped or its vCPU was kicked. */
static bool run_once(struct debugger *d)
{
    struct vcpu *vcpu = the_vcpu(d);
    bool passing = d->catch.passing;
    struct vcpu_event event;
    bool kicked;
    int r;

    if (!arch_has_reflected(vcpu) && written_at(d, vcpu, arch_pc(vcpu))) {
        stop_at_written(d);
        return false;
    }
    r = serve_run(d, vcpu, &event);
    if (r < 0) {
        stop_broken(d, "KVM_RUN failed", r);
        return false;
    }
    kicked = event.kind == VCPU_EVENT_KICK;
    d->fresh &= kicked;
    (void)guarded_rescue(d, vcpu, &event);
    stall_judge(d, vcpu, &event);
    if (passing && event.kind != VCPU_EVENT_KICK) {
        d->catch.passing = false;
        d->bps.stale = true;
    }
    if (catch_wants_step(d))
        catch_stepped(d);
    on_event(d, &event);
    tell_wide(d);
    serve_pending(d, vcpu);
    set_step(d);
    kicked |= event.kind == VCPU_EVENT_KICK;
    return debugger_runnable(d) && !kicked;
}

void debugger_run(struct debugger *d)
{
    while (run_once(d))
        if (d->bps.stale && !debugger_prepare(d))
            return;
}

void debugger_settle(struct debugger *d)
{
    if (d->running && d->interrupt)
        stop_with_signal(d, RSP_SIGINT);
    else if (d->running && the_vcpu(d)->halted)
        on_halt(d);
}

void debugger_resume(struct debugger *d, const struct rsp_action *action)
{
    log_trace(LOG_RUN, "run: %s from 0x%llx",
              action->resume == RSP_CONTINUE ? "continue" : "step",
              (unsigned long long)arch_pc(the_vcpu(d)));
    d->action = *action;
    d->resumed_at = arch_pc(the_vcpu(d));
    d->fresh = true;
    d->rearm = action->resume == RSP_CONTINUE;
    d->in_trouble = false;
    d->halt_told = false;
    d->stall = (struct stall){.trial = false};
    bp_show_written(&d->bps);
    d->written_passed = written_pass(d, the_vcpu(d));
    d->running = true;
    d->tells_wide = serve_tells_wide(d);
    d->wide_steps = WIDE_STEPS;
}

void debugger_start(struct debugger *d)
{
    debugger_resume(d, &(struct rsp_action){.resume = RSP_CONTINUE});
}
