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

static uint64_t fake_read(void *device, uint64_t offset, unsigned size)
{
    char text[32];

    (void)snprintf(text, sizeof text, "%s%llu:%u? ", (const char *)device,
                   (unsigned long long)offset, size);
    tell(text);
    return 0x8877665544332211;
}

static void fake_write(void *device, uint64_t offset, unsigned size,
                       uint64_t value)
{
    char text[32];

    (void)snprintf(text, sizeof text, "%s%llu:%u=%llx ", (const char *)device,
                   (unsigned long long)offset, size, (unsigned long long)value);
    tell(text);
}

static void fake_write_bytes(void *device, uint64_t offset,
                             const uint8_t *bytes, size_t n)
{
    char text[32];

    (void)snprintf(text, sizeof text, "%s%llu*%zu=%.*s ", (const char *)device,
                   (unsigned long long)offset, n, (int)n, (const char *)bytes);
    tell(text);
}

static char name[] = "A\0B\0C\0D\0E\0F\0G\0H\0I\0J\0K";

#define RW                                                                     \
    {                                                                          \
        fake_read, fake_write, NULL, false                                     \
    }
#define ALL                                                                    \
    {                                                                          \
        fake_read, fake_write, fake_write_bytes, false                         \
    }

/* Not in order: the bus sorts them. */
/* clang-format off */
static const struct bus_region fakes[] = {
    {BUS_PORTS, 0x10,   4, &name[0],  "A", RW},
    {BUS_PORTS, 0xffff, 1, &name[4],  "C", RW},
    {BUS_PORTS, 0x14,   1, &name[2],  "B", RW},
    {BUS_PORTS, 0x44,   2, &name[10], "F", {fake_read, NULL, NULL, false}},
    {BUS_PORTS, 0x20,   2, &name[6],  "D", ALL},
    {BUS_PORTS, 0x48,   4, &name[12], "G", {NULL, NULL, fake_write_bytes, false}},
    {BUS_PORTS, 0x40,   2, &name[8],  "E", {NULL, fake_write, NULL, false}},
    {BUS_PORTS, 0x50,   4, &name[20], "K", {fake_read, fake_write, NULL, true}},
    {BUS_MMIO,  UINT64_MAX - 0xf, 16, &name[18], "J", RW},
    {BUS_MMIO,  0xd0000000, 0x100000000, &name[14], "H", RW},
    {BUS_MMIO,  0xcffffff8, 8, &name[16], "I", ALL},
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
    {"out, long to bytes",  true,  0x50, 4, 1, "abcd",
                                "K0:1=61 K1:1=62 K2:1=63 K3:1=64 ",      "abcd"},
    {"in, word of bytes",   false, 0x51, 2, 1, "abcd", "K1:1? K2:1? ",   "\x11\x11" "cd"},
    {"out, last port",      true,  0xffff, 1, 1, "abcd", "C0:1=61 ",     "abcd"},
};

