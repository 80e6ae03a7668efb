/* SPDX-License-Identifier: MIT */
#include "stub/options/values.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define NS_PER_SECOND UINT64_C(1000000000)
#define SECONDS_MAX   (UINT64_C(10) * 366 * 24 * 3600)

/* base 0: as in C. */
static bool parse_number(const char *text, int base, uint64_t *ret,
                         char **ret_end)
{
    if (!isdigit((unsigned char)*text))
        return false;
    errno = 0;
    *ret = strtoull(text, ret_end, base);
    return errno == 0;
}

static bool parse_whole(const char *text, int base, uint64_t *ret)
{
    uint64_t value;
    char *end;

    if (!parse_number(text, base, &value, &end) || *end)
        return false;
    *ret = value;
    return true;
}

/* Binary logarithm of a unit, none for no suffix. */
static bool parse_unit(const char *suffix, unsigned *ret_shift)
{
    static const char units[] = "KMGT";
    const char *unit;

    *ret_shift = 0;
    if (!*suffix)
        return true;
    unit = strchr(units, toupper((unsigned char)*suffix));
    if (!unit || suffix[1])
        return false;
    *ret_shift = 10 * (unsigned)(unit - units + 1);
    return true;
}

bool value_size(const char *text, uint64_t *ret)
{
    uint64_t value;
    unsigned shift;
    char *end;

    if (!parse_number(text, 0, &value, &end) || !parse_unit(end, &shift) ||
        value > UINT64_MAX >> shift)
        return false;
    *ret = value << shift;
    return true;
}

bool value_number(const char *text, uint64_t *ret)
{
    return parse_whole(text, 0, ret);
}

bool value_octal(const char *text, uint64_t *ret)
{
    return parse_whole(text, 8, ret);
}

/* Digits up to the first other character. false: none, or too many seconds. */
static bool whole_seconds(const char **at, uint64_t *ret)
{
    const char *start = *at;

    for (*ret = 0; isdigit((unsigned char)**at); (*at)++) {
        *ret = *ret * 10 + (uint64_t)(**at - '0');
        if (*ret > SECONDS_MAX)
            return false;
    }
    return *at != start;
}

bool value_seconds(const char *text, uint64_t *ret_ns)
{
    uint64_t seconds;
    uint64_t ns = 0;

    if (!whole_seconds(&text, &seconds))
        return false;
    if (*text == '.') {
        uint64_t unit = NS_PER_SECOND;

        if (!isdigit((unsigned char)*++text))
            return false;
        for (; isdigit((unsigned char)*text); text++) {
            unit /= 10;
            ns += unit * (uint64_t)(*text - '0');
        }
    }
    if (*text || !(seconds || ns))
        return false;
    *ret_ns = seconds * NS_PER_SECOND + ns;
    return true;
}

/* What strptime() took but no calendar has, timegm() puts right. */
static bool is_as_written(const struct tm *written, time_t time)
{
    struct tm tm;

    return gmtime_r(&time, &tm) && tm.tm_mday == written->tm_mday &&
           tm.tm_mon == written->tm_mon && tm.tm_sec == written->tm_sec;
}

bool value_date(const char *text, uint64_t *ret)
{
    enum { YEAR_0 = 1900, FIRST = 1970, LAST = 2099 };
    struct tm tm = {0};
    struct tm copy;
    time_t time;
    const char *end = strptime(text, "%Y-%m-%d", &tm);

    if (end && *end)
        end = strptime(end, "T%H:%M:%S", &tm);
    if (!end || *end || tm.tm_year < FIRST - YEAR_0 ||
        tm.tm_year > LAST - YEAR_0)
        return false;
    copy = tm;
    time = timegm(&copy);
    if (!is_as_written(&tm, time))
        return false;
    *ret = (uint64_t)time;
    return true;
}

int value_word(const char *option, const char *text,
               const struct value_word *words, int *ret, struct diag *diag)
{
    for (; words->name; words++) {
        if (!strcmp(words->name, text)) {
            *ret = words->value;
            return 0;
        }
    }
    return diag_set(diag, -EINVAL,
                    "--%s does not know '%s'; --help lists what it takes",
                    option, text);
}
