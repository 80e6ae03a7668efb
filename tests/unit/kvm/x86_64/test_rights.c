/* SPDX-License-Identifier: MIT */
/* What an access is told, for each right and each reason to refuse it. */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "kvm/core/mem.h"
#include "kvm/x86_64/paging/rights.h"
#include "tests/unit/kvm/rows.h"
#include "tests/unit/kvm/x86_64/paging_fixture.h"

enum { RAM = 0x10000, T4 = 0x2000, T3 = 0x3000, T2 = 0x4000 };

/* A page of 2 MiB at 0 in four levels; the rights are in its entry. */
#define WP     BIT(16)
#define SMEP   BIT(20)
#define SMAP   BIT(21)
#define PKE    BIT(22)
#define KEY(n) ((uint64_t)(n) << 59)
#define KERNEL 0
#define R                                                                      \
    {                                                                          \
        .user = KERNEL                                                         \
    }
#define CODE_W  PAGE_FAULT_W
#define CODE_U  PAGE_FAULT_U
#define CODE_I  PAGE_FAULT_I
#define CODE_P  PAGE_FAULT_P
#define CODE_PK PAGE_FAULT_PK
#define KEY5(n) ((uint32_t)(n) << 10) /* of key 5, in PKRU */

/* clang-format off */
static const struct rights_row {
    const char *label;
    uint64_t cr0, cr4, efer; /* beside PG, PAE and LMA */
    uint64_t entry;          /* beside P and PS */
    struct page_access access;
    enum page_refusal refusal;
    uint32_t code;
} rights_rows[] = {
    /* --- the supervisor --- */
    {"reads", WP, 0, NXE, 0, R, PAGE_ALLOWED, 0},
    {"reads the user's", WP, 0, NXE, U, R, PAGE_ALLOWED, 0},
    {"writes", WP, 0, NXE, W, {.write = true}, PAGE_ALLOWED, 0},
    {"writes what is read-only", WP, 0, NXE, 0, {.write = true},
     PAGE_READ_ONLY, CODE_P | CODE_W},
    {"... without CR0.WP", 0, 0, NXE, 0, {.write = true}, PAGE_ALLOWED, 0},
    {"executes", WP, 0, NXE, 0, {.fetch = true}, PAGE_ALLOWED, 0},
    {"executes what is not", WP, 0, NXE, XD, {.fetch = true},
     PAGE_NO_EXECUTE, CODE_P | CODE_I},
    {"reads what is not executable", WP, 0, NXE, XD, R, PAGE_ALLOWED, 0},
    {"executes the user's", WP, 0, NXE, U, {.fetch = true}, PAGE_ALLOWED, 0},
    {"... with SMEP", WP, SMEP, NXE, U, {.fetch = true},
     PAGE_SMEP, CODE_P | CODE_I},
    {"... with SMEP, without NXE", WP, SMEP, 0, U, {.fetch = true},
     PAGE_SMEP, CODE_P | CODE_I},
    {"SMEP is for the user's", WP, SMEP, NXE, 0, {.fetch = true},
     PAGE_ALLOWED, 0},
    {"SMEP is for fetches", WP, SMEP, NXE, U, R, PAGE_ALLOWED, 0},
    {"reads with SMAP", WP, SMAP, NXE, U, R, PAGE_SMAP, CODE_P},
    {"writes with SMAP", WP, SMAP, NXE, U | W, {.write = true},
     PAGE_SMAP, CODE_P | CODE_W},
    {"... and AC", WP, SMAP, NXE, U | W, {.write = true, .ac = true},
     PAGE_ALLOWED, 0},
    {"SMAP is for the user's", WP, SMAP, NXE, 0, R, PAGE_ALLOWED, 0},
    {"SMAP is for data", WP, SMAP, NXE, U, {.fetch = true}, PAGE_ALLOWED, 0},
    /* --- the user --- */
    {"user reads", WP, SMEP | SMAP, NXE, U, {.user = true}, PAGE_ALLOWED, 0},
    {"user executes", WP, SMEP | SMAP, NXE, U, {.user = true, .fetch = true},
     PAGE_ALLOWED, 0},
    {"user reads the supervisor's", WP, 0, NXE, W, {.user = true},
     PAGE_SUPERVISOR, CODE_P | CODE_U},
    {"user writes the supervisor's", WP, 0, NXE, W,
     {.user = true, .write = true}, PAGE_SUPERVISOR, CODE_P | CODE_U | CODE_W},
    {"user executes the supervisor's", WP, 0, NXE, W,
     {.user = true, .fetch = true}, PAGE_SUPERVISOR, CODE_P | CODE_U | CODE_I},
    {"... which is not told without NXE", WP, 0, 0, W,
     {.user = true, .fetch = true}, PAGE_SUPERVISOR, CODE_P | CODE_U},
    {"user writes what is read-only, without CR0.WP", 0, 0, NXE, U,
     {.user = true, .write = true}, PAGE_READ_ONLY, CODE_P | CODE_U | CODE_W},
    {"user executes what is not", WP, 0, NXE, U | XD,
     {.user = true, .fetch = true}, PAGE_NO_EXECUTE, CODE_P | CODE_U | CODE_I},
    /* --- keys --- */
    {"key without AD", WP, PKE, NXE, U | KEY(5), {.user = true, .pkru = ~KEY5(3)},
     PAGE_ALLOWED, 0},
    {"key with AD", WP, PKE, NXE, U | KEY(5), {.user = true, .pkru = KEY5(1)},
     PAGE_KEY, CODE_P | CODE_U | CODE_PK},
    {"key with AD, the supervisor", WP, PKE, NXE, U | KEY(5), {.pkru = KEY5(1)},
     PAGE_KEY, CODE_P | CODE_PK},
    {"key without PKE", WP, 0, NXE, U | KEY(5), {.pkru = KEY5(1)},
     PAGE_ALLOWED, 0},
    {"key of a page of the supervisor", WP, PKE, NXE, KEY(5), {.pkru = KEY5(1)},
     PAGE_ALLOWED, 0},
    {"key and a fetch", WP, PKE, NXE, U | KEY(5),
     {.user = true, .fetch = true, .pkru = KEY5(3)}, PAGE_ALLOWED, 0},
    {"key with WD, read", WP, PKE, NXE, U | W | KEY(5),
     {.user = true, .pkru = KEY5(2)}, PAGE_ALLOWED, 0},
    {"key with WD, write", WP, PKE, NXE, U | W | KEY(5),
     {.user = true, .write = true, .pkru = KEY5(2)},
     PAGE_KEY, CODE_P | CODE_U | CODE_W | CODE_PK},
    {"key with WD, the supervisor", WP, PKE, NXE, U | W | KEY(5),
     {.write = true, .pkru = KEY5(2)}, PAGE_KEY, CODE_P | CODE_W | CODE_PK},
    {"... without CR0.WP", 0, PKE, NXE, U | W | KEY(5),
     {.write = true, .pkru = KEY5(2)}, PAGE_ALLOWED, 0},
    {"key and read-only", WP, PKE, NXE, U | KEY(5),
     {.user = true, .write = true, .pkru = KEY5(2)},
     PAGE_READ_ONLY, CODE_P | CODE_U | CODE_W | CODE_PK},
    /* --- no page --- */
    {"reserved", WP, 0, NXE, U | BIT(13), {.user = true, .write = true},
     PAGE_NOT_MAPPED, CODE_P | CODE_U | CODE_W | PAGE_FAULT_RSVD},
    {"XD without NXE", WP, 0, 0, U | XD, {.fetch = true},
     PAGE_NOT_MAPPED, CODE_P | PAGE_FAULT_RSVD},
};
/* clang-format on */

