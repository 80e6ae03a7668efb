/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <string.h>

#include "kvm/device/serial.h"
#include "tests/unit/kvm/device/irq_log.h"
#include "tests/unit/kvm/device/port_rows.h"
#include "tests/unit/kvm/rows.h"

/* What came out, a bar after each piece. */
static char heard[128];

static void hear(void *context, const char *text, size_t n)
{
    size_t used = strlen(heard);

    (void)context;
    (void)snprintf(heard + used, sizeof heard - used, "%.*s|", (int)n, text);
}

/* The ports. */
enum { CONSOLE = 0xe9, THR = 0x3f8, IER, IIR, LCR, MCR, LSR, MSR, SCR };

#define TYPED(n)                                                               \
    {                                                                          \
        't', 0, n, 0                                                           \
    }

/* clang-format off */
static const struct serial_row {
    const char *label;
    struct port_op op[16];
    const char *heard;
} serial_rows[] = {
    {"at reset",
     {R(THR, 0), R(IER, 0), R(IIR, 0x01), R(LCR, 0), R(MCR, 0), R(LSR, 0x60),
      R(MSR, 0xb0), R(SCR, 0)}, ""},
    {"transmits", {W(THR, 'o'), W(THR, 'k'), R(LSR, 0x60)}, "o|k|"},
    {"8n1", {W(LCR, 0x03), R(LCR, 0x03), W(THR, 'x')}, "x|"},
    {"divisor is not text, nor IER",
     {W(LCR, 0x80), W(THR, 1), W(IER, 0xff), R(THR, 1), R(IER, 0xff),
      W(LCR, 3), R(IER, 0), R(THR, 0), W(THR, 'x')}, "x|"},
    {"IER keeps four bits",
     {W(IER, 0xff), R(IER, 0x0f), W(IER, 0), R(IER, 0)}, ""},
    {"FIFOs show in IIR",
     {W(IIR, 0x07), R(IIR, 0xc1), W(IIR, 0), R(IIR, 0x01)}, ""},
    {"no 64-byte FIFO", {W(LCR, 0x80), W(IIR, 0x21), R(IIR, 0xc1)}, ""},
    {"scratch", {W(SCR, 0xa5), R(SCR, 0xa5), W(SCR, 0x5a), R(SCR, 0x5a)}, ""},
    {"LSR and MSR are read-only",
     {W(LSR, 0), W(MSR, 0), R(LSR, 0x60), R(MSR, 0xb0)}, ""},
    {"MCR keeps five bits", {W(MCR, 0xff), R(MCR, 0x1f)}, ""},
    {"loopback: nothing out", {W(MCR, 0x10), W(THR, 'x'), R(MSR, 0)}, ""},
    {"loopback: RTS is CTS", {W(MCR, 0x12), R(MSR, 0x10)}, ""},
    {"loopback: DTR is DSR", {W(MCR, 0x11), R(MSR, 0x20)}, ""},
    {"loopback: OUT1 is RI", {W(MCR, 0x14), R(MSR, 0x40)}, ""},
    {"loopback: OUT2 is DCD", {W(MCR, 0x18), R(MSR, 0x80)}, ""},
    {"as Linux probes it (8250_port.c, autoconfig())",
     {W(IER, 0), R(IER, 0), W(IER, 0x0f), R(IER, 0x0f), W(IER, 0),
      W(MCR, 0x1a), R(MSR, 0x90), W(MCR, 0), W(LCR, 0), W(IIR, 0x01),
      R(IIR, 0xc1)}, ""},
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
    struct console_sink sink;
    struct irq_log log;
    struct serial serial;
    struct bus bus;
};

static void machine_init(struct machine *m)
{
    static const struct device_wiring com1 = {{{BUS_PORTS, THR}}, IRQ_LOG_LINE};
    static const struct device_wiring console = {{{BUS_PORTS, CONSOLE}},
                                                 BUS_NO_LINE};

    bus_init(&m->bus);
    irq_log_connect(&m->log, &m->bus);
    m->sink = (struct console_sink){.put = hear};
    serial_init(&m->serial, m->sink);
    cr_assert(zero(
        int, device_attach(&serial_kind, &m->serial, &m->bus, &com1, NULL)));
    cr_assert(zero(int, device_attach(&debug_console_kind, &m->sink, &m->bus,
                                      &console, NULL)));
}

