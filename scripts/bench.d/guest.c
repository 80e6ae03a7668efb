/* SPDX-License-Identifier: MIT */
#include "scripts/bench.d/guest.h"

#include <string.h>

/* Intel SDM 2A, INC r/m: FF /0; ModRM 06 is [disp16] in 16-bit code, ModRM 05
 * is [disp32] in 32-bit and [rip + disp32] in 64-bit code. */
/* clang-format off */
const struct guest guests[GUEST_MODES] = {
    [GUEST_16] = {"16-bit", "real", 4,
                  {0xff, 0x06, 0x00, 0x08,             0x90, 0xeb, 0xf9}},
    [GUEST_32] = {"32-bit", "prot", 6,
                  {0xff, 0x05, 0x00, 0x08, 0x00, 0x00, 0x90, 0xeb, 0xf7}},
    [GUEST_64] = {"64-bit", "long", 6,
                  {0xff, 0x05, 0xfa, 0x07, 0x00, 0x00, 0x90, 0xeb, 0xf7}},
};
/* clang-format on */

void guest_image(enum guest_mode mode, uint8_t page[GUEST_SIZE])
{
    memset(page, 0, GUEST_SIZE);
    memcpy(page, guests[mode].code, sizeof guests[mode].code);
}
