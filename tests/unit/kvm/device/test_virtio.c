/* SPDX-License-Identifier: MIT */
/*
 * A virtio block device, by its registers and a queue in memory, as a driver
 * uses it and as none should. Numbers are those of virtio 1.2.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <string.h>
#include <unistd.h>

#include "kvm/device/virtio_block.h"
#include "tests/unit/kvm/device/disk_fixture.h"
#include "tests/unit/kvm/rows.h"

#define GPA UINT64_C(0xd0000000)
enum { SECTORS = 5, RAM = 0x100000, LINE = 16 };
/* Where the driver has things. */
enum { TABLE = 0x1000, AVAIL = 0x2000, USED = 0x3000, HEAD = 0x4000 };
enum { STATUS_AT = 0x4100, DATA = 0x5000, QUEUE = 8 };
/* Registers. */
enum {
    R_FEATURES = 0x10,
    R_FEATURES_SELECT = 0x14,
    W_FEATURES = 0x20,
    W_FEATURES_SELECT = 0x24,
    QUEUE_SELECT = 0x30,
    QUEUE_MAX = 0x34,
    QUEUE_NUM = 0x38,
    READY = 0x44,
    NOTIFY = 0x50,
    ISR = 0x60,
    ACK = 0x64,
    STATUS = 0x70,
    DESC_LOW = 0x80,
    DRIVER_LOW = 0x90,
    DEVICE_LOW = 0xa0,
};
enum { NEXT = 1, WRITE = 2, INDIRECT = 4 };
enum { IN = 0, OUT = 1, FLUSH = 4, GET_ID = 8 };
enum { OK = 0, IOERR = 1, UNSUPP = 2, UNTOUCHED = 0x5a };
enum { DRIVER_READY = 0x0f, NEEDS_RESET = 0x40 };

static struct guest_mem mem;
static struct dma dma;
static struct disk disk;
static struct file file;
static struct virtio_block block;
static struct bus bus;
static atomic_uint changes;
static unsigned told_reads, told_writes;

static void hear_access(void *context, uint64_t gpa, void *data, size_t n,
                        bool is_write)
{
    (void)context, (void)gpa, (void)data;
    if (is_write)
        told_writes += (unsigned)n;
    else
        told_reads += (unsigned)n;
}

static uint32_t reg(uint32_t at)
{
    uint32_t value = 0;

    bus_mmio(&bus, false, GPA + at, 4, &value);
    return value;
}

static void set_reg(uint32_t at, uint32_t value)
{
    bus_mmio(&bus, true, GPA + at, 4, &value);
}

static void start(void)
{
    static const struct device_wiring wiring = {{{BUS_MMIO, GPA}}, LINE};
    struct diag diag = {""};

    cr_assert(zero(int, mem_init(&mem, RAM, NULL)));
    dma = (struct dma){&mem, hear_access, NULL};
    told_reads = told_writes = 0;
    file = disk_file(SECTORS * DISK_SECTOR);
    cr_assert(zero(int, disk_open(&disk, NULL, file.path, &diag)), "%s",
              diag.text);
    bus_init(&bus);
    virtio_block_init(&block, &disk, &dma, &changes);
    cr_assert(zero(
        int, device_attach(&virtio_block_kind, &block, &bus, &wiring, NULL)));
}

static void stop(void)
{
    disk_close(&disk);
    (void)close(file.fd);
    mem_done(&mem);
}

/* As 3.1.1 has it. */
static void negotiate(void)
{
    set_reg(STATUS, 0);
    set_reg(STATUS, 1);
    set_reg(STATUS, 3);
    set_reg(W_FEATURES_SELECT, 1);
    set_reg(W_FEATURES, 1);
    set_reg(STATUS, 0x0b);
    cr_assert(eq(u32, reg(STATUS), 0x0b));
}

static void set_queue(uint32_t size, uint32_t table, uint32_t avail,
                      uint32_t used)
{
    set_reg(QUEUE_SELECT, 0);
    set_reg(QUEUE_NUM, size);
    set_reg(DESC_LOW, table);
    set_reg(DRIVER_LOW, avail);
    set_reg(DEVICE_LOW, used);
    set_reg(READY, 1);
}

static void set_up(void)
{
    start();
    negotiate();
    set_queue(QUEUE, TABLE, AVAIL, USED);
    set_reg(STATUS, DRIVER_READY);
}

