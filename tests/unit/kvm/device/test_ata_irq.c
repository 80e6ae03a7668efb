/* SPDX-License-Identifier: MIT */
/* What the interrupt line of an ATA channel does, command by command. */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "tests/unit/kvm/device/ata_fixture.h"
#include "tests/unit/kvm/rows.h"

#define IN                                                                     \
    {                                                                          \
        'i', 0, 0, 0                                                           \
    }
#define OUT                                                                    \
    {                                                                          \
        'o', 0, 0, 0                                                           \
    }

/* clang-format off */
static const struct irq_row {
    const char *label;
    /* 'w' and 'r' as elsewhere; 'i' and 'o': a sector in or out. */
    struct port_op op[24];
    const char *irq;
} irq_rows[] = {
    {"none at reset", {R(STATUS, READY)}, ""},
    {"a command without data", {RUN(0xe7)}, "+"},
    {"until the status is read", {RUN(0xe7), R(STATUS, READY), R(STATUS, READY)},
     "+-"},
    {"not the alternate one", {RUN(0xe7), R(CONTROL, READY)}, "+"},
    {"nor another register", {RUN(0xe7), R(ERROR, 0), R(COUNT, 1)}, "+"},
    {"a failure", {ABORTS(0xff)}, "+-"},
    {"each command again", {RUN(0xe7), RUN(0xe7)}, "+-+"},
    {"diagnostic", {RUN(0x90)}, "+"},
    {"diagnostic by device 1", {W(DEVICE, 0xf0), RUN(0x90)}, "+"},
    {"identify: when it can be read", {RUN(0xec), R(STATUS, WANTS_DATA), IN},
     "+-"},
    {"a sector in", {W(DEVICE, 0xe0), W(COUNT, 1), RUN(0x20),
                     R(STATUS, WANTS_DATA), IN, R(STATUS, READY)}, "+-"},
    {"each sector in", {W(DEVICE, 0xe0), W(COUNT, 3), RUN(0x20),
                        R(STATUS, WANTS_DATA), IN, R(STATUS, WANTS_DATA), IN,
                        R(STATUS, WANTS_DATA), IN, R(STATUS, READY)},
     "+-+-+-"},
    {"polled by the alternate status", {W(DEVICE, 0xe0), W(COUNT, 2), RUN(0x20),
                                        IN, IN, R(CONTROL, READY)}, "+"},
    {"a sector out: when it is there", {W(DEVICE, 0xe0), W(COUNT, 1), RUN(0x30),
                                        R(STATUS, WANTS_DATA), OUT,
                                        R(STATUS, READY)}, "+-"},
    {"each sector out", {W(DEVICE, 0xe0), W(COUNT, 2), RUN(0x30), OUT,
                         R(STATUS, WANTS_DATA), OUT, R(STATUS, READY)},
     "+-+-"},
    {"no such sector", {W(DEVICE, 0xe0), W(HIGH, 0xff), RUN(0x30),
                        R(STATUS, FAILED)}, "+-"},
    {"nIEN", {W(CONTROL, 0x02), RUN(0xe7), RUN(0xec), IN}, ""},
    {"nIEN only hides it", {W(CONTROL, 0x02), RUN(0xe7), W(CONTROL, 0)}, "+"},
    {"read while hidden", {W(CONTROL, 0x02), RUN(0xe7), R(STATUS, READY),
                           W(CONTROL, 0)}, ""},
    {"nIEN hides one", {RUN(0xe7), W(CONTROL, 0x02), W(CONTROL, 0)}, "+-+"},
    {"reset", {RUN(0xe7), W(CONTROL, 0x04), W(CONTROL, 0)}, "+-"},
    {"reset while hidden", {W(CONTROL, 0x02), RUN(0xe7), W(CONTROL, 0x06),
                            W(CONTROL, 0)}, ""},
    {"device 1 has none", {W(DEVICE, 0xf0), RUN(0xe7), RUN(0xec)}, ""},
    {"nor shows that of device 0", {RUN(0xe7), W(DEVICE, 0xf0), R(STATUS, 0),
                                    W(DEVICE, 0xe0), R(STATUS, READY)},
     "+-+-"},
};
/* clang-format on */

static void run_irq_op(struct ata_machine *m, const char *label,
                       const struct port_op *op)
{
    const struct port_op one[] = {*op, {0}};
    uint8_t sector[512] = {0};

    if (op->what == 'i' || op->what == 'o')
        bus_io(&m->bus, op->what == 'o', DATA, 2, 256, sector);
    else
        port_run(&m->bus, label, one);
}

ParameterizedTestParameters(ata_irq, line)
{
    return row_numbers(ROWS(irq_rows));
}

ParameterizedTest(const size_t *i, ata_irq, line)
{
    const struct irq_row *row = &irq_rows[*i];
    struct ata_machine m;

    ata_machine_init(&m, SECTORS);
    for (const struct port_op *op = row->op; op->what; op++)
        run_irq_op(&m, row->label, op);
    cr_expect(eq(str, m.log.text, (char *)(uintptr_t)row->irq), "%s",
              row->label);
    cr_expect(eq(int, irq_is_high(bus_line(&m.bus, IRQ_LOG_LINE)),
                 m.log.n &&m.log.text[m.log.n - 1] == '+'),
              "%s", row->label);
    ata_machine_done(&m);
}
