/* SPDX-License-Identifier: MIT */
/* What resets a PC, who it was, and what does not; what calls the debugger. */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdlib.h>
#include <string.h>

#include "kvm/board/board.h"
#include "kvm/board/pc.h"
#include "tests/unit/kvm/rows.h"

static void ignore(void *context, const char *text, size_t n)
{
    (void)context, (void)text, (void)n;
}

static struct board *make(void)
{
    const struct console_sink console = {ignore, NULL};
    struct board *board = calloc(1, sizeof *board);

    cr_assert(board != NULL);
    cr_assert(zero(int, board_init(board, console, NULL, NULL)));
    return board;
}

/* clang-format off */
static const struct row {
    const char *label;
    uint16_t port;
    unsigned size;
    uint32_t value;
    int end;
    uint32_t reads; /* the same place then */
} rows[] = {
    {"a hard reset",          0xcf9, 1, 0x06, GUEST_RESET_BY_REGISTER, 0x02},
    {"a soft reset",          0xcf9, 1, 0x04, GUEST_RESET_BY_REGISTER, 0},
    {"a full one",            0xcf9, 1, 0x0e, GUEST_RESET_BY_REGISTER, 0x02},
    {"its type alone",        0xcf9, 1, 0x02, GUEST_GOES_ON, 0x02},
    {"reserved bits",         0xcf9, 1, 0xf1, GUEST_GOES_ON, 0},
    {"PCI: an address",       0xcf8, 4, 0x80000600, GUEST_GOES_ON, 0xffffffff},
    {"PCI: is it there?",     0xcf8, 4, 0x80000000, GUEST_GOES_ON, 0xffffffff},
    {"PCI: data",             0xcfc, 4, 0x06060606, GUEST_GOES_ON, 0xffffffff},
    {"PCI: a byte of it",     0xcfd, 1, 0x06, GUEST_GOES_ON, 0xff},
    {"words around it",       0xcf8, 2, 0x0606, GUEST_GOES_ON, 0xffff},
    {"and at it",             0xcf9, 2, 0x0606, GUEST_GOES_ON, 0xffff},
    {"of mechanism 2",        0xcfa, 1, 0x06, GUEST_GOES_ON, 0xff},
    {"an access across",      0xcf7, 2, 0x0600, GUEST_GOES_ON, 0xffff},
    {"the debugger's port",   0x8a00, 2, 0x8ae0, GUEST_ASKS, 0x8a00},
    {"... is it there?",      0x8a00, 2, 0x8a00, GUEST_GOES_ON, 0x8a00},
    {"... Bochs's trace",     0x8a00, 2, 0x8ae3, GUEST_GOES_ON, 0x8a00},
    {"... a byte of it",      0x8a00, 1, 0xe0, GUEST_GOES_ON, 0x00},
    {"... the other",         0x8a01, 1, 0x8a, GUEST_GOES_ON, 0x8a},
    {"... a long",            0x8a00, 4, 0x8ae0, GUEST_GOES_ON, 0xffff8a00},
    {"... a word beside it",  0x8a01, 2, 0x8ae0, GUEST_GOES_ON, 0xff8a},
    {"port 0x92",             0x92, 1, 0x03, GUEST_RESET_BY_PORT_92, 0x02},
    {"the keyboard's",        0x64, 1, 0xfe, GUEST_RESET_BY_KBC, 0x1c},
};
/* clang-format on */

ParameterizedTestParameters(reset, ports)
{
    return row_numbers(ROWS(rows));
}

ParameterizedTest(const size_t *i, reset, ports)
{
    const struct row *row = &rows[*i];
    struct board *board = make();
    uint32_t value = row->value;

    for (unsigned again = 0; again < 2; again++) {
        atomic_store(&board->end_code, GUEST_GOES_ON);
        value = row->value;
        bus_io(&board->bus, true, row->port, row->size, 1, &value);
        cr_expect(eq(int, atomic_load(&board->end_code), row->end), "%s",
                  row->label);
    }
    value = 0;
    bus_io(&board->bus, false, row->port, row->size, 1, &value);
    cr_expect(eq(u32, value, row->reads), "%s", row->label);
    free(board);
}

/* An INIT is over when it was told: what the APIC gets next is no reset. */
Test(reset, by_init)
{
    enum { TO_OTHERS = 0x000c4500, TO_FIRST = 0x00004500 };
    const struct {
        uint32_t icr;
        int end;
    } sends[] = {
        {TO_OTHERS, GUEST_GOES_ON},
        {TO_FIRST, GUEST_RESET_BY_INIT},
        {0x00004400, GUEST_GOES_ON}, /* an NMI for the first one */
        {TO_FIRST, GUEST_RESET_BY_INIT},
    };
    struct board *board = make();

    for (size_t i = 0; i < ROWS(sends); i++) {
        uint32_t icr = sends[i].icr;

        atomic_store(&board->end_code, GUEST_GOES_ON);
        cr_assert(board_access_own(board, 0, true, 0xfee00300, 4, &icr));
        cr_expect(eq(int, atomic_load(&board->end_code), sends[i].end),
                  "send %zu", i);
    }
    free(board);
}

Test(reset, in_words)
{
    for (int end = GUEST_RESET; end < GUEST_RESETS_END; end++) {
        cr_expect(zero(int, strncmp(board_reset_by(end), "by ", 3)));
        for (int other = GUEST_RESET; other < end; other++)
            cr_expect(strcmp(board_reset_by(end), board_reset_by(other)) != 0);
    }
    cr_expect(not(guest_is_reset(GUEST_STATUS_MAX)));
    cr_expect(not(guest_is_reset(GUEST_GOES_ON)));
    cr_expect(not(guest_is_reset(GUEST_RESETS_END)));
}
