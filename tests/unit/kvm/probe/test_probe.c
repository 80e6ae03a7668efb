/* SPDX-License-Identifier: MIT */
/* The parts of the probe that need no KVM: what was seen against what is
 * wanted, in words, and how answers are remembered. */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <string.h>

#include <linux/kvm.h>

#include "kvm/arch_probe.h"
#include "kvm/core/trap.h"
#include "kvm/probe/probe.h"
#include "kvm/probe/trap.h"
#include "kvm/x86_64/probe/observation.h"
#include "tests/unit/kvm/rows.h"

/* Criterion takes strings that it might write to. */
static char *str(const char *text)
{
    return (char *)(uintptr_t)text;
}

/* --- wanted and seen --- */

static const struct probe_observation step = {.exit = KVM_EXIT_DEBUG,
                                              .hit = {.step = true},
                                              .pc = 0x1001};

/* clang-format off */
static const struct observation_row {
    const char *label;
    struct probe_observation want, saw;
    bool is;
} observation_rows[] = {
    {"nothing wanted",     {0}, {.exit = KVM_EXIT_HLT, .pc = 1}, true},
    {"the same",           {.exit = 4, .pc = 8}, {.exit = 4, .pc = 8}, true},
    {"more than wanted",   {.hit.hw = 1}, {.hit = {.hw = 1, .step = true}},
                           true},
    {"another exit",       {.exit = 4}, {.exit = 5}, false},
    {"another pc",         {.pc = 8}, {.pc = 9}, false},
    {"no step",            {.hit.step = true}, {.hit.hw = 1}, false},
    {"no trap",            {.hit.trap = true}, {.hit.step = true}, false},
    {"another register",   {.hit.hw = 2}, {.hit.hw = 1}, false},
    {"both registers",     {.hit.hw = 2}, {.hit.hw = 3}, false},
    {"another error",      {.suberror = 1}, {.suberror = 2}, false},
    {"another opcode",     {.opcode = 0xcc}, {.opcode = 0xf1}, false},
    {"another value read", {.al = 0x5a}, {.al = 0xff}, false},
    {"another frame",      {.frame = 0x1002}, {.frame = 0x1001}, false},
    {"another sequel",     {.then = 0x2006}, {.then = 0x1003}, false},
    {"no read",            {.read.size = 1}, {.write.size = 1}, false},
    {"read elsewhere",     {.read.gpa = 8}, {.read.gpa = 9}, false},
    {"write elsewhere",    {.write.gpa = 8}, {.write.gpa = 9}, false},
    {"write of more",      {.write.size = 1}, {.write.size = 4}, false},
    {"write of another",   {.write.value = 1}, {.write.value = 2}, false},
    {"write not done",     {.write.pc = 0x1002}, {.write.pc = 0x1000}, false},
};

static const struct words_row {
    struct probe_observation saw;
    const char *words;
} words_rows[] = {
    {{.exit = KVM_EXIT_DEBUG, .hit.step = true, .pc = 0x1001},
     "debug exit: step, pc 0x1001"},
    {{.exit = KVM_EXIT_DEBUG, .hit = {.step = true, .hw = 1}, .pc = 0x1002},
     "debug exit: step debug register, pc 0x1002"},
    {{.exit = KVM_EXIT_DEBUG, .hit.trap = true, .pc = 0x1001},
     "debug exit: int3, pc 0x1001"},
    {{.exit = KVM_EXIT_DEBUG, .hit.foreign = true, .pc = 0x1001},
     "debug exit: unasked, pc 0x1001"},
    {{.exit = KVM_EXIT_HLT, .pc = 0x1002},
     "the guest ran to its HLT, pc 0x1002"},
    {{.exit = KVM_EXIT_HLT, .pc = PROBE_HANDLER(0) + 2},
     "the guest's handler of exception 0 ran, pc 0x2002"},
    {{.exit = KVM_EXIT_HLT, .pc = PROBE_HANDLER(3) + 2},
     "the guest's handler of exception 3 ran, pc 0x2008"},
    {{.exit = KVM_EXIT_HLT, .pc = PROBE_HANDLER(255) + 2},
     "the guest's handler of exception 255 ran, pc 0x2200"},
    {{.exit = KVM_EXIT_INTERNAL_ERROR, .suberror = 1, .pc = 0x1001},
     "KVM cannot emulate it, pc 0x1001"},
    {{.exit = KVM_EXIT_INTERNAL_ERROR, .suberror = 3, .pc = 0x1001},
     "KVM internal error 3, pc 0x1001"},
    {{.exit = KVM_EXIT_SHUTDOWN, .pc = 0xfff0}, "triple fault, pc 0xfff0"},
    {{.exit = KVM_EXIT_FAIL_ENTRY}, "the CPU refused the state, pc 0x0"},
    {{.exit = 99}, "exit reason 99, pc 0x0"},
    {{.exit = KVM_EXIT_HLT, .pc = 0x1003, .read.size = 1},
     "MMIO read, the guest ran to its HLT, pc 0x1003"},
    {{.exit = KVM_EXIT_HLT, .pc = 0x1003, .write.size = 1},
     "MMIO write, the guest ran to its HLT, pc 0x1003"},
};
/* clang-format on */

