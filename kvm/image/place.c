/* SPDX-License-Identifier: MIT */
#include "kvm/image/place.h"

bool places_take(struct places *places, uint64_t start, uint64_t size)
{
    if (size == 0)
        return true;
    if (places->n == PLACES_MAX)
        return false;
    places->at[places->n++] = (struct place){start, start + size};
    return true;
}

/* One of those that [start, start + size) overlaps, or NULL. */
static const struct place *place_in_the_way(const struct places *places,
                                            uint64_t start, uint64_t size)
{
    for (size_t i = 0; i < places->n; i++)
        if (start < places->at[i].end && places->at[i].start < start + size)
            return &places->at[i];
    return NULL;
}

static bool is_within(uint64_t start, uint64_t size, uint64_t from, uint64_t to)
{
    return start >= from && start <= to && size <= to - start;
}

/* Each turn is past one of the places, so there are few. */
bool places_lowest(const struct places *places, uint64_t size, uint64_t align,
                   uint64_t from, uint64_t to, uint64_t *ret)
{
    uint64_t start = from;
    const struct place *taken;

    for (;;) {
        start = (start + align - 1) & ~(align - 1);
        if (!is_within(start, size, from, to))
            return false;
        taken = place_in_the_way(places, start, size);
        if (!taken)
            break;
        start = taken->end;
    }
    *ret = start;
    return true;
}

bool places_highest(const struct places *places, uint64_t size, uint64_t align,
                    uint64_t from, uint64_t to, uint64_t *ret)
{
    uint64_t end = to;
    uint64_t start;
    const struct place *taken;

    for (;;) {
        start = (end - size) & ~(align - 1);
        if (size > end || !is_within(start, size, from, to))
            return false;
        taken = place_in_the_way(places, start, size);
        if (!taken)
            break;
        end = taken->start;
    }
    *ret = start;
    return true;
}
