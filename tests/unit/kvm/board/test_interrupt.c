/* SPDX-License-Identifier: MIT */
/* How a PC's lines, controllers and CPUs are connected: rows of what guests and
 * devices do, and what the CPUs are asked to take. */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>
#include <stdio.h>

#include "kvm/board/board.h"
#include "kvm/board/pc.h"
#include "tests/unit/kvm/rows.h"

enum { CPUS = 3, NEVER = 0x7fffffff };

struct op {
    enum {
        END,
        OUT,    /* a byte to a port */
        APIC,   /* a register of the CPU's own */
        IOAPIC, /* by its index */
        LINE,   /* value: high */
        CR8,
        MSR,
        ASKS,  /* value: whether */
        NMI,   /* the same */
        TAKES, /* value: the vector */
        BACK,
        RESET,  /* value: whether the guest has ended */
        TIME,   /* value: us */
        DUE,    /* value: us */
        REMOTE, /* value: whether pin `at` has its remote IRR */
    } what;
    unsigned cpu;
    unsigned at;
    uint32_t value;
};

/* clang-format off */
#define PORT_OUT(port, v)  {OUT, 0, port, v}
#define OWN(cpu, at, v)    {APIC, cpu, at, v}
#define ENTRY(pin, v)      {IOAPIC, 0, 0x10 + 2 * (pin), v}
#define TO(pin, v)         {IOAPIC, 0, 0x11 + 2 * (pin), v}
#define UP(line)           {LINE, 0, line, 1}
#define DOWN(line)         {LINE, 0, line, 0}
#define ASKING(cpu)        {ASKS, cpu, 0, 1}
#define QUIET(cpu)         {ASKS, cpu, 0, 0}
#define TAKE(cpu, v)       {TAKES, cpu, 0, v}
#define EOI(cpu)           OWN(cpu, 0xb0, 0)
#define ON(cpu)            OWN(cpu, 0xf0, 0x1ff)
#define LINT0              0x350
#define LEVEL              0x8000u
#define LOGICAL            0x800u
#define LOWEST             0x100u
/* Every input of the older controllers, at vectors 0x20 and 0x28. */
#define PIC                PORT_OUT(0x20, 0x11), PORT_OUT(0x21, 0x20), \
                           PORT_OUT(0x21, 4), PORT_OUT(0x21, 1), \
                           PORT_OUT(0xa0, 0x11), PORT_OUT(0xa1, 0x28), \
                           PORT_OUT(0xa1, 2), PORT_OUT(0xa1, 1)
#define PIC_EOI            PORT_OUT(0x20, 0x20)
/* Counter 0 at 1000 Hz. */
#define PIT                PORT_OUT(0x43, 0x34), PORT_OUT(0x40, 0xa9), \
                           PORT_OUT(0x40, 0x04)

