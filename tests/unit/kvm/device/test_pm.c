/* SPDX-License-Identifier: MIT */
/* ACPI's fixed hardware, by its specification: rows of accesses in time. */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdatomic.h>
#include <string.h>

#include "kvm/device/pm.h"
#include "tests/unit/kvm/rows.h"

/* A turn of the timer is 2^24 / 3579545 s; its uppermost bit changes twice. */
#define HALF_TURN_NS UINT64_C(2343484438)
#define TURN_NS      UINT64_C(4686968875)

struct op {
    enum { END, SET, GET, IRQ, NEXT, OFF } what;
    uint64_t at; /* ns */
    unsigned port, size;
    uint64_t value;
};

/* clang-format off */
#define W(at, port, size, value) {SET, at, port, size, value}
#define R(at, port, size, value) {GET, at, port, size, value}
#define HIGH(at)                 {IRQ, at, 0, 0, 1}
#define LOW(at)                  {IRQ, at, 0, 0, 0}
#define DUE(ns)                  {NEXT, 0, 0, 0, ns}
#define ENDS(yes)                {OFF, 0, 0, 0, yes}

static const struct row {
    const char *label;
    struct op op[24];
} rows[] = {
    {"power-on", {R(0, 0x600, 2, 0), R(0, 0x602, 2, 0), R(0, 0x604, 2, 1),
     R(0, 0x608, 4, 0), LOW(0), DUE(CLOCK_NEVER), ENDS(0)}},
    /* --- the timer --- */
    {"it counts", {R(1000000, 0x608, 4, 3579), R(1000000000, 0x608, 4, 3579545),
     R(2000000000, 0x608, 4, 7159090)}},
    {"no less than a cycle", {R(279, 0x608, 4, 0), R(280, 0x608, 4, 1),
     R(558, 0x608, 4, 1), R(559, 0x608, 4, 2)}},
    {"its 24 bits", {R(TURN_NS - 1, 0x608, 4, 0xffffff),
     R(TURN_NS, 0x608, 4, 0), R(TURN_NS + 278, 0x608, 4, 0),
     R(TURN_NS + 279, 0x608, 4, 1)}},
    {"after a year", {R(UINT64_C(31536000000000000), 0x608, 4, 0x60c780)}},
    {"its bytes", {R(1000000000, 0x608, 1, 0x99), R(1000000000, 0x609, 1, 0x9e),
     R(1000000000, 0x60a, 1, 0x36), R(1000000000, 0x60b, 1, 0),
     R(1000000000, 0x609, 2, 0x369e)}},
    {"read-only", {W(0, 0x608, 4, 0x12345678), R(0, 0x608, 4, 0)}},
    /* --- its carry --- */
    {"the bit rises", {R(HALF_TURN_NS - 1, 0x600, 2, 0),
     R(HALF_TURN_NS, 0x600, 2, 1)}},
    {"and falls", {W(HALF_TURN_NS, 0x600, 2, 1), R(HALF_TURN_NS, 0x600, 2, 0),
     R(TURN_NS - 1, 0x600, 2, 0), R(TURN_NS, 0x600, 2, 1)}},
    {"seen after several turns", {R(9 * HALF_TURN_NS, 0x600, 2, 1),
     W(9 * HALF_TURN_NS, 0x600, 2, 1), R(9 * HALF_TURN_NS + 9, 0x600, 2, 0)}},
    {"cleared by a 1 alone", {W(HALF_TURN_NS, 0x600, 2, 0xfffe),
     R(HALF_TURN_NS, 0x600, 2, 1), W(HALF_TURN_NS, 0x600, 1, 1),
     R(HALF_TURN_NS, 0x600, 2, 0)}},
    {"not by its enable", {W(HALF_TURN_NS, 0x602, 2, 1),
     R(HALF_TURN_NS, 0x600, 4, 0x00010001)}},
    {"without interrupts", {LOW(HALF_TURN_NS), DUE(CLOCK_NEVER)}},
    {"interrupts", {W(0, 0x602, 2, 1), DUE(HALF_TURN_NS),
     LOW(HALF_TURN_NS - 1), HIGH(HALF_TURN_NS), DUE(CLOCK_NEVER),
     HIGH(HALF_TURN_NS + 1), W(HALF_TURN_NS + 1, 0x600, 2, 1),
     LOW(HALF_TURN_NS + 1), DUE(TURN_NS),
     HIGH(TURN_NS)}},
    {"enabled later", {LOW(HALF_TURN_NS), W(HALF_TURN_NS, 0x602, 2, 1),
     HIGH(HALF_TURN_NS)}},
    {"disabled", {W(0, 0x602, 2, 1), HIGH(HALF_TURN_NS),
     W(HALF_TURN_NS, 0x602, 2, 0), LOW(HALF_TURN_NS), DUE(CLOCK_NEVER)}},
    {"other events", {W(0, 0x602, 2, 0x0720), DUE(CLOCK_NEVER),
     LOW(HALF_TURN_NS)}},
    /* --- registers --- */
    {"enables that there are", {W(0, 0x602, 2, 0xffff), R(0, 0x602, 2, 0x0721),
     W(0, 0x603, 1, 0), R(0, 0x602, 2, 0x21), W(0, 0x602, 1, 0),
     R(0, 0x602, 2, 0)}},
    {"both at once", {W(HALF_TURN_NS, 0x600, 4, 0x00210001),
     R(HALF_TURN_NS, 0x600, 4, 0x00210000)}},
    {"SCI_EN stays", {W(0, 0x604, 2, 0), R(0, 0x604, 2, 1)}},
    {"what control keeps", {W(0, 0x604, 2, 0xdfff), R(0, 0x604, 2, 0x1c03),
     W(0, 0x604, 1, 0), R(0, 0x604, 2, 0x1c01), ENDS(0)}},
    /* --- off --- */
    {"off", {W(0, 0x604, 2, 0x2000), ENDS(1), R(0, 0x604, 2, 1)}},
    {"off, by a byte", {W(0, 0x605, 1, 0x20), ENDS(1)}},
    {"off, the type before", {W(0, 0x604, 2, 0x1c00), ENDS(0),
     W(0, 0x604, 2, 0), ENDS(0), W(0, 0x604, 2, 0x2001), ENDS(1)}},
    {"another sleep", {W(0, 0x604, 2, 0x2400), ENDS(0),
     R(0, 0x604, 2, 0x0401), W(0, 0x604, 2, 0x3c00), ENDS(0)}},
    {"its low byte", {W(0, 0x604, 1, 0xff), ENDS(0)}},
};
/* clang-format on */

