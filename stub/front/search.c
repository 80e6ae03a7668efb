/* SPDX-License-Identifier: MIT */
#include "stub/front/search.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { CHUNK = 64 << 10, MS_PER_S = 1000, NS_PER_MS = 1000000 };

/*
 *             kept          n read at `at`
 *          +--------+------------------------+
 *  bytes:  |        |                        |
 *          +--------+------------------------+
 *  kept: the bytes right before `at`, one fewer than the pattern has, for one
 *  that begins there.
 */
struct search {
    const struct memview *view;
    const uint8_t *pattern;
    size_t n_pattern;
    uint64_t at, last; /* both included */
    uint8_t *bytes;
    size_t kept;
};

static uint64_t now_ms(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * MS_PER_S + (uint64_t)now.tv_nsec / NS_PER_MS;
}

/* A byte of the pattern that is rare: most memory is zero. */
static size_t rare_byte(const struct search *s)
{
    for (size_t i = 0; i < s->n_pattern; i++)
        if (s->pattern[i] != 0 && s->pattern[i] != 0xff)
            return i;
    return 0;
}

/* memchr() is ten times as fast as memmem() where there is nothing. */
static const uint8_t *search_find(const struct search *s, size_t n)
{
    size_t rare = rare_byte(s);
    const uint8_t *hit;

    if (n < s->n_pattern)
        return NULL;
    hit = memchr(s->bytes + rare, s->pattern[rare], n - rare);
    if (!hit)
        return NULL;
    hit -= rare;
    return memmem(hit, n - (size_t)(hit - s->bytes), s->pattern, s->n_pattern);
}

static void keep_end(struct search *s, size_t n)
{
    size_t keep = s->n_pattern - 1 < n ? s->n_pattern - 1 : n;

    memmove(s->bytes, s->bytes + n - keep, keep);
    s->kept = keep;
}

/* Goes on to `at`; false behind the last. */
static bool search_advance(struct search *s, uint64_t at)
{
    if (at <= s->at || at > s->last)
        return false;
    s->at = at;
    return true;
}

static bool skip_hole(struct search *s)
{
    uint64_t end;

    s->kept = 0;
    return memview_skip(s->view, s->at, &end) && search_advance(s, end);
}

/* The next chunk. 1 and *ret: found. 0: that was all. -EAGAIN: there is more.
 */
static int search_step(struct search *s, uint64_t *ret)
{
    uint64_t left = s->last - s->at;
    size_t want = left < CHUNK ? (size_t)left + 1 : CHUNK;
    ssize_t got = memview_read(s->view, s->at, s->bytes + s->kept, want);
    const uint8_t *hit;

    if (got < 0)
        return skip_hole(s) ? -EAGAIN : 0;
    hit = search_find(s, s->kept + (size_t)got);
    if (hit) {
        *ret = s->at - s->kept + (uint64_t)(hit - s->bytes);
        return 1;
    }
    keep_end(s, s->kept + (size_t)got);
    return search_advance(s, s->at + (uint64_t)got) ? -EAGAIN : 0;
}

static int search_run(struct search *s, uint64_t deadline, uint64_t *ret)
{
    int r;

    while ((r = search_step(s, ret)) == -EAGAIN) {
        if (now_ms() < deadline)
            continue;
        *ret = s->at - s->kept;
        return -ETIME;
    }
    return r;
}

int search_memory(const struct memview *view, uint64_t addr, uint64_t n,
                  const void *pattern, size_t n_pattern, unsigned limit_ms,
                  uint64_t *ret)
{
    struct search s = {
        .view = view, .pattern = pattern, .n_pattern = n_pattern, .at = addr};
    uint64_t deadline = now_ms() + limit_ms;
    int r;

    if (n < n_pattern)
        return 0;
    s.last = n - 1 > UINT64_MAX - addr ? UINT64_MAX : addr + (n - 1);
    s.bytes = malloc(n_pattern + CHUNK);
    if (!s.bytes)
        return -ENOMEM;
    r = search_run(&s, deadline, ret);
    free(s.bytes);
    return r;
}