static const struct row {
    const char *label;
    struct op op[48];
} rows[] = {
    /* --- the older controllers, through the local APIC --- */
    {"virtual wire: the first CPU alone", {PIC, UP(5), ASKING(0), QUIET(1),
     TAKE(0, 0x25), QUIET(0), PIC_EOI, DOWN(5), UP(5), ASKING(0)}},
    {"no priority of the CPU holds it off", {PIC, {CR8, 0, 0, 15}, UP(5),
     ASKING(0), TAKE(0, 0x25)}},
    {"given back", {PIC, UP(5), TAKE(0, 0x25), {BACK, 0, 0, 0}, ASKING(0),
     TAKE(0, 0x25), PIC_EOI, QUIET(0)}},
    {"LINT0 masked", {PIC, OWN(0, LINT0, 0x10700), UP(5), QUIET(0),
     OWN(0, LINT0, 0x700), ASKING(0)}},
    {"switched off: the CPU's own pin", {PIC, OWN(0, LINT0, 0x10700),
     {MSR, 0, 0, 0xfee00100}, UP(5), ASKING(0), TAKE(0, 0x25)}},
    {"switched on again: masked", {PIC, {MSR, 0, 0, 0xfee00100},
     {MSR, 0, 0, 0xfee00900}, UP(5), QUIET(0)}},
    {"as a vector of its own", {PIC, OWN(0, LINT0, 0x61), UP(5), ASKING(0),
     TAKE(0, 0x61), EOI(0), QUIET(0)}},
    {"as an NMI", {PIC, OWN(0, LINT0, 0x400), UP(5), QUIET(0),
     {NMI, 0, 0, 1}}},
    {"by pin 0", {PIC, OWN(0, LINT0, 0x10700), ENTRY(0, 0x700), UP(5),
     ASKING(0), TAKE(0, 0x25), QUIET(0), DOWN(5), PIC_EOI, UP(6), ASKING(0),
     TAKE(0, 0x26)}},
    {"by pin 0 to another CPU, given back", {PIC, OWN(0, LINT0, 0x10700), ON(1),
     TO(0, 0x01000000), ENTRY(0, 0x700), UP(5), QUIET(0), ASKING(1),
     TAKE(1, 0x25), {BACK, 1, 0, 0}, ASKING(1), TAKE(1, 0x25), QUIET(1)}},
    /* --- the I/O APIC --- */
    {"a line and its pin", {ENTRY(5, 0x51), UP(5), ASKING(0), QUIET(1),
     TAKE(0, 0x51), EOI(0), QUIET(0)}},
    {"line 0 is pin 2", {ENTRY(0, 0x50), ENTRY(2, 0x52), UP(0), TAKE(0, 0x52),
     EOI(0), QUIET(0)}},
    {"a line beyond the older ones", {ENTRY(20, 0x51), UP(20), TAKE(0, 0x51)}},
    {"both get it", {PIC, ENTRY(5, 0x51), UP(5), TAKE(0, 0x25), ASKING(0),
     TAKE(0, 0x51)}},
    {"a level: EOI tells the I/O APIC", {ENTRY(5, 0x51 | LEVEL), UP(5),
     TAKE(0, 0x51), {REMOTE, 0, 5, 1}, EOI(0), ASKING(0), {REMOTE, 0, 5, 1},
     TAKE(0, 0x51), DOWN(5), EOI(0), QUIET(0), {REMOTE, 0, 5, 0}}},
    {"a level: given back and taken", {ENTRY(5, 0x51 | LEVEL), UP(5),
     TAKE(0, 0x51), {BACK, 0, 0, 0}, ASKING(0), TAKE(0, 0x51), DOWN(5), EOI(0),
     QUIET(0), {REMOTE, 0, 5, 0}}},
    {"nobody is on: the level is tried again", {OWN(0, 0xf0, 0xff),
     ENTRY(5, 0x51 | LEVEL), UP(5), {REMOTE, 0, 5, 0}, ON(0),
     ENTRY(5, 0x51 | LEVEL), ASKING(0), {REMOTE, 0, 5, 1}}},
    {"to the second CPU", {ON(1), TO(5, 0x01000000), ENTRY(5, 0x51), UP(5),
     QUIET(0), QUIET(2), TAKE(1, 0x51)}},
    {"to all", {ON(1), ON(2), TO(5, 0xff000000), ENTRY(5, 0x51), UP(5),
     TAKE(0, 0x51), TAKE(1, 0x51), TAKE(2, 0x51)}},
    {"logical: two of three", {ON(1), ON(2), OWN(0, 0xd0, 0x01000000),
     OWN(1, 0xd0, 0x02000000), OWN(2, 0xd0, 0x04000000), TO(5, 0x06000000),
     ENTRY(5, 0x51 | LOGICAL), UP(5), QUIET(0), TAKE(1, 0x51), TAKE(2, 0x51)}},
    {"lowest priority: who does least", {ON(1), ON(2),
     OWN(0, 0xd0, 0x01000000), OWN(1, 0xd0, 0x02000000),
     OWN(2, 0xd0, 0x04000000), {CR8, 0, 0, 4}, {CR8, 1, 0, 2}, {CR8, 2, 0, 3},
     TO(5, 0x07000000), ENTRY(5, 0x51 | LOGICAL | LOWEST), UP(5), QUIET(0),
     QUIET(2), TAKE(1, 0x51)}},
    /* --- between CPUs --- */
    {"to itself", {OWN(1, 0xf0, 0x1ff), OWN(1, 0x300, 0x40041), QUIET(0),
     TAKE(1, 0x41)}},
    {"to another", {ON(1), OWN(0, 0x310, 0x01000000), OWN(0, 0x300, 0x41),
     QUIET(0), TAKE(1, 0x41)}},
    {"to nobody", {OWN(0, 0x310, 0x09000000), OWN(0, 0x300, 0x41), QUIET(0),
     QUIET(1), QUIET(2)}},
    {"to all, and to others", {ON(1), ON(2), OWN(1, 0x300, 0x80041), TAKE(0, 0x41),
     TAKE(1, 0x41), TAKE(2, 0x41), OWN(1, 0x300, 0xc0051), TAKE(0, 0x51),
     QUIET(1), TAKE(2, 0x51)}},
    {"an NMI", {OWN(0, 0x310, 0x01000000), OWN(0, 0x300, 0x400),
     {NMI, 0, 0, 0}, {NMI, 1, 0, 1}}},
    {"INIT to another CPU", {OWN(0, 0x310, 0x01000000), OWN(0, 0x300, 0x4500),
     {RESET, 0, 0, 0}}},
    {"INIT to the first one resets the machine", {OWN(0, 0x300, 0x4500),
     {RESET, 0, 0, 1}}},
    /* --- CR8 --- */
    {"CR8 holds a message off", {{CR8, 0, 0, 4}, OWN(0, 0x300, 0x4004f),
     QUIET(0), {CR8, 0, 0, 3}, ASKING(0)}},
    /* --- deadlines --- */
    {"nothing is due", {{DUE, 0, 0, NEVER}, PIT, {DUE, 0, 0, NEVER}}},
    {"the timer of the older controllers", {PIT, PIC, {DUE, 0, 0, 1000},
     {TIME, 0, 0, 1001}, ASKING(0), {DUE, 0, 0, NEVER}, TAKE(0, 0x20), PIC_EOI,
     {DUE, 0, 0, 2000}}},
    {"not where LINT0 is masked", {PIT, PIC, OWN(0, LINT0, 0x10700),
     {DUE, 0, 0, NEVER}}},
    {"by the I/O APIC", {PIT, ENTRY(2, 0x51), {DUE, 0, 0, 1000},
     {TIME, 0, 0, 1001}, ASKING(0), {DUE, 0, 0, NEVER}, TAKE(0, 0x51),
     {DUE, 0, 0, NEVER}, EOI(0), {DUE, 0, 0, 2000}}},
    {"not where that is masked", {PIT, ENTRY(2, 0x10051), {DUE, 0, 0, NEVER}}},
    {"not where CR8 holds it off", {PIT, ENTRY(2, 0x51), {CR8, 0, 0, 5},
     {DUE, 0, 0, NEVER}, {CR8, 0, 0, 4}, {DUE, 0, 0, 1000}}},
    {"the local APIC's own timer", {OWN(0, 0x3e0, 0xb), OWN(0, 0x320, 0x61),
     OWN(0, 0x380, 500000), {DUE, 0, 0, 500}, {DUE, 1, 0, NEVER}, PIT, PIC,
     {DUE, 0, 0, 500}, {TIME, 0, 0, 501}, ASKING(0), TAKE(0, 0x61), EOI(0),
     {DUE, 0, 0, 1000}}},
    {"ACPI's timer, a level", {PORT_OUT(0x602, 1), {DUE, 0, 0, NEVER},
     ENTRY(9, 0x59 | LEVEL), {DUE, 0, 0, 2343484}, {TIME, 0, 0, 2343485},
     ASKING(0), {DUE, 0, 0, NEVER}, TAKE(0, 0x59), EOI(0), TAKE(0, 0x59),
     PORT_OUT(0x600, 1), EOI(0), QUIET(0), {DUE, 0, 0, 4686968}}},
    {"the same by the older controllers", {PORT_OUT(0x602, 1),
     PORT_OUT(0x4d1, 2), PIC, {DUE, 0, 0, 2343484}, {TIME, 0, 0, 2343485},
     TAKE(0, 0x29), PORT_OUT(0xa0, 0x20), PIC_EOI, ASKING(0),
     PORT_OUT(0x600, 1), QUIET(0)}},
    {"its machine is turned off", {PORT_OUT(0x605, 0x24), {RESET, 0, 0, 0},
     PORT_OUT(0x605, 0x20), {RESET, 0, 0, 1}}},
    {"each CPU has its own", {ON(1), OWN(1, 0x3e0, 0xb), OWN(1, 0x320, 0x61),
     OWN(1, 0x380, 500000), {DUE, 0, 0, NEVER}, {DUE, 1, 0, 500},
     {TIME, 0, 0, 501}, QUIET(0), {DUE, 1, 0, NEVER}, TAKE(1, 0x61)}},
};
/* clang-format on */