/* --- in memory --- */

struct desc {
    uint64_t gpa;
    uint32_t size;
    uint16_t flags, next;
};

static void put(uint64_t gpa, uint64_t value, size_t n)
{
    cr_assert(zero(int, mem_write(&mem, gpa, &value, n)));
}

static uint64_t get(uint64_t gpa, size_t n)
{
    uint64_t value = 0;

    cr_assert(zero(int, mem_read(&mem, gpa, &value, n)));
    return value;
}

static void put_desc(unsigned i, struct desc d)
{
    cr_assert(zero(int, mem_write(&mem, TABLE + 16ull * i, &d, sizeof d)));
}

static void put_head(uint32_t type, uint64_t sector)
{
    put(HEAD, type, 8);
    put(HEAD + 8, sector, 8);
    put(STATUS_AT, UNTOUCHED, 1);
}

static void offer(uint16_t head)
{
    uint16_t index = (uint16_t)get(AVAIL + 2, 2);

    put(AVAIL + 4 + 2U * (index % QUEUE), head, 2);
    put(AVAIL + 2, (uint16_t)(index + 1), 2);
}

static void put_pattern(void)
{
    for (unsigned i = 0; i < 8U * DISK_SECTOR; i++)
        put(DATA + i, (uint8_t)(i * 3U + 1), 1);
}

/* --- registers --- */

Test(virtio, what_it_is)
{
    uint8_t byte = 0xff;
    uint16_t word = 0xffff;

    start();
    cr_expect(eq(u32, reg(0x00), 0x74726976));
    cr_expect(eq(u32, reg(0x04), 2));
    cr_expect(eq(u32, reg(0x08), 2), "a block device");
    set_reg(R_FEATURES_SELECT, 0);
    cr_expect(eq(u32, reg(R_FEATURES), 0x206), "size_max, seg_max, flush");
    set_reg(R_FEATURES_SELECT, 1);
    cr_expect(eq(u32, reg(R_FEATURES), 1), "version 1");
    set_reg(R_FEATURES_SELECT, 2);
    cr_expect(zero(u32, reg(R_FEATURES)));
    cr_expect(eq(u32, reg(QUEUE_MAX), 64));
    set_reg(QUEUE_SELECT, 1);
    cr_expect(zero(u32, reg(QUEUE_MAX)), "one queue");
    cr_expect(eq(u32, reg(0x100), SECTORS));
    cr_expect(zero(u32, reg(0x104)));
    cr_expect(eq(u32, reg(0x108), 65536));
    cr_expect(eq(u32, reg(0x10c), 62));
    cr_expect(zero(u32, reg(0x110)));
    cr_expect(zero(u32, reg(0xfc)), "the generation");
    cr_expect(eq(u32, reg(0xb0), UINT32_MAX), "no shared memory");
    bus_mmio(&bus, false, GPA + 0x100, 1, &byte);
    cr_expect(eq(u8, byte, SECTORS));
    bus_mmio(&bus, false, GPA, 2, &word);
    cr_expect(zero(u16, word), "registers are read whole");
    stop();
}

static const struct {
    const char *label;
    uint32_t low, high, status;
} feature_rows[] = {
    {"version 1", 0, 1, 0x0b},
    {"all that are offered", 0x206, 1, 0x0b},
    {"a driver of before 1.0", 0x206, 0, 0x03},
    {"indirect descriptors", 1u << 28, 1, 0x03},
    {"packed", 0, 5, 0x03},
};

Test(virtio, features)
{
    for (size_t i = 0; i < ROWS(feature_rows); i++) {
        start();
        set_reg(STATUS, 3);
        set_reg(W_FEATURES_SELECT, 0);
        set_reg(W_FEATURES, feature_rows[i].low);
        set_reg(W_FEATURES_SELECT, 1);
        set_reg(W_FEATURES, feature_rows[i].high);
        set_reg(W_FEATURES_SELECT, 2);
        set_reg(W_FEATURES, 0xff);
        set_reg(STATUS, 0x0b);
        cr_expect(eq(u32, reg(STATUS), feature_rows[i].status), "%s",
                  feature_rows[i].label);
        stop();
    }
}

