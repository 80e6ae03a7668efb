/* SPDX-License-Identifier: MIT */
#include "kvm/device/keys.h"

#include <string.h>

/* clang-format off */
static const struct key keys[] = {
    {0x01, 0x76, false, "esc", 0x1b, 0},
    {0x02, 0x16, false, "1", '1', '!'},
    {0x03, 0x1e, false, "2", '2', '@'},
    {0x04, 0x26, false, "3", '3', '#'},
    {0x05, 0x25, false, "4", '4', '$'},
    {0x06, 0x2e, false, "5", '5', '%'},
    {0x07, 0x36, false, "6", '6', '^'},
    {0x08, 0x3d, false, "7", '7', '&'},
    {0x09, 0x3e, false, "8", '8', '*'},
    {0x0a, 0x46, false, "9", '9', '('},
    {0x0b, 0x45, false, "0", '0', ')'},
    {0x0c, 0x4e, false, "minus", '-', '_'},
    {0x0d, 0x55, false, "equal", '=', '+'},
    {0x0e, 0x66, false, "backspace", '\b', 0},
    {0x0f, 0x0d, false, "tab", '\t', 0},
    {0x10, 0x15, false, "q", 'q', 'Q'},
    {0x11, 0x1d, false, "w", 'w', 'W'},
    {0x12, 0x24, false, "e", 'e', 'E'},
    {0x13, 0x2d, false, "r", 'r', 'R'},
    {0x14, 0x2c, false, "t", 't', 'T'},
    {0x15, 0x35, false, "y", 'y', 'Y'},
    {0x16, 0x3c, false, "u", 'u', 'U'},
    {0x17, 0x43, false, "i", 'i', 'I'},
    {0x18, 0x44, false, "o", 'o', 'O'},
    {0x19, 0x4d, false, "p", 'p', 'P'},
    {0x1a, 0x54, false, "bracket_left", '[', '{'},
    {0x1b, 0x5b, false, "bracket_right", ']', '}'},
    {0x1c, 0x5a, false, "ret", '\r', 0},
    {0x1d, 0x14, false, "ctrl", 0, 0},
    {0x1e, 0x1c, false, "a", 'a', 'A'},
    {0x1f, 0x1b, false, "s", 's', 'S'},
    {0x20, 0x23, false, "d", 'd', 'D'},
    {0x21, 0x2b, false, "f", 'f', 'F'},
    {0x22, 0x34, false, "g", 'g', 'G'},
    {0x23, 0x33, false, "h", 'h', 'H'},
    {0x24, 0x3b, false, "j", 'j', 'J'},
    {0x25, 0x42, false, "k", 'k', 'K'},
    {0x26, 0x4b, false, "l", 'l', 'L'},
    {0x27, 0x4c, false, "semicolon", ';', ':'},
    {0x28, 0x52, false, "apostrophe", '\'', '"'},
    {0x29, 0x0e, false, "grave_accent", '`', '~'},
    {0x2a, 0x12, false, "shift", 0, 0},
    {0x2b, 0x5d, false, "backslash", '\\', '|'},
    {0x2c, 0x1a, false, "z", 'z', 'Z'},
    {0x2d, 0x22, false, "x", 'x', 'X'},
    {0x2e, 0x21, false, "c", 'c', 'C'},
    {0x2f, 0x2a, false, "v", 'v', 'V'},
    {0x30, 0x32, false, "b", 'b', 'B'},
    {0x31, 0x31, false, "n", 'n', 'N'},
    {0x32, 0x3a, false, "m", 'm', 'M'},
    {0x33, 0x41, false, "comma", ',', '<'},
    {0x34, 0x49, false, "dot", '.', '>'},
    {0x35, 0x4a, false, "slash", '/', '?'},
    {0x36, 0x59, false, "shift_r", 0, 0},
    {0x37, 0x7c, false, "asterisk", 0, 0},
    {0x38, 0x11, false, "alt", 0, 0},
    {0x39, 0x29, false, "spc", ' ', ' '},
    {0x3a, 0x58, false, "caps_lock", 0, 0},
    {0x3b, 0x05, false, "f1", 0, 0},
    {0x3c, 0x06, false, "f2", 0, 0},
    {0x3d, 0x04, false, "f3", 0, 0},
    {0x3e, 0x0c, false, "f4", 0, 0},
    {0x3f, 0x03, false, "f5", 0, 0},
    {0x40, 0x0b, false, "f6", 0, 0},
    {0x41, 0x83, false, "f7", 0, 0},
    {0x42, 0x0a, false, "f8", 0, 0},
    {0x43, 0x01, false, "f9", 0, 0},
    {0x44, 0x09, false, "f10", 0, 0},
    {0x45, 0x77, false, "num_lock", 0, 0},
    {0x46, 0x7e, false, "scroll_lock", 0, 0},
    {0x47, 0x6c, false, "kp_7", 0, 0},
    {0x48, 0x75, false, "kp_8", 0, 0},
    {0x49, 0x7d, false, "kp_9", 0, 0},
    {0x4a, 0x7b, false, "kp_subtract", 0, 0},
    {0x4b, 0x6b, false, "kp_4", 0, 0},
    {0x4c, 0x73, false, "kp_5", 0, 0},
    {0x4d, 0x74, false, "kp_6", 0, 0},
    {0x4e, 0x79, false, "kp_add", 0, 0},
    {0x4f, 0x69, false, "kp_1", 0, 0},
    {0x50, 0x72, false, "kp_2", 0, 0},
    {0x51, 0x7a, false, "kp_3", 0, 0},
    {0x52, 0x70, false, "kp_0", 0, 0},
    {0x53, 0x71, false, "kp_decimal", 0, 0},
    {0x56, 0x61, false, "less", 0, 0},
    {0x57, 0x78, false, "f11", 0, 0},
    {0x58, 0x07, false, "f12", 0, 0},
    {0x1c, 0x5a, true, "kp_enter", 0, 0},
    {0x1d, 0x14, true, "ctrl_r", 0, 0},
    {0x35, 0x4a, true, "kp_divide", 0, 0},
    {0x37, 0x7c, true, "print", 0, 0},
    {0x38, 0x11, true, "alt_r", 0, 0},
    {0x47, 0x6c, true, "home", 0, 0},
    {0x48, 0x75, true, "up", 0, 0},
    {0x49, 0x7d, true, "pgup", 0, 0},
    {0x4b, 0x6b, true, "left", 0, 0},
    {0x4d, 0x74, true, "right", 0, 0},
    {0x4f, 0x69, true, "end", 0, 0},
    {0x50, 0x72, true, "down", 0, 0},
    {0x51, 0x7a, true, "pgdn", 0, 0},
    {0x52, 0x70, true, "insert", 0, 0},
    {0x53, 0x71, true, "delete", 0, 0},
    {0x5b, 0x1f, true, "meta_l", 0, 0},
    {0x5c, 0x27, true, "meta_r", 0, 0},
    {0x5d, 0x2f, true, "menu", 0, 0},
};
/* clang-format on */

enum { KEYS = sizeof keys / sizeof *keys };

const struct key *key_by_name(const char *name, size_t n)
{
    for (size_t i = 0; i < KEYS; i++)
        if (strlen(keys[i].name) == n && !memcmp(keys[i].name, name, n))
            return &keys[i];
    return NULL;
}

const struct key *key_by_char(char c, bool *shift)
{
    char wanted = c == '\n' ? '\r' : c;

    for (size_t i = 0; wanted && i < KEYS; i++) {
        *shift = keys[i].plain != wanted;
        if (!*shift || keys[i].shifted == wanted)
            return &keys[i];
    }
    return NULL;
}

uint8_t key_set1_of(uint8_t set2)
{
    for (size_t i = 0; i < KEYS; i++)
        if (keys[i].set2 == set2)
            return keys[i].set1;
    return 0;
}