static struct bus bus;
static struct pm pm;
static struct machine_clock pm_clock;
static atomic_uint changes;
static atomic_int end_code;

static void start(void)
{
    static const struct device_wiring wiring = {
        {{BUS_PORTS, 0x600}, {BUS_PORTS, 0x604}, {BUS_PORTS, 0x608}}, 9};

    bus_init(&bus);
    machine_clock_init(&pm_clock);
    atomic_store(&end_code, -1);
    pm_init(&pm, &pm_clock, &changes, &end_code);
    cr_assert(zero(int, device_attach(&pm_kind, &pm, &bus, &wiring, NULL)));
}

static uint32_t get(const struct op *op)
{
    uint32_t value = 0;

    bus_io(&bus, false, (uint16_t)op->port, op->size, 1, &value);
    return value;
}

static void set(const struct op *op)
{
    uint32_t value = (uint32_t)op->value;

    bus_io(&bus, true, (uint16_t)op->port, op->size, 1, &value);
}

static void do_op(const struct row *row, size_t i)
{
    const struct op *op = &row->op[i];

    if (op->what != NEXT && op->what != OFF)
        pm_clock.passed = op->at;
    if (op->what == SET)
        set(op);
    else if (op->what == GET)
        cr_expect(eq(u64, get(op), op->value), "%s: op %zu", row->label, i);
    else if (op->what == NEXT)
        cr_expect(eq(u64, pm_settle(&pm), op->value), "%s: op %zu", row->label,
                  i);
    else if (op->what == OFF)
        cr_expect(eq(int, atomic_load(&end_code), op->value ? 0 : -1),
                  "%s: op %zu", row->label, i);
    else if (op->what == IRQ) {
        (void)pm_settle(&pm);
        cr_expect(eq(int, irq_is_high(bus_line(&bus, 9)), (int)op->value),
                  "%s: op %zu", row->label, i);
    }
}

ParameterizedTestParameters(pm, registers)
{
    return row_numbers(ROWS(rows));
}

ParameterizedTest(const size_t *i, pm, registers)
{
    const struct row *row = &rows[*i];

    start();
    for (size_t k = 0; row->op[k].what; k++)
        do_op(row, k);
}

/* A write changes what others wait for; a read does not. */
Test(pm, changes)
{
    const struct op access = {SET, 0, 0x602, 2, 1};
    unsigned before;

    start();
    before = atomic_load(&changes);
    (void)get(&access);
    cr_expect(eq(uint, atomic_load(&changes), before));
    set(&access);
    cr_expect(ne(uint, atomic_load(&changes), before));
}