Test(virtio, settings_hold)
{
    set_up();
    set_reg(W_FEATURES, 0);
    set_reg(QUEUE_NUM, 2);
    cr_expect(eq(u64, block.state.features, UINT64_C(1) << 32));
    cr_expect(eq(u16, block.state.queue.size, QUEUE));
    cr_expect(eq(u32, reg(READY), 1));
    set_reg(DESC_LOW + 4, 0x12);
    cr_expect(eq(u64, block.state.queue.descriptors, TABLE));
    set_reg(QUEUE_SELECT, 1);
    cr_expect(zero(u32, reg(READY)));
    set_reg(READY, 0);
    set_reg(QUEUE_SELECT, 0);
    cr_expect(eq(u32, reg(READY), 1));
    set_reg(READY, 0);
    set_reg(DESC_LOW + 4, 0x12);
    cr_expect(eq(u64, block.state.queue.descriptors, UINT64_C(0x1200001000)));
    set_reg(STATUS, 0);
    cr_expect(zero(u32, reg(STATUS) | reg(READY)));
    cr_expect(zero(u64, block.state.queue.descriptors));
    stop();
}

/* --- requests --- */

/* What a driver asks for, in descriptors 0 to 2: head, data, status. */
static const struct request_row {
    const char *label;
    uint32_t type;
    uint64_t sector;
    uint32_t bytes; /* of data */
    uint8_t status;
    uint32_t written; /* the status included */
} request_rows[] = {
    {"a sector", IN, 0, 512, OK, 513},
    {"the last one", IN, 4, 512, OK, 513},
    {"all", IN, 0, 2560, OK, 2561},
    {"none", IN, 5, 0, OK, 1},
    {"one behind the end", IN, 5, 512, IOERR, 1},
    {"across the end", IN, 4, 1024, IOERR, 1},
    {"far behind the end", IN, UINT64_MAX, 512, IOERR, 1},
    {"half a sector", IN, 0, 256, IOERR, 1},
    {"written", OUT, 1, 512, OK, 1},
    {"several", OUT, 2, 1536, OK, 1},
    {"written behind the end", OUT, 5, 512, IOERR, 1},
    {"written in part", OUT, 0, 511, IOERR, 1},
    {"flushed", FLUSH, 0, 0, OK, 1},
    {"its name", GET_ID, 0, 20, OK, 21},
    {"its name, cut", GET_ID, 0, 4, OK, 5},
    {"discarded", 11, 0, 16, UNSUPP, 1},
    {"something else", 77, 0, 512, UNSUPP, 1},
};

static void ask(const struct request_row *row)
{
    uint16_t data = row->type == OUT ? NEXT : NEXT | WRITE;

    put_head(row->type, row->sector);
    put_desc(0, (struct desc){HEAD, 16, NEXT, 1});
    put_desc(1, (struct desc){DATA, row->bytes, data, 2});
    put_desc(2, (struct desc){STATUS_AT, 1, WRITE, 0});
    offer(0);
    set_reg(NOTIFY, 0);
}

/* The file's bytes, but where the pattern was written. */
static void expect_disk(const struct request_row *row)
{
    for (uint64_t lba = 0; lba < SECTORS; lba++) {
        uint8_t sector[DISK_SECTOR];
        uint64_t first = row->sector * DISK_SECTOR;

        cr_assert(zero(int, disk_read(&disk, lba, sector)));
        for (unsigned i = 0; i < DISK_SECTOR; i++) {
            uint64_t at = lba * DISK_SECTOR + i;
            bool is_new = row->type == OUT && row->status == OK &&
                          at - first < row->bytes;

            cr_assert(
                eq(u8, sector[i],
                   is_new ? (uint8_t)((at - first) * 3 + 1) : disk_byte(at)),
                "%s: %lu", row->label, (unsigned long)at);
        }
    }
}

static void expect_data(const struct request_row *row)
{
    bool is_read = row->type == IN && row->status == OK;

    if (row->type == GET_ID) {
        cr_expect(
            zero(int, memcmp(mem_ptr(&mem, DATA, 20), "kvmgdbstub disk",
                             row->written - 1 < 15 ? row->written - 1 : 16)));
        return;
    }
    for (unsigned i = 0; i < 8U * DISK_SECTOR; i++)
        cr_assert(eq(u64, get(DATA + i, 1),
                     is_read && i < row->bytes
                         ? disk_byte(row->sector * DISK_SECTOR + i)
                         : (uint8_t)(i * 3 + 1)),
                  "%s: %u", row->label, i);
}