static const struct mmio_row {
    const char *label;
    bool is_write;
    uint64_t gpa;
    unsigned size;
    const char *data; /* 8 bytes before the access */
    const char *told;
    const char *after;
} mmio_rows[] = {
    {"read, byte", false, 0xd0000005, 1, "abcdefgh", "H5:1? ",
     "\x11" "bcdefgh"},
    {"read, word", false, 0xd0000000, 2, "abcdefgh", "H0:2? ",
     "\x11\x22" "cdefgh"},
    {"read, long, not aligned", false, 0xd0000003, 4, "abcdefgh", "H3:4? ",
     "\x11\x22\x33\x44" "efgh"},
    {"read, quad", false, 0xd0000000, 8, "abcdefgh", "H0:8? ",
     "\x11\x22\x33\x44\x55\x66\x77\x88"},
    {"write, byte", true, 0xd0000000, 1, "abcdefgh", "H0:1=61 ", "abcdefgh"},
    {"write, quad", true, 0xcffffff8, 8, "abcdefgh",
     "I0:8=6867666564636261 ", "abcdefgh"},
    {"offset beyond 32 bits", true, 0x1cfffffff, 1, "abcdefgh",
     "H4294967295:1=61 ", "abcdefgh"},
    {"read, the last one", false, UINT64_MAX, 1, "abcdefgh", "J15:1? ",
     "\x11" "bcdefgh"},
    {"read, three bytes", false, 0xd0000000, 3, "abcdefgh",
     "H0:1? H1:1? H2:1? ", "\x11\x11\x11" "defgh"},
    {"write, five bytes", true, 0xd0000000, 5, "abcdefgh",
     "H0:1=61 H1:1=62 H2:1=63 H3:1=64 H4:1=65 ", "abcdefgh"},
    {"write, two devices", true, 0xcffffffe, 4, "abcdefgh",
     "I6:1=61 I7:1=62 H0:1=63 H1:1=64 ", "abcdefgh"},
    {"read, two devices", false, 0xcfffffff, 2, "abcdefgh", "I7:1? H0:1? ",
     "\x11\x11" "cdefgh"},
    {"read, before one", false, 0xcffffff7, 2, "abcdefgh", "I0:1? ",
     "\xff\x11" "cdefgh"},
    {"read, past one", false, 0x1cfffffff, 2, "abcdefgh",
     "H4294967295:1? ", "\x11\xff" "cdefgh"},
    {"read, nobody", false, 0x100, 8, "abcdefgh", "",
     "\xff\xff\xff\xff\xff\xff\xff\xff"},
    {"read, nobody, word", false, 0x1d0000000, 2, "abcdefgh", "",
     "\xff\xff" "cdefgh"},
    {"write, nobody", true, 0x1d0000000, 8, "abcdefgh", "", "abcdefgh"},
    {"no port's address", false, 0x10, 1, "abcdefgh", "", "\xff" "bcdefgh"},
    {"a byte is no string", true, 0xcffffff8, 1, "abcdefgh", "I0:1=61 ",
     "abcdefgh"},
};

/* An added region, and what is said when it cannot be. */
static const struct add_row {
    const char *label;
    enum bus_space space;
    uint64_t base, size;
    int err;
    const char *says;
} add_rows[] = {
    {"the same ports",  BUS_PORTS, 0x10,   4, -EEXIST, "with A at 0x10:"},
    {"one of them",     BUS_PORTS, 0x13,   1, -EEXIST, "X at 0x13 collides"},
    {"all around them", BUS_PORTS, 0x00, 256, -EEXIST, "with A at 0x10"},
    {"up to them",      BUS_PORTS, 0x08,   8, 0, ""},
    {"one too many",    BUS_PORTS, 0x08,   9, -EEXIST, "with A"},
    {"from their end",  BUS_PORTS, 0x15,   8, 0, ""},
    {"between two",     BUS_PORTS, 0x22,  30, 0, ""},
    {"the last port",   BUS_PORTS, 0xffff, 1, -EEXIST, "with C at 0xffff"},
    {"up to the last",  BUS_PORTS, 0xfff0, 15, 0, ""},
    {"past the last",   BUS_PORTS, 0xfff0, 17, -EINVAL, "no range of ports"},
    {"no port at all",  BUS_PORTS, 0x10000, 1, -EINVAL, "no range of ports"},
    {"empty",           BUS_PORTS, 0x30,   0, -EINVAL, "X: 0 bytes"},
    {"a port's number", BUS_MMIO,  0x10,   4, 0, ""},
    {"the same bytes",  BUS_MMIO,  0xd0000000, 1, -EEXIST, "with H"},
    {"its last byte",   BUS_MMIO,  0x1cfffffff, 1, -EEXIST, "with H"},
    {"behind it",       BUS_MMIO,  0x1d0000000, 0x1000, 0, ""},
    {"around the last", BUS_MMIO,  0x200000000, UINT64_MAX - 0x1ffffffff,
     -EEXIST, "with J"},
    {"beyond the end",  BUS_MMIO,  UINT64_MAX, 2, -EINVAL, "of addresses"},
    {"all there is",    BUS_MMIO,  1, UINT64_MAX, -EEXIST, "with I"},
    {"empty",           BUS_MMIO,  0,      0, -EINVAL, "X: 0 bytes"},
};
/* clang-format on */