static void ignore(void *context, const char *text, size_t n)
{
    (void)context, (void)text, (void)n;
}

static unsigned called[CPUS];

static void call(void *context)
{
    (*(unsigned *)context)++;
}

static struct board *machine(void)
{
    static const struct console_sink console = {ignore, NULL};
    static struct board board;

    cr_assert(zero(int, board_init(&board, console, NULL, NULL)));
    for (unsigned i = 0; i < CPUS; i++)
        board_connect_cpu(&board, i, call, &called[i]);
    return &board;
}

static void write_ioapic(struct board *board, uint32_t index, uint32_t value)
{
    bus_mmio(&board->bus, true, PC_IOAPIC, 4, &index);
    bus_mmio(&board->bus, true, PC_IOAPIC + 0x10, 4, &value);
}

static void act(struct board *board, const struct op *op)
{
    const struct lapic *lapic = &board->of_cpu[op->cpu].lapic;
    uint32_t value = op->value;
    uint8_t byte = (uint8_t)op->value;

    if (op->what == OUT)
        bus_io(&board->bus, true, (uint16_t)op->at, 1, 1, &byte);
    else if (op->what == APIC)
        cr_assert(board_access_own(board, op->cpu, true, 0xfee00000 + op->at, 4,
                                   &value));
    else if (op->what == IOAPIC)
        write_ioapic(board, op->at, value);
    else if (op->what == LINE)
        irq_set(bus_line(&board->bus, op->at), value);
    else if (op->what == CR8)
        board_hear_cpu(board, op->cpu, byte, lapic->state.base);
    else if (op->what == MSR)
        board_hear_cpu(board, op->cpu, lapic_cr8(lapic), value);
    else if (op->what == BACK)
        board_give_back(board, op->cpu);
    else if (op->what == TIME)
        board->clock.passed = value * UINT64_C(1000);
}