ParameterizedTestParameters(virtio, requests)
{
    return row_numbers(ROWS(request_rows));
}

ParameterizedTest(const size_t *i, virtio, requests)
{
    const struct request_row *row = &request_rows[*i];

    set_up();
    put_pattern();
    ask(row);
    cr_expect(eq(u64, get(STATUS_AT, 1), row->status), "%s", row->label);
    cr_expect(eq(u64, get(USED + 2, 2), 1), "%s", row->label);
    cr_expect(zero(u64, get(USED + 4, 4)), "%s", row->label);
    cr_expect(eq(u64, get(USED + 8, 4), row->written), "%s", row->label);
    cr_expect(eq(u32, reg(STATUS), DRIVER_READY), "%s", row->label);
    cr_expect(eq(u32, reg(ISR), 1), "%s", row->label);
    cr_expect(irq_is_high(bus_line(&bus, LINE)), "%s", row->label);
    set_reg(ACK, 1);
    cr_expect(not(irq_is_high(bus_line(&bus, LINE))), "%s", row->label);
    expect_disk(row);
    expect_data(row);
    cr_expect(eq(uint, told_writes, row->written + 8 + 2), "%s", row->label);
    cr_expect(eq(uint, told_reads,
                 2 + 2 + 3 * 16 + 16 + 2 +
                     (row->type == OUT && row->status == OK ? row->bytes : 0)),
              "%s", row->label);
    stop();
}

/* Cut where nobody would (2.7.4); the same again and again, around the rings.
 */
Test(virtio, pieces_and_turns)
{
    set_up();
    for (unsigned turn = 0; turn < 3U * QUEUE + 1; turn++) {
        put_head(IN, turn % SECTORS);
        put_desc(7, (struct desc){HEAD, 3, NEXT, 2});
        put_desc(2, (struct desc){HEAD + 3, 13, NEXT, 0});
        put_desc(0, (struct desc){DATA, 0, NEXT | WRITE, 1});
        put_desc(1, (struct desc){DATA, 511, NEXT | WRITE, 3});
        put_desc(3, (struct desc){DATA + 511, 2, WRITE, 0});
        offer(7);
        set_reg(NOTIFY, 0);
        cr_assert(eq(u64, get(USED + 2, 2), turn + 1));
        cr_assert(eq(u64, get(USED + 4 + turn % QUEUE * 8, 4), 7));
        cr_assert(eq(u64, get(USED + 8 + turn % QUEUE * 8, 4), 513));
        for (unsigned i = 0; i < 512; i++)
            cr_assert(eq(u64, get(DATA + i, 1),
                         disk_byte(turn % SECTORS * DISK_SECTOR + i)));
        cr_assert(zero(u64, get(DATA + 512, 1)), "the status");
    }
    stop();
}

/* Several at once, and a driver that wants no interrupts. */
Test(virtio, several)
{
    set_up();
    put(AVAIL, 1, 2);
    put_head(FLUSH, 0);
    for (uint16_t i = 0; i < 3; i++) {
        put_desc(2U * i, (struct desc){HEAD, 16, NEXT, 2 * i + 1});
        put_desc(2U * i + 1, (struct desc){STATUS_AT + i, 1, WRITE, 0});
        offer(2 * i);
    }
    set_reg(NOTIFY, 1);
    cr_expect(zero(u64, get(USED + 2, 2)), "another queue");
    set_reg(NOTIFY, 0);
    cr_expect(eq(u64, get(USED + 2, 2), 3));
    cr_expect(zero(u32, reg(ISR)));
    put(AVAIL, 0, 2);
    set_reg(NOTIFY, 0);
    cr_expect(zero(u32, reg(ISR)), "nothing was done");
    cr_expect(eq(u64, get(USED + 2, 2), 3));
    stop();
}

/* --- mistakes: it wants a reset, and does nothing --- */

