/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>
#include <limits.h>
#include <string.h>

#include "kvm/device/device.h"
#include "tests/unit/kvm/device/irq_log.h"
#include "tests/unit/kvm/rows.h"

/* What is done to a line: '1' and '0' set it, 'p' is a pulse. */
static const struct line_row {
    const char *label, *ops, *log;
    bool high; /* afterwards */
} line_rows[] = {
    {"nothing", "", "", false},
    {"rises", "1", "+", true},
    {"falls", "10", "+-", false},
    {"only changes are told", "0011100", "+-", false},
    {"a pulse", "p", "+-", false},
    {"two are two", "pp", "+-+-", false},
    {"a pulse on a high line rises, too", "1p", "+-+-", false},
};

static void drive(struct irq_line *line, const char *ops)
{
    for (; *ops; ops++) {
        if (*ops == 'p')
            irq_pulse(line);
        else
            irq_set(line, *ops == '1');
    }
}

ParameterizedTestParameters(irq, line)
{
    return row_numbers(ROWS(line_rows));
}

ParameterizedTest(const size_t *i, irq, line)
{
    const struct line_row *row = &line_rows[*i];
    struct irq_log log;
    struct bus bus;
    struct irq_line *line;

    bus_init(&bus);
    irq_log_connect(&log, &bus);
    line = bus_line(&bus, IRQ_LOG_LINE);
    drive(line, row->ops);
    cr_expect(eq(str, log.text, (char *)(uintptr_t)row->log), "%s", row->label);
    cr_expect(eq(int, irq_is_high(line), row->high), "%s", row->label);
}

ParameterizedTestParameters(irq, unconnected)
{
    return row_numbers(ROWS(line_rows));
}

/* Nobody listens: the level is there all the same, and who comes later is told
 * of a high one. */
ParameterizedTest(const size_t *i, irq, unconnected)
{
    const struct line_row *row = &line_rows[*i];
    struct irq_log log;
    struct bus bus;
    struct irq_line *line;

    bus_init(&bus);
    line = bus_line(&bus, IRQ_LOG_LINE);
    drive(line, row->ops);
    cr_expect(eq(int, irq_is_high(line), row->high), "%s", row->label);
    irq_log_connect(&log, &bus);
    cr_expect(eq(int, log.n, row->high), "%s: %s", row->label, log.text);
}

/* Each line is another one, but for those that do not exist. */
Test(irq, lines_of_a_bus)
{
    struct bus bus;

    bus_init(&bus);
    for (unsigned n = 0; n < BUS_LINES; n++) {
        cr_expect(eq(uint, bus_line(&bus, n)->number, n));
        for (unsigned other = 0; other < n; other++)
            cr_expect(bus_line(&bus, n) != bus_line(&bus, other));
    }
    cr_expect(bus_line(&bus, BUS_NO_LINE) == bus_line(&bus, UINT_MAX));
    cr_expect(bus_line(&bus, BUS_NO_LINE) != bus_line(&bus, BUS_LINES - 1));
    irq_set(bus_line(&bus, 4), true);
    for (unsigned n = 0; n <= BUS_NO_LINE; n++)
        cr_expect(eq(int, irq_is_high(bus_line(&bus, n)), n == 4));
}

Test(irq, connected_once)
{
    struct irq_log log;
    struct bus bus;
    struct diag diag = {""};
    struct irq_sink sink;

    bus_init(&bus);
    irq_log_connect(&log, &bus);
    sink = bus_line(&bus, IRQ_LOG_LINE)->sink;
    cr_expect(eq(int, bus_connect(&bus, IRQ_LOG_LINE, &sink, &diag), -EEXIST));
    cr_expect(strstr(diag.text, "line 5 leads to") != NULL, "%s", diag.text);
    cr_expect(eq(int, bus_connect(&bus, BUS_NO_LINE, &sink, &diag), -EINVAL));
    cr_expect(strstr(diag.text, "no interrupt line 24") != NULL, "%s",
              diag.text);
    irq_pulse(bus_line(&bus, BUS_NO_LINE));
    cr_expect(eq(sz, log.n, 0), "it leads nowhere");
}

/* --- a device's line --- */

static void take_line(void *device, struct irq_line *line)
{
    *(struct irq_line **)device = line;
}

static const struct device_kind button = {.name = "button",
                                          .block = {{0}},
                                          .drive = take_line};
static const struct device_kind lamp = {.name = "lamp",
                                        .block = {{0}},
                                        .drive = NULL};

Test(irq, a_device_drives_what_it_was_given)
{
    const struct device_wiring wiring = {.line = 7};
    struct irq_line *line = NULL;
    struct bus bus;

    bus_init(&bus);
    cr_assert(zero(int, device_attach(&button, &line, &bus, &wiring, NULL)));
    cr_expect(line == bus_line(&bus, 7));
    cr_expect(zero(int, strcmp(bus.driver[7], "button")));
}

Test(irq, one_device_a_line)
{
    const struct device_wiring wiring = {.line = 7};
    const struct device_wiring nowhere = {.line = BUS_NO_LINE};
    struct irq_line *line = NULL, *second = NULL;
    struct diag diag = {""};
    struct bus bus;

    bus_init(&bus);
    cr_assert(zero(int, device_attach(&button, &line, &bus, &wiring, NULL)));
    cr_expect(eq(int, device_attach(&button, &second, &bus, &wiring, &diag),
                 -EEXIST));
    cr_expect(strstr(diag.text, "button: interrupt line 7 is that of button") !=
                  NULL,
              "%s", diag.text);
    for (int i = 0; i < 2; i++)
        cr_expect(
            zero(int, device_attach(&button, &second, &bus, &nowhere, NULL)));
    cr_expect(second == bus_line(&bus, BUS_NO_LINE));
}

Test(irq, a_device_without_interrupts)
{
    struct device_wiring wiring = {.line = BUS_NO_LINE};
    struct diag diag = {""};
    struct bus bus;

    bus_init(&bus);
    cr_expect(zero(int, device_attach(&lamp, NULL, &bus, &wiring, &diag)));
    wiring.line = 3;
    cr_expect(
        eq(int, device_attach(&lamp, NULL, &bus, &wiring, &diag), -EINVAL));
    cr_expect(strstr(diag.text, "lamp has no interrupts") != NULL, "%s",
              diag.text);
}
