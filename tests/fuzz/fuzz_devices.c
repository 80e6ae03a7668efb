/* SPDX-License-Identifier: MIT */
/*
 * Any traffic at ports and at registers in memory: the devices keep their
 * invariants, lines change in turns and are high for a reason, and the disk's
 * file is never written.
 * Input: accesses of four bytes each: an index into first[] and its offset, a
 * size with direction and repetition, two bytes of value.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sys/mman.h>

#include "kvm/board/board.h"
#include "kvm/board/pc.h"

enum {
    SECTORS = 9,
    ACCESS = 4,      /* bytes of input */
    MOST_DATA = 4096 /* of a KVM_EXIT_IO, KVM api.rst */
};

/* Indices of the accesses to memory: of the board's APICs, and of where it has
 * nothing: two devices of its kinds are there, side by side. They drive lines
 * that lead to the I/O APIC alone. */
enum {
    IN_IOAPIC = 13,
    IN_LAPIC = 14,
    IN_MEMORY = 15,
    MMIO_SERIAL_LINE = 17,
    MMIO_KBC_LINE = 18
};

#define MMIO_GPA UINT64_C(0xd0000000)

/* The virtio disk: an access to the I/O APIC whose first byte has this bit. */
enum { IS_VIRTIO = 4, RAM = 2 * MEM_PAGE };

/* How an access is made: bits of its second byte. */
enum {
    HOW_SIZE = 3, /* its binary logarithm; 3 means a byte, too */
    HOW_OUT = 1 << 2,
    HOW_TYPED = 1 << 3, /* somebody types as well */
    HOW_COUNT_SHIFT = 4 /* repetitions: 1 << this nibble, as far as it fits;
                           in memory the size less one */
};

struct machine {
    struct board board;
    struct serial serial; /* in memory */
    struct kbc kbc;
    atomic_int end_code;  /* of that */
    struct guest_mem mem; /* for the virtio disk alone */
    uint64_t seen;        /* of all that was read */
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(int truth)
{
    if (!truth)
        abort();
}

static void see(struct machine *m, const uint8_t *data, size_t n)
{
    for (size_t i = 0; i < n; i++)
        m->seen = (m->seen ^ data[i]) * UINT64_C(0x100000001b3);
}

static void hear(void *context, const char *text, size_t n)
{
    uint64_t *heard = context;

    for (size_t i = 0; i < n; i++) /* so that ASan sees what is read */
        *heard += (unsigned char)text[i];
}

static int disk_file(void)
{
    static const uint8_t sector[DISK_SECTOR] = {0x11, 0x22};
    int fd = memfd_create("disk", MFD_CLOEXEC | MFD_ALLOW_SEALING);

    must(fd >= 0);
    for (unsigned i = 0; i < SECTORS; i++)
        must(write(fd, sector, sizeof sector) == sizeof sector);
    must(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE) == 0);
    return fd;
}

static uint16_t port_of(uint8_t byte)
{
    /* Each leads to 16 ports, from 2 before it on: 0xe9 to 0xf4 as well, 0x3f6
     * to the first serial port. */
    static const uint16_t first[] = {
        PC_KBC_DATA,    PC_PIT,         PC_SYSTEM_CONTROL, PC_DEBUG_CONSOLE,
        PC_PM_EVENT,    PC_ATA_CONTROL, PC_VGA_CRTC,       PC_PIC_MASTER,
        PC_ATA_COMMAND, PC_RTC,         PC_PIC_SLAVE,      PC_ELCR,
        PC_VGA,
    };

    _Static_assert(sizeof first / sizeof *first == IN_IOAPIC,
                   "what follows is in memory");
    /* The second half of those that have the fewest. */
    if (first[byte >> 4] == PC_PIC_MASTER && byte & 8)
        return (uint16_t)(PC_VBE + (byte & 7) - 2);
    return (uint16_t)(first[byte >> 4] + (byte & 0xf) - 2);
}

static void type(struct board *board, const char *text, size_t n)
{
    (void)serial_type(&board->com[0], text, n);
    for (size_t i = 0; i < n; i++)
        (void)board_type(board, text[i], NULL);
}