static const struct mistake {
    const char *label;
    struct desc desc[3];
    uint16_t head;
    uint16_t index; /* of the available ring; 0: 1 */
} mistakes[] = {
    {"no such descriptor", {{HEAD, 16, 0, 0}}, QUEUE, 0},
    {"the next is none", {{HEAD, 16, NEXT, QUEUE}}, 0, 0},
    {"the next is far", {{HEAD, 16, NEXT, 0xffff}}, 0, 0},
    {"a circle of one", {{HEAD, 16, NEXT, 0}}, 0, 0},
    {"a circle",
     {{HEAD, 16, NEXT, 1},
      {DATA, 512, NEXT | WRITE, 2},
      {STATUS_AT, 1, NEXT | WRITE, 1}},
     0,
     0},
    {"no memory", {{HEAD, 16, NEXT, 1}, {RAM, 1, WRITE, 0}}, 0, 0},
    {"the end of memory",
     {{HEAD, 16, NEXT, 1}, {RAM - 511, 512, WRITE, 0}},
     0,
     0},
    {"around the end of all",
     {{HEAD, 16, NEXT, 1}, {UINT64_MAX - 1, 512, WRITE, 0}},
     0,
     0},
    {"too long", {{HEAD, 16, NEXT, 1}, {DATA, UINT32_MAX, WRITE, 0}}, 0, 0},
    {"the head is no memory",
     {{0xfee00000, 16, NEXT, 1}, {STATUS_AT, 1, WRITE, 0}},
     0,
     0},
    {"half a head", {{HEAD, 15, NEXT, 1}, {STATUS_AT, 1, WRITE, 0}}, 0, 0},
    {"no status", {{HEAD, 16, 0, 0}}, 0, 0},
    {"an empty status", {{HEAD, 16, NEXT, 1}, {STATUS_AT, 0, WRITE, 0}}, 0, 0},
    {"no head", {{STATUS_AT, 1, WRITE, 0}}, 0, 0},
    {"indirect", {{HEAD, 16, INDIRECT, 0}}, 0, 0},
    {"read behind written",
     {{HEAD, 16, NEXT, 1}, {STATUS_AT, 1, NEXT | WRITE, 2}, {DATA, 512, 0, 0}},
     0,
     0},
    {"more than there are",
     {{HEAD, 16, NEXT, 1}, {STATUS_AT, 1, WRITE, 0}},
     0,
     QUEUE + 1},
};

static void expect_needs_reset(const char *label)
{
    cr_expect(eq(u32, reg(STATUS), DRIVER_READY | NEEDS_RESET), "%s", label);
    cr_expect(eq(u32, reg(ISR), 2), "%s", label);
    cr_expect(irq_is_high(bus_line(&bus, LINE)), "%s", label);
    cr_expect(zero(u64, get(USED + 2, 2)), "%s", label);
    put_desc(0, (struct desc){HEAD, 16, NEXT, 1});
    put_desc(1, (struct desc){STATUS_AT, 1, WRITE, 0});
    put(AVAIL + 4, 0, 2);
    put(AVAIL + 2, 1, 2);
    set_reg(NOTIFY, 0);
    cr_expect(zero(u64, get(USED + 2, 2)), "%s: nothing until a reset", label);
    set_reg(STATUS, 0x4f);
    cr_expect(eq(u32, reg(STATUS), DRIVER_READY | NEEDS_RESET), "%s", label);
    set_reg(STATUS, 0);
    cr_expect(zero(u32, reg(STATUS) | reg(ISR)), "%s", label);
    cr_expect(not(irq_is_high(bus_line(&bus, LINE))), "%s", label);
}

ParameterizedTestParameters(virtio, mistakes)
{
    return row_numbers(ROWS(mistakes));
}

ParameterizedTest(const size_t *i, virtio, mistakes)
{
    const struct mistake *row = &mistakes[*i];

    set_up();
    put_head(FLUSH, 0);
    for (unsigned k = 0; k < 3; k++)
        put_desc(k, row->desc[k]);
    put(AVAIL + 4, row->head, 2);
    put(AVAIL + 2, row->index ? row->index : 1, 2);
    set_reg(NOTIFY, 0);
    cr_expect(eq(u64, get(STATUS_AT, 1), UNTOUCHED), "%s", row->label);
    expect_needs_reset(row->label);
    stop();
}

