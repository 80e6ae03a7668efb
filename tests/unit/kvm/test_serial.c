/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "kvm/serial.h"
#include "tests/unit/kvm/rows.h"

/* What came out, a bar after each piece. */
static char heard[128];

static void hear(void *context, const char *text, size_t n)
{
    size_t used = strlen(heard);

    (void)context;
    (void)snprintf(heard + used, sizeof heard - used, "%.*s|", (int)n, text);
}

static const struct console_sink sink = {.put = hear};

enum { THR, IER, IIR, LCR, MCR, LSR, MSR, SCR };

struct op {
    char what; /* 'w' write value, 'r' read and expect value, 0: end */
    uint16_t offset;
    uint8_t value;
};

/* clang-format off */
static const struct serial_row {
    const char *label;
    struct op op[16];
    const char *heard;
} serial_rows[] = {
    {"at reset", {{'r', THR, 0}, {'r', IER, 0}, {'r', IIR, 0x01},
                  {'r', LCR, 0}, {'r', MCR, 0}, {'r', LSR, 0x60},
                  {'r', MSR, 0xb0}, {'r', SCR, 0}}, ""},
    {"transmits", {{'w', THR, 'o'}, {'w', THR, 'k'}, {'r', LSR, 0x60}},
     "o|k|"},
    {"8n1", {{'w', LCR, 0x03}, {'r', LCR, 0x03}, {'w', THR, 'x'}}, "x|"},
    {"divisor is not text, nor IER",
     {{'w', LCR, 0x80}, {'w', THR, 1}, {'w', IER, 0xff}, {'r', THR, 1},
      {'r', IER, 0xff}, {'w', LCR, 3}, {'r', IER, 0}, {'r', THR, 0},
      {'w', THR, 'x'}}, "x|"},
    {"IER keeps four bits", {{'w', IER, 0xff}, {'r', IER, 0x0f},
                             {'w', IER, 0}, {'r', IER, 0}}, ""},
    {"FIFOs show in IIR", {{'w', IIR, 0x07}, {'r', IIR, 0xc1},
                           {'w', IIR, 0}, {'r', IIR, 0x01}}, ""},
    {"no 64-byte FIFO", {{'w', LCR, 0x80}, {'w', IIR, 0x21},
                         {'r', IIR, 0xc1}}, ""},
    {"scratch", {{'w', SCR, 0xa5}, {'r', SCR, 0xa5}, {'w', SCR, 0x5a},
                 {'r', SCR, 0x5a}}, ""},
    {"LSR and MSR are read-only", {{'w', LSR, 0}, {'w', MSR, 0},
                                   {'r', LSR, 0x60}, {'r', MSR, 0xb0}}, ""},
    {"MCR keeps five bits", {{'w', MCR, 0xff}, {'r', MCR, 0x1f}}, ""},
    {"loopback: nothing out", {{'w', MCR, 0x10}, {'w', THR, 'x'},
                               {'r', MSR, 0}}, ""},
    {"loopback: RTS is CTS",  {{'w', MCR, 0x12}, {'r', MSR, 0x10}}, ""},
    {"loopback: DTR is DSR",  {{'w', MCR, 0x11}, {'r', MSR, 0x20}}, ""},
    {"loopback: OUT1 is RI",  {{'w', MCR, 0x14}, {'r', MSR, 0x40}}, ""},
    {"loopback: OUT2 is DCD", {{'w', MCR, 0x18}, {'r', MSR, 0x80}}, ""},
    {"as Linux probes it (8250_port.c, autoconfig())",
     {{'w', IER, 0}, {'r', IER, 0}, {'w', IER, 0x0f}, {'r', IER, 0x0f},
      {'w', IER, 0}, {'w', MCR, 0x1a}, {'r', MSR, 0x90}, {'w', MCR, 0},
      {'w', LCR, 0}, {'w', IIR, 0x01}, {'r', IIR, 0xc1}}, ""},
};

static const struct string_row {
    const char *label;
    uint8_t lcr, mcr;
    const char *text;
    const char *heard;
    uint8_t held; /* by register 0 afterwards */
} string_rows[] = {
    {"in one piece",    0x03, 0x00, "hello", "hello|", 0},
    {"into DLL",        0x83, 0x00, "hello", "",       'o'},
    {"into a loopback", 0x03, 0x10, "hello", "",       0},
};
/* clang-format on */

struct machine {
    struct serial serial;
    struct bus bus;
};

static void machine_init(struct machine *m)
{
    *m = (struct machine){.bus = {.n = 0}};
    serial_init(&m->serial, sink);
    cr_assert(eq(int, serial_attach(&m->serial, &m->bus, SERIAL_COM1), 0));
    cr_assert(eq(int, debug_console_attach(&sink, &m->bus), 0));
}

static uint8_t in(struct machine *m, uint16_t port)
{
    uint8_t value = 0;

    bus_io(&m->bus, false, port, 1, 1, &value);
    return value;
}

static void out(struct machine *m, uint16_t port, uint8_t value)
{
    bus_io(&m->bus, true, port, 1, 1, &value);
}