static void access_port(struct machine *m, const uint8_t *input)
{
    struct board *board = &m->board;
    static uint8_t data[MOST_DATA];
    unsigned log = input[1] & HOW_SIZE;
    unsigned size = log < 3 ? 1u << log : 1;
    uint32_t count = UINT32_C(1) << (input[1] >> HOW_COUNT_SHIFT);

    if (count > MOST_DATA / size)
        count = MOST_DATA / size;
    for (size_t i = 0; i < count * size; i++)
        data[i] = input[2 + i % 2];
    if (input[1] & HOW_TYPED)
        type(board, (const char *)data, count);
    bus_io(&board->bus, input[1] & HOW_OUT, port_of(input[0]), size, count,
           data);
    see(m, data, count * size);
}

static void access_memory(struct machine *m, const uint8_t *input)
{
    uint8_t data[BUS_MAX_SIZE];
    unsigned size = 1 + (input[1] >> HOW_COUNT_SHIFT) % BUS_MAX_SIZE;

    for (size_t i = 0; i < sizeof data; i++)
        data[i] = input[2 + i % 2];
    if (input[1] & HOW_TYPED)
        (void)serial_type(&m->serial, (const char *)data, size);
    bus_mmio(&m->board.bus, input[1] & HOW_OUT, MMIO_GPA + (input[0] & 0xf) - 2,
             size, data);
    see(m, data, size);
}

static void put_value(const uint8_t *input, uint8_t *data)
{
    for (size_t i = 0; i < BUS_MAX_SIZE; i++)
        data[i] = input[2 + i % 2];
}

/* The index, the window, no register, and the end of an interrupt; mostly as
 * drivers do it. */
static void access_ioapic(struct machine *m, const uint8_t *input)
{
    struct board *board = &m->board;
    static const uint16_t offset[] = {0x00, 0x10, 0x24, 0x40};
    uint8_t data[BUS_MAX_SIZE];
    unsigned size = input[0] & 8 ? 1u << (input[1] & HOW_SIZE) : 4;

    put_value(input, data);
    bus_mmio(&board->bus, input[1] & HOW_OUT, PC_IOAPIC + offset[input[0] & 3],
             size, data);
    see(m, data, size);
}

/* As a driver begins: a queue of four at the beginning of memory. */
static void begin_virtio(struct board *board)
{
    static const struct {
        uint16_t at, value;
    } writes[] = {{0x70, 0}, {0x24, 1},   {0x20, 1},    {0x70, 0x0b},
                  {0x38, 4}, {0x80, 0},   {0x90, 0x40}, {0xa0, 0x60},
                  {0x44, 1}, {0x70, 0x0f}};

    for (size_t i = 0; i < sizeof writes / sizeof *writes; i++) {
        uint32_t value = writes[i].value;

        bus_mmio(&board->bus, true, PC_VIRTIO + writes[i].at, 4, &value);
    }
}

/* Two bytes of the queue, a register, or all that a driver begins with. */
static void access_virtio(struct machine *m, const uint8_t *input)
{
    static const uint16_t offset[] = {0x00, 0x10, 0x14, 0x20, 0x24, 0x30,
                                      0x38, 0x44, 0x50, 0x60, 0x64, 0x70,
                                      0x80, 0x90, 0xa0, 0x100};
    unsigned which = input[1] >> HOW_COUNT_SHIFT;
    unsigned size = input[0] & 8 ? 1u << (input[1] & HOW_SIZE) : 4;
    unsigned at = which | (input[0] & 3u) << 4 | (input[0] & 8u) << 3;
    uint8_t data[BUS_MAX_SIZE];

    put_value(input, data);
    if (input[1] & HOW_TYPED)
        must(mem_write(&m->mem, UINT64_C(2) * at, input + 2, 2) == 0);
    else if ((input[0] & 3) == 3)
        begin_virtio(&m->board);
    else
        bus_mmio(&m->board.bus, input[1] & HOW_OUT, PC_VIRTIO + offset[which],
                 size, data);
    see(m, data, sizeof data);
}

/* A register, or what the CPU does by itself: CR8, and the base. */
static void access_lapic(struct machine *m, const uint8_t *input)
{
    struct board *board = &m->board;
    unsigned number = (input[0] & 0xfu) | (input[1] >> HOW_COUNT_SHIFT & 3u)
                                              << 4;
    unsigned size = input[1] & 0x80 ? 1u << (input[1] & HOW_SIZE) : 4;
    uint64_t base = board->of_cpu[0].lapic.state.base;
    uint8_t data[BUS_MAX_SIZE];

    put_value(input, data);
    if (input[1] & HOW_TYPED)
        board_hear_cpu(board, 0, input[2] & 0xf,
                       input[3] == 0xff ? base ^ LAPIC_BASE_ON : base);
    else
        (void)board_access_own(board, 0, input[1] & HOW_OUT,
                               LAPIC_BASE_RESET + 16 * number, size, data);
    see(m, data, sizeof data);
}