ParameterizedTestParameters(probe, observations)
{
    return row_numbers(ROWS(observation_rows));
}

ParameterizedTest(const size_t *i, probe, observations)
{
    const struct observation_row *row = &observation_rows[*i];

    cr_expect(eq(int, probe_observation_is(&row->want, &row->saw), row->is),
              "%s", row->label);
}

ParameterizedTestParameters(probe, words)
{
    return row_numbers(ROWS(words_rows));
}

ParameterizedTest(const size_t *i, probe, words)
{
    char text[PROBE_SAW_MAX];

    probe_observation_describe(&words_rows[*i].saw, text, sizeof text);
    cr_expect(eq(str, text, str(words_rows[*i].words)));
}

Test(probe, words_are_cut)
{
    char text[8];

    probe_observation_describe(&step, text, sizeof text);
    cr_expect(eq(str, text, str("debug e")));
}

/* --- names --- */

typedef const struct probe_name *name_table(unsigned i);

static name_table *const tables[] = {probe_feature_name, probe_context_name};

ParameterizedTestParameters(probe, names)
{
    return row_numbers(ROWS(tables));
}

ParameterizedTest(const size_t *i, probe, names)
{
    const struct probe_name *name;
    unsigned n = 0;

    for (; (name = tables[*i](n)); n++) {
        cr_assert(ne(ptr, str(name->key), NULL), "key %u", n);
        cr_assert(ne(ptr, str(name->text), NULL), "text %u", n);
        cr_expect(eq(ptr, strpbrk(name->key, "@: "), NULL), "%s", name->key);
        for (unsigned other = 0; other < n; other++)
            cr_expect(ne(str, str(name->key), str(tables[*i](other)->key)));
    }
    cr_expect(le(uint, n, PROBE_FEATURES));
}

/* --- answers: made up, so that nothing is measured --- */

/* y or n for real, prot, long, user. */
static void answer(struct probe *probe, enum probe_feature feature,
                   const char *works)
{
    for (unsigned c = 0; probe_context_name(c); c++)
        probe->answer[feature][c] =
            (struct probe_answer){.known = true, .works = works[c] == 'y'};
}

static const struct where_row {
    const char *works;
    bool in_kernel, in_user;
} where_rows[] = {
    {"yyyy", true, true},  {"yyyn", true, false},  {"nyyy", false, true},
    {"yyny", false, true}, {"nnnn", false, false}, {"ynyn", false, false},
    {"nnny", false, true},
};

ParameterizedTestParameters(probe, where)
{
    return row_numbers(ROWS(where_rows));
}

ParameterizedTest(const size_t *i, probe, where)
{
    const struct where_row *row = &where_rows[*i];
    static struct probe probe;

    probe_init(&probe);
    answer(&probe, PROBE_STEP, row->works);
    cr_expect(eq(int, probe_in_kernel(&probe, PROBE_STEP), row->in_kernel));
    cr_expect(eq(int, probe_in_user(&probe, PROBE_STEP), row->in_user));
    cr_expect(eq(int, probe.open, false), "no scratch VM for what is known");
}

/* One row for each trap instruction: y or n as above. */
static const struct trap_row {
    const char *works[PROBE_TRAPS];
    const char *name;
    uint8_t opcode;
} trap_rows[] = {
    {{"yyyy", "nnnn", "nnnn", "yyyn"}, "int3", 0xcc},  /* hardware */
    {{"nnnn", "nyyn", "yyyn", "yyyn"}, "icebp", 0xf1}, /* kvm_pvm */
    {{"nnnn", "nnnn", "nnnn", "yyyn"}, "hlt", 0xf4},   /* TCG's SVM */
    {{"nnnn", "yyyn", "yyyn", "yyyn"}, "int3", 0xcc},
    {{"nyyy", "nyyn", "ynnn", "yynn"}, "none", 0},
};

ParameterizedTestParameters(probe, traps)
{
    return row_numbers(ROWS(trap_rows));
}

ParameterizedTest(const size_t *i, probe, traps)
{
    const struct trap_row *row = &trap_rows[*i];
    static struct probe probe;
    const struct trap *trap;

    probe_init(&probe);
    for (unsigned t = 0; t < PROBE_TRAPS; t++)
        answer(&probe, PROBE_TRAP + t, row->works[t]);
    trap = trap_of_host(&probe);
    cr_expect(eq(str, str(trap->name), str(row->name)));
    cr_expect(eq(u8, trap->bytes[0], row->opcode));
    cr_expect(eq(int, trap->size != 0, row->opcode != 0));
}
