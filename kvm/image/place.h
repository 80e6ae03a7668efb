/* SPDX-License-Identifier: MIT */
#ifndef KVM_IMAGE_PLACE_H
#define KVM_IMAGE_PLACE_H

/*
 * Which guest-physical memory is taken while an image is loaded, and where
 * there is room for what goes along with it. Numbers alone: whether there is
 * RAM is for the caller to say, by the bounds.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* An image's segments, its modules and what it is told. */
enum { PLACES_MAX = 192 };

/* All zeros: nothing is taken. */
struct places {
    size_t n;
    struct place {
        uint64_t start, end;
    } at[PLACES_MAX];
};

/* False: there are too many. Of no bytes there are none. The range does not
 * wrap. */
bool places_take(struct places *places, uint64_t start, uint64_t size);

/* The lowest place in [from, to) for size bytes, at a multiple of align, a
 * power of two. False: there is none. Nothing is taken by this. */
bool places_lowest(const struct places *places, uint64_t size, uint64_t align,
                   uint64_t from, uint64_t to, uint64_t *ret);
/* The highest one. */
bool places_highest(const struct places *places, uint64_t size, uint64_t align,
                    uint64_t from, uint64_t to, uint64_t *ret);

#endif
