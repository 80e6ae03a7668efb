/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/unit/kvm/device/ata_fixture.h"
#include "tests/unit/kvm/device/disk_fixture.h"
#include "tests/unit/kvm/rows.h"

/* --- registers --- */

/* clang-format off */
static const struct register_row {
    const char *label;
    struct port_op op[24];
} register_rows[] = {
    {"at reset", {R(STATUS, READY), R(CONTROL, READY), R(ERROR, 1), SIGNATURE,
                  R(DEVICE, 0)}},
    {"registers hold", {W(COUNT, 0x12), W(LOW, 0x34), W(MID, 0x56),
                        W(HIGH, 0x78), W(DEVICE, 0xe9), R(COUNT, 0x12),
                        R(LOW, 0x34), R(MID, 0x56), R(HIGH, 0x78),
                        R(DEVICE, 0xe9)}},
    {"a probe for a disk", {W(COUNT, 0x55), W(LOW, 0xaa), W(COUNT, 0xaa),
                            W(LOW, 0x55), R(COUNT, 0xaa), R(LOW, 0x55)}},
    {"what was there before", {W(LOW, 0x11), W(LOW, 0x22), W(CONTROL, 0x80),
                               R(LOW, 0x11), R(LOW, 0x11), W(CONTROL, 0),
                               R(LOW, 0x22)}},
    {"a write ends that", {W(LOW, 0x11), W(LOW, 0x22), W(CONTROL, 0x80),
                           W(MID, 0), R(LOW, 0x22)}},
    {"the device register has no before", {W(DEVICE, 0xe0), W(DEVICE, 0xe1),
                                           W(CONTROL, 0x80), R(DEVICE, 0xe1)}},
    {"16 bits wide: two registers", {{'w', COUNT, 0x3412, 2}, R(COUNT, 0x12),
                                     R(LOW, 0x34), {'r', COUNT, 0x3412, 2}}},
    {"the alternate status alone", {{'r', CONTROL, 0xff50, 2}}},
    {"data that nobody wants", {{'w', DATA, 0x1234, 2}, R(STATUS, READY),
                                {'r', DATA, 0xffff, 2},
                                {'r', DATA, 0xffffffff, 4}, R(DATA, 0xff)}},
    {"device 1 is absent", {W(DEVICE, 0xf0), R(STATUS, 0), R(CONTROL, 0),
                            RUN(0xec), R(STATUS, 0), {'r', DATA, 0xffff, 2},
                            W(DEVICE, 0xe0), R(STATUS, READY)}},
    {"device 1 takes no data", {RUN(0xec), W(DEVICE, 0xf0),
                                {'r', DATA, 0xffff, 2}, W(DEVICE, 0xe0),
                                {'r', DATA, 0x0040, 2}}},
    {"diagnostic", {W(COUNT, 7), W(LOW, 7), W(MID, 7), W(HIGH, 7),
                    RUN(0x90), R(STATUS, READY), R(ERROR, 1), SIGNATURE}},
    {"diagnostic by device 1", {W(DEVICE, 0xf0), RUN(0x90), R(ERROR, 1),
                                SIGNATURE, R(STATUS, READY)}},
    {"software reset", {RUN(0xff), W(MID, 7), W(CONTROL, 0x04),
                        R(STATUS, READY), W(CONTROL, 0), R(STATUS, READY),
                        R(ERROR, 1), SIGNATURE}},
    {"a reset ends a transfer", {RUN(0xec), R(STATUS, WANTS_DATA),
                                 W(CONTROL, 0x04), W(CONTROL, 0),
                                 R(STATUS, READY)}},
    {"a command ends a transfer", {RUN(0xec), R(STATUS, WANTS_DATA),
                                   SUCCEEDS(0xe7)}},
    {"nIEN changes nothing", {W(CONTROL, 0x02), RUN(0xec),
                              R(STATUS, WANTS_DATA)}},
    {"flush", {SUCCEEDS(0xe7), SUCCEEDS(0xea)}},
    {"features: PIO", {W(ERROR, 0x03), W(COUNT, 0x0c), SUCCEEDS(0xef)}},
    {"features: DMA", {W(ERROR, 0x03), W(COUNT, 0x22), ABORTS(0xef)}},
    {"features: caches", {W(ERROR, 0x02), SUCCEEDS(0xef), W(ERROR, 0x82),
                          SUCCEEDS(0xef), W(ERROR, 0xaa), SUCCEEDS(0xef)}},
    {"features: unknown", {W(ERROR, 0x5d), ABORTS(0xef)}},
    {"no sectors in a track", {W(COUNT, 0), ABORTS(0x91)}},
    {"aborts", {ABORTS(0x00), ABORTS(0xc8), ABORTS(0xa1), ABORTS(0xc4),
                ABORTS(0xff)}},
    {"a success clears the error", {ABORTS(0xff), SUCCEEDS(0xe7)}},
};
/* clang-format on */

