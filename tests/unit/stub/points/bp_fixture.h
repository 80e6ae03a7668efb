/* SPDX-License-Identifier: MIT */
#ifndef TESTS_UNIT_STUB_POINTS_BP_FIXTURE_H
#define TESTS_UNIT_STUB_POINTS_BP_FIXTURE_H

/*
 * A breakpoint table on 64 KiB of RAM behind a small page map, and wishes
 * written as text: "s1000 w2ffc+8" is a software breakpoint at 0x1000 and a
 * write watchpoint of 8 bytes at 0x2ffc. The letters are s h w r a, as the
 * packets Z0 to Z4, or capitals as from a client whose addresses have 32 bits;
 * numbers are hexadecimal; a size that is not given is 1.
 *
 * Criterion runs each test in a process of its own, so there is one of each.
 */

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "stub/points/types.h"
#include "tests/unit/kvm/rows.h"

/* Criterion's assertions store an int in a bit-field. */
#pragma GCC diagnostic ignored "-Wconversion"

enum {
    GVA_PAGES = 16,
    RAM_PAGES = 16,
    RAM_SIZE = RAM_PAGES * MEM_PAGE,
    TEXT_MAX = 512,
    PAGE_TABLE = 4, /* the page with page tables in use */
};

#define NOT_MAPPED UINT64_MAX
#define NO_RAM     UINT64_C(0x40000)

/*
 * The map that each test starts with, by gva page: 0 to 7 as they are; 8 to a
 * not mapped; b to NO_RAM; c and d two more names of 1 and 2; e and f lead to 7
 * and 5.
 */
extern uint64_t page_map[GVA_PAGES];
/* The same for GVA_PAGES from each of these: nothing is mapped there. */
#define LOW_TWIN  UINT64_C(0x80000000)
#define HIGH_TWIN UINT64_C(0xffffffff80000000)
extern uint64_t low_map[GVA_PAGES], high_map[GVA_PAGES];
/* No map but one run of 4 GiB, as with paging off. */
extern bool paging_off;
extern struct bp_space space; /* wide */
extern struct guest_mem mem;
extern struct bp_table bps;

extern const struct trap trap_byte; /* one byte, as on x86 */
extern const struct trap trap_word; /* four of them, as on arm64 */
extern const struct trap trap_none;
/* What a client writes, as long as the host's; begin() gives it to the table.
 */
extern const struct trap trap_client, trap_client_word;

/* The realloc() of that number fails, once; 0: none. */
extern unsigned realloc_fails_in;

/* RAM that holds a pattern without trap bytes, and no breakpoints. */
void begin(const struct bp_host *host);
void end(void);

/* The byte that begin() puts at gpa. */
uint8_t pattern(uint64_t gpa);
uint8_t *ram(uint64_t gpa);

/* -EINVAL and so on from the first wish that is refused. */
int insert(const char *wishes);
int remove_all_of(const char *wishes);

/* A watchpoint that the access concerns, of several the lowest; or NULL. */
const struct breakpoint *watching(const struct bp_table *table, uint64_t gpa,
                                  size_t n, bool is_write);

/* What bp_service() says of each in order of insertion, joined by ", ". */
const char *services(void);
/* The guards: "w1000+2000 a5000+1000". */
const char *guards(void);

/* Criterion wants char *, which it does not write to. */
char *str(const char *text);

#endif
