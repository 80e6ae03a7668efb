/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "kvm/device/bus.h"
#include "tests/unit/kvm/rows.h"

/* Devices that write down what they are asked: "A1:2=3412 " is a write of
 * 0x3412, two bytes, to device A at offset 1; "A1:2? " is a read of it. */
static char told[256];

static void tell(const char *text)
{
    size_t n = strlen(told);

    (void)snprintf(told + n, sizeof told - n, "%s", text);
}

static uint32_t fake_read(void *device, uint16_t offset, unsigned size)
{
    char text[32];

    (void)snprintf(text, sizeof text, "%s%u:%u? ", (const char *)device, offset,
                   size);
    tell(text);
    return 0x44332211;
}

static void fake_write(void *device, uint16_t offset, unsigned size,
                       uint32_t value)
{
    char text[32];

    (void)snprintf(text, sizeof text, "%s%u:%u=%x ", (const char *)device,
                   offset, size, value);
    tell(text);
}

static void fake_write_bytes(void *device, uint16_t offset,
                             const uint8_t *bytes, size_t n)
{
    char text[32];

    (void)snprintf(text, sizeof text, "%s%u*%zu=%.*s ", (const char *)device,
                   offset, n, (int)n, (const char *)bytes);
    tell(text);
}

static char name[] = "A\0B\0C\0D\0E\0F\0G";

/* clang-format off */
static const struct bus_device fakes[] = {
    {0x10,   4, &name[0], fake_read, fake_write, NULL},
    {0x14,   1, &name[2], fake_read, fake_write, NULL},
    {0xffff, 1, &name[4], fake_read, fake_write, NULL},
    {0x20,   2, &name[6], fake_read, fake_write, fake_write_bytes},
    {0x40,   2, &name[8], NULL, fake_write, NULL},
    {0x44,   2, &name[10], fake_read, NULL, NULL},
    {0x48,   4, &name[12], NULL, NULL, fake_write_bytes},
};

static const struct io_row {
    const char *label;
    bool out;
    uint16_t port;
    unsigned size;
    uint32_t count;
    const char *data; /* 4 bytes before the access */
    const char *told;
    const char *after;
} io_rows[] = {
    {"out, byte",           true,  0x10, 1, 1, "abcd", "A0:1=61 ",       "abcd"},
    {"out, word",           true,  0x11, 2, 1, "abcd", "A1:2=6261 ",     "abcd"},
    {"out, long",           true,  0x10, 4, 1, "abcd", "A0:4=64636261 ", "abcd"},
    {"out, string",         true,  0x12, 1, 3, "abcd",
                                        "A2:1=61 A2:1=62 A2:1=63 ",      "abcd"},
    {"out, words",          true,  0x12, 2, 2, "abcd",
                                        "A2:2=6261 A2:2=6463 ",          "abcd"},
    {"out, string at once", true,  0x20, 1, 4, "abcd", "D0*4=abcd ",     "abcd"},
    {"out, words at D",     true,  0x20, 2, 2, "abcd",
                                        "D0:2=6261 D0:2=6463 ",          "abcd"},
    {"out, two devices",    true,  0x13, 2, 1, "abcd",
                                        "A3:1=61 B0:1=62 ",              "abcd"},
    {"out, past a device",  true,  0x14, 4, 1, "abcd", "B0:1=61 ",       "abcd"},
    {"out, before one",     true,  0x0e, 4, 1, "abcd",
                                        "A0:1=63 A1:1=64 ",              "abcd"},
    {"out, nobody",         true,  0x30, 4, 1, "abcd", "",               "abcd"},
    {"out, no access",      true,  0x10, 1, 0, "abcd", "",               "abcd"},
    {"in, byte",            false, 0x10, 1, 1, "abcd", "A0:1? ",         "\x11" "bcd"},
    {"in, word",            false, 0x10, 2, 1, "abcd", "A0:2? ",         "\x11\x22" "cd"},
    {"in, long",            false, 0x10, 4, 1, "abcd", "A0:4? ",         "\x11\x22\x33\x44"},
    {"in, string",          false, 0x10, 1, 2, "abcd", "A0:1? A0:1? ",   "\x11\x11" "cd"},
    {"in, two devices",     false, 0x13, 2, 1, "abcd", "A3:1? B0:1? ",   "\x11\x11" "cd"},
    {"in, past a device",   false, 0x14, 4, 1, "abcd", "B0:1? ",         "\x11\xff\xff\xff"},
    {"in, nobody",          false, 0x30, 2, 1, "abcd", "",               "\xff\xff" "cd"},
    {"in, last port wraps", false, 0xffff, 2, 1, "abcd", "C0:1? ",       "\x11\xff" "cd"},
    {"in, write-only",      false, 0x40, 1, 1, "abcd", "",               "\xff" "bcd"},
    {"in, words of it",     false, 0x40, 2, 2, "abcd", "",               "\xff\xff\xff\xff"},
    {"in, all around it",   false, 0x3f, 4, 1, "abcd", "",               "\xff\xff\xff\xff"},
    {"out, write-only",     true,  0x41, 1, 1, "abcd", "E1:1=61 ",       "abcd"},
    {"out, read-only",      true,  0x44, 1, 2, "abcd", "",               "abcd"},
    {"out, a word to it",   true,  0x44, 2, 1, "abcd", "",               "abcd"},
    {"in, read-only",       false, 0x45, 1, 1, "abcd", "F1:1? ",         "\x11" "bcd"},
    {"in, strings only",    false, 0x48, 4, 1, "abcd", "",               "\xff\xff\xff\xff"},
    {"out, strings only",   true,  0x48, 1, 2, "abcd", "G0*2=ab ",       "abcd"},
    {"out, words to them",  true,  0x48, 2, 2, "abcd", "",               "abcd"},
    {"out, last port",      true,  0xffff, 1, 1, "abcd", "C0:1=61 ",     "abcd"},
};

