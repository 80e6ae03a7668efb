/* SPDX-License-Identifier: MIT */
/* A PC's devices, saved and restored. */
#include <errno.h>
#include <string.h>

#include "kvm/board/board.h"
#include "kvm/board/pc_states.h"

/* In front of what the devices know. */
struct saved {
    uint64_t size; /* of all of it */
    struct machine_clock_state clock;
    uint32_t lines; /* those that are high */
    int32_t end_code;
    uint8_t shifts;
};

_Static_assert(BUS_LINES <= 32, "a bit for each line");

static uint64_t saved_size(const struct pc_state *states, unsigned n)
{
    uint64_t size = sizeof(struct saved);

    for (unsigned i = 0; i < n; i++)
        size += states[i].size;
    return size;
}

size_t board_saved_size(struct board *board)
{
    struct pc_state states[PC_STATES_MAX];

    return saved_size(states, pc_states(board, states));
}

static uint32_t saved_lines(struct board *board)
{
    uint32_t lines = 0;

    for (unsigned n = 0; n < BUS_LINES; n++)
        lines |= (uint32_t)irq_is_high(bus_line(&board->bus, n)) << n;
    return lines;
}

void board_save(struct board *board, void *ret)
{
    struct pc_state states[PC_STATES_MAX];
    unsigned n = pc_states(board, states);
    const struct saved saved = {
        .size = saved_size(states, n),
        .clock = machine_clock_state(&board->clock),
        .lines = saved_lines(board),
        .end_code = atomic_load(&board->end_code),
        .shifts = board->shifts,
    };
    uint8_t *at = ret;

    memcpy(at, &saved, sizeof saved);
    at += sizeof saved;
    for (unsigned i = 0; i < n; at += states[i++].size)
        memcpy(at, states[i].at, states[i].size);
}

/* What follows from what they know. */
static void settle_wires(struct board *board, uint32_t lines)
{
    for (unsigned n = 0; n < BUS_LINES; n++)
        irq_restore(bus_line(&board->bus, n), lines >> n & 1);
    irq_restore(&board->pic.out, pic_asks(&board->pic.state));
    for (unsigned i = 0; i < board->n_cpus; i++)
        lapic_restored(&board->of_cpu[i].lapic);
}

int board_restore(struct board *board, const void *from, size_t size,
                  struct diag *diag)
{
    struct pc_state states[PC_STATES_MAX];
    unsigned n = pc_states(board, states);
    const uint8_t *at = from;
    struct saved saved = {.size = 0};

    if (size >= sizeof saved)
        memcpy(&saved, at, sizeof saved);
    if (size != saved_size(states, n) || saved.size != size ||
        saved.clock.is_virtual != board->clock.is_virtual)
        return diag_set(diag, -EINVAL,
                        "this was saved on a machine with other devices");
    at += sizeof saved;
    for (unsigned i = 0; i < n; at += states[i++].size)
        memcpy(states[i].at, at, states[i].size);
    machine_clock_restore(&board->clock, &saved.clock);
    atomic_store(&board->end_code, saved.end_code);
    board->shifts = saved.shifts;
    settle_wires(board, saved.lines);
    return 0;
}
