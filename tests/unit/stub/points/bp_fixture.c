/* SPDX-License-Identifier: MIT */
#include "tests/unit/stub/points/bp_fixture.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kvm/core/mem.h"
#include "stub/points/pages.h"
#include "stub/points/table.h"

enum { PATTERN = 0x40, PATTERN_SPAN = 0x3f };

uint64_t page_map[GVA_PAGES], low_map[GVA_PAGES], high_map[GVA_PAGES];
bool paging_off;
struct guest_mem mem;
struct bp_table bps;

const struct trap trap_byte = {.name = "int3", .bytes = {0xcc}, .size = 1};
const struct trap trap_word = {.name = "brk",
                               .bytes = {0x00, 0x00, 0x20, 0xd4},
                               .size = 4};
const struct trap trap_none = {.name = "none"};
const struct trap trap_client = {.name = "own", .bytes = {0xee}, .size = 1};
const struct trap trap_client_word = {.name = "own",
                                      .bytes = {0xee, 0xed, 0xec, 0xeb},
                                      .size = 4};

unsigned realloc_fails_in;

/* This is what all of the program calls: tests/CMakeLists.txt. */
void *__real_realloc(void *old, size_t n);
void *__wrap_realloc(void *old, size_t n);

void *__wrap_realloc(void *old, size_t n)
{
    bool fails = realloc_fails_in > 0 && --realloc_fails_in == 0;

    return fails ? NULL : __real_realloc(old, n);
}

static const uint64_t *map_of(uint64_t gva)
{
    return gva >= HIGH_TWIN ? high_map : gva >= LOW_TWIN ? low_map : page_map;
}

static int translate(void *context, uint64_t gva, uint64_t *ret_gpa,
                     uint64_t *ret_run)
{
    const uint64_t *map = map_of(gva);
    uint64_t page = (gva & (LOW_TWIN - 1)) / MEM_PAGE;

    (void)context;
    cr_assert(space.wide || gva <= UINT32_MAX, "there is no %#llx",
              (unsigned long long)gva);
    if (paging_off) {
        *ret_gpa = (uint32_t)gva;
        *ret_run = (UINT64_C(1) << 32) - *ret_gpa;
        return 0;
    }
    if (gva > UINT32_MAX && gva < HIGH_TWIN)
        return -EFAULT;
    if (page >= GVA_PAGES || map[page] == NOT_MAPPED)
        return -EFAULT;
    *ret_gpa = map[page] + gva % MEM_PAGE;
    *ret_run = MEM_PAGE - gva % MEM_PAGE;
    return 0;
}

static int page_tables(void *context, void (*visit)(void *, uint64_t gpa),
                       void *visit_context)
{
    (void)context;
    visit(visit_context, PAGE_TABLE * MEM_PAGE);
    return 0;
}

struct bp_space space = {.gva = {translate, NULL, &mem},
                         .page_tables = page_tables,
                         .wide = true};

static void init_map(void)
{
    static const uint64_t other[GVA_PAGES] = {
        [8] = NOT_MAPPED, [9] = NOT_MAPPED, [10] = NOT_MAPPED, [11] = NO_RAM,
        [12] = 0x1000,    [13] = 0x2000,    [14] = 0x7000,     [15] = 0x5000,
    };

    for (size_t i = 0; i < GVA_PAGES; i++) {
        page_map[i] = other[i] ? other[i] : i * MEM_PAGE;
        low_map[i] = high_map[i] = NOT_MAPPED;
    }
}

uint8_t pattern(uint64_t gpa)
{
    return (uint8_t)(PATTERN + (gpa * 7 + gpa / MEM_PAGE) % PATTERN_SPAN);
}

uint8_t *ram(uint64_t gpa)
{
    return mem_ptr(&mem, gpa, 1);
}

void begin(const struct bp_host *host)
{
    init_map();
    cr_assert(eq(int, mem_init(&mem, RAM_SIZE, NULL), 0));
    for (uint64_t gpa = 0; gpa < RAM_SIZE; gpa++)
        *ram(gpa) = pattern(gpa);
    bp_init(&bps, host, &mem);
    bps.written = host->trap->size > 1 ? &trap_client_word : &trap_client;
}

void end(void)
{
    bp_done(&bps);
    mem_done(&mem);
}

/* --- wishes --- */

typedef int wish_fn(struct bp_table *table, enum bp_kind kind, uint64_t gva,
                    uint64_t size);

/* One wish; the text after it. */
static const char *parse(const char *text, wish_fn *const fns[2], int *ret)
{
    static const char letters[] = "shwra";
    const char *letter = strchr(letters, tolower(*text));
    wish_fn *fn = fns[isupper(*text) != 0];
    char *end;
    uint64_t gva = strtoull(text + 1, &end, 16);
    uint64_t size = *end == '+' ? strtoull(end + 1, &end, 16) : 1;

    cr_assert(letter && *letter, "no kind: %s", text);
    *ret = fn(&bps, (enum bp_kind)(letter - letters), gva, size);
    return end + strspn(end, " ");
}

static int each(const char *wishes, wish_fn *const fns[2])
{
    int r = 0;

    while (*wishes && !r)
        wishes = parse(wishes, fns, &r);
    return r;
}

int insert(const char *wishes)
{
    static wish_fn *const fns[] = {bp_insert, bp_insert_narrow};

    return each(wishes, fns);
}

int remove_all_of(const char *wishes)
{
    static wish_fn *const fns[] = {bp_remove, bp_remove_narrow};

    return each(wishes, fns);
}

/* --- words --- */

const char *services(void)
{
    static char text[TEXT_MAX];
    size_t n = 0;

    text[0] = '\0';
    for (size_t i = 0; i < bps.n; i++) {
        char one[64];

        bp_service(&bps, &bps.bp[i], one, sizeof one);
        n += (size_t)snprintf(text + n, sizeof text - n, "%s%s", i ? ", " : "",
                              one);
        cr_assert(n < sizeof text);
    }
    return text;
}

const char *guards(void)
{
    static char text[TEXT_MAX];
    size_t n = 0;

    text[0] = '\0';
    for (size_t i = 0; i < bps.n_guards; i++) {
        const struct guard_range *g = &bps.guard[i];

        n += (size_t)snprintf(text + n, sizeof text - n, "%s%c%llx+%llx",
                              i ? " " : "", g->kind == GUARD_WRITE ? 'w' : 'a',
                              (unsigned long long)g->gpa,
                              (unsigned long long)g->size);
        cr_assert(n < sizeof text);
    }
    return text;
}

static void remember(void *context, const struct breakpoint *bp)
{
    *(const struct breakpoint **)context = bp;
}

const struct breakpoint *watching(const struct bp_table *table, uint64_t gpa,
                                  size_t n, bool is_write)
{
    const struct breakpoint *bp = NULL;

    (void)bp_each_watching(table, gpa, n, is_write, remember, &bp);
    return bp;
}

char *str(const char *text)
{
    union {
        const char *in;
        char *out;
    } same = {text};

    return same.out;
}
