/* SPDX-License-Identifier: MIT */
/* The local APIC, by Intel SDM 3A chapter 11: rows of accesses, pins, messages
 * and what the CPU takes. */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "kvm/device/lapic.h"
#include "tests/unit/kvm/rows.h"

struct op {
    enum {
        END,
        WRITE,
        READ,
        PIN,
        MESSAGE,
        LOST,
        ASKS,
        TAKE,
        UNTAKE,
        SENT,
        ENDED,
        TIME,
        NEXT,
        BASE
    } what;
    unsigned at;
    uint64_t value;
};

enum { NEVER = 0x7fffffff };

/* clang-format off */
#define W(at, value)   {WRITE, at, value}
#define R(at, value)   {READ, at, value}
#define UP(pin)        {PIN, pin, 1}
#define DOWN(pin)      {PIN, pin, 0}
/* A message to this one: mode and vector. */
#define GETS(v)        {MESSAGE, APIC_FIXED, v}
#define GETS_LEVEL(v)  {MESSAGE, APIC_FIXED | 0x100, v}
#define GETS_MODE(m, v) {MESSAGE, m, v}
/* ... which it does not take. */
#define REFUSES(m, v)  {LOST, m, v}
#define QUIET          {ASKS, 0, 0}
#define ASKING         {ASKS, 0, LAPIC_INTERRUPT}
#define HAS(set)       {ASKS, 0, set}
#define TAKES(vector)  {TAKE, LAPIC_TOOK_OWN, vector}
#define SPURIOUS(v)    {TAKE, LAPIC_TOOK_NOTHING, v}
#define TAKES_OTHERS   {TAKE, LAPIC_TOOK_EXTERNAL, 0xff}
#define GIVES_BACK     {UNTAKE, 0, 0}
/* What the last write asked for: a message, as ICR >> 8 << 8 | vector; an end. */
#define SENDS(mode, to, v) {SENT, (mode) << 4 | (to), v}
#define SENDS_NOTHING  {SENT, 0xffff, 0}
#define ENDS(v)        {ENDED, 1, v}
#define ENDS_EDGE      {ENDED, 0, 0}
#define AT(ns)         {TIME, 0, ns}
#define DUE(ns)        {NEXT, 0, ns}
#define MSR(value)     {BASE, 0, value}
#define EOI            W(0xb0, 0)
#define ON             W(0xf0, 0x1ff)
#define LINT0          0x350
#define LINT1          0x360
#define TIMER          0x320
#define INITIAL        0x380
#define CURRENT        0x390
#define BY_1           W(0x3e0, 0xb)

