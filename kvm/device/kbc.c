/* SPDX-License-Identifier: MIT */
#include "kvm/device/kbc.h"

/*
 * IBM PS/2 Hardware Interface Technical Reference, "Keyboard and Auxiliary
 * Device Controller" and "System Control Port A". Every byte is taken at once,
 * so the input buffer is never full; one for the keyboard gets no answer.
 */

enum {
    STATUS_OUTPUT_FULL = 0x01,
    STATUS_IDLE = 0x14, /* self test passed, keyboard not locked */
    PORT_NO_RESET = 0x01,
    PORT_A20 = 0x02,
    PORT_IDLE = 0xcf,
    CONFIG_IRQ = 0x01,    /* when the output buffer is full */
    CONFIG_IDLE = 0x34,   /* self test passed, both devices disabled */
    CONTROL_RESET = 0x01, /* of port 0x92, as is A20 in the same place */
};

/* Commands with an answer; those of the devices (a7, a8, ad, ae) and of line
 * 20 (dd, df) have none, and change nothing here. */
enum {
    READ_CONFIG = 0x20,
    WRITE_CONFIG = 0x60,
    TEST_AUX = 0xa9,
    SELF_TEST = 0xaa,
    TEST_KEYBOARD = 0xab,
    READ_OUTPUT_PORT = 0xd0,
    WRITE_OUTPUT_PORT = 0xd1,
    PULSE = 0xf0, /* the low bits that are 0, bit 0 for a reset */
};

static void update_line(const struct kbc *k)
{
    irq_set(k->irq, k->status & STATUS_OUTPUT_FULL && k->config & CONFIG_IRQ);
}

static void answer(struct kbc *k, uint8_t value)
{
    k->output = value;
    k->status |= STATUS_OUTPUT_FULL;
}

static void on_command(struct kbc *k, uint8_t code)
{
    k->wanted_by = NULL;
    if (code == WRITE_CONFIG)
        k->wanted_by = &k->config;
    else if (code == WRITE_OUTPUT_PORT)
        k->wanted_by = &k->output_port;
    else if (code == READ_CONFIG)
        answer(k, k->config);
    else if (code == READ_OUTPUT_PORT)
        answer(k, k->output_port);
    else if (code == SELF_TEST)
        answer(k, 0x55);
    else if (code == TEST_AUX || code == TEST_KEYBOARD)
        answer(k, 0x00);
    else if (code >= PULSE && !(code & PORT_NO_RESET))
        atomic_store(k->end_code, 0);
}

static void on_data(struct kbc *k, uint8_t value)
{
    if (k->wanted_by)
        *k->wanted_by = value;
    k->wanted_by = NULL;
    if (!(k->output_port & PORT_NO_RESET))
        atomic_store(k->end_code, 0);
    k->output_port |= PORT_A20 | PORT_NO_RESET;
}

/* --- ports: one each, so an access is never more than a byte --- */

/* What reg holds; reading it clears bits of the status. */
static uint64_t look(struct kbc *k, const uint8_t *reg, uint8_t clears)
{
    uint8_t value;

    (void)pthread_mutex_lock(&k->lock);
    value = *reg;
    k->status &= (uint8_t)~clears;
    update_line(k);
    (void)pthread_mutex_unlock(&k->lock);
    return value;
}

static uint64_t read_status(void *device, uint64_t offset, unsigned size)
{
    struct kbc *k = device;

    (void)offset, (void)size;
    return look(k, &k->status, 0);
}

static uint64_t read_data(void *device, uint64_t offset, unsigned size)
{
    struct kbc *k = device;

    (void)offset, (void)size;
    return look(k, &k->output, STATUS_OUTPUT_FULL);
}

static void take(struct kbc *k, void (*by)(struct kbc *, uint8_t),
                 uint64_t value)
{
    (void)pthread_mutex_lock(&k->lock);
    by(k, (uint8_t)value);
    update_line(k);
    (void)pthread_mutex_unlock(&k->lock);
}

static void write_command(void *device, uint64_t offset, unsigned size,
                          uint64_t value)
{
    (void)offset, (void)size;
    take(device, on_command, value);
}

static void write_data(void *device, uint64_t offset, unsigned size,
                       uint64_t value)
{
    (void)offset, (void)size;
    take(device, on_data, value);
}

static uint64_t read_control(void *device, uint64_t offset, unsigned size)
{
    (void)device, (void)offset, (void)size;
    return PORT_A20;
}

static void write_control(void *device, uint64_t offset, unsigned size,
                          uint64_t value)
{
    (void)offset, (void)size;
    if (value & CONTROL_RESET)
        atomic_store(((struct kbc *)device)->end_code, 0);
}

void kbc_init(struct kbc *kbc, atomic_int *end_code)
{
    *kbc = (struct kbc){.end_code = end_code,
                        .status = STATUS_IDLE,
                        .output_port = PORT_IDLE,
                        .config = CONFIG_IDLE};
    (void)pthread_mutex_init(&kbc->lock, NULL);
}

static void drive(void *device, struct irq_line *line)
{
    ((struct kbc *)device)->irq = line;
}

const struct device_kind kbc_kind = {
    .name = "keyboard controller",
    .block = {[KBC_DATA] = {1, {read_data, write_data, NULL, false}},
              [KBC_COMMAND] = {1, {read_status, write_command, NULL, false}},
              [KBC_SYSTEM_CONTROL] = {1,
                                      {read_control, write_control, NULL,
                                       false}}},
    .drive = drive,
};