static const struct bad_queue {
    const char *label;
    uint32_t size, table, avail, used;
} bad_queues[] = {
    {"no size", 0, TABLE, AVAIL, USED},
    {"no power of 2", 6, TABLE, AVAIL, USED},
    {"too large", 128, TABLE, AVAIL, USED},
    {"a size of more than 16 bits", 0x10008, TABLE, AVAIL, USED},
    {"a table behind memory", QUEUE, RAM - 127, AVAIL, USED},
    {"a ring behind memory", QUEUE, TABLE, RAM - 16, USED},
    {"the other one", QUEUE, TABLE, AVAIL, RAM - 64},
};

Test(virtio, bad_queue)
{
    for (size_t i = 0; i < ROWS(bad_queues); i++) {
        const struct bad_queue *row = &bad_queues[i];

        start();
        negotiate();
        set_queue(row->size, row->table, row->avail, row->used);
        set_reg(STATUS, DRIVER_READY);
        set_reg(NOTIFY, 0);
        expect_needs_reset(row->label);
        stop();
    }
}

/* It does nothing for a driver that is not there yet. */
Test(virtio, too_early)
{
    start();
    put_head(FLUSH, 0);
    put_desc(0, (struct desc){HEAD, 16, NEXT, 1});
    put_desc(1, (struct desc){STATUS_AT, 1, WRITE, 0});
    offer(0);
    negotiate();
    set_queue(QUEUE, TABLE, AVAIL, USED);
    set_reg(NOTIFY, 0);
    cr_expect(zero(u64, get(USED + 2, 2)));
    set_reg(STATUS, 0);
    set_reg(STATUS, 7);
    set_queue(QUEUE, TABLE, AVAIL, USED);
    set_reg(NOTIFY, 0);
    cr_expect(zero(u64, get(USED + 2, 2)), "without FEATURES_OK");
    stop();
}

/* More than a request may be about: an error, and no long wait. */
Test(virtio, too_much)
{
    set_up();
    put_head(IN, 0);
    put_desc(0, (struct desc){HEAD, 16, NEXT, 1});
    for (uint16_t i = 1; i < 6; i++)
        put_desc(i, (struct desc){0, RAM, NEXT | WRITE, i + 1});
    put_desc(6, (struct desc){STATUS_AT, 1, WRITE, 0});
    disk.sectors = UINT64_C(1) << 40; /* nothing of it is looked at */
    offer(0);
    set_reg(NOTIFY, 0);
    disk.sectors = SECTORS;
    cr_expect(eq(u64, get(STATUS_AT, 1), IOERR));
    stop();
}

/* What is saved goes on elsewhere. */
Test(virtio, saved_and_restored)
{
    const struct request_row row = {"", IN, 3, 512, OK, 513};
    struct virtio_mmio_state saved;

    set_up();
    ask(&(struct request_row){"", FLUSH, 0, 0, OK, 1});
    saved = block.state;
    set_reg(STATUS, 0);
    block.state = saved;
    ask(&row);
    cr_expect(eq(u64, get(USED + 2, 2), 2));
    for (unsigned i = 0; i < row.bytes; i++)
        cr_assert(eq(u64, get(DATA + i, 1), disk_byte(3 * DISK_SECTOR + i)));
    stop();
}

/* --- what no driver does, at random --- */

static uint64_t next_random(uint64_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return *seed;
}

/* The device keeps to its memory, and its line to its reasons. */
Test(virtio, random_accesses)
{
    uint64_t seed = 12;

    set_up();
    for (unsigned i = 0; i < 200000; i++) {
        uint64_t r = next_random(&seed);
        uint64_t value = r >> 40;
        unsigned size = 1u << (r & 3);

        if (r & 0x10)
            put(TABLE + (r >> 16) % 0x2100, next_random(&seed), 8);
        if ((r & 0xe0) == 0x20)
            set_queue(QUEUE, TABLE, AVAIL, USED);
        if ((r & 0xe0) == 0x40)
            set_reg(NOTIFY, 0);
        if ((r & 0xff00) == 0x100) {
            negotiate();
            set_reg(STATUS, DRIVER_READY);
        }
        if ((r & 0xe0) == 0x60)
            bus_mmio(&bus, r & 0x100, GPA + (r >> 9) % 0x200, size, &value);
        cr_assert(eq(int, irq_is_high(bus_line(&bus, LINE)),
                     block.state.interrupt != 0));
    }
    stop();
}
