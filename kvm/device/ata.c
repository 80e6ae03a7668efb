/* SPDX-License-Identifier: MIT */
#include "kvm/device/ata.h"

/*
 * Registers, commands and the sector buffer. Titles in comments are sections
 * of ATA/ATAPI-6 (T13/1410D).
 *
 * Invariant: while status says DRQ, left > 0 and at < DISK_SECTOR. The host
 * reads or fills the buffer; at its end the next sector takes its place at
 * once, so a transfer of many sectors is one stream of words.
 */

#include <string.h>

/* "I/O register descriptions": offsets in the command block. */
enum { DATA, ERROR, COUNT, LBA_LOW, LBA_MID, LBA_HIGH, DEVICE, STATUS };

enum { FEATURES = ERROR, COMMAND = STATUS }; /* when written */

enum {
    STATUS_ERR = 0x01,
    STATUS_DRQ = 0x08,
    STATUS_READY = 0x50, /* DRDY, and seek complete as older hosts know it */
    ERROR_ABRT = 0x04,
    ERROR_IDNF = 0x10,
    ERROR_UNC = 0x40,
    DEVICE_HEAD = 0x0f, /* or bits 24 to 27 of the LBA */
    DEVICE_1 = 0x10,
    DEVICE_LBA = 0x40,
    CONTROL_NIEN = 0x02,
    CONTROL_SRST = 0x04,
    CONTROL_HOB = 0x80,
};

/* The translation that a disk has at first, "IDENTIFY DEVICE", words 1 to 6. */
enum { HEADS = 16, SECTORS_PER_TRACK = 63, CYLINDERS_MAX = 16383 };

/* --- interrupts --- */

/* "INTRQ": of a device that is selected and whose interrupts are enabled. */
static void ata_update_line(const struct ata *a)
{
    irq_set(a->irq, a->state.interrupt && !(a->state.control & CONTROL_NIEN) &&
                        !(a->state.now[DEVICE] & DEVICE_1));
}

/* --- transfers --- */

static void ata_fail(struct ata *a, uint8_t error)
{
    a->state.status = STATUS_READY | STATUS_ERR;
    a->state.error = error;
}

/* "READ SECTOR(S)" and "WRITE SECTOR(S)", error outputs: UNC is for reads. */
static void fail_medium(struct ata *a)
{
    ata_fail(a, a->state.is_write ? ERROR_ABRT : ERROR_UNC);
}

static void begin_sector(struct ata *a)
{
    a->state.at = 0;
    a->state.status = STATUS_READY | STATUS_DRQ;
    if (!a->state.is_write &&
        disk_read(a->disk, a->state.lba, a->state.buffer) < 0)
        fail_medium(a);
}

/* "PIO data-in command protocol", "PIO data-out command protocol": there is an
 * interrupt when a sector can be read, and when one was written, whatever has
 * become of it. */
static void end_sector(struct ata *a)
{
    a->state.interrupt |= a->state.is_write || a->state.left > 1;
    a->state.status = STATUS_READY;
    if (a->state.is_write &&
        disk_write(a->disk, a->state.lba, a->state.buffer) < 0) {
        fail_medium(a);
        return;
    }
    a->state.lba++;
    if (--a->state.left > 0)
        begin_sector(a);
}

static void ata_begin(struct ata *a, uint64_t lba, unsigned n, bool is_write)
{
    uint64_t sectors = disk_sectors(a->disk);

    if (lba >= sectors || n > sectors - lba) {
        ata_fail(a, ERROR_IDNF);
        return;
    }
    a->state.lba = lba;
    a->state.left = n;
    a->state.is_write = is_write;
    begin_sector(a);
}

static bool is_open(const struct ata *a, bool is_write)
{
    return a->state.status & STATUS_DRQ && a->state.is_write == is_write &&
           !(a->state.now[DEVICE] & DEVICE_1);
}

static void next_byte(struct ata *a)
{
    if (++a->state.at == DISK_SECTOR)
        end_sector(a);
}

static uint8_t ata_take(struct ata *a)
{
    uint8_t byte = 0xff;

    if (is_open(a, false)) {
        byte = a->state.buffer[a->state.at];
        next_byte(a);
    }
    return byte;
}

