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
    board_connect_cpu(&vm->board, call_cpu, &vm->vcpu[0]);
}

/* The PIC's output leads to one CPU. */
static bool is_connected(const struct vcpu *vcpu)
{
    return arch_interrupt && vcpu->index == 0;
}

/* --- delivery --- */

/* The acknowledge cycle belongs to the CPU's decision to take an interrupt: it
 * comes when nothing but the entry is between the two. */
static uint8_t take(struct vcpu *vcpu)
{
    vcpu->interrupt_taken = true;
    return board_take(&vcpu->vm->board);
}

static bool is_stepping(const struct vcpu *vcpu)
{
    return vcpu->debug.step;
}

void interrupt_begin_step(struct vcpu *vcpu)
{
    if (!is_connected(vcpu) || !is_stepping(vcpu) || !vcpu->debug.step_irq)
        return;
    (void)board_deadline(&vcpu->vm->board);
    if (board_asks(&vcpu->vm->board) && arch_interrupt->is_ready(vcpu))
        arch_interrupt->plan_step(vcpu, take(vcpu));
}

static int deliver(struct vcpu *vcpu)
{
    bool asks = board_asks(&vcpu->vm->board) && !is_stepping(vcpu);
    bool ready = asks && arch_interrupt->is_ready(vcpu);

    arch_interrupt->await(vcpu, asks && !ready);
    return ready ? arch_interrupt->inject(vcpu, take(vcpu)) : 0;
}

/* One instruction needs nobody to call it back. */
static int set_timer(struct vcpu *vcpu, uint64_t deadline)
{
    if (deadline == CLOCK_NEVER || is_stepping(vcpu))
        return 0;
    return vcpu_poke_at(vcpu,
                        machine_clock_when(&vcpu->vm->board.clock, deadline));
}

int interrupt_before_entry(struct vcpu *vcpu)
{
    int r;

    if (!is_connected(vcpu))
        return 0;
    r = set_timer(vcpu, board_deadline(&vcpu->vm->board));
    return r ? r : deliver(vcpu);
}

void interrupt_park(struct vcpu *vcpu)
{
    if (vcpu->interrupt_taken && arch_interrupt->take_back(vcpu))
        board_give_back(&vcpu->vm->board);
    vcpu->interrupt_taken = false;
}

/* --- halts --- */

bool interrupt_can_wake(struct vcpu *vcpu)
{
    struct board *board = &vcpu->vm->board;

    return is_connected(vcpu) && arch_interruptible(vcpu) &&
           (board_deadline(board) != CLOCK_NEVER || board_asks(board));
}

bool interrupt_wait(struct vcpu *vcpu)
{
    struct board *board = &vcpu->vm->board;

    while (interrupt_can_wake(vcpu)) {
        if (board_asks(board)) {
            vcpu->halted = false;
            return true;
        }
        vcpu_sleep(vcpu,
                   machine_clock_when(&board->clock, board_deadline(board)));
        if (atomic_load(&vcpu->kick_wanted))
            return false;
        vcpu_stay_out(vcpu, false);
    }
    return false;
}