/* --- invariants --- */

/* A line leads to the PIC, if it is one of its, and to the I/O APIC. */
static void expect_line(struct machine *m, unsigned line, bool high)
{
    const struct pic_chip *chip = m->board.pic.state.chip;
    unsigned pin = line == PC_IRQ_PIT ? PC_PIN_PIT : line;

    must(irq_is_high(bus_line(&m->board.bus, line)) == high);
    must((m->board.ioapic.state.high >> pin & 1) == high);
    if (line < PIC_INPUTS)
        must((chip[line / 8].inputs >> line % 8 & 1) == high);
}

/* Only what has data or an empty transmitter to tell interrupts. */
static void check_serial(struct machine *m, const struct serial *serial,
                         unsigned line)
{
    bool received = serial->state.ier & 1 && serial->state.n_typed > 0;
    bool emptied = serial->state.ier & 2 && serial->state.thr_emptied;

    must(serial->state.n_typed <= SERIAL_TYPED_MAX);
    must(serial->state.next_typed < SERIAL_TYPED_MAX);
    expect_line(m, line, received || emptied);
}

/* What is shown is in its memory, and fits into a picture. */
static void check_vbe(struct vbe *vbe)
{
    const struct vbe_state state = vbe_save(vbe);
    const struct vbe_view view = vbe_view(&state);

    if (!view.bits)
        return;
    must(view.columns && view.rows);
    must(view.columns * view.rows <= PICTURE_DOTS);
    must(view.start + (uint64_t)(view.rows - 1) * view.pitch +
             view.columns * (view.bits + 7) / 8 <=
         VBE_MEMORY_SIZE);
}

static void check_kbc(struct machine *m, const struct kbc *kbc, unsigned line)
{
    uint64_t now = m->board.clock.passed;

    must(kbc->state.keyboard.n <= KEYBOARD_BYTES);
    must(kbc->state.keyboard.next < KEYBOARD_BYTES);
    expect_line(m, line, kbc_interrupts(&kbc->state, now));
}

static void check_ata(struct machine *m, const struct ata *ata)
{
    enum { DRQ = 0x08, NIEN = 0x02, DEVICE = 6, DEVICE_1 = 0x10 };

    if (ata->state.status & DRQ)
        must(ata->state.at < DISK_SECTOR && ata->state.left > 0);
    expect_line(m, PC_IRQ_ATA,
                ata->state.interrupt && !(ata->state.control & NIEN) &&
                    !(ata->state.now[DEVICE] & DEVICE_1));
}

/* What is asked for is unmasked and waits; a level that waits is high. */
static void check_pic(const struct pic *pic)
{
    struct pic_state copy = pic->state;
    const struct pic_chip *master = &copy.chip[PIC_MASTER];
    const struct pic_chip *slave = &copy.chip[PIC_SLAVE];
    unsigned waiting = master->irr & ~master->imr;
    uint8_t was = master->isr;

    must(pic_asks(&copy) == irq_is_high(&pic->out));
    must(!(slave->elcr & slave->irr & ~slave->inputs));
    must(!(master->elcr & master->irr & ~master->inputs));
    must(!(master->elcr & 7) && !(slave->elcr & 0x21));
    if (!pic_asks(&copy))
        return;
    must(master->ready && waiting);
    (void)pic_acknowledge(&copy);
    must(master->icw4 & 2 || (master->isr & ~was & waiting) ||
         master->special_mask || master->icw4 & 0x10);
}

/* What is asked for is there to be taken, and comes once; vectors are legal. */
static void check_lapic(const struct lapic *lapic, bool pic_asks)
{
    struct lapic_state copy = lapic->state;
    struct lapic_taken taken;

    must(lapic_asks(&copy) == atomic_load(&lapic->asks));
    must(!((copy.irr[0] | copy.isr[0] | copy.tmr[0]) & 0xffff));
    must(copy.pin[0] == pic_asks && !copy.pin[1]);
    must(!copy.counts || copy.initial);
    if (!(lapic_asks(&copy) & LAPIC_INTERRUPT))
        return;
    taken = lapic_acknowledge(&copy);
    must(taken.from != LAPIC_TOOK_NOTHING);
    if (taken.from == LAPIC_TOOK_OWN) {
        must(taken.vector >> 4 > lapic_priority(&lapic->state) >> 4);
        lapic_unacknowledge(&copy, &taken);
        must(!memcmp(&copy, &lapic->state, sizeof copy));
    } else {
        must(pic_asks || taken.was_message);
    }
}