static struct bus make_bus(void)
{
    struct bus bus;
    struct diag diag = {""};

    bus_init(&bus);
    for (size_t i = 0; i < ROWS(fakes); i++)
        cr_assert(zero(int, bus_add(&bus, &fakes[i], &diag)), "%s", diag.text);
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

ParameterizedTestParameters(bus, mmio)
{
    return row_numbers(ROWS(mmio_rows));
}

ParameterizedTest(const size_t *i, bus, mmio)
{
    const struct mmio_row *row = &mmio_rows[*i];
    struct bus bus = make_bus();
    char data[9];

    memcpy(data, row->data, sizeof data);
    bus_mmio(&bus, row->is_write, row->gpa, row->size, data);
    cr_expect(eq(str, told, (char *)(uintptr_t)row->told), "%s", row->label);
    cr_expect(zero(int, memcmp(data, row->after, 8)), "%s", row->label);
}

ParameterizedTestParameters(bus, add)
{
    return row_numbers(ROWS(add_rows));
}

static size_t regions(const struct bus *bus)
{
    return bus->map[BUS_PORTS].n + bus->map[BUS_MMIO].n;
}

/* Sorted and disjoint, with all handlers there. */
static void expect_sound(const struct bus_map *map, const char *label)
{
    for (size_t i = 0; i < map->n; i++) {
        const struct bus_region *region = &map->region[i];

        cr_expect(region->on.read && region->on.write, "%s", label);
        if (i)
            cr_expect(
                gt(u64, region->base, region[-1].base + (region[-1].size - 1)),
                "%s", label);
    }
}

ParameterizedTest(const size_t *i, bus, add)
{
    const struct add_row *row = &add_rows[*i];
    struct bus bus = make_bus();
    const struct bus_region region = {
        row->space, row->base, row->size, NULL, "X", {NULL, NULL, NULL, false}};
    struct diag diag = {""};

    cr_expect(eq(int, bus_add(&bus, &region, &diag), row->err), "%s",
              row->label);
    cr_expect(strstr(diag.text, row->says) != NULL, "%s: %s", row->label,
              diag.text);
    cr_expect(eq(sz, regions(&bus), ROWS(fakes) + (row->err == 0)), "%s",
              row->label);
    expect_sound(&bus.map[BUS_PORTS], row->label);
    expect_sound(&bus.map[BUS_MMIO], row->label);
}

/* In any order of adding, each is found where it is. */
Test(bus, full)
{
    struct bus bus;
    struct bus_region region = fakes[0];
    struct diag diag = {""};

    bus_init(&bus);
    region.size = 1;
    for (size_t i = 0; i < BUS_MAX_REGIONS; i++) {
        region.base = i * 5 % BUS_MAX_REGIONS;
        cr_assert(zero(int, bus_add(&bus, &region, NULL)));
    }
    region.base = BUS_MAX_REGIONS;
    cr_expect(eq(int, bus_add(&bus, &region, &diag), -ENOSPC));
    cr_expect(strstr(diag.text, "BUS_MAX_REGIONS") != NULL);
    for (uint16_t port = 0; port <= BUS_MAX_REGIONS; port++) {
        uint8_t byte = 0;

        bus_io(&bus, false, port, 1, 1, &byte);
        cr_expect(eq(u8, byte, port < BUS_MAX_REGIONS ? 0x11 : 0xff));
    }
    region.space = BUS_MMIO;
    cr_expect(zero(int, bus_add(&bus, &region, NULL)), "the other is empty");
}
