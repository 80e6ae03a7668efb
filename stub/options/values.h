/* SPDX-License-Identifier: MIT */
#ifndef STUB_OPTIONS_VALUES_H
#define STUB_OPTIONS_VALUES_H

/* What the values of options look like. Each function leaves *ret as it was
 * when the text is none of them; those with a diag return -EINVAL and say
 * what it must be. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kvm/core/diag.h"

/* "64K", "128M", "0x1000": bytes. false when it is not a size, or wraps. */
bool value_size(const char *text, uint64_t *ret);
/* A number, decimal, octal (0...) or hexadecimal (0x...), and nothing else. */
bool value_number(const char *text, uint64_t *ret);
/* "660": octal, and nothing else. */
bool value_octal(const char *text, uint64_t *ret);
/* "10", "0.25": decimal seconds, in nanoseconds; more than 0, less than about
 * ten years. */
bool value_seconds(const char *text, uint64_t *ret_ns);
/* UTC: "2026-01-31" or "2026-01-31T12:00:00", from 1970 to 2099; gives seconds
 * since 1970-01-01. */
bool value_date(const char *text, uint64_t *ret);

/* A word and what it means: an enumerator. */
struct value_word {
    const char *name; /* NULL: the end of the table */
    int value;
};

/* option is its name without dashes. */
int value_word(const char *option, const char *text,
               const struct value_word *words, int *ret, struct diag *diag);

#endif