/* clang-format off */
static const struct irq_row {
    const char *label;
    struct port_op op[24]; /* 't': value bytes are typed */
    const char *irq;
} irq_rows[] = {
    {"none at reset", {W(THR, 'x'), R(IIR, 0x01)}, ""},
    {"THR is empty as soon as that is asked", {W(IER, 2), R(IIR, 0x02)}, "+-"},
    {"told once", {W(IER, 2), R(IIR, 0x02), R(IIR, 0x01)}, "+-"},
    {"and again after each byte", {W(IER, 2), R(IIR, 0x02), W(THR, 'x'),
                                   R(IIR, 0x02), R(IIR, 0x01)}, "+-+-"},
    {"a byte takes it back for a moment", {W(IER, 2), W(THR, 'x')}, "+-+"},
    {"enabled once more, told once more (8250_port.c, serial8250_THRE_test())",
     {W(IER, 2), R(IIR, 0x02), W(IER, 0), W(IER, 2), R(IIR, 0x02)}, "+-+-"},
    {"what stays enabled is not told again",
     {W(IER, 2), R(IIR, 0x02), W(IER, 3), R(IIR, 0x01)}, "+-"},
    {"disabled", {W(IER, 2), W(IER, 0), R(IIR, 0x01)}, "+-"},
    {"sent while disabled", {W(THR, 'x'), W(IER, 2), R(IIR, 0x02)}, "+-"},
    {"the divisor is no byte", {W(IER, 2), R(IIR, 0x02), W(LCR, 0x80),
                                W(THR, 1), W(IER, 0x02), W(LCR, 0),
                                R(IIR, 0x01), R(IER, 0x02)}, "+-"},
    {"with FIFOs it shows them", {W(IIR, 0x01), W(IER, 2), R(IIR, 0xc2),
                                  R(IIR, 0xc1)}, "+-"},
    {"a byte is received", {W(IER, 1), TYPED(1), R(IIR, 0x04), R(IIR, 0x04),
                            R(THR, 't'), R(IIR, 0x01)}, "+-"},
    {"each is", {W(IER, 1), TYPED(2), R(THR, 't'), R(IIR, 0x04), R(THR, 't')},
     "+-"},
    {"received before it was asked", {TYPED(1), W(IER, 1)}, "+"},
    {"not asked", {TYPED(1), R(IIR, 0x01), R(LSR, 0x61)}, ""},
    {"receiving comes first", {W(IER, 3), TYPED(1), R(IIR, 0x04), R(THR, 't'),
                               R(IIR, 0x02), R(IIR, 0x01)}, "+-"},
    {"the receiver is cleared", {W(IER, 1), TYPED(3), W(IIR, 0x02)}, "+-"},
    {"at the trigger level", {W(IIR, 0x81), W(IER, 1), TYPED(8), R(IIR, 0xc4),
                              R(THR, 't'), R(IIR, 0xcc)}, "+"},
    {"below it, as after some time", {W(IIR, 0xc1), W(IER, 1), TYPED(13),
                                      R(IIR, 0xcc), TYPED(1), R(IIR, 0xc4)},
     "+"},
    {"level 4", {W(IIR, 0x41), W(IER, 1), TYPED(3), R(IIR, 0xcc), TYPED(1),
                 R(IIR, 0xc4)}, "+"},
    {"no level without FIFOs", {W(IIR, 0xc0), W(IER, 1), TYPED(1),
                                R(IIR, 0x04)}, "+"},
    {"errors and the modem never come", {W(IER, 0x0c), TYPED(1), W(MCR, 0x1f),
                                         W(MCR, 0), R(IIR, 0x01)}, ""},
    {"whatever OUT2 says", {W(MCR, 0), W(IER, 1), TYPED(1), W(MCR, 0x08)}, "+"},
    {"read with its neighbours", {W(IER, 2), {'r', IIR, 0x0002, 2},
                                  R(IIR, 0x01)}, "+-"},
};
/* clang-format on */

static void run_irq_op(struct machine *m, const char *label,
                       const struct port_op *op)
{
    static const char text[] = "tttttttttttttttt";
    const struct port_op one[] = {*op, {0}};

    if (op->what == 't')
        (void)serial_type(&m->serial, text, op->value);
    else
        port_run(&m->bus, label, one);
}

ParameterizedTestParameters(serial, interrupts)
{
    return row_numbers(ROWS(irq_rows));
}

ParameterizedTest(const size_t *i, serial, interrupts)
{
    const struct irq_row *row = &irq_rows[*i];
    struct machine m;

    machine_init(&m);
    for (const struct port_op *op = row->op; op->what; op++)
        run_irq_op(&m, row->label, op);
    cr_expect(eq(str, m.log.text, (char *)(uintptr_t)row->irq), "%s",
              row->label);
}

/* A string that goes out at once is as its last byte. */
Test(serial, interrupt_of_a_string)
{
    struct machine m;
    char text[] = "hello";

    machine_init(&m);
    port_out(&m.bus, IER, 1, 0x02);
    cr_expect(eq(u32, port_in(&m.bus, IIR, 1), 0x02));
    bus_io(&m.bus, true, THR, 1, 5, text);
    cr_expect(eq(u32, port_in(&m.bus, IIR, 1), 0x02));
    bus_io(&m.bus, true, THR, 1, 0, text);
    cr_expect(eq(u32, port_in(&m.bus, IIR, 1), 0x01), "nothing was sent");
    cr_expect(eq(str, m.log.text, (char[]){"+-+-"}));
}