static void ata_give(struct ata *a, uint8_t byte)
{
    if (is_open(a, true)) {
        a->state.buffer[a->state.at] = byte;
        next_byte(a);
    }
}

/* --- addresses --- */

/* Beyond the end of any disk, for what is no address. */
#define NOWHERE UINT64_MAX

static uint64_t address_chs(const struct ata *a)
{
    unsigned cylinder =
        (unsigned)a->state.now[LBA_HIGH] << 8 | a->state.now[LBA_MID];
    unsigned head = a->state.now[DEVICE] & DEVICE_HEAD;
    unsigned sector = a->state.now[LBA_LOW]; /* from 1 on */

    if (head >= a->state.heads || sector < 1 ||
        sector > a->state.sectors_per_track)
        return NOWHERE;
    return ((uint64_t)cylinder * a->state.heads + head) *
               a->state.sectors_per_track +
           sector - 1;
}

static uint64_t address_24(const uint8_t *regs)
{
    return (uint64_t)regs[LBA_HIGH] << 16 | (uint64_t)regs[LBA_MID] << 8 |
           regs[LBA_LOW];
}

static uint64_t address_28(const struct ata *a)
{
    uint64_t top = a->state.now[DEVICE] & DEVICE_HEAD;

    return a->state.now[DEVICE] & DEVICE_LBA
               ? top << 24 | address_24(a->state.now)
               : address_chs(a);
}

/* "48-bit Address feature set" */
static uint64_t address_48(const struct ata *a)
{
    return address_24(a->state.before) << 24 | address_24(a->state.now);
}

static unsigned count_8(const struct ata *a)
{
    return a->state.now[COUNT] ? a->state.now[COUNT] : 256;
}

static unsigned count_16(const struct ata *a)
{
    unsigned count =
        (unsigned)a->state.before[COUNT] << 8 | a->state.now[COUNT];

    return count ? count : 65536;
}

/* --- commands --- */

static void on_read(struct ata *a)
{
    ata_begin(a, address_28(a), count_8(a), false);
}

static void on_read_ext(struct ata *a)
{
    ata_begin(a, address_48(a), count_16(a), false);
}

static void on_write(struct ata *a)
{
    ata_begin(a, address_28(a), count_8(a), true);
}

static void on_write_ext(struct ata *a)
{
    ata_begin(a, address_48(a), count_16(a), true);
}

/* Nothing is behind the disk that could be flushed. */
static void ata_on_flush(struct ata *a)
{
    (void)a;
}

static void ata_put(struct ata *a, unsigned word, unsigned n, uint64_t value)
{
    for (unsigned i = 0; i < 2 * n; i++)
        a->state.buffer[2 * word + i] = (uint8_t)(value >> 8 * i);
}

/* "IDENTIFY DEVICE": the first character of a pair is the upper byte. */
static void put_text(struct ata *a, unsigned word, unsigned n, const char *text)
{
    size_t length = strlen(text);

    for (unsigned i = 0; i < 2 * n; i++)
        a->state.buffer[2 * word + (i ^ 1)] =
            i < length ? (uint8_t)text[i] : (uint8_t)' ';
}