ParameterizedTestParameters(ata, registers)
{
    return row_numbers(ROWS(register_rows));
}

ParameterizedTest(const size_t *i, ata, registers)
{
    const struct register_row *row = &register_rows[*i];
    struct ata_machine m;

    ata_machine_init(&m, SECTORS);
    port_run(&m.bus, row->label, row->op);
    ata_machine_done(&m);
}

/* --- transfers --- */

/* clang-format off */
static const struct transfer_row {
    const char *label;
    uint64_t sectors; /* of the disk */
    uint8_t before[5], now[5]; /* count, low, mid, high, device */
    uint8_t read, write; /* the commands */
    unsigned size; /* of each data access */
    uint64_t lba;
    unsigned n;    /* sectors; 0: refused, IDNF */
} transfer_rows[] = {
    {"LBA 0", SECTORS, {0}, {1, 0, 0, 0, 0xe0}, 0x20, 0x30, 2, 0, 1},
    {"without retries", SECTORS, {0}, {1, 5, 0, 0, 0xe0}, 0x21, 0x31, 2, 5, 1},
    {"by doublewords", SECTORS, {0}, {3, 1, 1, 0, 0xe0}, 0x20, 0x30, 4, 257, 3},
    {"by bytes", SECTORS, {0}, {1, 1, 1, 0, 0xe0}, 0x20, 0x30, 1, 257, 1},
    {"the obsolete bits may be 0", SECTORS, {0}, {1, 1, 0, 0, 0x40}, 0x20, 0x30,
     2, 1, 1},
    {"count 0 is 256", SECTORS, {0}, {0, 9, 0, 0, 0xe0}, 0x20, 0x30, 2, 9, 256},
    {"the last sector", SECTORS, {0}, {1, 0xcf, 7, 0, 0xe0}, 0x20, 0x30, 2,
     1999, 1},
    {"behind it", SECTORS, {0}, {1, 0xd0, 7, 0, 0xe0}, 0x20, 0x30, 2, 2000, 0},
    {"reaches behind it", SECTORS, {0}, {2, 0xcf, 7, 0, 0xe0}, 0x20, 0x30, 2,
     1999, 0},
    {"bits 16 to 27", SECTORS, {0}, {1, 0, 0, 1, 0xe0}, 0x20, 0x30, 2, 0, 0},
    {"bits 24 to 27", SECTORS, {0}, {1, 0, 0, 0, 0xe1}, 0x20, 0x30, 2, 0, 0},
    {"28 bits ignore what was before", SECTORS, {1, 1, 1, 1, 0},
     {1, 4, 0, 0, 0xe0}, 0x20, 0x30, 2, 4, 1},
    {"above 64K", 70000, {0}, {1, 0x6f, 0x11, 1, 0xe0}, 0x20, 0x30, 2, 69999,
     1},

    {"CHS 0/0/1", SECTORS, {0}, {1, 1, 0, 0, 0xa0}, 0x20, 0x30, 2, 0, 1},
    {"CHS 0/1/2", SECTORS, {0}, {2, 2, 0, 0, 0xa1}, 0x20, 0x30, 2, 64, 2},
    {"CHS 1/15/63 is too far", SECTORS, {0}, {1, 63, 1, 0, 0xaf}, 0x20, 0x30, 2,
     0, 0},
    {"CHS 0/15/63", SECTORS, {0}, {1, 63, 0, 0, 0xaf}, 0x20, 0x30, 2, 1007, 1},
    {"CHS 1/0/1", SECTORS, {0}, {1, 1, 1, 0, 0xa0}, 0x20, 0x30, 2, 1008, 1},
    {"CHS without a sector", SECTORS, {0}, {1, 0, 0, 0, 0xa0}, 0x20, 0x30, 2, 0,
     0},
    {"CHS with sector 64", SECTORS, {0}, {1, 64, 0, 0, 0xa0}, 0x20, 0x30, 2, 0,
     0},
    {"CHS, cylinder 256", SECTORS, {0}, {1, 1, 0, 1, 0xa0}, 0x20, 0x30, 2, 0,
     0},

    {"48 bits", SECTORS, {0}, {1, 3, 1, 0, 0xe0}, 0x24, 0x34, 2, 259, 1},
    {"48 bits, no use of the device register", SECTORS, {0},
     {1, 3, 1, 0, 0xef}, 0x24, 0x34, 2, 259, 1},
    {"48 bits, count 0x102", SECTORS, {1}, {2, 3, 0, 0, 0xe0}, 0x24, 0x34, 2,
     3, 258},
    {"48 bits, count 0 is 65536", 70000, {0}, {0, 1, 0, 0, 0xe0}, 0x24, 0x34, 2,
     1, 65536},
    {"48 bits, count 0 is too many", SECTORS, {0}, {0, 1, 0, 0, 0xe0}, 0x24,
     0x34, 2, 1, 0},
    {"48 bits, bit 24", SECTORS, {0, 1}, {1, 1, 0, 0, 0xe0}, 0x24, 0x34, 2, 0,
     0},
    {"48 bits, all ones", SECTORS, {255, 255, 255, 255},
     {255, 255, 255, 255, 0xff ^ 0x10}, 0x24, 0x34, 2, 0, 0},
};
/* clang-format on */