static const struct row {
    const char *label;
    struct op op[40];
} rows[] = {
    /* --- registers (table 11-1) --- */
    {"power-on", {R(0x20, 0), R(0x30, 0x50014), R(0x80, 0), R(0xa0, 0),
     R(0xd0, 0), R(0xe0, 0xffffffff), R(0xf0, 0xff), R(0x280, 0), R(0x300, 0),
     R(0x310, 0), R(0x320, 0x10000), R(0x330, 0x10000), R(0x340, 0x10000),
     R(0x350, 0x10000), R(0x360, 0x10000), R(0x370, 0x10000), R(0x380, 0),
     R(0x390, 0), R(0x3e0, 0), QUIET}},
    {"no reserved bit is kept", {ON, W(0x20, 0xffffffff), R(0x20, 0xff000000),
     W(0x80, 0xffffffff), R(0x80, 0xff), W(0xd0, 0xffffffff),
     R(0xd0, 0xff000000), W(0xe0, 0), R(0xe0, 0x0fffffff),
     W(0xf0, 0xffffffff), R(0xf0, 0x1ff), W(0x310, 0xffffffff),
     R(0x310, 0xff000000), W(0x320, 0xffffffff), R(0x320, 0x300ff),
     W(0x330, 0xffffffff), R(0x330, 0x107ff), W(0x340, 0xffffffff),
     R(0x340, 0x107ff), W(0x350, 0xffffffff), R(0x350, 0x1a7ff),
     W(0x360, 0xffffffff), R(0x360, 0x1a7ff), W(0x370, 0xffffffff),
     R(0x370, 0x100ff), W(0x3e0, 0xffffffff), R(0x3e0, 0xb)}},
    {"the ICR is idle", {ON, W(0x300, 0xffffffff), SENDS_NOTHING,
     R(0x300, 0xccfff)}},
    {"read only", {W(0x30, 0), R(0x30, 0x50014), W(0x90, 7), R(0x90, 0),
     W(0xa0, 7), R(0xa0, 0), W(0x100, 7), R(0x100, 0), W(0x1f0, 7),
     R(0x1f0, 0), W(0x270, 7), R(0x270, 0), W(0x390, 7), R(0x390, 0),
     W(0x280, 0), R(0x280, 0)}},
    {"where no register is", {R(0x00, 0), W(0x280, 0), R(0x280, 0x80),
     W(0x280, 0), R(0x280, 0), W(0x2f0, 0), W(0x280, 0), R(0x280, 0x80),
     R(0x3f0, 0), W(0x280, 0), R(0x280, 0x80)}},
    {"ESR is as it was written", {R(0x40, 0), R(0x280, 0), W(0x280, 0),
     R(0x280, 0x80)}},
    /* --- on and off --- */
    {"software off: masked for good", {ON, W(LINT0, 0x700), W(0xf0, 0xff),
     R(LINT0, 0x10700), W(LINT0, 0x700), R(LINT0, 0x10700), UP(0), QUIET, ON,
     R(LINT0, 0x10700), QUIET}},
    {"software off: takes no vector", {REFUSES(APIC_FIXED, 0x40), QUIET,
     REFUSES(APIC_LOWEST, 0x40), REFUSES(APIC_EXTINT, 0)}},
    {"software off: takes NMI and INIT", {GETS_MODE(APIC_NMI, 0),
     HAS(LAPIC_NMI), GETS_MODE(APIC_INIT, 0), HAS(LAPIC_NMI | LAPIC_INIT)}},
    {"software off: what waits is held", {ON, GETS(0x40), W(0xf0, 0xff), ASKING,
     TAKES(0x40)}},
    {"hardware off: INTR and NMI are pins", {ON, MSR(0xfee00100), UP(0), ASKING,
     TAKES_OTHERS, DOWN(0), QUIET, UP(1), HAS(LAPIC_NMI),
     REFUSES(APIC_SMI, 0)}},
    {"hardware off and on: as at power-on", {ON, GETS(0x40), W(0x80, 0x20),
     W(LINT0, 0x700), MSR(0xfee00100), QUIET, MSR(0xfee00900), QUIET,
     R(0xf0, 0xff), R(LINT0, 0x10000), R(0x80, 0), R(0x220, 0)}},
    {"another base alone changes nothing", {ON, GETS(0x40), MSR(0xfed00900),
     ASKING, R(0xf0, 0x1ff)}},
    /* --- priorities (11.8.3) --- */
    {"one interrupt", {ON, GETS(0x41), ASKING, R(0x220, 2), R(0x120, 0),
     TAKES(0x41), QUIET, R(0x220, 0), R(0x120, 2), R(0xa0, 0x40), EOI,
     ENDS_EDGE, R(0x120, 0), R(0xa0, 0)}},
    {"the highest first", {ON, GETS(0x41), GETS(0xfe), GETS(0x42), TAKES(0xfe),
     EOI, TAKES(0x42), EOI, TAKES(0x41)}},
    {"a class holds its own off", {ON, GETS(0x41), TAKES(0x41), GETS(0x4f),
     QUIET, GETS(0x50), ASKING, TAKES(0x50), R(0xa0, 0x50), EOI, QUIET,
     R(0xa0, 0x40), EOI, TAKES(0x4f)}},
    {"EOI ends the highest", {ON, GETS(0x31), TAKES(0x31), GETS(0x51),
     TAKES(0x51), EOI, R(0x110, 0x20000), R(0x120, 0), R(0x150, 0), EOI,
     R(0x110, 0)}},
    {"EOI of nothing", {ON, EOI, ENDS_EDGE, GETS(0x31), EOI, ASKING,
     TAKES(0x31)}},
    {"the same again waits, once", {ON, GETS(0x31), TAKES(0x31), GETS(0x31),
     GETS(0x31), QUIET, EOI, TAKES(0x31), EOI, QUIET}},
    {"TPR holds its class off", {ON, W(0x80, 0x4f), GETS(0x4f), HAS(LAPIC_HELD),
     R(0xa0, 0x4f), GETS(0x50), HAS(LAPIC_INTERRUPT), TAKES(0x50), EOI,
     HAS(LAPIC_HELD), W(0x80, 0x3f), ASKING, TAKES(0x4f)}},
    {"TPR and what is served", {ON, GETS(0x61), TAKES(0x61), W(0x80, 0x55),
     R(0xa0, 0x60), W(0x80, 0x65), R(0xa0, 0x65), W(0x80, 0x71), R(0xa0, 0x71),
     GETS(0x6f), QUIET}},
    {"TPR at its highest", {ON, W(0x80, 0xf0), GETS(0xff), HAS(LAPIC_HELD)}},
    {"nothing left: the spurious vector", {W(0xf0, 0x1ef), GETS(0x41),
     W(0x80, 0x40), SPURIOUS(0xef), R(0x170, 0), W(0x80, 0), TAKES(0x41)}},
    {"given back", {ON, GETS(0x41), TAKES(0x41), GIVES_BACK, R(0x120, 0), ASKING,
     R(0x220, 2), TAKES(0x41), EOI, QUIET}},
    {"given back: spurious", {ON, SPURIOUS(0xff), GIVES_BACK, QUIET,
     R(0x270, 0)}},
    {"given back: a higher one came", {ON, GETS(0x41), TAKES(0x41), GETS(0x51),
     GIVES_BACK, TAKES(0x51), QUIET, EOI, TAKES(0x41)}},
    /* --- triggers --- */
    {"the end of a level is told", {ON, GETS_LEVEL(0x41), R(0x1a0, 2),
     TAKES(0x41), EOI, ENDS(0x41), R(0x1a0, 2)}},
    {"an edge of the same vector", {ON, GETS_LEVEL(0x41), TAKES(0x41), EOI,
     ENDS(0x41), GETS(0x41), R(0x1a0, 0), TAKES(0x41), EOI, ENDS_EDGE}},
    /* --- errors (11.5.3) --- */
    {"an illegal vector comes in", {ON, REFUSES(APIC_FIXED, 0x0f), QUIET,
     W(0x280, 0), R(0x280, 0x40), R(0x200, 0)}},
    {"an illegal vector goes out", {ON, W(0x300, 0x0f), SENDS_NOTHING,
     W(0x280, 0), R(0x280, 0x20)}},
    {"errors interrupt, each kind once", {ON, W(0x370, 0xe1), R(0x40, 0),
     ASKING, TAKES(0xe1), EOI, R(0x40, 0), QUIET, W(0x300, 0x0f), ASKING,
     TAKES(0xe1), EOI, W(0x280, 0), R(0x280, 0xa0), R(0x40, 0), ASKING}},
    {"an illegal vector for errors", {ON, W(0x370, 3), R(0x40, 0), QUIET,
     W(0x280, 0), R(0x280, 0xc0)}},
    /* --- LINT0 and LINT1 --- */
    {"virtual wire", {ON, W(LINT0, 0x700), QUIET, UP(0), ASKING, W(0x80, 0xff),
     ASKING, TAKES_OTHERS, ASKING, DOWN(0), QUIET}},
    {"the other controller comes first", {ON, W(LINT0, 0x700), GETS(0x41), UP(0),
     TAKES_OTHERS, DOWN(0), TAKES(0x41)}},
    {"unmasked while it is high", {ON, UP(0), QUIET, W(LINT0, 0x700), ASKING}},
    {"active low", {ON, W(LINT0, 0x2700), ASKING, UP(0), QUIET}},
    {"LINT0 with a vector: an edge", {ON, W(LINT0, 0x51), UP(0), TAKES(0x51),
     EOI, QUIET, DOWN(0), QUIET, UP(0), TAKES(0x51)}},
    {"LINT0 with a vector: a level", {ON, W(LINT0, 0x8051), UP(0),
     R(LINT0, 0xc051), TAKES(0x51), QUIET, EOI, ASKING, R(LINT0, 0xc051),
     TAKES(0x51), DOWN(0), EOI, QUIET, R(LINT0, 0x8051)}},
    {"LINT0 as NMI", {ON, W(LINT0, 0x400), UP(0), HAS(LAPIC_NMI), DOWN(0),
     HAS(LAPIC_NMI)}},
    {"LINT1 as NMI", {ON, W(LINT1, 0x400), UP(1), HAS(LAPIC_NMI)}},
    {"LINT1 masked", {ON, W(LINT1, 0x10400), UP(1), QUIET}},
    {"LINT1 as INIT", {ON, W(LINT1, 0x500), UP(1), HAS(LAPIC_INIT)}},
    /* --- messages that come in --- */
    {"ExtINT by message", {ON, GETS_MODE(APIC_EXTINT, 0), ASKING, TAKES_OTHERS,
     QUIET, GIVES_BACK, ASKING}},
    {"nobody takes an SMI or a start-up", {ON, REFUSES(APIC_SMI, 0),
     REFUSES(APIC_STARTUP, 8), REFUSES(APIC_MODE_3, 0x41), QUIET}},
    {"lowest priority is a vector", {ON, GETS_MODE(APIC_LOWEST, 0x41),
     TAKES(0x41)}},
    /* --- messages that go out (table 11-3) --- */
    {"to itself", {ON, W(0x300, 0x40041), SENDS(APIC_FIXED, APIC_TO_SELF, 0x41)}},
    {"to all, to others", {ON, W(0x300, 0x80041),
     SENDS(APIC_FIXED, APIC_TO_ALL, 0x41), W(0x300, 0xc0041),
     SENDS(APIC_FIXED, APIC_TO_OTHERS, 0x41)}},
    {"an NMI to others, INIT, start-up", {ON, W(0x300, 0xc0400),
     SENDS(APIC_NMI, APIC_TO_OTHERS, 0), W(0x300, 0x4500),
     SENDS(APIC_INIT, APIC_TO_DESTINATION, 0), W(0x300, 0x4608),
     SENDS(APIC_STARTUP, APIC_TO_DESTINATION, 8)}},
    {"INIT de-assert is none", {ON, W(0x300, 0x8500), SENDS_NOTHING}},
    {"only vectors to itself", {ON, W(0x300, 0x40400), SENDS_NOTHING,
     W(0x300, 0x80400), SENDS_NOTHING, W(0x300, 0x40500), SENDS_NOTHING}},
    {"reserved modes", {ON, W(0x300, 0x341), SENDS_NOTHING, W(0x300, 0x741),
     SENDS_NOTHING}},
    {"the high half sends nothing", {ON, W(0x310, 0x01000000), SENDS_NOTHING,
     R(0x310, 0x01000000)}},
    /* --- the timer (11.5.4); a cycle is a ns, divided --- */
    {"timer: it divides by 2 at power-on", {ON, W(TIMER, 0x20e0),
     W(INITIAL, 100), AT(21), R(CURRENT, 90), DUE(200)}},
    {"timer: one shot", {ON, W(TIMER, 0xe0), BY_1, W(INITIAL, 1000), DUE(1000),
     R(CURRENT, 1000), AT(1), R(CURRENT, 999), AT(999), QUIET, R(CURRENT, 1),
     AT(1000), ASKING, R(CURRENT, 0), DUE(NEVER), TAKES(0xe0), EOI, AT(5000),
     R(CURRENT, 0), QUIET, DUE(NEVER), R(INITIAL, 1000)}},
    {"timer: periodic", {ON, W(TIMER, 0x200e0), BY_1, W(INITIAL, 1000), AT(1000),
     ASKING, R(CURRENT, 1000), AT(1001), R(CURRENT, 999), TAKES(0xe0), EOI,
     DUE(2000), AT(5300), R(CURRENT, 700), ASKING, TAKES(0xe0), EOI, QUIET,
     DUE(6000)}},
    {"timer: each divisor", {ON, W(TIMER, 0xe0), W(0x3e0, 0), W(INITIAL, 10),
     DUE(20), W(0x3e0, 1), W(INITIAL, 10), DUE(40), W(0x3e0, 2),
     W(INITIAL, 10), DUE(80), W(0x3e0, 3), W(INITIAL, 10), DUE(160),
     W(0x3e0, 8), W(INITIAL, 10), DUE(320), W(0x3e0, 9), W(INITIAL, 10),
     DUE(640), W(0x3e0, 0xa), W(INITIAL, 10), DUE(1280), W(0x3e0, 0xb),
     W(INITIAL, 10), DUE(10)}},
    {"timer: the longest", {ON, W(TIMER, 0xe0), W(0x3e0, 0xa),
     W(INITIAL, 0xffffffff), AT(128), R(CURRENT, 0xfffffffe),
     DUE(0x7fffffff80)}},
    {"timer: another divisor on the way", {ON, W(TIMER, 0xe0), BY_1,
     W(INITIAL, 1000), AT(400), W(0x3e0, 0), R(CURRENT, 600), AT(410),
     R(CURRENT, 595), DUE(1600)}},
    {"timer: another divisor when it is over", {ON, W(TIMER, 0xe0), BY_1,
     W(INITIAL, 10), AT(500), ASKING, TAKES(0xe0), EOI, W(0x3e0, 0),
     R(CURRENT, 0), AT(5000), R(CURRENT, 0), QUIET}},
    {"timer: 0 stops it", {ON, W(TIMER, 0x200e0), BY_1, W(INITIAL, 1000),
     AT(500), W(INITIAL, 0), R(CURRENT, 0), DUE(NEVER), AT(5000), QUIET}},
    {"timer: begun anew", {ON, W(TIMER, 0xe0), BY_1, W(INITIAL, 1000), AT(900),
     W(INITIAL, 1000), AT(1500), QUIET, DUE(1900)}},
    {"timer: masked, it counts", {ON, W(TIMER, 0x100e0), BY_1, W(INITIAL, 1000),
     DUE(NEVER), AT(400), R(CURRENT, 600), AT(1000), QUIET, R(CURRENT, 0),
     W(TIMER, 0xe0), QUIET}},
    {"timer: unmasked on the way", {ON, W(TIMER, 0x300e0), BY_1,
     W(INITIAL, 1000), AT(1500), QUIET, W(TIMER, 0x200e0), QUIET, DUE(2000),
     AT(2000), ASKING}},
    {"timer: one shot, then periodic", {ON, W(TIMER, 0xe0), BY_1,
     W(INITIAL, 1000), AT(500), W(TIMER, 0x200e0), AT(1000), ASKING,
     TAKES(0xe0), EOI, DUE(2000)}},
    {"timer: no deadline while it is held off", {ON, W(TIMER, 0x200e0), BY_1,
     W(INITIAL, 1000), AT(1000), ASKING, DUE(NEVER), TAKES(0xe0), DUE(NEVER),
     EOI, DUE(2000), W(0x80, 0xe0), DUE(NEVER), W(0x80, 0xdf), DUE(2000)}},
    {"timer: an illegal vector", {ON, W(TIMER, 0x0f), BY_1, W(INITIAL, 1000),
     DUE(NEVER), AT(1000), QUIET, W(0x280, 0), R(0x280, 0x40)}},
    {"timer: software off", {ON, W(TIMER, 0xe0), BY_1, W(INITIAL, 1000),
     W(0xf0, 0xff), DUE(NEVER), AT(1000), QUIET, R(CURRENT, 0)}},
    {"timer: hardware off", {ON, W(TIMER, 0xe0), BY_1, W(INITIAL, 1000),
     MSR(0xfee00100), DUE(NEVER), AT(2000), QUIET}},
    /* A reserved bit: there is no TSC deadline. */
    {"timer: mode 2 is none", {ON, W(TIMER, 0x400e0), R(TIMER, 0xe0)}},
};
/* clang-format on */