/* Only a level that is being served has a remote IRR. */
static void check_ioapic(const struct ioapic *ioapic, bool pic_asks)
{
    enum { REMOTE_IRR = 1 << 14, LEVEL = 1 << 15 };
    const struct ioapic_state *s = &ioapic->state;

    for (unsigned n = 0; n < IOAPIC_PINS; n++)
        must(!(s->entry[n] & REMOTE_IRR) || s->entry[n] & LEVEL);
    must((s->high >> PC_PIN_PIC & 1) == pic_asks);
}

static void check_virtio(struct machine *m)
{
    const struct virtio_mmio_state *s = &m->board.virtio.state;

    must(!(s->interrupt & ~3) && s->queue.size <= VIRTQUEUE_MAX);
    must(!(s->status & VIRTIO_FEATURES_OK) || s->features & VIRTIO_F_VERSION_1);
    must(irq_is_high(bus_line(&m->board.bus, PC_IRQ_VIRTIO)) ==
         (s->interrupt != 0));
}

static void check_timers(const struct board *board)
{
    const struct pit_state *pit = &board->pit.state;
    const struct rtc_state *rtc = &board->rtc.state;

    for (unsigned n = 0; n < PIT_COUNTERS; n++) {
        must(pit->counter[n].period <= 0x10000);
        must(pit->counter[n].phase == PIT_WAITS || pit->counter[n].period);
    }
    must(irq_is_high(&board->bus.line[PC_IRQ_RTC]) == rtc_interrupts(rtc));
    must(!rtc_interrupts(rtc) || rtc->bytes[0xc] & rtc->bytes[0xb] & 0x70);
}

/* Only the timer's carry ever happens, and no more is kept than there is. */
static void check_pm(struct machine *m)
{
    const struct pm_state *s = &m->board.pm.state;

    must(!(s->status & ~1) && !(s->enable & ~0x721) && !(s->control & ~0x1c02));
    must(!s->is_off);
    expect_line(m, PC_IRQ_SCI, s->status & s->enable & 1);
}

/* Time passes by what the last access wrote: up to seconds. */
static void pass_time(struct machine *m, const uint8_t *input)
{
    struct board *board = &m->board;
    uint64_t deadline;

    board->clock.passed += (uint64_t)input[2] * input[3] * 65536;
    deadline = board_deadline(board, 0);
    (void)kbc_settle(&board->kbc); /* where its line is masked, too */
    (void)kbc_settle(&m->kbc);
    must(deadline == CLOCK_NEVER || deadline > board->clock.passed ||
         board_asks(board, 0));
    if (input[3] & 1 && board_asks(board, 0)) {
        (void)board_take(board, 0);
        if (input[3] & 2)
            board_give_back(board, 0);
    }
    if (input[3] & 4 && board_asks_nmi(board, 0))
        board_take_nmi(board, 0);
}

static void check(struct machine *m)
{
    int end = atomic_load(&m->board.end_code);

    check_serial(m, &m->board.com[0], PC_IRQ_COM1);
    check_serial(m, &m->serial, MMIO_SERIAL_LINE);
    check_vbe(&m->board.vbe);
    check_kbc(m, &m->board.kbc, PC_IRQ_KBC);
    check_kbc(m, &m->kbc, MMIO_KBC_LINE);
    check_ata(m, &m->board.ata);
    check_pic(&m->board.pic);
    check_ioapic(&m->board.ioapic, irq_is_high(&m->board.pic.out));
    check_lapic(&m->board.of_cpu[0].lapic, irq_is_high(&m->board.pic.out));
    check_timers(&m->board);
    check_pm(m);
    check_virtio(m);
    must(end >= GUEST_GOES_ON && end < GUEST_ENDS);
    must(!irq_is_high(bus_line(&m->board.bus, BUS_NO_LINE)));
}

/* --- the machine --- */

static void add_memory_devices(struct machine *m, struct console_sink console)
{
    static const struct device_wiring serial = {{{BUS_MMIO, MMIO_GPA}},
                                                MMIO_SERIAL_LINE};
    static const struct device_wiring kbc = {{{BUS_MMIO, MMIO_GPA + 8},
                                              {BUS_MMIO, MMIO_GPA + 9},
                                              {BUS_MMIO, MMIO_GPA + 10}},
                                             MMIO_KBC_LINE};
    struct bus *bus = &m->board.bus;

    serial_init(&m->serial, console);
    kbc_init(&m->kbc, &m->board.clock, &m->board.changes, &m->end_code);
    must(device_attach(&serial_kind, &m->serial, bus, &serial, NULL) == 0);
    must(device_attach(&kbc_kind, &m->kbc, bus, &kbc, NULL) == 0);
}

