/* SPDX-License-Identifier: MIT */
/*
 * `monitor registers`, rdmsr and wrmsr: all registers of the table, those too
 * that no description has, and all MSRs. GDB for x86 knows no group "system"
 * (gdb/i386-tdep.c), here it is.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "kvm/x86_64/state/msr.h"
#include "stub/arch.h"
#include "stub/monitor/command.h"
#include "stub/x86_64/row.h"
#include "stub/x86_64/types.h"

enum { BOOT_VCPU = 1 }; /* thread numbers start there */

typedef unsigned long long ull;

/* --- registers --- */

static void say_flags(struct text *text, const struct x86_flag *flag,
                      uint64_t value)
{
    say(text, "  [");
    for (; flag->name; flag++) {
        uint64_t mask = UINT64_MAX >> (63 - (flag->hi - flag->lo));
        uint64_t field = value >> flag->lo & mask;

        if (!field)
            continue;
        say(text, " %s", flag->name);
        if (flag->lo != flag->hi)
            say(text, "=%llu", (ull)field);
    }
    say(text, " ]");
}

static void say_value(struct text *text, const struct row *row,
                      const uint8_t *value)
{
    const struct x86_flag *flags = x86_flags_of(row->type);
    uint64_t number = 0;

    say(text, "0x");
    for (size_t i = row->bits / 8u; i-- > 0;)
        say(text, "%02x", value[i]);
    if (!flags)
        return;
    memcpy(&number, value, row->bits / 8u);
    say_flags(text, flags, number);
}

static void say_register(struct vcpu *vcpu, const struct row *row,
                         struct text *text)
{
    uint8_t value[RSP_REG_MAX_BYTES];

    say(text, "%-18s ", row->name);
    if (x86_row_read(vcpu, row, value) < 0)
        say(text, "not to be had");
    else
        say_value(text, row, value);
    say(text, "\n");
}

/* A register with different types in several descriptions is shown once. */
static bool is_shown(struct vcpu *vcpu, const struct row *row)
{
    unsigned in = x86_rows_in(stub_code_mode(vcpu));

    return (row->in == IN_NONE || row->in & in) && x86_row_present(vcpu, row);
}

/* The first n characters of group are its name, or n is 0. */
static bool in_group(const struct row *row, const char *group, size_t n)
{
    return !n || is_word(row->group, group, n);
}

static bool is_first_of_group(size_t id)
{
    for (size_t before = 0; before < id; before++)
        if (!strcmp(x86_row(before)->group, x86_row(id)->group))
            return false;
    return true;
}

static void say_groups(struct text *text)
{
    say(text, "no such registers; there are these groups:");
    for (size_t id = 0; x86_row(id); id++)
        if (is_first_of_group(id))
            say(text, " %s", x86_row(id)->group);
    say(text, "\n");
}

static void show_registers(struct debugger *d, const char *group,
                           struct text *text)
{
    struct vcpu *vcpu = engine_current(&d->engine)->vcpu;
    size_t n = strcspn(group, " ");
    const struct row *row;
    size_t shown = 0;

    (void)x86_rows_prepare(vcpu);
    for (size_t id = 0; (row = x86_row(id)); id++) {
        if (!in_group(row, group, n) || !is_shown(vcpu, row))
            continue;
        say_register(vcpu, row, text);
        shown++;
    }
    if (!shown)
        say_groups(text);
}

/* --- MSRs --- */

/* The next number of the line, in C's notation. */
static bool take_number(const char **args, uint64_t *ret)
{
    char *end;

    errno = 0;
    *ret = strtoull(*args, &end, 0);
    if (end == *args || errno || **args == '-' || (*end && *end != ' '))
        return false;
    *args = end + strspn(end, " ");
    return true;
}

/* Those that the register table has as system registers. */
static const struct {
    const char *name;
    uint32_t index;
} system_msrs[] = {
    {"efer", X86_MSR_EFER},
    {"fs_base", X86_MSR_FS_BASE},
    {"gs_base", X86_MSR_GS_BASE},
};

static bool find_msr(const char *word, size_t n, uint32_t *ret)
{
    const struct row *row;

    for (size_t i = 0; i < sizeof system_msrs / sizeof system_msrs[0]; i++) {
        if (!is_word(system_msrs[i].name, word, n))
            continue;
        *ret = system_msrs[i].index;
        return true;
    }
    for (size_t id = 0; (row = x86_row(id)); id++) {
        if (row->bank != X86_BANK_MSR || !is_word(row->name, word, n))
            continue;
        *ret = row->offset;
        return true;
    }
    return false;
}

/* An MSR's name, or its index. */
static bool take_msr(const char **args, uint32_t *ret)
{
    size_t n = strcspn(*args, " ");
    uint64_t number;

    if (find_msr(*args, n, ret)) {
        *args += n + strspn(*args + n, " ");
        return true;
    }
    if (!take_number(args, &number) || number > UINT32_MAX)
        return false;
    *ret = (uint32_t)number;
    return true;
}

static void say_msr(struct vcpu *vcpu, uint32_t index, struct text *text)
{
    uint64_t value;

    if (x86_msr_read(vcpu, index, &value) < 0)
        say(text, "MSR 0x%x: KVM has none for this guest\n", index);
    else
        say(text, "MSR 0x%x = 0x%016llx\n", index, (ull)value);
}

static void read_msr(struct debugger *d, const char *args, struct text *text)
{
    uint32_t index;

    if (!take_msr(&args, &index) || *args)
        say(text, "usage: monitor rdmsr MSR, its index or its name\n");
    else
        say_msr(engine_current(&d->engine)->vcpu, index, text);
}

static void write_msr(struct debugger *d, const char *args, struct text *text)
{
    struct vcpu *vcpu = engine_current(&d->engine)->vcpu;
    uint32_t index;
    uint64_t value;

    if (!take_msr(&args, &index) || !take_number(&args, &value) || *args)
        say(text, "usage: monitor wrmsr MSR VALUE\n");
    else if (x86_msr_write(vcpu, index, value) < 0)
        say(text, "MSR 0x%x: KVM refuses 0x%llx\n", index, (ull)value);
    else
        say_msr(vcpu, index, text);
}

const struct monitor_command stub_monitor_commands[] = {
    {"registers", "[GROUP]", "all registers, or those of a group",
     show_registers},
    {"rdmsr", "MSR", "a model-specific register, by index or name", read_msr},
    {"wrmsr", "MSR VALUE", "sets one; flush GDB's register cache then",
     write_msr},
    {0},
};
