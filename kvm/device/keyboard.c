/* SPDX-License-Identifier: MIT */
#include "kvm/device/keyboard.h"

enum {
    ACK = 0xfa,
    RESEND = 0xfe,
    PASSED = 0xaa, /* self test */
    EXTENDED = 0xe0,
    RELEASE_2 = 0xf0, /* set 2: comes before the code */
    RELEASE_1 = 0x80, /* set 1: is added to it */
};

enum {
    SET_LEDS = 0xed, /* a byte follows, as with f0 and f3 */
    ECHO = 0xee,
    SCAN_SET = 0xf0,
    IDENTIFY = 0xf2,
    SET_RATE = 0xf3,
    ENABLE = 0xf4,
    DISABLE = 0xf5,
    DEFAULTS = 0xf6,
    RESET = 0xff,
};

static void keyboard_put(struct keyboard *k, uint8_t byte)
{
    if (k->n < KEYBOARD_BYTES)
        k->byte[(k->next + k->n++) % KEYBOARD_BYTES] = byte;
}

/* Before what waits: a driver that asks expects the answer next. */
static void keyboard_answer(struct keyboard *k, uint8_t byte)
{
    if (k->n == KEYBOARD_BYTES)
        k->n--;
    k->next = (k->next + KEYBOARD_BYTES - 1) % KEYBOARD_BYTES;
    k->byte[k->next] = byte;
    k->n++;
}

static void answer_two(struct keyboard *k, uint8_t first, uint8_t second)
{
    keyboard_answer(k, second);
    keyboard_answer(k, first);
}

struct keyboard keyboard_power_on(void)
{
    return (struct keyboard){.set = 2, .scanning = true};
}

/* The longest codes, e0 xx and e0 f0 xx; some room is the answers'. */
size_t keyboard_room(const struct keyboard *k)
{
    enum { DOWN_AND_UP = 5, ANSWERS = 8 };
    size_t bytes = KEYBOARD_BYTES - k->n;

    return bytes > ANSWERS ? (bytes - ANSWERS) / DOWN_AND_UP : 0;
}

bool keyboard_key(struct keyboard *k, const struct key *key, bool down)
{
    if (!k->scanning)
        return true;
    if (!keyboard_room(k))
        return false;
    if (key->extended)
        keyboard_put(k, EXTENDED);
    if (k->set == 1) {
        keyboard_put(k, down ? key->set1 : key->set1 | RELEASE_1);
        return true;
    }
    if (!down)
        keyboard_put(k, RELEASE_2);
    keyboard_put(k, key->set2);
    return true;
}

/* --- commands --- */

static void keyboard_on_data(struct keyboard *k, uint8_t command, uint8_t value)
{
    if (command != SCAN_SET)
        keyboard_answer(k, ACK);
    else if (value == 0) /* which is it? */
        answer_two(k, ACK, k->set);
    else if (value > 2)
        keyboard_answer(k, RESEND);
    else {
        k->set = value;
        keyboard_answer(k, ACK);
    }
}

/* These forget what waits. */
static void set_scanning(struct keyboard *k, bool on)
{
    k->n = 0;
    k->scanning = on;
}

static void reset(struct keyboard *k)
{
    set_scanning(k, true);
    k->set = 2;
}

static void on_command(struct keyboard *k, uint8_t command)
{
    if (command == ENABLE || command == DISABLE)
        set_scanning(k, command == ENABLE);
    else if (command == DEFAULTS || command == RESET)
        reset(k);
    if (command == SET_LEDS || command == SCAN_SET || command == SET_RATE)
        k->command = command;
    if (command == IDENTIFY)
        answer_two(k, 0xab, 0x83);
    if (command == RESET)
        keyboard_answer(k, PASSED);
    keyboard_answer(k, command == ECHO ? ECHO : ACK);
}

static bool is_command(uint8_t value)
{
    return value == SET_LEDS || value == ECHO || value == SCAN_SET ||
           (value >= IDENTIFY && value <= DEFAULTS) || value == RESET;
}

void keyboard_write(struct keyboard *k, uint8_t value)
{
    uint8_t command = k->command;

    k->command = 0;
    if (is_command(value))
        on_command(k, value);
    else if (command)
        keyboard_on_data(k, command, value);
    else
        keyboard_answer(k, RESEND);
}

/* --- the wire --- */

static uint8_t translate(struct keyboard *k, uint8_t byte)
{
    uint8_t set1 = key_set1_of(byte);
    uint8_t release = k->released ? RELEASE_1 : 0;

    k->released = false;
    return set1 ? set1 | release : byte;
}

bool keyboard_next(struct keyboard *k, bool translated, uint8_t *byte)
{
    while (k->n > 0) {
        *byte = k->byte[k->next];
        k->next = (k->next + 1) % KEYBOARD_BYTES;
        k->n--;
        if (!translated)
            return true;
        if (*byte != RELEASE_2) {
            *byte = translate(k, *byte);
            return true;
        }
        k->released = true;
    }
    return false;
}
