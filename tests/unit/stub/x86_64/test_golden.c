/* SPDX-License-Identifier: MIT */
/*
 * target.xml as it was when it was last looked at, for the CPU that has most:
 * golden/CLIENT-BITS.xml, with a line break between elements. A change that
 * is meant is written there by KVMGDB_GOLDEN=write, and then read in the diff.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kvm/image/image.h"
#include "rsp/commands/tdesc.h"
#include "tests/unit/stub/x86_64/regs_fixture.h"

enum { TEXT_MAX = 64 << 10 };

/* clang-format off */
static const struct golden_row {
    const char *file;
    enum cpu_mode mode;
    bool lldb;
    unsigned parts; /* of 4 KiB, in which GDB reads it; LLDB reads it at once */
} golden_rows[] = {
    {"gdb-16.xml",  CPU_MODE_REAL, false, 3},
    {"gdb-32.xml",  CPU_MODE_PROT, false, 3},
    {"gdb-64.xml",  CPU_MODE_LONG, false, 4},
    {"lldb-16.xml", CPU_MODE_REAL, true,  64},
    {"lldb-64.xml", CPU_MODE_LONG, true,  64},
};
/* clang-format on */

static void write_xml(const struct rsp_desc *desc, unsigned parts, char *out)
{
    static uint8_t bytes[TEXT_MAX];
    struct rsp_reply reply = {.bytes = bytes, .cap = sizeof bytes};
    struct rsp_xml xml = {.reply = &reply, .to = UINT64_MAX};

    tdesc_write(&xml, desc);
    cr_assert(zero(int, reply.overflow));
    cr_expect(le(sz, reply.n, (size_t)4096 * parts));
    for (size_t i = 0; i < reply.n; i++) {
        *out++ = (char)bytes[i];
        if (bytes[i] == '>' && i + 1 < reply.n && bytes[i + 1] == '<')
            *out++ = '\n';
    }
    memcpy(out, "\n", 2);
}

/* "" if there is none. */
static void read_file(const char *path, char *out)
{
    FILE *file = fopen(path, "r");
    size_t n = file ? fread(out, 1, TEXT_MAX - 1, file) : 0;

    out[n] = '\0';
    if (file)
        (void)fclose(file);
}

static void write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");

    cr_assert(file != NULL, "%s", path);
    cr_assert(ge(int, fputs(text, file), 0), "%s", path);
    cr_assert(zero(int, fclose(file)), "%s", path);
}

/* The first line that differs says more than both texts. */
static void compare_lines(const char *file, char *got, char *wanted)
{
    static char end[] = "(end)";
    char *got_at, *wanted_at;
    char *g = strtok_r(got, "\n", &got_at);
    char *w = strtok_r(wanted, "\n", &wanted_at);

    while (g && w && strcmp(g, w) == 0) {
        g = strtok_r(NULL, "\n", &got_at);
        w = strtok_r(NULL, "\n", &wanted_at);
    }
    cr_expect(eq(str, g ? g : end, w ? w : end), "%s", file);
}

ParameterizedTestParameters(golden, target_xml)
{
    return row_numbers(ROWS(golden_rows));
}

ParameterizedTest(const size_t *i, golden, target_xml)
{
    static char got[2 * TEXT_MAX], wanted[TEXT_MAX];
    const struct golden_row *row = &golden_rows[*i];
    const char *wish = getenv("KVMGDB_GOLDEN");
    char path[512];

    begin_cpu(CPU_LARGE);
    write_xml(describe(row->mode, row->lldb), row->parts, got);
    (void)snprintf(path, sizeof path, UNIT_FOLDER "/x86_64/golden/%s",
                   row->file);
    if (wish && strcmp(wish, "write") == 0)
        write_file(path, got);
    read_file(path, wanted);
    compare_lines(row->file, got, wanted);
}