static void command(struct ata_machine *m, const struct transfer_row *row,
                    uint8_t code)
{
    for (unsigned i = 0; i < 4; i++) {
        port_out(&m->bus, (uint16_t)(COUNT + i), 1, row->before[i]);
        port_out(&m->bus, (uint16_t)(COUNT + i), 1, row->now[i]);
    }
    port_out(&m->bus, DEVICE, 1, row->now[4]);
    port_out(&m->bus, STATUS, 1, code);
}

/* True when the command was refused, as it should be. */
static bool expect_verdict(struct ata_machine *m,
                           const struct transfer_row *row)
{
    cr_expect(
        eq(u32, port_in(&m->bus, STATUS, 1), row->n ? WANTS_DATA : FAILED),
        "%s", row->label);
    cr_expect(eq(u32, port_in(&m->bus, ERROR, 1), row->n ? 0 : 0x10), "%s",
              row->label);
    return row->n == 0;
}

static void expect_done(struct ata_machine *m, const char *label)
{
    cr_expect(eq(u32, port_in(&m->bus, STATUS, 1), READY), "%s", label);
    cr_expect(eq(u32, port_in(&m->bus, DATA, 2), 0xffff), "%s", label);
}

/* A sector as the file has it, or one that a test writes. */
static void fill(uint8_t *ret, uint64_t lba, uint8_t twist)
{
    for (unsigned i = 0; i < 512; i++)
        ret[i] = disk_byte(lba * 512 + i) ^ twist;
}

ParameterizedTestParameters(ata, reads)
{
    return row_numbers(ROWS(transfer_rows));
}

