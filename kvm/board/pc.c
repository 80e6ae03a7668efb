/* SPDX-License-Identifier: MIT */
#include "kvm/board/pc.h"

#include <time.h>

#include "kvm/board/board.h"
#include "kvm/board/pc_cmos.h"
#include "kvm/board/pc_interrupt.h"
#include "kvm/board/pc_states.h"
#include "kvm/device/debug_port.h"
#include "kvm/device/floppy.h"

const struct mem_hole board_hole = {PC_HOLE_START, PC_HOLE_END};
const struct mem_hole board_memory = {PC_FRAME_BUFFER, PC_FRAME_BUFFER_END};
_Static_assert(PC_FRAME_BUFFER_END - PC_FRAME_BUFFER == VBE_MEMORY_SIZE,
               "the frame buffer's size");

/* --- the exit port: it can be written only --- */

static void write_exit(void *device, uint64_t offset, unsigned size,
                       uint64_t value)
{
    atomic_int *end_code = device;

    (void)offset;
    (void)size; /* one port: never more than a byte */
    atomic_store(end_code, (int)(value & GUEST_STATUS_MAX));
}

static const struct device_kind exit_kind = {
    .name = "exit port",
    .block = {{1, {.write = write_exit}}},
};

/* --- the table --- */

#define DEVICE(member) offsetof(struct board, member)
#define PORT(number)                                                           \
    {                                                                          \
        BUS_PORTS, number                                                      \
    }
#define MEMORY(gpa)                                                            \
    {                                                                          \
        BUS_MMIO, gpa                                                          \
    }

enum presence { ALWAYS, WITH_FIRMWARE, WITH_DISK, WITH_COM1, WITH_COM2 };

/* clang-format off */
static const struct row {
    enum presence when;
    const struct device_kind *kind;
    size_t device; /* its offset in struct board */
    struct device_wiring wiring;
} rows[] = {
    {ALWAYS, &pic_kind, DEVICE(pic),
     {{[PIC_MASTER] = PORT(PC_PIC_MASTER),
       [PIC_SLAVE] = PORT(PC_PIC_SLAVE),
       [PIC_ELCR] = PORT(PC_ELCR)}, BUS_NO_LINE}},
    {ALWAYS, &ioapic_kind, DEVICE(ioapic), {{MEMORY(PC_IOAPIC)}, BUS_NO_LINE}},
    {ALWAYS, &pit_kind, DEVICE(pit),
     {{[PIT_COUNTERS_BLOCK] = PORT(PC_PIT),
       [PIT_SPEAKER] = PORT(PC_SPEAKER)}, PC_IRQ_PIT}},
    {ALWAYS, &rtc_kind, DEVICE(rtc), {{PORT(PC_RTC)}, PC_IRQ_RTC}},
    {ALWAYS, &pm_kind, DEVICE(pm),
     {{[PM_EVENT] = PORT(PC_PM_EVENT),
       [PM_CONTROL] = PORT(PC_PM_CONTROL),
       [PM_TIMER] = PORT(PC_PM_TIMER)}, PC_IRQ_SCI}},
    {ALWAYS, &kbc_kind, DEVICE(kbc),
     {{[KBC_DATA] = PORT(PC_KBC_DATA),
       [KBC_COMMAND] = PORT(PC_KBC_COMMAND),
       [KBC_SYSTEM_CONTROL] = PORT(PC_SYSTEM_CONTROL)}, PC_IRQ_KBC}},
    {ALWAYS, &debug_port_kind, DEVICE(end_code),
     {{PORT(PC_DEBUG_PORT)}, BUS_NO_LINE}},
    {ALWAYS, &reset_kind, DEVICE(reset), {{PORT(PC_RESET)}, BUS_NO_LINE}},
    {ALWAYS, &debug_console_kind, DEVICE(console),
     {{PORT(PC_DEBUG_CONSOLE)}, BUS_NO_LINE}},
    {WITH_FIRMWARE, &debug_console_kind, DEVICE(console),
     {{PORT(PC_FIRMWARE_CONSOLE)}, BUS_NO_LINE}},
    {ALWAYS, &exit_kind, DEVICE(end_code),
     {{PORT(PC_EXIT)}, BUS_NO_LINE}},
    {WITH_DISK, &ata_kind, DEVICE(ata),
     {{[ATA_COMMAND_BLOCK] = PORT(PC_ATA_COMMAND),
       [ATA_CONTROL_BLOCK] = PORT(PC_ATA_CONTROL)}, PC_IRQ_ATA}},
    {WITH_DISK, &virtio_block_kind, DEVICE(virtio),
     {{MEMORY(PC_VIRTIO)}, PC_IRQ_VIRTIO}},
    {ALWAYS, &vga_kind, DEVICE(vga),
     {{[VGA_REGISTERS] = PORT(PC_VGA),
       [VGA_CRTC] = PORT(PC_VGA_CRTC),
       [VGA_STATUS] = PORT(PC_VGA_STATUS)}, BUS_NO_LINE}},
    {ALWAYS, &vbe_kind, DEVICE(vbe), {{PORT(PC_VBE)}, BUS_NO_LINE}},
    {WITH_COM1, &serial_kind, DEVICE(com[0]),
     {{PORT(PC_COM1)}, PC_IRQ_COM1}},
    {WITH_COM2, &serial_kind, DEVICE(com[1]),
     {{PORT(PC_COM2)}, PC_IRQ_COM2}},
};
/* clang-format on */

