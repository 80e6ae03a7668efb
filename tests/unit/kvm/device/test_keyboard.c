/* SPDX-License-Identifier: MIT */
/* The keyboard and its keys: rows of what goes in, and the bytes on its wire.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kvm/device/keyboard.h"
#include "kvm/device/keysym.h"
#include "tests/unit/kvm/rows.h"

/* clang-format off */
static const struct row {
    const char *label;
    bool translated;
    const char *in;  /* "+name" a key goes down, "-name" up, "XX" is a command */
    const char *out; /* all bytes that come */
} rows[] = {
    {"a key", false, "+a -a", "1c f0 1c"},
    {"an extended one", false, "+up -up", "e0 75 e0 f0 75"},
    {"translated", true, "+a -a +up -up", "1e 9e e0 48 e0 c8"},
    {"F7 has the only code above 7f", true, "+f7 -f7", "41 c1"},
    {"both Shifts", true, "+shift +shift_r -shift_r -shift", "2a 36 b6 aa"},
    {"set 1", false, "f0 01 +a -a +up -up", "fa fa 1e 9e e0 48 e0 c8"},
    {"which set", false, "f0 00", "fa fa 02"},
    {"which set, after a change", false, "f0 01 f0 00", "fa fa fa fa 01"},
    {"there is no set 3", false, "f0 03 +a", "fa fe 1c"},
    {"LEDs", false, "ed 07", "fa fa"},
    {"rate", false, "f3 20", "fa fa"},
    {"a command in place of its data", false, "ed f4 00", "fa fa fe"},
    {"echo", false, "ee", "ee"},
    {"identify", false, "f2", "fa ab 83"},
    {"identify, translated", true, "f2", "fa ab 41"},
    {"reset", false, "f0 01 ff +a", "fa fa fa aa 1c"},
    {"defaults", false, "f0 01 f6 +a", "fa fa fa 1c"},
    {"off and on", false, "f5 +a -a f4 +b", "fa fa 32"},
    {"unknown", false, "00 e1 f7 fd", "fe fe fe fe"},
};
/* clang-format on */

static void send_token(struct keyboard *k, const char *token)
{
    const struct key *key = key_by_name(token + 1, strlen(token + 1));

    if (*token == '+' || *token == '-') {
        cr_assert(ne(ptr, (void *)(uintptr_t)key, NULL), "%s", token);
        cr_assert(keyboard_key(k, key, *token == '+'));
    } else
        keyboard_write(k, (uint8_t)strtoul(token, NULL, 16));
}

/* Everything is read as soon as it is there. */
static void drain(struct keyboard *k, bool translated, char *out, size_t cap)
{
    size_t n = strlen(out);
    uint8_t byte;

    while (keyboard_next(k, translated, &byte))
        n += (size_t)snprintf(out + n, cap - n, n ? " %02x" : "%02x", byte);
}

ParameterizedTestParameters(keyboard, wire)
{
    return row_numbers(ROWS(rows));
}

ParameterizedTest(const size_t *i, keyboard, wire)
{
    const struct row *row = &rows[*i];
    struct keyboard k = keyboard_power_on();
    char in[64];
    char out[64] = "";

    (void)snprintf(in, sizeof in, "%s", row->in);
    for (char *token = strtok(in, " "); token; token = strtok(NULL, " ")) {
        send_token(&k, token);
        drain(&k, row->translated, out, sizeof out);
    }
    cr_expect(eq(str, out, (char *)(uintptr_t)row->out), "%s", row->label);
}

/* An answer overtakes the keys that wait, and loses none. */
Test(keyboard, answers_first)
{
    struct keyboard k = keyboard_power_on();
    char out[64] = "";

    send_token(&k, "+a");
    send_token(&k, "ee");
    drain(&k, false, out, sizeof out);
    cr_expect(eq(str, out, (char *)(uintptr_t) "ee 1c"));
}

Test(keyboard, full)
{
    struct keyboard k = keyboard_power_on();
    const struct key *up = key_by_name("up", 2);
    size_t n = 0;
    uint8_t byte;

    while (keyboard_key(&k, up, n % 2 == 0)) {
        cr_assert(lt(sz, n, KEYBOARD_BYTES));
        n++;
    }
    cr_expect(zero(sz, keyboard_room(&k)));
    for (unsigned i = 0; i < 2 * KEYBOARD_BYTES; i++)
        keyboard_write(&k, 0xee);
    cr_expect(eq(sz, k.n, KEYBOARD_BYTES));
    for (n = 0; keyboard_next(&k, false, &byte); n++)
        cr_assert(lt(sz, n, KEYBOARD_BYTES));
    cr_expect(ge(sz, keyboard_room(&k), 1000));
}

