/* SPDX-License-Identifier: MIT */
/*
 * The exit loop: KVM_RUN, and what becomes of each exit reason. Devices are
 * served here; all else ends vcpu_run() with an event.
 */
#include "kvm/vm/run.h"

#include <errno.h>
#include <string.h>

#include <linux/kvm.h>

#include "kvm/arch_cpu.h"
#include "kvm/arch_run.h"
#include "kvm/core/kick.h"
#include "kvm/core/link.h"
#include "kvm/vm/interrupt.h"
#include "kvm/vm/mmio.h"
#include "kvm/vm/spin.h"

/* --- exits --- */

/* Returns true when the exit is for the debugger, described in event. */
typedef bool exit_handler(struct vcpu *vcpu, struct vcpu_event *event);

/* What the guest did to a device may have been its end. All else is told once:
 * it may go on behind that. */
static bool guest_ended(struct vcpu *vcpu, struct vcpu_event *event)
{
    atomic_int *end = &vcpu->vm->board.end_code;
    int code = atomic_load(end);

    if (code == GUEST_GOES_ON)
        return false;
    event->code = (uint64_t)code;
    event->kind = guest_is_reset(code) ? VCPU_EVENT_RESET
                  : code == GUEST_ASKS ? VCPU_EVENT_ASKS
                                       : VCPU_EVENT_END;
    if (event->kind != VCPU_EVENT_END)
        (void)atomic_compare_exchange_strong(end, &code, GUEST_GOES_ON);
    return true;
}

static bool on_io(struct vcpu *vcpu, struct vcpu_event *event)
{
    struct kvm_run *run = vcpu->run;

    bus_io(&vcpu->vm->board.bus, run->io.direction == KVM_EXIT_IO_OUT,
           run->io.port, run->io.size, run->io.count,
           (uint8_t *)run + run->io.data_offset);
    machine_clock_count(&vcpu->vm->board.clock, run->io.count);
    if (run->io.direction == KVM_EXIT_IO_IN)
        vcpu->unseen_hits |= arch_unseen_hits(vcpu);
    return guest_ended(vcpu, event);
}

static bool on_mmio(struct vcpu *vcpu, struct vcpu_event *event)
{
    struct kvm_run *run = vcpu->run;

    if (run->mmio.len < 1 || run->mmio.len > sizeof run->mmio.data)
        return false;
    if (!run->mmio.is_write)
        vcpu->unseen_hits |= arch_unseen_hits(vcpu);
    vcpu->guard_hit |= mmio_access(vcpu, run->mmio.phys_addr, run->mmio.data,
                                   run->mmio.len, run->mmio.is_write);
    return guest_ended(vcpu, event);
}

static bool on_debug(struct vcpu *vcpu, struct vcpu_event *event)
{
    event->kind = VCPU_EVENT_DEBUG;
    arch_debug_hit(vcpu, &event->hit);
    event->stepped = event->hit.step;
    return true;
}

static bool on_halt(struct vcpu *vcpu, struct vcpu_event *event)
{
    vcpu->halted = true;
    event->kind = VCPU_EVENT_HALT;
    event->stepped = vcpu->debug.step;
    return true;
}

static bool on_shutdown(struct vcpu *vcpu, struct vcpu_event *event)
{
    if (arch_shutdown_is_void(vcpu))
        return false;
    event->kind = VCPU_EVENT_SHUTDOWN;
    return true;
}

static bool on_fail_entry(struct vcpu *vcpu, struct vcpu_event *event)
{
    event->kind = VCPU_EVENT_ENTRY;
    event->code = vcpu->run->fail_entry.hardware_entry_failure_reason;
    return true;
}

static bool is_one_instruction(struct vcpu *vcpu)
{
    return vcpu->debug.step && !arch_step_runs(vcpu);
}

static void report_step(struct vcpu_event *event)
{
    *event = (struct vcpu_event){
        .kind = VCPU_EVENT_DEBUG, .hit = {.step = true}, .stepped = true};
}

static void report_emulation(const struct vcpu *vcpu, struct vcpu_event *event)
{
    const struct kvm_run *run = vcpu->run;

    event->kind = VCPU_EVENT_EMULATION;
    if (run->emulation_failure.ndata > 0 &&
        run->emulation_failure.flags &
            KVM_INTERNAL_ERROR_EMULATION_FLAG_INSTRUCTION_BYTES) {
        event->insn_size = run->emulation_failure.insn_size;
        if (event->insn_size > sizeof event->insn)
            event->insn_size = sizeof event->insn;
        memcpy(event->insn, run->emulation_failure.insn_bytes,
               event->insn_size);
    }
}