ParameterizedTest(const size_t *i, ata, reads)
{
    const struct transfer_row *row = &transfer_rows[*i];
    struct ata_machine m;
    uint8_t got[512], right[512];

    ata_machine_init(&m, row->sectors);
    command(&m, row, row->read);
    if (!expect_verdict(&m, row)) {
        for (unsigned n = 0; n < row->n; n++) {
            bus_io(&m.bus, false, DATA, row->size, 512 / row->size, got);
            fill(right, row->lba + n, 0);
            cr_assert(zero(int, memcmp(got, right, 512)), "%s: sector %u",
                      row->label, n);
        }
        expect_done(&m, row->label);
    }
    ata_machine_done(&m);
}

static void expect_on_disk(struct ata_machine *m, const char *label,
                           uint64_t lba, uint8_t twist)
{
    uint8_t got[512], right[512];

    if (lba >= disk_sectors(&m->disk))
        return;
    fill(right, lba, twist);
    cr_expect(zero(int, disk_read(&m->disk, lba, got)), "%s", label);
    cr_expect(zero(int, memcmp(got, right, 512)), "%s: sector %llu", label,
              (unsigned long long)lba);
}

ParameterizedTestParameters(ata, writes)
{
    return row_numbers(ROWS(transfer_rows));
}

ParameterizedTest(const size_t *i, ata, writes)
{
    const struct transfer_row *row = &transfer_rows[*i];
    struct ata_machine m;
    uint8_t mine[512];

    ata_machine_init(&m, row->sectors);
    command(&m, row, row->write);
    if (!expect_verdict(&m, row)) {
        cr_expect(eq(u32, port_in(&m.bus, DATA, 1), 0xff), "%s", row->label);
        for (unsigned n = 0; n < row->n; n++) {
            fill(mine, row->lba + n, 0xff);
            bus_io(&m.bus, true, DATA, row->size, 512 / row->size, mine);
        }
        expect_done(&m, row->label);
        expect_on_disk(&m, row->label, row->lba - 1, 0);
        expect_on_disk(&m, row->label, row->lba, 0xff);
        expect_on_disk(&m, row->label, row->lba + row->n - 1, 0xff);
        expect_on_disk(&m, row->label, row->lba + row->n, 0);
    }
    ata_machine_done(&m);
}

/* A sector that the host does not write to its end is not written. */
Test(ata, half_a_sector)
{
    struct ata_machine m;
    uint8_t zeros[510] = {0};

    ata_machine_init(&m, SECTORS);
    port_out(&m.bus, COUNT, 1, 1);
    port_out(&m.bus, LOW, 1, 7);
    port_out(&m.bus, DEVICE, 1, 0xe0);
    port_out(&m.bus, STATUS, 1, 0x30);
    bus_io(&m.bus, true, DATA, 2, 255, zeros);
    cr_expect(eq(u32, port_in(&m.bus, STATUS, 1), WANTS_DATA));
    port_out(&m.bus, STATUS, 1, 0xe7);
    expect_on_disk(&m, "half a sector", 7, 0);
    ata_machine_done(&m);
}

/* The file cannot be read where nothing of it was loaded yet. */
Test(ata, broken_medium)
{
    /* clang-format off */
    static const struct port_op ops[] = {
        W(COUNT, 1), W(LOW, 0), W(MID, 0x88), W(HIGH, 0), W(DEVICE, 0xe0),
        RUN(0x20), R(STATUS, FAILED), R(ERROR, 0x40),
        RUN(0x30), R(STATUS, WANTS_DATA), {0}};
    static const struct port_op after[] = {
        R(STATUS, FAILED), R(ERROR, ABRT), {'r', DATA, 0xffff, 2}, {0}};
    /* clang-format on */
    struct ata_machine m;
    uint8_t zeros[512] = {0};

    ata_machine_init(&m, 0x9000); /* more than is read at once */
    (void)close(m.disk.fd);
    port_run(&m.bus, "read", ops);
    bus_io(&m.bus, true, DATA, 2, 256, zeros);
    port_run(&m.bus, "written", after);
    expect_on_disk(&m, "the beginning", 0, 0);
    ata_machine_done(&m);
}

