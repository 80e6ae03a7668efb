/* SPDX-License-Identifier: MIT */
#ifndef BENCH_GUEST_H
#define BENCH_GUEST_H

/*
 * The guest that is measured: an endless loop that counts in memory, in three
 * CPU modes. It takes one page, its counter included, and no stack.
 *
 *     loop:   inc dword [counter]     <- GUEST_LOOP, a breakpoint
 *             nop                     <- after, another one
 *             jmp loop
 */

#include <stddef.h>
#include <stdint.h>

enum {
    GUEST_SIZE = 4096,
    GUEST_LOOP = 0,
    GUEST_COUNTER = 0x800,
    GUEST_INSTRUCTIONS = 3, /* steps from one count to the next */
};

enum guest_mode { GUEST_16, GUEST_32, GUEST_64, GUEST_MODES };

struct guest {
    const char *name;
    const char *mode; /* --mode of kvmgdbstub */
    uint64_t after;   /* offset of the second instruction */
    uint8_t code[16];
};

extern const struct guest guests[GUEST_MODES];

/* The whole page; 16 and 32 bit run at address 0 only. */
void guest_image(enum guest_mode mode, uint8_t page[GUEST_SIZE]);

#endif