/* What KVM has left to us is done, or an exception is on its way. */
static bool on_emulation(struct vcpu *vcpu, struct vcpu_event *event)
{
    enum arch_completion completion = arch_complete(vcpu);

    if (completion == ARCH_COMPLETE_DONE && is_one_instruction(vcpu)) {
        report_step(event);
        return true;
    }
    if (completion != ARCH_COMPLETE_NOT && arch_before_run(vcpu) == 0)
        return false;
    report_emulation(vcpu, event);
    return true;
}

static bool on_internal_error(struct vcpu *vcpu, struct vcpu_event *event)
{
    const struct kvm_run *run = vcpu->run;

    if (run->internal.suberror == KVM_INTERNAL_ERROR_DELIVERY_EV) {
        event->kind = VCPU_EVENT_DELIVERY;
        return true;
    }
    if (run->internal.suberror != KVM_INTERNAL_ERROR_EMULATION) {
        event->kind = VCPU_EVENT_UNKNOWN;
        event->code = run->exit_reason;
        return true;
    }
    return on_emulation(vcpu, event);
}

static bool run_on_nothing(struct vcpu *vcpu, struct vcpu_event *event)
{
    (void)vcpu;
    (void)event;
    return false;
}

static bool on_other(struct vcpu *vcpu, struct vcpu_event *event)
{
    if (arch_exit(vcpu))
        return false;
    event->kind = VCPU_EVENT_UNKNOWN;
    event->code = vcpu->run->exit_reason;
    return true;
}

/* clang-format off */
static exit_handler *const exit_handlers[] = {
    [KVM_EXIT_IO]              = on_io,
    [KVM_EXIT_MMIO]            = on_mmio,
    [KVM_EXIT_DEBUG]           = on_debug,
    [KVM_EXIT_HLT]             = on_halt,
    [KVM_EXIT_SHUTDOWN]        = on_shutdown,
    [KVM_EXIT_FAIL_ENTRY]      = on_fail_entry,
    [KVM_EXIT_INTERNAL_ERROR]  = on_internal_error,
    [KVM_EXIT_INTR]            = run_on_nothing,
    [KVM_EXIT_IRQ_WINDOW_OPEN] = run_on_nothing,
    [KVM_EXIT_SET_TPR]         = run_on_nothing,
};
/* clang-format on */

static bool run_dispatch(struct vcpu *vcpu, struct vcpu_event *event)
{
    uint32_t reason = vcpu->run->exit_reason;
    exit_handler *handler = NULL;

    *event = (struct vcpu_event){.kind = VCPU_EVENT_UNKNOWN};
    if (reason < sizeof exit_handlers / sizeof exit_handlers[0])
        handler = exit_handlers[reason];
    return (handler ? handler : on_other)(vcpu, event);
}

/* --- running --- */

static int run_enter(struct vcpu *vcpu)
{
    int r;

    interrupt_enter(vcpu);
    r = vcpu->link->enter(vcpu);
    arch_after_run(vcpu);
    return r;
}

/*
 * Lets KVM finish the access that was just answered without executing a
 * further instruction. True when that gave an event (a step's end, mostly).
 */
static bool finish_access(struct vcpu *vcpu, struct vcpu_event *event)
{
    bool reported = false;
    int r;

    do {
        vcpu_stay_out(vcpu, true);
        r = run_enter(vcpu);
    } while (r == 0 && !(reported = run_dispatch(vcpu, event)));
    vcpu_stay_out(vcpu, false);
    return reported;
}

static bool run_is_watched(const struct vcpu *vcpu)
{
    return vcpu->guard_hit || vcpu->unseen_hits;
}

static void report_watched(struct vcpu *vcpu, struct vcpu_event *event)
{
    *event = (struct vcpu_event){.kind = VCPU_EVENT_GUARD};
    if (!vcpu->guard_hit) {
        event->kind = VCPU_EVENT_DEBUG;
        event->hit.hw = vcpu->unseen_hits;
    }
    vcpu->guard_hit = false;
    vcpu->unseen_hits = 0;
}

/* Of what was read KVM's emulator has made nothing, again: it needs more, which
 * does not leave the guest, and would read this for ever. */