static bool has_remote_irr(const struct board *board, unsigned pin)
{
    return board->ioapic.state.entry[pin] >> 14 & 1;
}

static void expect(struct board *board, const struct op *op, const char *label,
                   size_t i)
{
    uint64_t due = board_deadline(board, op->cpu);

    if (op->what == ASKS)
        cr_expect(eq(int, board_asks(board, op->cpu), (int)op->value),
                  "%s: op %zu", label, i);
    else if (op->what == NMI)
        cr_expect(eq(int, board_asks_nmi(board, op->cpu), (int)op->value),
                  "%s: op %zu", label, i);
    else if (op->what == TAKES)
        cr_expect(eq(u8, board_take(board, op->cpu), (uint8_t)op->value),
                  "%s: op %zu", label, i);
    else if (op->what == RESET)
        cr_expect(eq(int, atomic_load(&board->end_code) != GUEST_GOES_ON,
                     (int)op->value),
                  "%s: op %zu", label, i);
    else if (op->what == REMOTE)
        cr_expect(eq(int, has_remote_irr(board, op->at), (int)op->value),
                  "%s: op %zu", label, i);
    else if (op->what == DUE && op->value == NEVER)
        cr_expect(eq(u64, due, CLOCK_NEVER), "%s: op %zu", label, i);
    else if (op->what == DUE)
        cr_expect(eq(u64, due / 1000, op->value), "%s: op %zu", label, i);
}

ParameterizedTestParameters(interrupt, ways)
{
    return row_numbers(ROWS(rows));
}

ParameterizedTest(const size_t *i, interrupt, ways)
{
    const struct row *row = &rows[*i];
    struct board *board = machine();

    for (size_t k = 0; row->op[k].what; k++) {
        act(board, &row->op[k]);
        expect(board, &row->op[k], row->label, k);
    }
    board_done(board);
}

/* A CPU is called when something comes up for it, and for nothing else. */
Test(interrupt, calls_the_cpu)
{
    struct board *board = machine();
    uint32_t ipi = 0xc0041; /* to others */
    uint32_t on = 0x1ff;

    (void)board_access_own(board, 1, true, 0xfee000f0, 4, &on);
    cr_expect(zero(uint, called[0] + called[1] + called[2]));
    (void)board_access_own(board, 0, true, 0xfee00300, 4, &ipi);
    cr_expect(eq(uint, called[1], 1));
    cr_expect(zero(uint, called[0] + called[2]), "CPU 2 is off");
    (void)board_access_own(board, 0, true, 0xfee00300, 4, &ipi);
    cr_expect(eq(uint, called[1], 1), "it waits already");
    board_hear_cpu(board, 1, 15, 0xfee00800);
    board_hear_cpu(board, 1, 0, 0xfee00800);
    cr_expect(eq(uint, called[1], 2));
    board_done(board);
}

