/* SPDX-License-Identifier: MIT */
/*
 * Registers that are put back are as they were, whatever was written since and
 * whatever that brought along.
 */
#include <stdlib.h>
#include <string.h>

#include "kvm/image/image.h"
#include "kvm/x86_64/state/state.h"
#include "tests/unit/stub/x86_64/regs_fixture.h"

static const enum cpu_mode modes[] = {CPU_MODE_REAL, CPU_MODE_PROT,
                                      CPU_MODE_LONG};

/* clang-format off */
/* Bytes that are added to those of a register: small and large changes. */
static const uint8_t changes[] = {0x00, 0x01, 0x10, 0x3a, 0xff};
/* clang-format on */

static struct fake_kvm before;

static void note(void)
{
    cr_assert(eq(int, x86_flush(cpu), 0));
    before = fake_kvm;
}

/* Nothing but the number of calls differs. */
static bool is_as_noted(void)
{
    cr_assert(eq(int, x86_flush(cpu), 0));
    before.calls = fake_kvm.calls;
    return memcmp(&before, &fake_kvm, sizeof before) == 0;
}

/* Whether it is taken. */
static bool change(const struct rsp_reg *reg, uint8_t by)
{
    uint8_t value[RSP_REG_MAX_BYTES];
    struct diag diag;

    if (stub_reg_read(cpu, reg, value) < 0)
        return false;
    value[0] = (uint8_t)(value[0] + by);
    value[1] = (uint8_t)(value[1] ^ by);
    return stub_reg_write(cpu, reg, value, &diag) == 0;
}

static unsigned change_all(const struct rsp_desc *desc, uint8_t by)
{
    unsigned taken = 0;

    for (size_t i = 0; i < desc->n_regs; i++)
        taken += change(&desc->regs[i], by);
    return taken;
}

static struct stub_regs *save(void)
{
    struct stub_regs *saved = stub_regs_save(cpu);

    cr_assert(saved != NULL);
    return saved;
}

ParameterizedTestParameters(undo, all)
{
    return row_numbers(CPU_MAKES * ROWS(modes));
}

ParameterizedTest(const size_t *i, undo, all)
{
    enum cpu_make make = (enum cpu_make)(*i / ROWS(modes));

    for (size_t c = 0; c < ROWS(changes); c++) {
        begin_cpu(make);
        const struct rsp_desc *desc = describe(modes[*i % ROWS(modes)], false);

        cpu->halted = true;
        note();
        struct stub_regs *saved = save();
        unsigned taken = change_all(desc, changes[c]);
        cr_expect(gt(uint, taken, desc->n_regs / 2), "%s", cpu_names[make]);
        cr_expect(eq(int, is_as_noted(), changes[c] == 0));
        stub_regs_restore(cpu, saved);
        cr_expect(is_as_noted(), "%s, by 0x%x", cpu_names[make], changes[c]);
        cr_expect(cpu->halted);
        cr_expect(eq(u64, cpu->run->cr8, before.sregs.cr8));
        free(saved);
    }
}

/* One by one: what it brings along goes with it. */
Test(undo, each)
{
    begin_cpu(CPU_LARGE);
    const struct rsp_desc *desc = describe(CPU_MODE_LONG, false);

    note();
    struct stub_regs *saved = save();
    for (size_t i = 0; i < desc->n_regs; i++) {
        (void)change(&desc->regs[i], 1);
        stub_regs_restore(cpu, saved);
        cr_expect(is_as_noted(), "%s", desc->regs[i].name);
    }
    free(saved);
}

/* Hidden parts of a segment, which no selector could bring back. */
Test(undo, unreal_mode)
{
    uint8_t selector[4] = {0x34, 0x12};
    struct diag diag;

    begin_cpu(CPU_PLAIN);
    const struct rsp_desc *desc = describe(CPU_MODE_REAL, false);
    x86_sys(cpu)->ds.limit = UINT32_MAX;
    x86_sys(cpu)->ds.base = 0x123450;
    cr_assert(eq(int, x86_commit(cpu, X86_BANK_SYS), 0));
    note();
    struct stub_regs *saved = save();
    cr_assert(
        eq(int, stub_reg_write(cpu, find_reg(desc, "ds"), selector, &diag), 0));
    cr_expect(eq(u64, x86_sys(cpu)->ds.base, 0x12340));
    stub_regs_restore(cpu, saved);
    cr_expect(is_as_noted());
    free(saved);
}
