/* SPDX-License-Identifier: MIT */
#include "kvm/vm/mmio.h"

#include <string.h>

#include "kvm/board/board.h"

/* What each CPU finds at the same address is its own. */
static void access_board(struct vcpu *vcpu, uint64_t gpa, void *data,
                         unsigned n, bool is_write)
{
    struct board *board = &vcpu->vm->board;

    vcpu->vm->accessing = vcpu;
    if (!board_access_own(board, vcpu->index, is_write, gpa, n, data))
        bus_mmio(&board->bus, is_write, gpa, n, data);
    machine_clock_count(&board->clock, 1);
}

void mmio_tell_dma(void *vm, uint64_t gpa, void *data, size_t n, bool is_write)
{
    struct vm *machine = vm;
    const struct guard_owner *owner = &machine->guard_owner;
    struct vcpu *vcpu = machine->accessing;

    if (owner->dma && vcpu)
        vcpu->guard_hit |=
            owner->dma(owner->context, vcpu, gpa, data, n, is_write);
}

/*
 * RAM comes first, as on a PC, where a chipset sends to devices what is not
 * RAM. KVM makes an exit of each page, so an access is RAM as a whole or not at
 * all.
 */
bool mmio_access(struct vcpu *vcpu, uint64_t gpa, void *data, unsigned n,
                 bool is_write)
{
    const struct vm *vm = vcpu->vm;
    const struct guard_owner *owner = &vm->guard_owner;

    if (!mem_has(&vm->mem, gpa, n))
        access_board(vcpu, gpa, data, n, is_write);
    else if (!is_write) /* until its owner fills it in */
        memset(data, 0xff, n);
    return owner->access &&
           owner->access(owner->context, vcpu, gpa, data, n, is_write);
}