/* Each CPU finds its own one, where its base is, and nothing beside it. */
Test(interrupt, own_pages)
{
    struct board *board = machine();

    for (unsigned i = 0; i < CPUS; i++) {
        uint32_t id = 0;

        cr_expect(board_access_own(board, i, false, 0xfee00020, 4, &id));
        cr_expect(eq(u32, id, i << 24));
    }
    board_hear_cpu(board, 1, 0, 0xfed00800);
    for (unsigned i = 0; i < CPUS; i++) {
        uint32_t id = 0;

        cr_expect(eq(int, board_access_own(board, i, false, 0xfed00020, 4, &id),
                     i == 1));
        cr_expect(eq(int, board_access_own(board, i, false, 0xfee00020, 4, &id),
                     i != 1));
    }
    cr_expect(not(board_access_own(board, CPUS, false, 0xfee00020, 4, NULL)),
              "there is no such CPU");
    board_done(board);
}

static const struct console_sink quiet = {NULL, NULL};

/* Somebody may type, and the guest would hear of it; each of what that takes
 * alone keeps it from waiting. */
Test(interrupt, awaits_keys)
{
    static struct board board;
    static const struct {
        const char *label;
        bool expects;
        uint8_t mask, config;
        bool awaits;
    } waits[] = {
        {"it does", true, 0xfd, 0x61, true},
        {"nobody types", false, 0xfd, 0x61, false},
        {"masked", true, 0xff, 0x61, false},
        {"no interrupt", true, 0xfd, 0x60, false},
    };

    for (size_t i = 0; i < ROWS(waits); i++) {
        uint8_t command = 0x60;
        uint8_t mask = waits[i].mask;
        uint8_t config = waits[i].config;

        cr_assert(zero(int, board_init(&board, quiet, NULL, NULL)));
        board.expects_keys = waits[i].expects;
        board_post(&board);
        bus_io(&board.bus, true, 0x21, 1, 1, &mask);
        bus_io(&board.bus, true, 0x64, 1, 1, &command);
        bus_io(&board.bus, true, 0x60, 1, 1, &config);
        cr_expect(eq(int, board_awaits_input(&board), waits[i].awaits), "%s",
                  waits[i].label);
        board_done(&board);
    }
}

static void expect_codes(struct board *board, const char *label,
                         const char *wanted)
{
    for (; *wanted; wanted += 2) {
        uint8_t status = 0;
        uint8_t code = 0;
        unsigned want = 0;

        (void)sscanf(wanted, "%2x", &want);
        bus_io(&board->bus, false, 0x64, 1, 1, &status);
        cr_expect(status & 1, "%s: %s", label, wanted);
        bus_io(&board->bus, false, 0x60, 1, 1, &code);
        cr_expect(eq(u8, code, want), "%s: %s", label, wanted);
    }
}

/* Keys by X11's numbers: Shift is pressed for what wants it, unless it is held;
 * whoever lets go of a key is believed. */
Test(interrupt, keysyms)
{
    static struct board board;
    static const struct {
        const char *label;
        uint32_t keysym;
        bool down;
        int err;
        const char *codes;
    } typed[] = {
        {"a", 'a', true, 0, "1e"},
        {"a, up", 'a', false, 0, "9e"},
        {"A without Shift", 'A', true, 0, "2a1e9eaa"},
        {"A, up", 'A', false, 0, "9e"},
        {"Shift", 0xffe1, true, 0, "2a"},
        {"A with it", 'A', true, 0, "1e"},
        {"the other Shift", 0xffe2, true, 0, "36"},
        {"Shift, up", 0xffe1, false, 0, "aa"},
        {"A with the other", 'A', true, 0, "1e"},
        {"the other, up", 0xffe2, false, 0, "b6"},
        {"A without any", 'A', true, 0, "2a1e9eaa"},
        {"print, whose code is no Shift's", 0xff61, true, 0, "e037"},
        {"up", 0xff52, true, 0, "e048"},
        {"none", 0x1234, true, -EINVAL, ""},
    };

    cr_assert(zero(int, board_init(&board, quiet, NULL, NULL)));
    for (size_t i = 0; i < ROWS(typed); i++) {
        cr_expect(eq(int,
                     board_keysym(&board, typed[i].keysym, typed[i].down, NULL),
                     typed[i].err),
                  "%s", typed[i].label);
        expect_codes(&board, typed[i].label, typed[i].codes);
    }
    for (unsigned n = 0; n < 10000; n++)
        (void)board_keysym(&board, 'a', true, NULL);
    cr_expect(eq(int, board_keysym(&board, 'a', true, NULL), -ENOSPC));
    board_done(&board);
}
