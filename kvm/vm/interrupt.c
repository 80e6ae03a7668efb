/* SPDX-License-Identifier: MIT */
#include "kvm/vm/interrupt.h"

#include "kvm/arch_cpu.h"
#include "kvm/arch_run.h"
#include "kvm/board/board.h"
#include "kvm/core/kick.h"

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

void interrupt_begin_step(struct vcpu *vcpu)
{
    struct board *board = &vcpu->vm->board;

    if (!arch_interrupt || !is_stepping(vcpu) || !vcpu->debug.step_irq)
        return;
    (void)board_deadline(board, vcpu->index);
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
    bool nmi = board_asks_nmi(board, vcpu->index) && !is_stepping(vcpu);
    bool asks = board_asks(board, vcpu->index) && !is_stepping(vcpu);
    bool ready = asks && !nmi && arch_interrupt->is_ready(vcpu);

    arch_interrupt->await(vcpu, asks && !ready);
    if (nmi)
        take_nmi(vcpu);
    if (nmi)
        return arch_interrupt->inject_nmi(vcpu);
    return ready ? arch_interrupt->inject(vcpu, take(vcpu)) : 0;
}

/* Not every KVM says that the guest has lowered CR8: then somebody has to look.
 */
static uint64_t look_again(struct vcpu *vcpu, uint64_t deadline)
{
    enum { NS = 1000000 };
    struct board *board = &vcpu->vm->board;
    uint64_t then;

    if (!board_holds_back(board, vcpu->index))
        return deadline;
    then = machine_clock_now(&board->clock) + NS;
    return then < deadline ? then : deadline;
}

/* One instruction needs nobody to call it back. */
static int set_timer(struct vcpu *vcpu, uint64_t deadline)
{
    deadline = look_again(vcpu, deadline);
    if (deadline == CLOCK_NEVER || is_stepping(vcpu))
        return 0;
    return vcpu_poke_at(vcpu,
                        machine_clock_when(&vcpu->vm->board.clock, deadline));
}

int interrupt_before_entry(struct vcpu *vcpu)
{
    int r;

    if (!arch_interrupt)
        return 0;
    r = set_timer(vcpu, board_deadline(&vcpu->vm->board, vcpu->index));
    return r ? r : interrupt_deliver(vcpu);
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

bool interrupt_wait(struct vcpu *vcpu)
{
    struct board *board = &vcpu->vm->board;

    while (interrupt_can_wake(vcpu)) {
        if (is_woken(vcpu)) {
            vcpu->halted = false;
            return true;
        }
        vcpu_sleep(vcpu,
                   machine_clock_when(&board->clock,
                                      board_deadline(board, vcpu->index)));
        if (atomic_load(&vcpu->kick_wanted))
            return false;
        vcpu_stay_out(vcpu, false);
    }
    return false;
}
