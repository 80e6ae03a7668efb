/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdatomic.h>

#include "kvm/device/kbc.h"
#include "tests/unit/kvm/device/irq_log.h"
#include "tests/unit/kvm/device/port_rows.h"
#include "tests/unit/kvm/rows.h"

#define DATA(value)                                                            \
    {                                                                          \
        'w', 0x60, value, 1                                                    \
    }
#define COMMAND(value)                                                         \
    {                                                                          \
        'w', 0x64, value, 1                                                    \
    }
/* With the interrupt of a full output buffer. */
#define WITH_IRQ     COMMAND(0x60), DATA(0x35)
#define GIVES(value) R(0x64, 0x15), R(0x60, value), IDLE
#define IDLE                                                                   \
    {                                                                          \
        'r', 0x64, 0x14, 1                                                     \
    }

static const struct device_wiring wiring = {
    .place = {[KBC_DATA] = {BUS_PORTS, 0x60},
              [KBC_COMMAND] = {BUS_PORTS, 0x64},
              [KBC_SYSTEM_CONTROL] = {BUS_PORTS, 0x92}},
    .line = IRQ_LOG_LINE,
};

struct machine {
    atomic_int end_code;
    struct bus bus;
    struct irq_log log;
    struct kbc kbc;
};

static void machine_init(struct machine *m)
{
    struct diag diag = {""};

    atomic_store(&m->end_code, -1);
    bus_init(&m->bus);
    irq_log_connect(&m->log, &m->bus);
    kbc_init(&m->kbc, &m->end_code);
    cr_assert(
        zero(int, device_attach(&kbc_kind, &m->kbc, &m->bus, &wiring, &diag)),
        "%s", diag.text);
}

/* clang-format off */
static const struct kbc_row {
    const char *label;
    struct port_op op[16];
    int end_code;
} kbc_rows[] = {
    {"at reset", {IDLE, R(0x60, 0), R(0x92, 0x02), IDLE}, -1},
    {"self test", {COMMAND(0xaa), GIVES(0x55), R(0x60, 0x55)}, -1},
    {"interface tests", {COMMAND(0xab), GIVES(0), COMMAND(0xa9), GIVES(0)}, -1},
    {"A20 by the output port, as Linux does (a20.c, enable_a20_kbc())",
     {IDLE, COMMAND(0xd1), IDLE, DATA(0xdf), IDLE, COMMAND(0xff), IDLE}, -1},
    {"A20 by reading it first",
     {COMMAND(0xad), COMMAND(0xd0), GIVES(0xcf), COMMAND(0xd1), DATA(0xcf),
      COMMAND(0xd0), GIVES(0xcf), COMMAND(0xae), IDLE}, -1},
    {"A20 stays on",
     {COMMAND(0xd1), DATA(0xdd), COMMAND(0xd0), GIVES(0xdf), COMMAND(0xdd),
      IDLE, COMMAND(0xdf), IDLE}, -1},
    {"A20 by port 0x92",
     {R(0x92, 0x02), W(0x92, 0x02), W(0x92, 0x00),
      R(0x92, 0x02)}, -1},
    {"command byte",
     {COMMAND(0x20), GIVES(0x34), COMMAND(0x60), DATA(0x65), COMMAND(0x20),
      GIVES(0x65)}, -1},
    {"the devices' switches say nothing",
     {COMMAND(0xa7), COMMAND(0xa8), COMMAND(0xad), COMMAND(0xae), IDLE}, -1},
    {"no keyboard answers", {DATA(0xff), DATA(0xed), DATA(0x00), IDLE}, -1},
    {"a command takes one byte of data",
     {COMMAND(0xd1), DATA(0xdf), DATA(0x00), COMMAND(0xd0), GIVES(0xdf)}, -1},
    {"another command takes none",
     {COMMAND(0xd1), COMMAND(0xad), DATA(0x00), COMMAND(0xd0), GIVES(0xcf)},
     -1},
    {"pulses of nothing and of others", {COMMAND(0xff), COMMAND(0xfd)}, -1},
    {"reset by a pulse",           {COMMAND(0xfe)}, 0},
    {"reset by all pulses",        {COMMAND(0xf0)}, 0},
    {"reset by the output port",   {COMMAND(0xd1), DATA(0xde)}, 0},
    {"reset by port 0x92",         {W(0x92, 0x01)}, 0},
};
/* clang-format on */

ParameterizedTestParameters(kbc, ports)
{
    return row_numbers(ROWS(kbc_rows));
}

ParameterizedTest(const size_t *i, kbc, ports)
{
    const struct kbc_row *row = &kbc_rows[*i];
    struct machine m;

    machine_init(&m);
    port_run(&m.bus, row->label, row->op);
    cr_expect(eq(int, atomic_load(&m.end_code), row->end_code), "%s",
              row->label);
}

/* clang-format off */
static const struct irq_row {
    const char *label;
    struct port_op op[16];
    const char *irq; /* what the line does */
} irq_rows[] = {
    {"none unless asked for", {COMMAND(0xaa), GIVES(0x55)}, ""},
    {"for each answer", {WITH_IRQ, COMMAND(0xaa), GIVES(0x55), COMMAND(0xab),
                         GIVES(0)}, "+-+-"},
    {"until it is read", {WITH_IRQ, COMMAND(0xaa), R(0x64, 0x15),
                          R(0x64, 0x15)}, "+"},
    {"two answers, one byte", {WITH_IRQ, COMMAND(0xaa), COMMAND(0x20),
                               GIVES(0x35), R(0x60, 0x35)}, "+-"},
    {"of what is there already", {COMMAND(0xaa), WITH_IRQ}, "+"},
    {"taken back", {WITH_IRQ, COMMAND(0xaa), COMMAND(0x60), DATA(0x34),
                    R(0x64, 0x15)}, "+-"},
    {"not that of the mouse", {COMMAND(0x60), DATA(0x36), COMMAND(0xaa)}, ""},
};
/* clang-format on */

ParameterizedTestParameters(kbc, interrupts)
{
    return row_numbers(ROWS(irq_rows));
}

ParameterizedTest(const size_t *i, kbc, interrupts)
{
    const struct irq_row *row = &irq_rows[*i];
    struct machine m;

    machine_init(&m);
    port_run(&m.bus, row->label, row->op);
    cr_expect(eq(str, m.log.text, (char *)(uintptr_t)row->irq), "%s",
              row->label);
}

Test(kbc, anything)
{
    struct machine m;
    uint64_t seed = 42;

    machine_init(&m);
    port_storm(&m.bus, 0x5e, 0x38, 200000, &seed);
    (void)port_in(&m.bus, 0x60, 1);
    cr_expect(eq(u32, port_in(&m.bus, 0x64, 1), 0x14));
    cr_expect(eq(u32, port_in(&m.bus, 0x92, 1), 0x02));
}