static const struct add_row {
    const char *label;
    uint16_t port, count;
    int err;
} add_rows[] = {
    {"the same ports",  0x10,   4, -EEXIST},
    {"one of them",     0x13,   1, -EEXIST},
    {"all around them", 0x00, 256, -EEXIST},
    {"up to them",      0x08,   8, 0},
    {"from their end",  0x15,   8, 0},
    {"the last port",   0xffff, 1, -EEXIST},
    {"up to the last",  0xfff0, 15, 0},
};
/* clang-format on */

static struct bus make_bus(void)
{
    struct bus bus = {.n = 0};

    for (size_t i = 0; i < ROWS(fakes); i++)
        cr_assert(eq(int, bus_add(&bus, &fakes[i]), 0));
    return bus;
}

ParameterizedTestParameters(bus, io)
{
    return row_numbers(ROWS(io_rows));
}

ParameterizedTest(const size_t *i, bus, io)
{
    const struct io_row *row = &io_rows[*i];
    struct bus bus = make_bus();
    char data[5];

    memcpy(data, row->data, sizeof data);
    bus_io(&bus, row->out, row->port, row->size, row->count, data);
    cr_expect(eq(str, told, (char *)(uintptr_t)row->told), "%s", row->label);
    cr_expect(zero(int, memcmp(data, row->after, 4)), "%s", row->label);
}

ParameterizedTestParameters(bus, add)
{
    return row_numbers(ROWS(add_rows));
}

ParameterizedTest(const size_t *i, bus, add)
{
    const struct add_row *row = &add_rows[*i];
    struct bus bus = make_bus();
    struct bus_device device = fakes[0];

    device.port = row->port;
    device.count = row->count;
    cr_expect(eq(int, bus_add(&bus, &device), row->err), "%s", row->label);
    cr_expect(eq(sz, bus.n, ROWS(fakes) + (row->err == 0)), "%s", row->label);
}

Test(bus, full)
{
    struct bus bus = {.n = 0};
    struct bus_device device = fakes[1];

    for (device.port = 0; device.port < BUS_MAX_DEVICES; device.port++)
        cr_assert(eq(int, bus_add(&bus, &device), 0));
    cr_expect(eq(int, bus_add(&bus, &device), -ENOSPC));
}