struct run {
    struct lapic_state s;
    struct lapic_effect effect;
    struct lapic_taken taken;
    uint64_t now;
};

static void get(struct run *r, const struct op *op, const char *label, size_t i)
{
    const struct apic_message message = {
        .mode = (enum apic_mode)(op->at & 7),
        .level = op->at & 0x100,
        .vector = (uint8_t)op->value,
    };

    cr_expect(eq(int, lapic_receive(&r->s, &message), op->what == MESSAGE),
              "%s: op %zu", label, i);
}

static void expect_sent(const struct run *r, const struct op *op,
                        const char *label, size_t i)
{
    const struct apic_message *message = &r->effect.message;
    bool any = op->at != 0xffff;

    cr_expect(eq(int, r->effect.sends, any), "%s: op %zu", label, i);
    if (!any || !r->effect.sends)
        return;
    cr_expect(
        eq(uint, (unsigned)message->mode << 4 | (unsigned)message->to, op->at),
        "%s: op %zu", label, i);
    cr_expect(eq(u8, message->vector, (uint8_t)op->value), "%s: op %zu", label,
              i);
    cr_expect(not(message->level), "%s: op %zu", label, i);
}

static void expect_taken(struct run *r, const struct op *op, const char *label,
                         size_t i)
{
    r->taken = lapic_acknowledge(&r->s);
    cr_expect(eq(uint, r->taken.from, op->at), "%s: op %zu", label, i);
    if (op->at != LAPIC_TOOK_EXTERNAL)
        cr_expect(eq(u8, r->taken.vector, (uint8_t)op->value), "%s: op %zu",
                  label, i);
}