Test(serial, receives_what_is_typed)
{
    struct machine m;

    machine_init(&m);
    cr_expect(eq(sz, serial_type(&m.serial, "ab", 2), 2));
    cr_expect(eq(u32, port_in(&m.bus, LSR, 1), 0x61));
    port_out(&m.bus, LCR, 1, 0x80);
    cr_expect(eq(u32, port_in(&m.bus, THR, 1), 0), "DLL is not text");
    port_out(&m.bus, LCR, 1, 0);
    cr_expect(eq(u32, port_in(&m.bus, THR, 1), 'a'));
    cr_expect(eq(u32, port_in(&m.bus, LSR, 1), 0x61));
    cr_expect(eq(u32, port_in(&m.bus, THR, 1), 'b'));
    cr_expect(eq(u32, port_in(&m.bus, LSR, 1), 0x60));
    cr_expect(eq(u32, port_in(&m.bus, THR, 1), 0));
    (void)serial_type(&m.serial, "c", 1);
    port_out(&m.bus, IIR, 1, 0x03);
    cr_expect(eq(u32, port_in(&m.bus, LSR, 1), 0x60), "receiver cleared");
}

Test(serial, takes_what_there_is_room_for)
{
    static const char text[SERIAL_TYPED_MAX] = {'x', 'y'};
    struct machine m;

    machine_init(&m);
    (void)serial_type(&m.serial, "12", 2);
    (void)port_in(&m.bus, THR, 1); /* so that the ring wraps */
    cr_expect(
        eq(sz, serial_type(&m.serial, text, sizeof text), sizeof text - 1));
    cr_expect(eq(sz, serial_type(&m.serial, text, 1), 0));
    cr_expect(eq(u32, port_in(&m.bus, THR, 1), '2'));
    cr_expect(eq(u32, port_in(&m.bus, THR, 1), 'x'));
    for (size_t i = 3; i < sizeof text; i++)
        (void)port_in(&m.bus, THR, 1);
    cr_expect(eq(u32, port_in(&m.bus, LSR, 1), 0x61));
    cr_expect(eq(u32, port_in(&m.bus, THR, 1), 0));
    cr_expect(eq(u32, port_in(&m.bus, LSR, 1), 0x60));
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
    port_run(&m.bus, row->label, row->op);
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
    port_out(&m.bus, LCR, 1, row->lcr);
    port_out(&m.bus, MCR, 1, row->mcr);
    (void)snprintf(text, sizeof text, "%s", row->text);
    bus_io(&m.bus, true, THR, 1, (uint32_t)strlen(text), text);
    cr_expect(eq(u32, port_in(&m.bus, THR, 1), row->held), "%s", row->label);
    cr_expect(eq(str, heard, (char *)(uintptr_t)row->heard), "%s", row->label);
}

Test(serial, wide_access_is_one_per_byte)
{
    struct machine m;
    uint8_t word[2] = {'x', 0xff};

    machine_init(&m);
    bus_io(&m.bus, true, THR, 2, 1, word);
    cr_expect(eq(str, heard, (char[]){"x|"}));
    cr_expect(eq(u32, port_in(&m.bus, IER, 1), 0x0f));
    bus_io(&m.bus, false, LSR, 2, 1, word);
    cr_expect(eq(u8, word[0], 0x60));
    cr_expect(eq(u8, word[1], 0xb0));
}

Test(debug_console, speaks_and_is_found)
{
    struct machine m;
    uint8_t text[] = {'h', 'i', '!', '?'};

    machine_init(&m);
    cr_expect(eq(u32, port_in(&m.bus, CONSOLE, 1), 0xe9));
    port_out(&m.bus, CONSOLE, 1, 'a');
    bus_io(&m.bus, true, CONSOLE, 1, 3, text);
    bus_io(&m.bus, true, CONSOLE, 2, 2, text); /* high bytes: nobody */
    cr_expect(eq(str, heard, (char[]){"a|hi!|h|!|"}));
}

/* Who waits for input in HLT is woken by it: only with the interrupt on. */
Test(serial, heeds_input)
{
    static struct machine m;

    machine_init(&m);
    cr_expect(not(serial_heeds_input(&m.serial)));
    port_out(&m.bus, 0x3f9, 1, 0x02);
    cr_expect(not(serial_heeds_input(&m.serial)));
    port_out(&m.bus, 0x3f9, 1, 0x01);
    cr_expect(serial_heeds_input(&m.serial));
}
