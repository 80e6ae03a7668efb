/* SPDX-License-Identifier: MIT */
#include "rsp/wire/args.h"

#include <limits.h>
#include <string.h>

#include "rsp/wire/hex.h"

static size_t args_left(const struct rsp_args *a)
{
    return (size_t)(a->end - a->at);
}

uint64_t args_num(struct rsp_args *a)
{
    uint64_t value = 0;
    int digits = 0;

    for (; a->at < a->end && hex_value(*a->at) >= 0; a->at++, digits++)
        value = value << 4 | (uint64_t)hex_value(*a->at);
    if (digits > 0 && digits <= HEX_NUM_MAX)
        return value;
    a->bad = true;
    return 0;
}

bool args_try(struct rsp_args *a, char c)
{
    if (a->at == a->end || *a->at != c)
        return false;
    a->at++;
    return true;
}

void args_skip(struct rsp_args *a, char c)
{
    if (!args_try(a, c))
        a->bad = true;
}

bool args_next_is(const struct rsp_args *a, const char *text)
{
    size_t n = strlen(text);

    return args_left(a) >= n && memcmp(a->at, text, n) == 0;
}

bool args_try_text(struct rsp_args *a, const char *text)
{
    bool found = args_next_is(a, text);

    if (found)
        a->at += strlen(text);
    return found;
}

void args_skip_digits(struct rsp_args *a, size_t n)
{
    while (n > 0 && a->at < a->end && hex_value(*a->at) >= 0) {
        a->at++;
        n--;
    }
    if (n > 0)
        a->bad = true;
}

char args_char(struct rsp_args *a)
{
    if (a->at < a->end)
        return *a->at++;
    a->bad = true;
    return 0;
}

char *args_until(struct rsp_args *a, char c, size_t *ret_n)
{
    char *start = a->at;
    char *stop = memchr(start, c, args_left(a));

    a->at = stop ? stop : a->end;
    *ret_n = (size_t)(a->at - start);
    return start;
}

char *args_rest(struct rsp_args *a, size_t *ret_n)
{
    char *start = a->at;

    *ret_n = args_left(a);
    a->at = a->end;
    return start;
}

void *args_hex(struct rsp_args *a, size_t *ret_n)
{
    size_t digits;
    char *start = args_rest(a, &digits);

    *ret_n = digits / 2;
    if (digits % 2 || hex_decode(start, start, *ret_n))
        a->bad = true;
    return start;
}

static int id_part(struct rsp_args *a)
{
    if (args_try(a, '-')) {
        args_skip(a, '1');
        return TID_ALL;
    }
    uint64_t value = args_num(a);
    return value > INT_MAX ? INT_MAX : (int)value;
}

struct rsp_thread_id args_thread(struct rsp_args *a)
{
    struct rsp_thread_id id = {.pid = TID_ANY};

    if (!args_try(a, 'p')) {
        id.tid = id_part(a);
        return id;
    }
    /* "pPID" alone means all threads of the process. */
    id.pid = id_part(a);
    id.tid = args_try(a, '.') ? id_part(a) : TID_ALL;
    return id;
}

bool args_ok(const struct rsp_args *a)
{
    return !a->bad && a->at == a->end;
}
