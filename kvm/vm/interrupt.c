/* SPDX-License-Identifier: MIT */
#include "kvm/vm/interrupt.h"

#include "kvm/arch_cpu.h"
#include "kvm/arch_run.h"
#include "kvm/board/board.h"
#include "kvm/core/kick.h"
#include "kvm/vm/spin.h"

static void call_cpu(void *cpu)
{
    vcpu_poke(cpu);
}

void interrupt_connect(struct vm *vm)
{
    for (unsigned i = 0; i < vm->n_vcpus; i++)
        board_connect_cpu(&vm->board, i, call_cpu, &vm->vcpu[i]);
}

/* --- delivery --- */

/* The acknowledge cycle belongs to the CPU's decision to take an interrupt: it
 * comes when nothing but the entry is between the two. */
static uint8_t take(struct vcpu *vcpu)
{
    vcpu->interrupt_taken = true;
    return board_take(&vcpu->vm->board, vcpu->index);
}

static void take_nmi(struct vcpu *vcpu)
{
    vcpu->interrupt_taken = true;
    board_take_nmi(&vcpu->vm->board, vcpu->index);
}

static bool is_stepping(const struct vcpu *vcpu)
{
    return vcpu->debug.step;
}

/*
 * In virtual time interrupts come behind accesses and halts alone, for the
 * place of anything else that makes a vCPU leave the guest is not the same each
 * time: a kick, or that the CPU takes interrupts again, which not every KVM
 * notices at once. So each time is looked at once.
 */
static bool is_exact(struct vcpu *vcpu)
{
    const struct machine_clock *clock = &vcpu->vm->board.clock;

    return clock->is_virtual && !clock->pushes;
}

static bool has_looked(struct vcpu *vcpu)
{
    struct machine_clock *clock = &vcpu->vm->board.clock;

    return vcpu->has_looked && is_exact(vcpu) &&
           vcpu->looked_at == machine_clock_now(clock);
}

static void note_look(struct vcpu *vcpu)
{
    vcpu->has_looked = is_exact(vcpu);
    if (vcpu->has_looked)
        vcpu->looked_at = machine_clock_now(&vcpu->vm->board.clock);
}

void interrupt_begin_step(struct vcpu *vcpu)
{
    struct board *board = &vcpu->vm->board;

    if (!arch_interrupt || !is_stepping(vcpu) || !vcpu->debug.step_irq)
        return;
    (void)board_deadline(board, vcpu->index);
    if (has_looked(vcpu))
        return;
    note_look(vcpu);
    if (board_asks_nmi(board, vcpu->index) &&
        arch_interrupt->is_ready_for_nmi(vcpu)) {
        take_nmi(vcpu);
        arch_interrupt->plan_nmi_step(vcpu);
    } else if (board_asks(board, vcpu->index) &&
               arch_interrupt->is_ready(vcpu)) {
        arch_interrupt->plan_step(vcpu, take(vcpu));
    }
}

/* An NMI may wait for the end of another one, and what comes after it waits for
 * the next entry. */
static int interrupt_deliver(struct vcpu *vcpu)
{
    const struct board *board = &vcpu->vm->board;
    bool may = !is_stepping(vcpu) && !has_looked(vcpu);
    bool nmi = may && board_asks_nmi(board, vcpu->index);
    bool asks = may && board_asks(board, vcpu->index);
    bool ready = asks && !nmi && arch_interrupt->is_ready(vcpu);

    arch_interrupt->await(vcpu, asks && !ready && !is_exact(vcpu));
    if (may)
        note_look(vcpu);
    if (nmi)
        take_nmi(vcpu);
    if (nmi)
        return arch_interrupt->inject_nmi(vcpu);
    return ready ? arch_interrupt->inject(vcpu, take(vcpu)) : 0;
}

/* Not every KVM says that the guest has lowered CR8: then somebody has to look.
 */