static bool is_present(const struct board *board, enum presence when)
{
    switch (when) {
    case WITH_DISK:
        return disk_sectors(&board->disk) > 0;
    case WITH_COM1:
        return board->has_com[0];
    case WITH_COM2:
        return board->has_com[1];
    case WITH_FIRMWARE: /* a console, which knows nothing */
    case ALWAYS:
        break;
    }
    return true;
}

unsigned pc_states(struct board *board, struct pc_state ret[PC_STATES_MAX])
{
    unsigned found = 0;

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct device_state *state = &rows[i].kind->state;

        if (state->size && is_present(board, rows[i].when))
            ret[found++] = (struct pc_state){
                (char *)board + rows[i].device + state->offset, state->size};
    }
    for (unsigned i = 0; i < board->n_cpus; i++)
        ret[found++] = (struct pc_state){&board->of_cpu[i].lapic.state,
                                         sizeof(struct lapic_state)};
    return found;
}

_Static_assert(sizeof rows / sizeof *rows + BOARD_MAX_CPUS <= PC_STATES_MAX,
               "room for each device and each local APIC");

static int attach(struct board *board, enum presence when, struct diag *diag)
{
    int err = 0;

    for (size_t i = 0; !err && i < sizeof rows / sizeof *rows; i++)
        if (rows[i].when == when)
            err = device_attach(rows[i].kind, (char *)board + rows[i].device,
                                &board->bus, &rows[i].wiring, diag);
    return err;
}

/* --- power-on --- */

static void init_timers(struct board *board)
{
    const time_t now = time(NULL);

    machine_clock_init(&board->clock);
    pit_init(&board->pit, &board->clock, &board->changes);
    rtc_init(&board->rtc, &board->clock, &board->changes,
             now > 0 ? (uint64_t)now : 0);
    pm_init(&board->pm, &board->clock, &board->changes, &board->end_code);
}

void board_make_time_virtual(struct board *board, uint64_t unix_time)
{
    machine_clock_make_virtual(&board->clock);
    rtc_set_date(&board->rtc.state, unix_time);
}

static int attach_serial(struct board *board, const struct console_sink *sinks,
                         struct diag *diag)
{
    static const enum presence when[] = {WITH_COM1, WITH_COM2};
    int err = 0;

    for (unsigned i = 0; !err && i < BOARD_SERIAL_PORTS; i++) {
        atomic_store(&board->expects_input[i], false);
        board->has_com[i] = sinks[i].put != NULL;
        if (!board->has_com[i])
            continue;
        serial_init(&board->com[i], sinks[i]);
        err = attach(board, when[i], diag);
    }
    return err;
}

