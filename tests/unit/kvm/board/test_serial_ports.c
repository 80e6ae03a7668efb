/* SPDX-License-Identifier: MIT */
/* Which serial ports a PC has: none, one of two, or both, each with its line.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdlib.h>

#include "kvm/board/board.h"
#include "kvm/board/pc.h"
#include "tests/unit/kvm/rows.h"

enum { SCRATCH = 7, IER = 1, RECEIVED = 1 };

static const struct port {
    uint16_t base;
    unsigned line;
} ports[BOARD_SERIAL_PORTS] = {{0x3f8, 4}, {0x2f8, 3}};

static char sent[2][8];
static size_t n_sent[2];

static void put(void *context, const char *text, size_t n)
{
    size_t i = *(const size_t *)context;

    for (size_t at = 0; at < n && n_sent[i] < sizeof sent[i]; at++)
        sent[i][n_sent[i]++] = text[at];
}

static void out(struct board *board, unsigned port, uint8_t value)
{
    bus_io(&board->bus, true, (uint16_t)port, 1, 1, &value);
}

static uint8_t in(struct board *board, unsigned port)
{
    uint8_t value = 0;

    bus_io(&board->bus, false, (uint16_t)port, 1, 1, &value);
    return value;
}

static void expect_port(struct board *board, unsigned i, bool there)
{
    const struct irq_line *line = bus_line(&board->bus, ports[i].line);

    out(board, ports[i].base + SCRATCH, 0x5a);
    cr_expect(eq(u8, in(board, ports[i].base + SCRATCH), there ? 0x5a : 0xff));
    cr_expect(eq(int, board->has_com[i], there));
    out(board, ports[i].base, (uint8_t)('a' + i));
    cr_expect(eq(sz, n_sent[i], there));
    cr_expect(not(irq_is_high(line)));
    if (!there)
        return;
    cr_expect(eq(chr, sent[i][0], (char)('a' + i)));
    out(board, ports[i].base + IER, RECEIVED);
    cr_expect(eq(sz, serial_type(&board->com[i], "x", 1), 1));
    cr_expect(irq_is_high(line));
    cr_expect(eq(u8, in(board, ports[i].base), 'x'));
    cr_expect(not(irq_is_high(line)));
}

ParameterizedTestParameters(serial_ports, there)
{
    return row_numbers(4);
}

ParameterizedTest(const size_t *which, serial_ports, there)
{
    static const size_t numbers[] = {0, 1};
    const struct console_sink console = {put, (void *)(uintptr_t)&numbers[0]};
    struct console_sink sinks[BOARD_SERIAL_PORTS] = {{NULL, NULL}};
    struct board *board = calloc(1, sizeof *board);

    n_sent[0] = n_sent[1] = 0;
    for (unsigned i = 0; i < BOARD_SERIAL_PORTS; i++)
        if (*which >> i & 1)
            sinks[i] =
                (struct console_sink){put, (void *)(uintptr_t)&numbers[i]};
    cr_assert(board && board_init(board, console, sinks, NULL) == 0);
    for (unsigned i = 0; i < BOARD_SERIAL_PORTS; i++)
        expect_port(board, i, *which >> i & 1);
    free(board);
}

/* A guest in HLT waits for the port that somebody may send to. */
Test(serial_ports, awaited)
{
    const struct console_sink sinks[] = {{put, NULL}, {put, NULL}};
    struct board *board = calloc(1, sizeof *board);

    cr_assert(board && board_init(board, sinks[0], sinks, NULL) == 0);
    board_post(board);
    out(board, 0x21, (uint8_t) ~(1 << 3)); /* IRQ 3 alone */
    for (unsigned i = 0; i < BOARD_SERIAL_PORTS; i++) {
        out(board, ports[i].base + IER, RECEIVED);
        cr_expect(not(board_awaits_input(board)));
        atomic_store(&board->expects_input[i], true);
        cr_expect(eq(int, board_awaits_input(board), i == 1));
        atomic_store(&board->expects_input[i], false);
    }
    free(board);
}