static void report_stall(struct vcpu *vcpu, struct vcpu_event *event)
{
    *event = (struct vcpu_event){.kind = VCPU_EVENT_STALL};
    vcpu->guard_hit = false;
    vcpu->unseen_hits = 0;
}

/*
 * A device or guarded memory was accessed during a step, or is watched:
 * the instruction must come to its end and no further. An access that KVM's
 * emulator finishes on re-entry ends a step there without a debug exit;
 * another KVM_RUN would run away (x86.c, "FIXME: return into emulator if
 * single-stepping").
 */
static int after_access(struct vcpu *vcpu, uint64_t before, bool *futile,
                        struct vcpu_event *event, bool *ret_done)
{
    uint64_t at = arch_progress(vcpu);
    bool was_read =
        vcpu->run->exit_reason == KVM_EXIT_MMIO && !vcpu->run->mmio.is_write;
    bool reported = finish_access(vcpu, event);
    bool moved = arch_progress(vcpu) != before;
    bool was_futile = *futile || !vcpu->debug.step;

    *ret_done = true;
    *futile = was_read && !reported && arch_progress(vcpu) == at;
    if (*futile && was_futile) {
        report_stall(vcpu, event);
    } else if (*futile) { /* the instruction may have raised an exception */
        *ret_done = false;
        return arch_before_run(vcpu);
    } else if (run_is_watched(vcpu)) {
        report_watched(vcpu, event);
        event->stepped = is_one_instruction(vcpu) && moved;
    } else if (!reported && is_one_instruction(vcpu) && moved) {
        report_step(event);
    } else if (!reported) {
        *ret_done = false;
        return arch_before_run(vcpu);
    }
    return 0;
}

/* It came of an access to a device. */
static bool is_of_access(const struct vcpu_event *event)
{
    return event->kind == VCPU_EVENT_END || event->kind == VCPU_EVENT_RESET ||
           event->kind == VCPU_EVENT_ASKS;
}

/* Somebody wants something, or its timer. */
static bool on_call(struct vcpu *vcpu, struct vcpu_event *event)
{
    *event = (struct vcpu_event){.kind = VCPU_EVENT_KICK};
    if (vcpu_kick_take(vcpu))
        return true;
    event->kind = VCPU_EVENT_SPINS;
    return interrupt_push(vcpu);
}

static int run_until_event(struct vcpu *vcpu, struct vcpu_event *event)
{
    uint64_t before = arch_progress(vcpu);
    bool futile = false;
    bool done = false;
    int r = 0;

    while (!r && !done) {
        r = interrupt_before_entry(vcpu);
        if (!r)
            r = run_enter(vcpu);
        if (r == -EINTR) {
            done = on_call(vcpu, event);
            r = 0;
        } else if (!r) {
            done = run_dispatch(vcpu, event);
            if (!done && (is_one_instruction(vcpu) || run_is_watched(vcpu)))
                r = after_access(vcpu, before, &futile, event, &done);
        }
    }
    if (!r && is_of_access(event)) {
        struct vcpu_event ignored;

        (void)finish_access(vcpu, &ignored);
    }
    return r;
}

static int run_steps(struct vcpu *vcpu, struct vcpu_event *ret)
{
    int r;

    do {
        r = 0;
        interrupt_begin_step(vcpu);
        if (arch_step_begin(vcpu, ret))
            break;
        r = arch_before_run(vcpu);
        if (!r)
            r = run_until_event(vcpu, ret);
        interrupt_park(vcpu);
    } while (arch_step_end(vcpu, ret) && !r);
    return r;
}

/* True: it may go on. A halted one that is kicked goes on waiting next time. */
static bool wait_awake(struct vcpu *vcpu)
{
    if (!vcpu->halted || interrupt_wait(vcpu))
        return true;
    if (vcpu_kick_take(vcpu))
        return false;
    vcpu->halted = false;
    return true;
}

int vcpu_run(struct vcpu *vcpu, struct vcpu_event *ret)
{
    int r = 0;

    vcpu_enter_run(vcpu);
    machine_clock_go(&vcpu->vm->board.clock);
    spin_enter(vcpu);
    *ret = (struct vcpu_event){.kind = VCPU_EVENT_KICK};
    if (wait_awake(vcpu))
        r = run_steps(vcpu, ret);
    spin_leave(vcpu);
    machine_clock_stop(&vcpu->vm->board.clock);
    vcpu_leave_run(vcpu);
    return r;
}