/* The first sector that fails is the last of a transfer. */
Test(ata, broken_medium_in_the_midst)
{
    /* clang-format off */
    static const struct port_op reads[] = {
        W(COUNT, 3), W(LOW, 0x7f), W(MID, 0x88), W(HIGH, 0), W(DEVICE, 0xe0),
        RUN(0x20), R(STATUS, WANTS_DATA), {0}};
    static const struct port_op read[] = {
        R(STATUS, FAILED), R(ERROR, 0x40), {'r', DATA, 0xffff, 2}, {0}};
    static const struct port_op writes[] = {
        RUN(0x30), R(STATUS, WANTS_DATA), {0}};
    static const struct port_op goes_on[] = {R(STATUS, WANTS_DATA), {0}};
    static const struct port_op written[] = {
        R(STATUS, FAILED), R(ERROR, ABRT), {'r', DATA, 0xffff, 2}, {0}};
    /* clang-format on */
    struct ata_machine m;
    uint8_t bytes[512];

    ata_machine_init(&m, 0x9000);
    cr_assert(zero(int, disk_read(&m.disk, 0x887f, bytes)));
    (void)close(m.disk.fd); /* the chunk behind it was not loaded yet */
    port_run(&m.bus, "read", reads);
    bus_io(&m.bus, false, DATA, 2, 256, bytes);
    port_run(&m.bus, "was read", read);
    port_run(&m.bus, "write", writes);
    bus_io(&m.bus, true, DATA, 2, 256, bytes);
    port_run(&m.bus, "goes on", goes_on);
    bus_io(&m.bus, true, DATA, 2, 256, bytes);
    port_run(&m.bus, "was written", written);
    ata_machine_done(&m);
}

/* Another translation: 2 heads of 9 sectors. */
Test(ata, geometry)
{
    static const struct port_op ops[] = {
        W(COUNT, 9), W(DEVICE, 0xa1), SUCCEEDS(0x91), {0}};
    static const struct transfer_row row = {
        "2/1/3", SECTORS, {0}, {1, 3, 2, 0, 0xa1}, 0x20, 0x30, 2, 47, 1};
    struct ata_machine m;
    uint8_t got[512], right[512];

    ata_machine_init(&m, SECTORS);
    port_run(&m.bus, "2 heads, 9 sectors", ops);
    command(&m, &row, 0x20);
    cr_expect(zero(int, expect_verdict(&m, &row)));
    bus_io(&m.bus, false, DATA, 2, 256, got);
    fill(right, 47, 0);
    cr_expect(zero(int, memcmp(got, right, 512)));
    ata_machine_done(&m);
}

/* --- IDENTIFY DEVICE --- */

/* clang-format off */
static const struct identify_row {
    uint64_t sectors;
    unsigned cylinders, lba28;
    unsigned now_cylinders, now_sectors;
} identify_rows[] = {
    {1,      1,  1,      1,  1},
    {1008,   1,  1008,   1,  1008},
    {2000,   1,  2000,   1,  1008},
    {70000,  69, 70000,  69, 69552},
};
/* clang-format on */

ParameterizedTestParameters(ata, identify)
{
    return row_numbers(ROWS(identify_rows));
}