Test(serial, receives_what_is_typed)
{
    struct machine m;

    machine_init(&m);
    cr_expect(eq(sz, serial_type(&m.serial, "ab", 2), 2));
    cr_expect(eq(u8, in(&m, SERIAL_COM1 + LSR), 0x61));
    out(&m, SERIAL_COM1 + LCR, 0x80);
    cr_expect(eq(u8, in(&m, SERIAL_COM1), 0), "DLL is not text");
    out(&m, SERIAL_COM1 + LCR, 0);
    cr_expect(eq(u8, in(&m, SERIAL_COM1), 'a'));
    cr_expect(eq(u8, in(&m, SERIAL_COM1 + LSR), 0x61));
    cr_expect(eq(u8, in(&m, SERIAL_COM1), 'b'));
    cr_expect(eq(u8, in(&m, SERIAL_COM1 + LSR), 0x60));
    cr_expect(eq(u8, in(&m, SERIAL_COM1), 0));
    (void)serial_type(&m.serial, "c", 1);
    out(&m, SERIAL_COM1 + IIR, 0x03);
    cr_expect(eq(u8, in(&m, SERIAL_COM1 + LSR), 0x60), "receiver cleared");
}

Test(serial, takes_what_there_is_room_for)
{
    static const char text[SERIAL_TYPED_MAX] = {'x', 'y'};
    struct machine m;

    machine_init(&m);
    (void)serial_type(&m.serial, "12", 2);
    (void)in(&m, SERIAL_COM1); /* so that the ring wraps */
    cr_expect(
        eq(sz, serial_type(&m.serial, text, sizeof text), sizeof text - 1));
    cr_expect(eq(sz, serial_type(&m.serial, text, 1), 0));
    cr_expect(eq(u8, in(&m, SERIAL_COM1), '2'));
    cr_expect(eq(u8, in(&m, SERIAL_COM1), 'x'));
    for (size_t i = 3; i < sizeof text; i++)
        (void)in(&m, SERIAL_COM1);
    cr_expect(eq(u8, in(&m, SERIAL_COM1 + LSR), 0x61));
    cr_expect(eq(u8, in(&m, SERIAL_COM1), 0));
    cr_expect(eq(u8, in(&m, SERIAL_COM1 + LSR), 0x60));
}

ParameterizedTestParameters(serial, registers)
{
    return row_numbers(ROWS(serial_rows));
}

ParameterizedTest(const size_t *i, serial, registers)
{
    const struct serial_row *row = &serial_rows[*i];
    struct machine m;

    machine_init(&m);
    for (const struct op *op = row->op; op->what; op++) {
        uint16_t port = (uint16_t)(SERIAL_COM1 + op->offset);

        if (op->what == 'w')
            out(&m, port, op->value);
        else
            cr_expect(eq(u8, in(&m, port), op->value), "%s: op %td", row->label,
                      op - row->op);
    }
    cr_expect(eq(str, heard, (char *)(uintptr_t)row->heard), "%s", row->label);
}

ParameterizedTestParameters(serial, string)
{
    return row_numbers(ROWS(string_rows));
}

ParameterizedTest(const size_t *i, serial, string)
{
    const struct string_row *row = &string_rows[*i];
    struct machine m;
    char text[16];

    machine_init(&m);
    out(&m, SERIAL_COM1 + LCR, row->lcr);
    out(&m, SERIAL_COM1 + MCR, row->mcr);
    (void)snprintf(text, sizeof text, "%s", row->text);
    bus_io(&m.bus, true, SERIAL_COM1, 1, (uint32_t)strlen(text), text);
    cr_expect(eq(u8, in(&m, SERIAL_COM1), row->held), "%s", row->label);
    cr_expect(eq(str, heard, (char *)(uintptr_t)row->heard), "%s", row->label);
}

Test(serial, wide_access_is_one_per_byte)
{
    struct machine m;
    uint8_t word[2] = {'x', 0xff};

    machine_init(&m);
    bus_io(&m.bus, true, SERIAL_COM1, 2, 1, word);
    cr_expect(eq(str, heard, (char[]){"x|"}));
    cr_expect(eq(u8, in(&m, SERIAL_COM1 + IER), 0x0f));
    bus_io(&m.bus, false, SERIAL_COM1 + LSR, 2, 1, word);
    cr_expect(eq(u8, word[0], 0x60));
    cr_expect(eq(u8, word[1], 0xb0));
}

Test(serial, ports_are_claimed_once)
{
    struct machine m;

    machine_init(&m);
    cr_expect(
        eq(int, serial_attach(&m.serial, &m.bus, SERIAL_COM1 + 7), -EEXIST));
    cr_expect(eq(int, debug_console_attach(&sink, &m.bus), -EEXIST));
}

Test(debug_console, speaks_and_is_found)
{
    struct machine m;
    uint8_t text[] = {'h', 'i', '!', '?'};

    machine_init(&m);
    cr_expect(eq(u8, in(&m, DEBUG_CONSOLE), 0xe9));
    out(&m, DEBUG_CONSOLE, 'a');
    bus_io(&m.bus, true, DEBUG_CONSOLE, 1, 3, text);
    bus_io(&m.bus, true, DEBUG_CONSOLE, 2, 2, text); /* high bytes: nobody */
    cr_expect(eq(str, heard, (char[]){"a|hi!|h|!|"}));
}