/* Every character of a US keyboard has a key, and types what it is. */
Test(keys, characters)
{
    bool shift;

    for (unsigned char c = ' '; c < 0x7f; c++) {
        const struct key *key = key_by_char((char)c, &shift);

        cr_assert(ne(ptr, (void *)(uintptr_t)key, NULL), "%c", c);
        cr_expect(eq(chr, shift ? key->shifted : key->plain, (char)c));
    }
    cr_expect(eq(str, (char *)(uintptr_t)key_by_char('\n', &shift)->name,
                 (char *)(uintptr_t) "ret"));
    cr_expect(not(shift));
    cr_expect(eq(ptr, (void *)(uintptr_t)key_by_char('\0', &shift), NULL));
    cr_expect(eq(ptr, (void *)(uintptr_t)key_by_char('\xe4', &shift), NULL));
    cr_expect(eq(ptr, (void *)(uintptr_t)key_by_name("", 0), NULL));
    cr_expect(eq(ptr, (void *)(uintptr_t)key_by_name("retx", 4), NULL));
}

static const struct keysym_row {
    uint32_t keysym;
    const char *name; /* NULL: there is none */
    bool shift;
} keysyms[] = {
    {' ', "spc", false},
    {'a', "a", false},
    {'A', "a", true},
    {'~', "grave_accent", true},
    {0x7f, NULL, false},
    {0xe9, NULL, false},
    {0xff08, "backspace", false},
    {0xff09, "tab", false},
    {0xff0a, NULL, false},
    {0xff0d, "ret", false},
    {0xff13, NULL, false},
    {0xff14, "scroll_lock", false},
    {0xff1b, "esc", false},
    {0xff50, "home", false},
    {0xff52, "up", false},
    {0xff57, "end", false},
    {0xff58, NULL, false},
    {0xff61, "print", false},
    {0xff63, "insert", false},
    {0xff67, "menu", false},
    {0xff7f, "num_lock", false},
    {0xff8d, "kp_enter", false},
    {0xff95, "kp_7", false},
    {0xff9d, "kp_5", false},
    {0xff9f, "kp_decimal", false},
    {0xffa0, NULL, false},
    {0xffaa, "asterisk", false},
    {0xffaf, "kp_divide", false},
    {0xffb0, "kp_0", false},
    {0xffb9, "kp_9", false},
    {0xffba, NULL, false},
    {0xffbe, "f1", false},
    {0xffc9, "f12", false},
    {0xffca, NULL, false},
    {0xffe1, "shift", false},
    {0xffe2, "shift_r", false},
    {0xffe3, "ctrl", false},
    {0xffe4, "ctrl_r", false},
    {0xffe5, "caps_lock", false},
    {0xffe6, NULL, false},
    {0xffe9, "alt", false},
    {0xffea, "alt_r", false},
    {0xffeb, "meta_l", false},
    {0xfe03, "alt_r", false},
    {0xffff, "delete", false},
    {0x10000, NULL, false},
    {0, NULL, false},
    {0xffffffff, NULL, false},
};

ParameterizedTestParameters(keys, keysyms)
{
    return row_numbers(ROWS(keysyms));
}

ParameterizedTest(const size_t *i, keys, keysyms)
{
    const struct keysym_row *row = &keysyms[*i];
    bool shift = !row->shift;
    const struct key *key = key_by_keysym(row->keysym, &shift);

    cr_expect(eq(int, key != NULL, row->name != NULL), "%#x", row->keysym);
    if (key && row->name)
        cr_expect(zero(int, strcmp(key->name, row->name)), "%#x: %s",
                  row->keysym, key->name);
    cr_expect(eq(int, shift, row->shift), "%#x", row->keysym);
}

/* No run names a key that there is not. */
Test(keys, keysyms_have_keys)
{
    unsigned n = 0;
    bool shift;

    for (uint32_t keysym = 0xfe00; keysym <= 0xffff; keysym++)
        n += key_by_keysym(keysym, &shift) != NULL;
    cr_expect(eq(uint, n, 72), "%u", n);
}
