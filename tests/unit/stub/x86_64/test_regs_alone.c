/* SPDX-License-Identifier: MIT */
/*
 * A write changes one register: two rows at one place, or one that reaches into
 * its neighbour, would each pass a round trip.
 */
#include <string.h>

#include "kvm/image/image.h"
#include "tests/unit/stub/x86_64/regs_fixture.h"
#include "tests/unit/stub/x86_64/x86_values.h"

enum { REGS_MAX = 384 };

/* What changes along, by the CPU's own rules: in real mode a selector is its
 * base, and the linear pc and sp begin at theirs. */
/* clang-format off */
static const struct relatives {
    const char *written, *changes;
} relatives[] = {
    {"cs", "cs_base"}, {"ss", "ss_base"}, {"ds", "ds_base"},
    {"es", "es_base"}, {"fs", "fs_base"}, {"gs", "gs_base"},
    {"cs", "eip"},     {"cs_base", "eip"}, {"cs", "rip"}, {"cs_base", "rip"},
    {"ss", "esp"},     {"ss_base", "esp"}, {"ss", "rsp"}, {"ss_base", "rsp"},
    {"ip", "eip"},     {"eip", "ip"},      {"ip", "rip"}, {"rip", "ip"},
};
/* clang-format on */

static bool are_relatives(const char *written, const char *changes)
{
    for (size_t i = 0; i < ROWS(relatives); i++)
        if (!strcmp(relatives[i].written, written) &&
            !strcmp(relatives[i].changes, changes))
            return true;
    return false;
}

static uint8_t before[REGS_MAX][RSP_REG_MAX_BYTES];

static void remember(const struct rsp_desc *desc)
{
    cr_assert(le(sz, desc->n_regs, REGS_MAX));
    for (size_t i = 0; i < desc->n_regs; i++)
        cr_assert(eq(int, stub_reg_read(cpu, &desc->regs[i], before[i]), 0));
}

/* As KVM has them. */
static void expect_alone(const struct rsp_desc *desc, size_t written)
{
    const char *name = desc->regs[written].name;
    uint8_t now[RSP_REG_MAX_BYTES];

    forget();
    for (size_t i = 0; i < desc->n_regs; i++) {
        const struct rsp_reg *reg = &desc->regs[i];

        if (i == written || are_relatives(name, reg->name))
            continue;
        cr_assert(eq(int, stub_reg_read(cpu, reg, now), 0));
        cr_expect(zero(int, memcmp(now, before[i], reg->bits / 8u)),
                  "%s changes %s", name, reg->name);
    }
}

static const enum cpu_mode modes[] = {CPU_MODE_REAL, CPU_MODE_PROT,
                                      CPU_MODE_LONG};

ParameterizedTestParameters(regs, alone)
{
    return row_numbers(ROWS(modes));
}

ParameterizedTest(const size_t *mode, regs, alone)
{
    uint8_t value[RSP_REG_MAX_BYTES];
    struct diag diag = {""};

    begin_cpu(CPU_LARGE);
    const struct rsp_desc *desc = describe(modes[*mode], false);
    for (size_t i = 0; i < desc->n_regs; i++) {
        const struct rsp_reg *reg = &desc->regs[i];

        remember(desc);
        memcpy(value, before[i], sizeof value);
        x86_randomize(reg, value);
        cr_assert(eq(int, stub_reg_write(cpu, reg, value, &diag), 0), "%s: %s",
                  reg->name, diag.text);
        expect_alone(desc, i);
    }
}
