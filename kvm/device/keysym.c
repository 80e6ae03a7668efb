/* SPDX-License-Identifier: MIT */
#include "kvm/device/keysym.h"

#include <stddef.h>
#include <string.h>

/* Runs of numbers in a row, and names of keys in the same order, with blanks
 * between them; "-": none. */
static const struct run {
    uint32_t first;
    const char *names;
} runs[] = {
    {0xff08, "backspace tab"},
    {0xff0d, "ret"},
    {0xff14, "scroll_lock print"},
    {0xff1b, "esc"},
    {0xff50, "home left up right down pgup pgdn end"},
    {0xff61, "print"},
    {0xff63, "insert"},
    {0xff67, "menu"},
    {0xff7f, "num_lock"},
    {0xff8d, "kp_enter"},
    {0xff95, "kp_7 kp_4 kp_8 kp_6 kp_2 kp_9 kp_3 kp_1 kp_5 kp_0 kp_decimal"},
    {0xffaa, "asterisk kp_add kp_decimal kp_subtract kp_decimal kp_divide"},
    {0xffb0, "kp_0 kp_1 kp_2 kp_3 kp_4 kp_5 kp_6 kp_7 kp_8 kp_9"},
    {0xffbe, "f1 f2 f3 f4 f5 f6 f7 f8 f9 f10 f11 f12"},
    {0xffe1, "shift shift_r ctrl ctrl_r caps_lock - meta_l meta_r alt alt_r "
             "meta_l meta_r"},
    {0xffff, "delete"},
    {0xfe03, "alt_r"},
    {0xfe20, "tab"},
};

static const struct key *key_in_run(const char *names, uint32_t index)
{
    for (;;) {
        size_t n = strcspn(names, " ");

        if (index-- == 0)
            return key_by_name(names, n);
        if (!names[n])
            return NULL;
        names += n + 1;
    }
}

const struct key *key_by_keysym(uint32_t keysym, bool *shift)
{
    *shift = false;
    if (keysym >= ' ' && keysym < 0x7f)
        return key_by_char((char)keysym, shift);
    for (size_t i = 0; i < sizeof runs / sizeof *runs; i++)
        if (keysym >= runs[i].first && keysym - runs[i].first < 16) {
            const struct key *key =
                key_in_run(runs[i].names, keysym - runs[i].first);

            if (key)
                return key;
        }
    return NULL;
}
