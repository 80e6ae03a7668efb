/* SPDX-License-Identifier: MIT */
#ifndef TESTS_UNIT_STUB_POINTS_BP_STORY_H
#define TESTS_UNIT_STUB_POINTS_BP_STORY_H

/*
 * What happens to a breakpoint table and its memory, as a text of single
 * letters and numbers with blanks between:
 *
 *   sADDR hADDR   insert                 -sADDR -hADDR   remove
 *   !             arm                    PADDR=PAGE      map a page anew
 *   gADDR=BYTES   the guest writes, seen by the table
 *   lADDR=BYTES   a loader writes, unseen
 *   cADDR=BYTES   the client writes
 *   ^ADDR         the trap is lifted off its gpa
 *   x             what the client writes as a breakpoint leaves the guest
 *   ?             the client has forgotten its breakpoints
 *
 * Addresses of writes are gpas. All numbers are hexadecimal; a page that is
 * mapped to "-" is not there.
 */

#include "tests/unit/stub/points/bp_fixture.h"

void tell(const char *story);

/* "cc90": n bytes, at most 31. Until the next call. */
const char *hex(const uint8_t *bytes, size_t n);

#endif
