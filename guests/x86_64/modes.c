/* SPDX-License-Identifier: MIT */
/* Where modes.S ends up: 64-bit C, in what a boot sector has left. */
#include "guests/include/guest.h"

unsigned long rounds, total;

static unsigned long square(unsigned long value)
{
    return value * value;
}

int main(void)
{
    for (;;) {
        rounds++;
        total += square(rounds);
    }
}