int board_init(struct board *board, struct console_sink console,
               const struct console_sink *serial, struct diag *diag)
{
    const struct console_sink usual[BOARD_SERIAL_PORTS] = {console};
    int err;

    board->console = console;
    atomic_store(&board->end_code, GUEST_GOES_ON);
    board->disk = (struct disk){0};
    board->has_cd = false;
    board->dma = (struct dma){.mem = NULL};
    bus_init(&board->bus);
    init_timers(board);
    pc_interrupt_init(board);
    vga_init(&board->vga, &board->changes);
    vbe_init(&board->vbe, &board->changes);
    kbc_init(&board->kbc, &board->clock, &board->changes, &board->end_code);
    reset_init(&board->reset, &board->end_code);
    err = attach(board, ALWAYS, diag);
    if (!err)
        err = attach_serial(board, serial ? serial : usual, diag);
    if (!err)
        err = pc_interrupt_connect(board, diag);
    pc_cmos_init(&board->rtc.state);
    return err;
}

void board_done(struct board *board)
{
    disk_close(&board->disk);
}

void board_connect_memory(struct board *board, const struct dma *dma)
{
    board->dma = *dma;
    board->vbe.mem = dma->mem;
    board->vbe.gpa = PC_FRAME_BUFFER;
}

void board_describe_memory(struct board *board, uint64_t low, uint64_t high)
{
    pc_cmos_memory(&board->rtc.state, low, high);
}

int board_attach_firmware(struct board *board, struct diag *diag)
{
    return attach(board, WITH_FIRMWARE, diag);
}

int board_attach_disk(struct board *board, const struct file_opener *opener,
                      const char *path, bool is_floppy, struct diag *diag)
{
    int err = disk_open(&board->disk, opener, path, diag);

    if (!err && (is_floppy || floppy_of(&board->disk)))
        err = floppy_make(&board->disk, path, diag);
    if (err)
        return err;
    ata_init(&board->ata, &board->disk);
    virtio_block_init(&board->virtio, &board->disk, &board->dma,
                      &board->changes);
    pc_cmos_disk(&board->rtc.state);
    return attach(board, WITH_DISK, diag);
}

/* --- in words --- */

const char board_debug_port[] = "port 0x8a00";

const char *board_reset_by(int end)
{
    switch (end) {
    case GUEST_RESET_BY_KBC:
        return "by the keyboard controller (port 0x64)";
    case GUEST_RESET_BY_PORT_92:
        return "by bit 0 of port 0x92";
    case GUEST_RESET_BY_REGISTER:
        return "by the reset control register (port 0xcf9)";
    case GUEST_RESET_BY_INIT:
        return "by an INIT from its local APIC";
    default:
        return "";
    }
}

/* --- what a BIOS does at power-on --- */

/*
 * The interrupt controllers (8259A, ICW1 to 4: edges, cascaded, 8086; of
 * ACPI a level), and timer 0 as a square wave of 18.2 Hz. Let through are the
 * interrupts of the timer and the keyboard, and the second controller's: our
 * BIOS has no use for others. Timer 1 refreshed memory.
 */
void board_post(struct board *board)
{
    static const struct {
        uint16_t port;
        uint8_t value;
    } writes[] = {
        {PC_PIT + 3, 0x36},
        {PC_PIT, 0},
        {PC_PIT, 0},
        {PC_PIT + 3, 0x54},
        {PC_PIT + 1, 18},
        {PC_PIC_MASTER, 0x11},
        {PC_PIC_MASTER + 1, PC_VECTOR_MASTER},
        {PC_PIC_MASTER + 1, 1 << PIC_CASCADE},
        {PC_PIC_MASTER + 1, 0x01},
        {PC_PIC_SLAVE, 0x11},
        {PC_PIC_SLAVE + 1, PC_VECTOR_SLAVE},
        {PC_PIC_SLAVE + 1, PIC_CASCADE},
        {PC_PIC_SLAVE + 1, 0x01},
        {PC_PIC_MASTER + 1,
         (uint8_t) ~(1 << PC_IRQ_PIT | 1 << PC_IRQ_KBC | 1 << PIC_CASCADE)},
        {PC_PIC_SLAVE + 1, 0xff},
        {PC_ELCR + 1, 1 << (PC_IRQ_SCI - 8)},
    };

    for (size_t i = 0; i < sizeof writes / sizeof *writes; i++) {
        uint8_t value = writes[i].value;

        bus_io(&board->bus, true, writes[i].port, 1, 1, &value);
    }
}