ParameterizedTest(const size_t *i, ata, identify)
{
    const struct identify_row *row = &identify_rows[*i];
    struct ata_machine m;
    uint16_t word[256];

    ata_machine_init(&m, row->sectors);
    port_out(&m.bus, STATUS, 1, 0xec);
    cr_expect(eq(u32, port_in(&m.bus, STATUS, 1), WANTS_DATA));
    bus_io(&m.bus, false, DATA, 2, 256, word);
    expect_done(&m, "identify");
    cr_expect(eq(u16, word[0] & 0x8004, 0));
    cr_expect(eq(u16, word[1], row->cylinders));
    cr_expect(eq(u16, word[3], 16));
    cr_expect(eq(u16, word[6], 63));
    cr_expect(eq(u16, word[27], 'k' << 8 | 'v'));
    cr_expect(eq(u16, word[46], ' ' << 8 | ' '));
    cr_expect(eq(u16, word[49] & 0x0300, 0x0200), "LBA, no DMA");
    cr_expect(eq(u16, word[54], row->now_cylinders));
    cr_expect(eq(u32, word[57] | (uint32_t)word[58] << 16, row->now_sectors));
    cr_expect(eq(u32, word[60] | (uint32_t)word[61] << 16, row->lba28));
    cr_expect(eq(u16, word[83] & 0xc400, 0x4400), "valid, 48 bits");
    cr_expect(eq(u32, word[100] | (uint32_t)word[101] << 16, row->sectors));
    cr_expect(eq(u32, word[102] | (uint32_t)word[103] << 16, 0));
    ata_machine_done(&m);
}

Test(ata, identify_sparse_terabyte)
{
    struct ata_machine m = {.file = file_new()};
    uint16_t word[256];

    cr_assert(zero(int, ftruncate(m.file.fd, (off_t)1 << 41)));
    cr_assert(zero(int, disk_open(&m.disk, NULL, m.file.path, NULL)));
    ata_machine_attach(&m);
    port_out(&m.bus, STATUS, 1, 0xec);
    bus_io(&m.bus, false, DATA, 2, 256, word);
    cr_expect(eq(u16, word[1], 16383));
    cr_expect(eq(u32, word[60] | (uint32_t)word[61] << 16, 0x0fffffff));
    cr_expect(eq(u16, word[102], 1));
    ata_machine_done(&m);
}

/* --- hosts --- */

/* As the boot loader of xv6 reads a sector (bootmain.c, readsect()). */
static void xv6_wait(struct ata_machine *m)
{
    cr_assert(eq(u32, port_in(&m->bus, 0x1f7, 1) & 0xc0, 0x40));
}

Test(ata, xv6_bootmain)
{
    struct ata_machine m;
    uint8_t got[512], right[512];

    ata_machine_init(&m, SECTORS);
    for (uint32_t sector = 1; sector < 300; sector++) {
        xv6_wait(&m);
        port_out(&m.bus, 0x1f2, 1, 1);
        port_out(&m.bus, 0x1f3, 1, sector & 0xff);
        port_out(&m.bus, 0x1f4, 1, sector >> 8 & 0xff);
        port_out(&m.bus, 0x1f5, 1, sector >> 16 & 0xff);
        port_out(&m.bus, 0x1f6, 1, sector >> 24 | 0xe0);
        port_out(&m.bus, 0x1f7, 1, 0x20);
        xv6_wait(&m);
        bus_io(&m.bus, false, 0x1f0, 4, 128, got);
        fill(right, sector, 0);
        cr_assert(zero(int, memcmp(got, right, 512)), "sector %u", sector);
    }
    ata_machine_done(&m);
}

/* Whatever is written: afterwards it works, and the file is as it was. */
Test(ata, anything)
{
    struct ata_machine m;
    uint64_t seed = 4711;
    uint8_t bytes[16384];

    ata_machine_init(&m, 32);
    for (unsigned i = 0; i < 20; i++) {
        port_storm(&m.bus, DATA - 2, 12, 20000, &seed);
        port_storm(&m.bus, CONTROL - 1, 3, 100, &seed);
    }
    port_out(&m.bus, CONTROL, 1, 0x04);
    port_out(&m.bus, CONTROL, 1, 0x00);
    cr_expect(eq(u32, port_in(&m.bus, STATUS, 1), READY));
    cr_expect(eq(int, (int)pread(m.file.fd, bytes, sizeof bytes, 0), 16384));
    for (unsigned i = 0; i < sizeof bytes; i++)
        cr_assert(eq(u8, bytes[i], disk_byte(i)));
    ata_machine_done(&m);
}
