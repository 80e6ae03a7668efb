/* SPDX-License-Identifier: MIT */
#ifndef TESTS_UNIT_STUB_X86_64_MEMVIEW_FIXTURE_H
#define TESTS_UNIT_STUB_X86_64_MEMVIEW_FIXTURE_H

/*
 * A view of two pieces of RAM, in long mode with pages of 4 KiB:
 *
 *   gva   0  1  2  3  4  5  6 ... 3f  40 ... ff   the last page of all
 *   gpa   0  1  5  -  4  3 (as they are)   no RAM   6
 *
 * in pages. Each byte below 4 GiB is byte_at() but in the tables, which are
 * from TABLES on; the RAM above is zero.
 */

#include "stub/engine/memview.h"
#include "tests/unit/stub/x86_64/regs_fixture.h"

enum {
    PAGE = MEM_PAGE,
    LOW_PAGES = 0x40,
    LOW_SIZE = LOW_PAGES * PAGE,
    MAPPED_PAGES = 0x100,
    TABLES = 0x30 * PAGE,
    PT = TABLES + 3 * PAGE, /* of the first 2 MiB */
};

#define HIGH_GPA  UINT64_C(0x100000000)
#define HIGH_SIZE (2 * PAGE)
#define LAST_PAGE (UINT64_MAX - PAGE + 1)

extern struct bp_table traps;
extern struct memview view;

void begin_view(bool physical);
uint8_t byte_at(uint64_t gpa);
/* Where it is on the host. */
uint8_t *host_bytes(uint64_t gpa);
/* The page of that number leads to gpa; UINT64_MAX: nowhere. */
void map_page(unsigned page, uint64_t gpa);
/* A breakpoint, whose trap is there. */
void plant(uint64_t gva);

#endif