static void expect_due(const struct run *r, const struct op *op,
                       const char *label, size_t i)
{
    cr_expect(eq(u64, lapic_deadline(&r->s),
                 op->value == NEVER ? CLOCK_NEVER : op->value),
              "%s: op %zu", label, i);
}

static void do_op(struct run *r, const struct op *op, const char *label,
                  size_t i)
{
    switch (op->what) {
    case END:
        break;
    case WRITE:
        r->effect = lapic_write(&r->s, r->now, op->at, (uint32_t)op->value);
        break;
    case READ:
        cr_expect(
            eq(u32, lapic_read(&r->s, r->now, op->at), (uint32_t)op->value),
            "%s: op %zu", label, i);
        break;
    case PIN:
        lapic_set_pin(&r->s, op->at, op->value);
        break;
    case MESSAGE:
    case LOST:
        get(r, op, label, i);
        break;
    case ASKS:
        cr_expect(eq(uint, lapic_asks(&r->s), (unsigned)op->value),
                  "%s: op %zu", label, i);
        break;
    case TAKE:
        expect_taken(r, op, label, i);
        break;
    case UNTAKE:
        lapic_unacknowledge(&r->s, &r->taken);
        break;
    case SENT:
        expect_sent(r, op, label, i);
        break;
    case ENDED:
        cr_expect(eq(int, r->effect.ended, (int)op->at), "%s: op %zu", label,
                  i);
        if (op->at)
            cr_expect(eq(u8, r->effect.vector, (uint8_t)op->value),
                      "%s: op %zu", label, i);
        break;
    case TIME:
        r->now = op->value;
        lapic_run(&r->s, r->now);
        break;
    case NEXT:
        expect_due(r, op, label, i);
        break;
    case BASE:
        lapic_set_base(&r->s, op->value);
        break;
    }
}

