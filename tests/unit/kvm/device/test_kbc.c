/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdatomic.h>

#include "kvm/device/guest_end.h"
#include "kvm/device/kbc.h"
#include "tests/unit/kvm/device/irq_log.h"
#include "tests/unit/kvm/device/port_rows.h"
#include "tests/unit/kvm/rows.h"

/* A row's accesses; 'k': the key that types value goes down and up; 't': so
 * many us pass. */
#define DATA(value)                                                            \
    {                                                                          \
        'w', 0x60, value, 1                                                    \
    }
#define COMMAND(value)                                                         \
    {                                                                          \
        'w', 0x64, value, 1                                                    \
    }
#define CONFIG(value) COMMAND(0x60), DATA(value)
/* What was sent last was a command, or data. */
#define GIVES(value) R(0x64, 0x1d), R(0x60, value), R(0x64, 0x1c)
#define SENDS(value) R(0x64, 0x15), R(0x60, value)
#define IDLE                                                                   \
    {                                                                          \
        'r', 0x64, 0x14, 1                                                     \
    }
#define TOLD                                                                   \
    {                                                                          \
        'r', 0x64, 0x1c, 1                                                     \
    }
#define KEY(c)                                                                 \
    {                                                                          \
        'k', 0, c, 1                                                           \
    }
#define US(n)                                                                  \
    {                                                                          \
        't', 0, n, 1                                                           \
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
    struct machine_clock clock;
    atomic_uint changes;
    struct kbc kbc;
};

static void machine_init(struct machine *m)
{
    struct diag diag = {""};

    atomic_store(&m->end_code, -1);
    bus_init(&m->bus);
    irq_log_connect(&m->log, &m->bus);
    machine_clock_init(&m->clock);
    kbc_init(&m->kbc, &m->clock, &m->changes, &m->end_code);
    cr_assert(
        zero(int, device_attach(&kbc_kind, &m->kbc, &m->bus, &wiring, &diag)),
        "%s", diag.text);
}

static void press(struct machine *m, char c)
{
    bool shift;
    const struct key *key = key_by_char(c, &shift);

    cr_assert(kbc_press(&m->kbc, &key, 1));
}

static void run(struct machine *m, const char *label, const struct port_op *op)
{
    for (; op->what; op++) {
        const struct port_op one[] = {*op, {0}};

        if (op->what == 'k')
            press(m, (char)op->value);
        else if (op->what == 't')
            m->clock.passed += op->value * UINT64_C(1000);
        else
            port_run(&m->bus, label, one);
        (void)kbc_settle(&m->kbc);
    }
}