static uint64_t ata_least(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* As many as there are whole ones, but a small disk has one, too. */
static uint64_t cylinders(const struct ata *a, unsigned of_sectors)
{
    uint64_t n = disk_sectors(a->disk) / of_sectors;

    return n ? ata_least(n, CYLINDERS_MAX) : 1;
}

static void put_geometry(struct ata *a)
{
    unsigned per_cylinder = a->state.heads * a->state.sectors_per_track;
    uint64_t now = cylinders(a, per_cylinder);
    uint64_t sectors = disk_sectors(a->disk);

    ata_put(a, 1, 1, cylinders(a, HEADS * SECTORS_PER_TRACK));
    ata_put(a, 3, 1, HEADS);
    ata_put(a, 6, 1, SECTORS_PER_TRACK);
    ata_put(a, 54, 1, now);
    ata_put(a, 55, 1, a->state.heads);
    ata_put(a, 56, 1, a->state.sectors_per_track);
    ata_put(a, 57, 2, ata_least(now * per_cylinder, sectors));
    ata_put(a, 60, 2, ata_least(sectors, 0x0fffffff));
    ata_put(a, 100, 4, sectors);
}

/* clang-format off */
static const struct {
    uint8_t word;
    uint16_t value;
} identity[] = {
    {0,  0x0040}, /* not removable */
    {47, 0x8000}, /* no READ MULTIPLE */
    {49, 0x0200}, /* LBA; no DMA */
    {50, 0x4000},
    {53, 0x0001}, /* words 54 to 58 are valid */
    {80, 0x0078}, /* ATA-3 to ATA/ATAPI-6 */
    {83, 0x7400}, /* FLUSH CACHE (EXT), 48-bit addresses */
    {84, 0x4000},
    {86, 0x3400}, /* as word 83: in use */
    {87, 0x4000},
};
/* clang-format on */

static void on_identify(struct ata *a)
{
    memset(a->state.buffer, 0, sizeof a->state.buffer);
    for (size_t i = 0; i < sizeof identity / sizeof *identity; i++)
        ata_put(a, identity[i].word, 1, identity[i].value);
    put_text(a, 10, 10, "1");
    put_text(a, 23, 4, "1");
    put_text(a, 27, 20, "kvmgdbstub disk");
    put_geometry(a);
    a->state.at = 0;
    a->state.left = 1;
    a->state.is_write = false;
    a->state.status = STATUS_READY | STATUS_DRQ;
}

/* "SET FEATURES": what changes nothing that a host could see. */
static void on_set_features(struct ata *a)
{
    static const uint8_t known[] = {0x02, 0x82,  /* write cache on, off */
                                    0xaa, 0x55}; /* look-ahead on, off */
    bool is_pio = a->state.now[FEATURES] == 0x03 && a->state.now[COUNT] < 0x10;

    if (!is_pio && !memchr(known, a->state.now[FEATURES], sizeof known))
        ata_fail(a, ERROR_ABRT);
}

/* As ATA/ATAPI-5 has it, "INITIALIZE DEVICE PARAMETERS". */
static void on_set_geometry(struct ata *a)
{
    if (!a->state.now[COUNT]) {
        ata_fail(a, ERROR_ABRT);
        return;
    }
    a->state.heads = (a->state.now[DEVICE] & DEVICE_HEAD) + 1u;
    a->state.sectors_per_track = a->state.now[COUNT];
}

/* "Signature and persistence" of a device that is no packet device. */
static void put_signature(struct ata *a)
{
    memset(a->state.now, 0, sizeof a->state.now);
    memset(a->state.before, 0, sizeof a->state.before);
    a->state.now[COUNT] = a->state.now[LBA_LOW] = 1;
}

/* "EXECUTE DEVICE DIAGNOSTIC": passed, and so did device 1 or it is absent. */
static void on_diagnose(struct ata *a)
{
    put_signature(a);
    a->state.error = 0x01;
}

typedef void command(struct ata *a);

/* clang-format off */
static command *const commands[256] = {
    [0x20] = on_read,       [0x21] = on_read,
    [0x24] = on_read_ext,
    [0x30] = on_write,      [0x31] = on_write,
    [0x34] = on_write_ext,
    [0x90] = on_diagnose,
    [0x91] = on_set_geometry,
    [0xe7] = ata_on_flush,      [0xea] = ata_on_flush,
    [0xec] = on_identify,
    [0xef] = on_set_features,
};
/* clang-format on */

/* The host is to give the first sector without being asked by an interrupt. */
static bool wants_data(const struct ata *a)
{
    return a->state.status & STATUS_DRQ && a->state.is_write;
}

/* A command ends the one before. One for device 1 is nobody's, but all are
 * diagnosed together ("Device 0 only configurations"). */
static void ata_execute(struct ata *a, uint8_t code)
{
    command *run = commands[code];

    if (a->state.now[DEVICE] & DEVICE_1 && run != on_diagnose)
        return;
    a->state.status = STATUS_READY;
    a->state.error = 0;
    a->state.interrupt =
        false;          /* writing the command register takes it back, */
    ata_update_line(a); /* though only for a moment */
    if (run)
        run(a);
    else
        ata_fail(a, ERROR_ABRT);
    a->state.interrupt = !wants_data(a);
}

static void ata_reset(struct ata *a)
{
    a->state.status = STATUS_READY;
    a->state.interrupt = false;
    a->state.heads = HEADS;
    a->state.sectors_per_track = SECTORS_PER_TRACK;
    on_diagnose(a);
}

/* --- registers --- */

static uint8_t ata_read_status(const struct ata *a)
{
    return a->state.now[DEVICE] & DEVICE_1 ? 0 : a->state.status;
}

static uint8_t ata_read_register(struct ata *a, uint64_t offset)
{
    if (offset == STATUS) {
        a->state.interrupt &= (a->state.now[DEVICE] & DEVICE_1) != 0;
        return ata_read_status(a);
    }
    if (offset == ERROR)
        return a->state.error;
    return a->state.control & CONTROL_HOB && offset != DEVICE
               ? a->state.before[offset]
               : a->state.now[offset];
}

static void ata_write_register(struct ata *a, uint64_t offset, uint8_t value)
{
    a->state.control &= (uint8_t)~CONTROL_HOB;
    if (offset == COMMAND) {
        ata_execute(a, value);
        return;
    }
    a->state.before[offset] = a->state.now[offset];
    a->state.now[offset] = value;
}

/* The data port is as wide as the access; elsewhere it is one per byte. */
static uint64_t ata_read_block(void *device, uint64_t offset, unsigned size)
{
    struct ata *a = device;
    uint64_t value = 0;

    (void)pthread_mutex_lock(&a->lock);
    for (unsigned i = 0; i < size; i++) {
        uint8_t byte =
            offset == DATA ? ata_take(a) : ata_read_register(a, offset + i);

        value |= (uint64_t)byte << 8 * i;
    }
    ata_update_line(a);
    (void)pthread_mutex_unlock(&a->lock);
    return value;
}

static void ata_write_block(void *device, uint64_t offset, unsigned size,
                            uint64_t value)
{
    struct ata *a = device;

    (void)pthread_mutex_lock(&a->lock);
    for (unsigned i = 0; i < size; i++) {
        uint8_t byte = (uint8_t)(value >> 8 * i);

        if (offset == DATA)
            ata_give(a, byte);
        else
            ata_write_register(a, offset + i, byte);
    }
    ata_update_line(a);
    (void)pthread_mutex_unlock(&a->lock);
}

static uint64_t ata_read_control(void *device, uint64_t offset, unsigned size)
{
    struct ata *a = device;
    uint8_t value;

    (void)offset, (void)size; /* one port: never more than a byte */
    (void)pthread_mutex_lock(&a->lock);
    value = ata_read_status(a);
    (void)pthread_mutex_unlock(&a->lock);
    return value;
}

static void ata_write_control(void *device, uint64_t offset, unsigned size,
                              uint64_t value)
{
    struct ata *a = device;

    (void)offset, (void)size;
    (void)pthread_mutex_lock(&a->lock);
    a->state.control = (uint8_t)value;
    if (a->state.control & CONTROL_SRST)
        ata_reset(a);
    ata_update_line(a);
    (void)pthread_mutex_unlock(&a->lock);
}

void ata_init(struct ata *ata, struct disk *disk)
{
    *ata = (struct ata){.disk = disk};
    (void)pthread_mutex_init(&ata->lock, NULL);
    ata_reset(ata);
}

static void ata_drive(void *device, struct irq_line *line)
{
    ((struct ata *)device)->irq = line;
}

const struct device_kind ata_kind = {
    .name = "ATA channel",
    .state = DEVICE_STATE(struct ata, state),
    .block = {[ATA_COMMAND_BLOCK] = {ATA_REGISTERS,
                                     {ata_read_block, ata_write_block, NULL,
                                      false}},
              [ATA_CONTROL_BLOCK] = {1,
                                     {ata_read_control, ata_write_control, NULL,
                                      false}}},
    .drive = ata_drive,
};
