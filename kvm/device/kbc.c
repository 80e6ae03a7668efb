/* SPDX-License-Identifier: MIT */
#include "kvm/device/kbc.h"

/*
 * IBM PS/2 Hardware Interface Technical Reference, "Keyboard and Auxiliary
 * Device Controller". Every byte is taken at once, so the input buffer is never
 * full.
 *
 * What is typed for the guest comes faster than anybody types. A byte can be
 * read as soon as the one before it was; but its interrupt comes after the
 * time that a byte takes on the keyboard's wire, or a handler would fill the
 * guest's buffers before anyone could empty them.
 */

enum {
    STATUS_OUTPUT_FULL = 0x01,
    STATUS_PASSED = 0x04, /* the self test: set in the command byte */
    STATUS_COMMAND = 0x08,
    STATUS_NOT_LOCKED = 0x10,
    PORT_NO_RESET = 0x01,
    PORT_A20 = 0x02,
    PORT_OUTPUT_FULL = 0x10, /* its interrupt's line */
    PORT_IDLE = 0xcf,
    CONFIG_IRQ = 0x01, /* when the output buffer is full */
    CONFIG_PASSED = 0x04,
    CONFIG_NO_KEYBOARD = 0x10, /* its clock is held low */
    CONFIG_NO_MOUSE = 0x20,
    CONFIG_TRANSLATES = 0x40,
    WIRE_NS = 1000000, /* 11 bits at some 10 kHz */
};

/* Those of line 20 (dd, df) change nothing here. */
enum {
    READ_CONFIG = 0x20,
    WRITE_CONFIG = 0x60,
    DISABLE_MOUSE = 0xa7,
    ENABLE_MOUSE = 0xa8,
    TEST_MOUSE = 0xa9,
    SELF_TEST = 0xaa,
    TEST_KEYBOARD = 0xab,
    DISABLE_KEYBOARD = 0xad,
    ENABLE_KEYBOARD = 0xae,
    READ_OUTPUT_PORT = 0xd0,
    WRITE_OUTPUT_PORT = 0xd1,
    WRITE_OUTPUT_BUFFER = 0xd2,
    WRITE_MOUSE_BUFFER = 0xd3,
    WRITE_MOUSE = 0xd4,
    PULSE = 0xf0, /* the low bits that are 0, bit 0 for a reset */
};

struct kbc_state kbc_power_on(void)
{
    return (struct kbc_state){
        .keyboard = keyboard_power_on(),
        .output_port = PORT_IDLE,
        .config =
            CONFIG_IRQ | CONFIG_PASSED | CONFIG_NO_MOUSE | CONFIG_TRANSLATES,
    };
}

/* --- the output buffer --- */

static bool is_full(const struct kbc_state *s)
{
    return s->has_output || s->has_answer;
}

static void kbc_answer(struct kbc_state *s, uint8_t value)
{
    s->answer = value;
    s->has_answer = true;
}

void kbc_refill(struct kbc_state *s)
{
    if (!is_full(s) && !(s->config & CONFIG_NO_KEYBOARD))
        s->has_output = keyboard_next(
            &s->keyboard, s->config & CONFIG_TRANSLATES, &s->output);
}

uint8_t kbc_read_data(struct kbc_state *s, uint64_t now)
{
    if (s->has_answer) {
        s->has_answer = false;
        if (!s->has_output)
            s->output = s->answer;
        return s->answer;
    }
    if (s->has_output)
        s->quiet_until = now + WIRE_NS;
    s->has_output = false;
    return s->output;
}

uint8_t kbc_read_status(const struct kbc_state *s)
{
    return (uint8_t)((is_full(s) ? STATUS_OUTPUT_FULL : 0) |
                     (s->config & CONFIG_PASSED ? STATUS_PASSED : 0) |
                     (s->was_command ? STATUS_COMMAND : 0) | STATUS_NOT_LOCKED);
}

bool kbc_would_interrupt(const struct kbc_state *s)
{
    return s->config & CONFIG_IRQ;
}

bool kbc_interrupts(const struct kbc_state *s, uint64_t now)
{
    return s->config & CONFIG_IRQ &&
           (s->has_answer || (s->has_output && now >= s->quiet_until));
}

uint64_t kbc_deadline(const struct kbc_state *s)
{
    return s->config & CONFIG_IRQ && s->has_output ? s->quiet_until
                                                   : CLOCK_NEVER;
}

/* --- commands --- */

static void set_config(struct kbc_state *s, uint8_t mask, bool on)
{
    s->config = on ? s->config | mask : s->config & (uint8_t)~mask;
}

/* Commands with an answer; false: it is none of them. */
static bool answers(struct kbc_state *s, uint8_t code)
{
    uint8_t port = is_full(s) ? s->output_port | PORT_OUTPUT_FULL
                              : s->output_port & (uint8_t)~PORT_OUTPUT_FULL;
    const struct {
        uint8_t code, answer;
    } rows[] = {
        {READ_CONFIG, s->config}, {READ_OUTPUT_PORT, port}, {SELF_TEST, 0x55},
        {TEST_MOUSE, 0x00},       {TEST_KEYBOARD, 0x00},
    };

    for (unsigned i = 0; i < sizeof rows / sizeof *rows; i++)
        if (rows[i].code == code) {
            kbc_answer(s, rows[i].answer);
            return true;
        }
    return false;
}

/* Where the byte goes that follows. */
static enum kbc_target target_of(uint8_t code)
{
    static const struct {
        uint8_t code, target;
    } rows[] = {
        {WRITE_CONFIG, KBC_TO_CONFIG},
        {WRITE_OUTPUT_PORT, KBC_TO_OUTPUT_PORT},
        {WRITE_OUTPUT_BUFFER, KBC_TO_OUTPUT_BUFFER},
        {WRITE_MOUSE_BUFFER, KBC_TO_MOUSE},
        {WRITE_MOUSE, KBC_TO_MOUSE},
    };

    for (unsigned i = 0; i < sizeof rows / sizeof *rows; i++)
        if (rows[i].code == code)
            return rows[i].target;
    return KBC_TO_KEYBOARD;
}

void kbc_write_command(struct kbc_state *s, uint8_t code)
{
    s->was_command = true;
    s->target = target_of(code);
    if (answers(s, code) || s->target != KBC_TO_KEYBOARD)
        return;
    if (code == DISABLE_MOUSE || code == ENABLE_MOUSE)
        set_config(s, CONFIG_NO_MOUSE, code == DISABLE_MOUSE);
    else if (code == DISABLE_KEYBOARD || code == ENABLE_KEYBOARD)
        set_config(s, CONFIG_NO_KEYBOARD, code == DISABLE_KEYBOARD);
    else if (code >= PULSE && !(code & PORT_NO_RESET))
        s->resets = true;
}

static void write_output_port(struct kbc_state *s, uint8_t value)
{
    s->output_port = value | PORT_A20 | PORT_NO_RESET;
    if (!(value & PORT_NO_RESET))
        s->resets = true;
}

void kbc_write_data(struct kbc_state *s, uint8_t value)
{
    enum kbc_target target = s->target;

    s->was_command = false;
    s->target = KBC_TO_KEYBOARD;
    if (target == KBC_TO_CONFIG)
        s->config = value;
    else if (target == KBC_TO_OUTPUT_PORT)
        write_output_port(s, value);
    else if (target == KBC_TO_OUTPUT_BUFFER)
        kbc_answer(s, value);
    else if (target == KBC_TO_KEYBOARD) {
        set_config(s, CONFIG_NO_KEYBOARD, false);
        keyboard_write(&s->keyboard, value);
    }
}