ParameterizedTestParameters(lapic, chip)
{
    return row_numbers(ROWS(rows));
}

ParameterizedTest(const size_t *i, lapic, chip)
{
    const struct row *row = &rows[*i];
    struct run r = {.s = lapic_power_on(0)};

    for (size_t k = 0; row->op[k].what; k++)
        do_op(&r, &row->op[k], row->label, k);
}

/* 11.6.2: whom a message is for. */
/* clang-format off */
static const struct match_row {
    const char *label;
    uint32_t id, ldr, dfr;
    struct apic_message message;
    bool sender, matches;
} match_rows[] = {
#define PHYSICAL(to) {.destination = to}
#define LOGICAL(to)  {.destination = to, .logical = true}
    {"its ID", 3, 0, UINT32_MAX, PHYSICAL(3), false, true},
    {"another ID", 3, 0, UINT32_MAX, PHYSICAL(2), false, false},
    {"everyone", 3, 0, UINT32_MAX, PHYSICAL(0xff), false, true},
    {"flat: its bit", 3, 0x04000000, UINT32_MAX, LOGICAL(0x0c), false, true},
    {"flat: not its bit", 3, 0x04000000, UINT32_MAX, LOGICAL(0x0b), false, false},
    {"flat: no ID", 3, 0, UINT32_MAX, LOGICAL(3), false, false},
    {"flat: everyone, even without a bit", 3, 0, UINT32_MAX, LOGICAL(0xff), false, true},
    {"cluster: its bit", 3, 0x24000000, 0x0fffffff, LOGICAL(0x2c), false, true},
    {"cluster: another bit", 3, 0x24000000, 0x0fffffff, LOGICAL(0x2b), false, false},
    {"cluster: another one", 3, 0x24000000, 0x0fffffff, LOGICAL(0x34), false, false},
    {"cluster: all clusters", 3, 0x24000000, 0x0fffffff, LOGICAL(0xf4), false, true},
    {"self", 3, 0, UINT32_MAX, {.to = APIC_TO_SELF}, true, true},
    {"self: another", 3, 0, UINT32_MAX, {.to = APIC_TO_SELF}, false, false},
    {"all: itself", 3, 0, UINT32_MAX, {.to = APIC_TO_ALL}, true, true},
    {"all: another", 3, 0, UINT32_MAX, {.to = APIC_TO_ALL}, false, true},
    {"others: itself", 3, 0, UINT32_MAX, {.to = APIC_TO_OTHERS}, true, false},
    {"others: another", 3, 0, UINT32_MAX, {.to = APIC_TO_OTHERS}, false, true},
};
/* clang-format on */