/* clang-format off */
static const struct kbc_row {
    const char *label;
    struct port_op op[20];
    int end_code;
} kbc_rows[] = {
    {"as a BIOS leaves it", {IDLE, R(0x60, 0), R(0x92, 0x02), IDLE}, -1},
    {"self test", {COMMAND(0xaa), GIVES(0x55), R(0x60, 0x55)}, -1},
    {"interface tests", {COMMAND(0xab), GIVES(0), COMMAND(0xa9), GIVES(0)}, -1},
    {"A20 by the output port, as Linux does (a20.c, enable_a20_kbc())",
     {IDLE, COMMAND(0xd1), TOLD, DATA(0xdf), IDLE, COMMAND(0xff), TOLD}, -1},
    {"A20 by reading it first",
     {COMMAND(0xad), COMMAND(0xd0), GIVES(0xcf), COMMAND(0xd1), DATA(0xcf),
      COMMAND(0xd0), GIVES(0xcf), COMMAND(0xae), TOLD}, -1},
    {"A20 stays on",
     {COMMAND(0xd1), DATA(0xdd), COMMAND(0xd0), GIVES(0xcf), COMMAND(0xdd),
      TOLD, COMMAND(0xdf), TOLD}, -1},
    {"A20 by port 0x92",
     {R(0x92, 0x02), W(0x92, 0x02), W(0x92, 0x00),
      R(0x92, 0x02)}, -1},
    {"command byte",
     {COMMAND(0x20), GIVES(0x65), CONFIG(0x34), COMMAND(0x20),
      GIVES(0x34)}, -1},
    {"its system flag is the status's", {CONFIG(0x61), R(0x64, 0x10)}, -1},
    {"the devices' switches", {COMMAND(0xa8), COMMAND(0xad), COMMAND(0x20),
      GIVES(0x55), COMMAND(0xa7), COMMAND(0xae), COMMAND(0x20), GIVES(0x65)},
     -1},
    {"a command takes one byte of data",
     {COMMAND(0xd1), DATA(0xdd), CONFIG(0x34), COMMAND(0xd0), GIVES(0xcf)}, -1},
    {"another command takes none",
     {COMMAND(0xd1), COMMAND(0xad), DATA(0xee), SENDS(0xee), COMMAND(0x20),
      GIVES(0x65)}, -1},
    {"what is for a mouse does not reach the keyboard",
     {COMMAND(0xd4), DATA(0xff), IDLE, COMMAND(0xd3), DATA(0x5a), IDLE}, -1},
    {"as if from the keyboard", {COMMAND(0xd2), DATA(0x77), SENDS(0x77), IDLE},
     -1},
    {"a key in set 1", {KEY('a'), SENDS(0x1e), SENDS(0x9e), IDLE}, -1},
    {"a key in set 2", {CONFIG(0x25), KEY('a'), SENDS(0x1c), SENDS(0xf0),
      SENDS(0x1c), IDLE}, -1},
    {"the same byte while there is no other", {KEY('a'), R(0x60, 0x1e),
      R(0x60, 0x9e), R(0x60, 0x9e)}, -1},
    {"it waits while the keyboard's clock is held",
     {COMMAND(0xad), KEY('a'), TOLD, COMMAND(0xae), R(0x64, 0x1d),
      R(0x60, 0x1e)}, -1},
    {"data for the keyboard lets it go",
     {COMMAND(0xad), KEY('a'), DATA(0xee), SENDS(0xee), SENDS(0x1e)}, -1},
    {"an answer comes first, and no key is lost",
     {KEY('a'), COMMAND(0x20), R(0x60, 0x65), R(0x60, 0x1e), R(0x60, 0x9e),
      TOLD}, -1},
    {"pulses of nothing and of others", {COMMAND(0xff), COMMAND(0xfd)}, -1},
    {"reset by a pulse",           {COMMAND(0xfe)}, GUEST_RESET_BY_KBC},
    {"reset by all pulses",        {COMMAND(0xf0)}, GUEST_RESET_BY_KBC},
    {"reset by the output port",   {COMMAND(0xd1), DATA(0xde)},
     GUEST_RESET_BY_KBC},
    {"reset by port 0x92",         {W(0x92, 0x01)}, GUEST_RESET_BY_PORT_92},
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
    run(&m, row->label, row->op);
    cr_expect(eq(int, atomic_load(&m.end_code), row->end_code), "%s",
              row->label);
}

