/* SPDX-License-Identifier: MIT */
#include "stub/monitor/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void say(struct text *text, const char *format, ...)
{
    size_t room = text->cap - text->n;
    va_list args;
    int n;

    va_start(args, format);
    n = vsnprintf(text->at + text->n, room, format, args);
    va_end(args);
    if (n > 0)
        text->n += (size_t)n < room ? (size_t)n : room - 1;
}

bool is_word(const char *name, const char *word, size_t n)
{
    return strlen(name) == n && !memcmp(name, word, n);
}
