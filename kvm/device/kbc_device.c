/* SPDX-License-Identifier: MIT */
/* The controller on a bus, with a clock and a line; what it does is
 * kvm/device/kbc.c. */
#include "kvm/device/guest_end.h"
#include "kvm/device/kbc.h"

/* Port 0x92: IBM PS/2 Hardware Interface Technical Reference, "System Control
 * Port A". */
enum { CONTROL_RESET = 0x01, CONTROL_A20 = 0x02 };

static uint64_t kbc_begin_access(struct kbc *kbc)
{
    return chip_begin(&kbc->chip);
}

/* A byte that was read and one that comes are two interrupts: the line has to
 * fall between them. */
static void kbc_end_access(struct kbc *kbc, uint64_t now)
{
    irq_set(kbc->irq, kbc_interrupts(&kbc->state, now));
    kbc_refill(&kbc->state);
    irq_set(kbc->irq, kbc_interrupts(&kbc->state, now));
    if (kbc->state.resets)
        atomic_store(kbc->end_code, GUEST_RESET_BY_KBC);
    kbc->state.resets = false;
    chip_end_change(&kbc->chip);
}

static uint64_t read_status(void *device, uint64_t offset, unsigned size)
{
    struct kbc *kbc = device;
    uint64_t now = kbc_begin_access(kbc);
    uint64_t value = kbc_read_status(&kbc->state);

    (void)offset, (void)size; /* one port: never more than a byte */
    kbc_end_access(kbc, now);
    return value;
}

static uint64_t read_data(void *device, uint64_t offset, unsigned size)
{
    struct kbc *kbc = device;
    uint64_t now = kbc_begin_access(kbc);
    uint64_t value = kbc_read_data(&kbc->state, now);

    (void)offset, (void)size;
    kbc_end_access(kbc, now);
    return value;
}

static void write_command(void *device, uint64_t offset, unsigned size,
                          uint64_t value)
{
    struct kbc *kbc = device;
    uint64_t now = kbc_begin_access(kbc);

    (void)offset, (void)size;
    kbc_write_command(&kbc->state, (uint8_t)value);
    kbc_end_access(kbc, now);
}

static void write_data(void *device, uint64_t offset, unsigned size,
                       uint64_t value)
{
    struct kbc *kbc = device;
    uint64_t now = kbc_begin_access(kbc);

    (void)offset, (void)size;
    kbc_write_data(&kbc->state, (uint8_t)value);
    kbc_end_access(kbc, now);
}

static uint64_t kbc_read_control(void *device, uint64_t offset, unsigned size)
{
    (void)device, (void)offset, (void)size;
    return CONTROL_A20;
}

static void kbc_write_control(void *device, uint64_t offset, unsigned size,
                              uint64_t value)
{
    struct kbc *kbc = device;

    (void)offset, (void)size;
    if (value & CONTROL_RESET)
        atomic_store(kbc->end_code, GUEST_RESET_BY_PORT_92);
}

uint64_t kbc_settle(struct kbc *kbc)
{
    uint64_t now = kbc_begin_access(kbc);
    uint64_t deadline = kbc_deadline(&kbc->state);

    irq_set(kbc->irq, kbc_interrupts(&kbc->state, now));
    chip_end(&kbc->chip);
    return deadline > now ? deadline : CLOCK_NEVER;
}

bool kbc_press(struct kbc *kbc, const struct key *const *keys, size_t n)
{
    uint64_t now = kbc_begin_access(kbc);
    struct keyboard *keyboard = &kbc->state.keyboard;
    bool done = n <= KBC_MAX_CHORD && n <= keyboard_room(keyboard);

    for (size_t i = 0; done && i < 2 * n; i++)
        (void)keyboard_key(keyboard, keys[i < n ? i : 2 * n - 1 - i], i < n);
    kbc_end_access(kbc, now);
    return done;
}

bool kbc_heeds_keys(struct kbc *kbc)
{
    bool heeds;

    (void)chip_begin(&kbc->chip);
    heeds = kbc_would_interrupt(&kbc->state);
    chip_end(&kbc->chip);
    return heeds;
}

bool kbc_key(struct kbc *kbc, const struct key *key, bool down)
{
    uint64_t now = kbc_begin_access(kbc);
    bool done = keyboard_key(&kbc->state.keyboard, key, down);

    kbc_end_access(kbc, now);
    return done;
}

void kbc_init(struct kbc *kbc, struct machine_clock *clock,
              atomic_uint *changes, atomic_int *end_code)
{
    *kbc = (struct kbc){.end_code = end_code, .state = kbc_power_on()};
    chip_init(&kbc->chip, clock, changes);
}

static void kbc_drive(void *device, struct irq_line *line)
{
    ((struct kbc *)device)->irq = line;
}

const struct device_kind kbc_kind = {
    .name = "keyboard controller",
    .state = DEVICE_STATE(struct kbc, state),
    .block = {[KBC_DATA] = {1, {read_data, write_data, NULL, false}},
              [KBC_COMMAND] = {1, {read_status, write_command, NULL, false}},
              [KBC_SYSTEM_CONTROL] = {1,
                                      {kbc_read_control, kbc_write_control,
                                       NULL, false}}},
    .drive = kbc_drive,
};