/* clang-format off */
static const struct irq_row {
    const char *label;
    struct port_op op[16];
    const char *irq; /* what the line does */
} irq_rows[] = {
    {"none unless asked for", {CONFIG(0x64), COMMAND(0xaa), GIVES(0x55)}, ""},
    {"for each answer", {COMMAND(0xaa), GIVES(0x55), COMMAND(0xab), GIVES(0)},
     "+-+-"},
    {"until it is read", {COMMAND(0xaa), R(0x64, 0x1d), R(0x64, 0x1d)}, "+"},
    {"two answers, one byte", {COMMAND(0xaa), COMMAND(0x20), GIVES(0x65),
                               R(0x60, 0x65)}, "+-"},
    {"of what is there already", {CONFIG(0x64), COMMAND(0xaa), CONFIG(0x65)},
     "+"},
    {"taken back", {COMMAND(0xaa), CONFIG(0x64), R(0x64, 0x15)}, "+-"},
    {"not that of the mouse", {CONFIG(0x66), COMMAND(0xaa)}, ""},
    {"of a key", {KEY('a')}, "+"},
    {"of each byte, after its time on the wire",
     {KEY('a'), R(0x60, 0x1e), R(0x64, 0x15), US(999), R(0x64, 0x15)}, "+-"},
    {"and then",
     {KEY('a'), R(0x60, 0x1e), US(1000), R(0x64, 0x15)}, "+-+"},
    {"a key long after", {KEY('a'), R(0x60, 0x1e), R(0x60, 0x9e), US(5000),
                          KEY('b')}, "+-+"},
    {"none for what was polled meanwhile",
     {KEY('a'), R(0x60, 0x1e), R(0x60, 0x9e), US(5000), R(0x64, 0x14)}, "+-"},
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
    run(&m, row->label, row->op);
    cr_expect(eq(str, m.log.text, (char *)(uintptr_t)row->irq), "%s",
              row->label);
}

Test(kbc, anything)
{
    struct machine m;
    uint64_t seed = 42;

    machine_init(&m);
    port_storm(&m.bus, 0x5e, 0x38, 200000, &seed);
    for (unsigned n = 0; port_in(&m.bus, 0x64, 1) & 1; n++) {
        cr_assert(lt(uint, n, KEYBOARD_BYTES + 2));
        (void)port_in(&m.bus, 0x60, 1);
    }
    cr_expect(eq(u32, port_in(&m.bus, 0x92, 1), 0x02));
}

/* When the next byte interrupts. */
Test(kbc, deadline)
{
    struct machine m;
    unsigned before;

    machine_init(&m);
    cr_expect(eq(u64, kbc_settle(&m.kbc), CLOCK_NEVER));
    m.clock.passed = 7;
    press(&m, 'a');
    cr_expect(eq(u64, kbc_settle(&m.kbc), CLOCK_NEVER), "it has risen");
    before = atomic_load(&m.changes);
    (void)port_in(&m.bus, 0x60, 1);
    cr_expect(ne(uint, atomic_load(&m.changes), before));
    cr_expect(eq(u64, kbc_settle(&m.kbc), 1000007));
    m.clock.passed = 1000006;
    cr_expect(eq(u64, kbc_settle(&m.kbc), 1000007));
    m.clock.passed = 1000007;
    cr_expect(eq(u64, kbc_settle(&m.kbc), CLOCK_NEVER));
    cr_expect(eq(str, m.log.text, (char *)(uintptr_t) "+-+"));
}

Test(kbc, a_chord_or_nothing)
{
    static const uint8_t bytes[] = {0x1d, 0x38, 0xe0, 0x53,
                                    0xe0, 0xd3, 0xb8, 0x9d};
    const struct key *const keys[] = {key_by_name("ctrl", 4),
                                      key_by_name("alt", 3),
                                      key_by_name("delete", 6)};
    struct machine m;

    machine_init(&m);
    cr_assert(kbc_press(&m.kbc, keys, 3));
    for (size_t i = 0; i < sizeof bytes; i++)
        cr_expect(eq(u32, port_in(&m.bus, 0x60, 1), bytes[i]), "%zu", i);
    cr_expect(eq(u32, port_in(&m.bus, 0x64, 1), 0x14));
    m.kbc.state.has_output = true;
    m.kbc.state.keyboard.n = KEYBOARD_BYTES - 8 - 2 * 5;
    cr_expect(not(kbc_press(&m.kbc, keys, 3)));
    cr_expect(eq(sz, m.kbc.state.keyboard.n, KEYBOARD_BYTES - 8 - 2 * 5));
    cr_expect(kbc_press(&m.kbc, keys, 2));
}