static struct guest_mem mem;

static struct paging make_tables(const struct rights_row *row)
{
    struct paging paging =
        REGS(PG | row->cr0, T4, PAE | row->cr4, LMA | row->efer, 40);

    cr_assert(eq(int, mem_init(&mem, RAM, NULL), 0));
    put_entry(&mem, &paging, T4, T3 | ALL);
    put_entry(&mem, &paging, T3, T2 | ALL);
    put_entry(&mem, &paging, T2, P | PS | row->entry);
    return paging;
}

ParameterizedTestParameters(rights, access)
{
    return row_numbers(ROWS(rights_rows));
}

ParameterizedTest(const size_t *i, rights, access)
{
    const struct rights_row *row = &rights_rows[*i];
    const struct paging paging = make_tables(row);
    struct page_verdict verdict;

    page_check(&paging, &mem, 0x1234, &row->access, &verdict);
    cr_expect(eq(int, (int)verdict.refusal, (int)row->refusal), "%s",
              row->label);
    cr_expect(eq(u32, verdict.code, row->code), "%s", row->label);
    mem_done(&mem);
}

/* --- where there is no page --- */

/* clang-format off */
static const struct gap_row {
    const char *label;
    struct paging paging;
    uint64_t gva;
    enum page_refusal refusal;
    uint32_t code; /* of a write */
} gap_rows[] = {
    {"paging is off", REGS(0, 0, 0, 0, 36), 0x5000, PAGE_ALLOWED, 0},
    {"not present", REGS(PG, T4, PAE, LMA, 36), BIT(21),
     PAGE_NOT_MAPPED, CODE_W},
    {"not canonical", REGS(PG, T4, PAE, LMA, 36), BIT(47),
     PAGE_NOT_CANONICAL, 0},
    {"no table", REGS(PG, 2 * RAM, PAE, LMA, 36), 0, PAGE_NOT_MAPPED, CODE_W},
    {"32-bit", REGS(PG, T3, 0, 0, 36), 0, PAGE_NOT_MAPPED, CODE_W},
};
/* clang-format on */

ParameterizedTestParameters(rights, gaps)
{
    return row_numbers(ROWS(gap_rows));
}

ParameterizedTest(const size_t *i, rights, gaps)
{
    const struct gap_row *row = &gap_rows[*i];
    const struct page_access access = {.write = true};
    struct page_verdict verdict;

    cr_assert(eq(int, mem_init(&mem, RAM, NULL), 0));
    page_check(&row->paging, &mem, row->gva, &access, &verdict);
    cr_expect(eq(int, (int)verdict.refusal, (int)row->refusal), "%s",
              row->label);
    cr_expect(eq(u32, verdict.code, row->code), "%s", row->label);
    mem_done(&mem);
}