static uint64_t look_again(struct vcpu *vcpu, uint64_t when)
{
    enum { NS = 1000000 };
    uint64_t then;

    if (!board_holds_back(&vcpu->vm->board, vcpu->index))
        return when;
    then = machine_clock_host() + NS;
    return then < when ? then : when;
}

/* One instruction needs nobody to call it back. */
static int set_timer(struct vcpu *vcpu, uint64_t deadline)
{
    struct machine_clock *clock = &vcpu->vm->board.clock;
    uint64_t when = !clock->is_virtual || deadline == CLOCK_NEVER
                        ? machine_clock_when(clock, deadline)
                        : spin_when(vcpu);

    when = look_again(vcpu, when);
    if (when == CLOCK_NEVER || is_stepping(vcpu))
        return 0;
    return vcpu_poke_at(vcpu, when);
}

/* For what a guest waits that does nothing else. */
static uint64_t awaited(struct vcpu *vcpu, uint64_t deadline)
{
    struct board *board = &vcpu->vm->board;

    return is_exact(vcpu) && (board_asks(board, vcpu->index) ||
                              board_asks_nmi(board, vcpu->index))
               ? 0
               : deadline;
}

int interrupt_before_entry(struct vcpu *vcpu)
{
    int r;

    if (!arch_interrupt)
        return 0;
    r = set_timer(vcpu,
                  awaited(vcpu, board_deadline(&vcpu->vm->board, vcpu->index)));
    return r ? r : interrupt_deliver(vcpu);
}

bool interrupt_push(struct vcpu *vcpu)
{
    struct board *board = &vcpu->vm->board;

    return board->clock.is_virtual && !is_stepping(vcpu) && spin_look(vcpu) &&
           machine_clock_push(
               &board->clock,
               awaited(vcpu, board_deadline(board, vcpu->index)));
}

void interrupt_enter(struct vcpu *vcpu)
{
    if (arch_interrupt)
        arch_interrupt->set_cr8(vcpu, board_cr8(&vcpu->vm->board, vcpu->index));
}

void interrupt_park(struct vcpu *vcpu)
{
    unsigned back = 0;

    if (vcpu->interrupt_taken)
        back = arch_interrupt->take_back(vcpu);
    vcpu->has_looked &= !back;
    if (back & ARCH_INTERRUPT)
        board_give_back(&vcpu->vm->board, vcpu->index);
    if (back & ARCH_NMI)
        board_give_back_nmi(&vcpu->vm->board, vcpu->index);
    vcpu->interrupt_taken = false;
}

/* --- halts --- */

static bool is_woken(struct vcpu *vcpu)
{
    const struct board *board = &vcpu->vm->board;

    return board_asks_nmi(board, vcpu->index) ||
           (arch_interruptible(vcpu) && board_asks(board, vcpu->index));
}

bool interrupt_can_wake(struct vcpu *vcpu)
{
    struct board *board = &vcpu->vm->board;
    uint64_t deadline = board_deadline(board, vcpu->index);

    return arch_interrupt && (is_woken(vcpu) || (arch_interruptible(vcpu) &&
                                                 (deadline != CLOCK_NEVER ||
                                                  board_awaits_input(board))));
}

/* False: somebody wants it back. */
static bool sleep_until(struct vcpu *vcpu, uint64_t deadline)
{
    struct machine_clock *clock = &vcpu->vm->board.clock;

    if (atomic_load(&vcpu->kick_wanted))
        return false;
    if (machine_clock_jump(clock, deadline))
        return true;
    vcpu_sleep(vcpu, machine_clock_when(clock, deadline));
    if (atomic_load(&vcpu->kick_wanted))
        return false;
    vcpu_stay_out(vcpu, false);
    return true;
}

bool interrupt_wait(struct vcpu *vcpu)
{
    while (interrupt_can_wake(vcpu)) {
        if (is_woken(vcpu)) {
            vcpu->halted = vcpu->has_looked = false;
            return true;
        }
        if (!sleep_until(vcpu, board_deadline(&vcpu->vm->board, vcpu->index)))
            return false;
    }
    return false;
}