static void machine_init(struct machine *m, int disk, uint64_t *heard)
{
    const struct console_sink console = {hear, heard};
    char path[32];

    memset(m, 0, sizeof *m);
    (void)snprintf(path, sizeof path, "/proc/self/fd/%d", disk);
    must(board_init(&m->board, console, NULL, NULL) == 0);
    must(mem_init(&m->mem, RAM, NULL) == 0);
    board_connect_memory(&m->board, &(struct dma){.mem = &m->mem});
    must(board_attach_disk(&m->board, NULL, path, false, NULL) == 0);
    add_memory_devices(m, console);
}

static void access_any(struct machine *m, const uint8_t *input)
{
    switch (input[0] >> 4) {
    case IN_IOAPIC:
        if (input[0] & IS_VIRTIO)
            access_virtio(m, input);
        else
            access_ioapic(m, input);
        break;
    case IN_LAPIC:
        access_lapic(m, input);
        break;
    case IN_MEMORY:
        access_memory(m, input);
        break;
    default:
        access_port(m, input);
        break;
    }
}

static void machine_done(struct machine *m)
{
    board_done(&m->board);
    mem_done(&m->mem);
}

/* --- saved and restored --- */

static void copy_memory(const struct machine *from, struct machine *to)
{
    static uint8_t bytes[RAM];

    must(mem_read(&from->mem, 0, bytes, RAM) == 0);
    must(mem_write(&to->mem, 0, bytes, RAM) == 0);
}

static void copy_disk(struct machine *from, struct machine *to)
{
    uint8_t sector[DISK_SECTOR];

    for (uint64_t lba = 0; lba < SECTORS; lba++)
        must(disk_read(&from->board.disk, lba, sector) == 0 &&
             disk_write(&to->board.disk, lba, sector) == 0);
}

/* All of it, into a machine that has just been made. */
static void restore_from(struct machine *from, struct machine *to)
{
    size_t size = board_saved_size(&from->board);
    uint8_t *saved = malloc(size);

    must(saved != NULL);
    board_save(&from->board, saved);
    must(board_restore(&to->board, saved, size, NULL) == 0);
    free(saved);
    copy_memory(from, to);
    copy_disk(from, to);
    to->serial.state = from->serial.state;
    to->kbc.state = from->kbc.state;
    atomic_store(&to->end_code, atomic_load(&from->end_code));
    to->seen = from->seen;
}

/* A timer's line may be late until somebody looks. */
static void expect_alike(struct machine *m, struct machine *twin)
{
    static const unsigned prompt[] = {PC_IRQ_COM1, PC_IRQ_ATA, PC_IRQ_VIRTIO,
                                      MMIO_SERIAL_LINE};

    must(m->seen == twin->seen);
    must(board_deadline(&m->board, 0) == board_deadline(&twin->board, 0));
    must(board_asks(&m->board, 0) == board_asks(&twin->board, 0));
    must(board_asks_nmi(&m->board, 0) == board_asks_nmi(&twin->board, 0));
    must(atomic_load(&m->board.end_code) == atomic_load(&twin->board.end_code));
    for (size_t i = 0; i < sizeof prompt / sizeof *prompt; i++)
        must(irq_is_high(bus_line(&m->board.bus, prompt[i])) ==
             irq_is_high(bus_line(&twin->board.bus, prompt[i])));
}

static void live(struct machine *m, const uint8_t *input)
{
    access_any(m, input);
    pass_time(m, input);
    check(m);
}

/* From the middle on there are two of it. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct machine machine;
    static struct machine twin;
    size_t middle = size / ACCESS / 2 * ACCESS;
    uint64_t heard[2] = {0, 0};
    int disk = disk_file();

    machine_init(&machine, disk, &heard[0]);
    machine_init(&twin, disk, &heard[1]);
    for (size_t at = 0; at + ACCESS <= size; at += ACCESS) {
        if (at == middle)
            restore_from(&machine, &twin);
        live(&machine, data + at);
        if (at >= middle)
            live(&twin, data + at);
        if (at >= middle)
            expect_alike(&machine, &twin);
    }
    machine_done(&twin);
    machine_done(&machine);
    (void)close(disk);
    return 0;
}
