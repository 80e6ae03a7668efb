/* SPDX-License-Identifier: MIT */
#ifndef STUB_MONITOR_TEXT_H
#define STUB_MONITOR_TEXT_H

#include <stdbool.h>
#include <stddef.h>

/* Text on its way to the client; what does not fit is cut. */
struct text {
    char *at;
    size_t cap, n;
};

void say(struct text *text, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Are the first n characters of word the name? */
bool is_word(const char *name, const char *word, size_t n);

#endif