ParameterizedTestParameters(lapic, destination)
{
    return row_numbers(ROWS(match_rows));
}

ParameterizedTest(const size_t *i, lapic, destination)
{
    const struct match_row *row = &match_rows[*i];
    struct lapic_state s = lapic_power_on(row->id);

    s.ldr = row->ldr;
    s.dfr = row->dfr;
    cr_expect(
        eq(int, lapic_matches(&s, &row->message, row->sender), row->matches),
        "%s", row->label);
    lapic_set_base(&s, LAPIC_BASE_RESET);
    cr_expect(not(lapic_matches(&s, &row->message, row->sender)),
              "%s: switched off", row->label);
}

/* 11.4.4: only the first CPU starts the machine. */
Test(lapic, base)
{
    cr_expect(eq(u64, lapic_power_on(0).base, 0xfee00900));
    cr_expect(eq(u64, lapic_power_on(1).base, 0xfee00800));
    cr_expect(eq(u32, lapic_power_on(5).id, 5));
}

Test(lapic, as_a_bios_leaves_it)
{
    struct lapic_state s = lapic_power_on(0);

    lapic_post(&s);
    cr_expect(eq(u32, lapic_read(&s, 0, 0xf0), 0x1ff));
    cr_expect(eq(u32, lapic_read(&s, 0, LINT0), 0x700));
    cr_expect(eq(u32, lapic_read(&s, 0, LINT1), 0x400));
    cr_expect(eq(u32, lapic_read(&s, 0, TIMER), 0x10000));
    cr_expect(zero(uint, lapic_asks(&s)));
}
