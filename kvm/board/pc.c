/* SPDX-License-Identifier: MIT */
#include "kvm/board/pc.h"

#include "kvm/board/board.h"

const struct mem_hole board_hole = {PC_HOLE_START, PC_HOLE_END};

/* --- the exit port: it can be written only --- */

static void write_exit(void *device, uint64_t offset, unsigned size,
                       uint64_t value)
{
    atomic_int *end_code = device;

    (void)offset;
    (void)size; /* one port: never more than a byte */
    atomic_store(end_code, (int)(value & 0xff));
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

enum presence { ALWAYS, WITH_DISK };

/* clang-format off */
static const struct row {
    enum presence when;
    const struct device_kind *kind;
    size_t device; /* its offset in struct board */
    struct device_wiring wiring;
} rows[] = {
    {ALWAYS, &kbc_kind, DEVICE(kbc),
     {{[KBC_DATA] = PORT(PC_KBC_DATA),
       [KBC_COMMAND] = PORT(PC_KBC_COMMAND),
       [KBC_SYSTEM_CONTROL] = PORT(PC_SYSTEM_CONTROL)}, PC_IRQ_KBC}},
    {ALWAYS, &debug_console_kind, DEVICE(console),
     {{PORT(PC_DEBUG_CONSOLE)}, BUS_NO_LINE}},
    {ALWAYS, &exit_kind, DEVICE(end_code),
     {{PORT(PC_EXIT)}, BUS_NO_LINE}},
    {WITH_DISK, &ata_kind, DEVICE(ata),
     {{[ATA_COMMAND_BLOCK] = PORT(PC_ATA_COMMAND),
       [ATA_CONTROL_BLOCK] = PORT(PC_ATA_CONTROL)}, PC_IRQ_ATA}},
    {ALWAYS, &serial_kind, DEVICE(com1),
     {{PORT(PC_COM1)}, PC_IRQ_COM1}},
};
/* clang-format on */

static int attach(struct board *board, enum presence when, struct diag *diag)
{
    int err = 0;

    for (size_t i = 0; !err && i < sizeof rows / sizeof *rows; i++)
        if (rows[i].when == when)
            err = device_attach(rows[i].kind, (char *)board + rows[i].device,
                                &board->bus, &rows[i].wiring, diag);
    return err;
}

int board_init(struct board *board, struct console_sink console,
               struct diag *diag)
{
    board->console = console;
    atomic_store(&board->end_code, -1);
    board->disk = (struct disk){0};
    bus_init(&board->bus);
    serial_init(&board->com1, board->console);
    kbc_init(&board->kbc, &board->end_code);
    return attach(board, ALWAYS, diag);
}

void board_done(struct board *board)
{
    disk_close(&board->disk);
}

int board_attach_disk(struct board *board, const struct file_opener *opener,
                      const char *path, struct diag *diag)
{
    int err = disk_open(&board->disk, opener, path, diag);

    if (err)
        return err;
    ata_init(&board->ata, &board->disk);
    return attach(board, WITH_DISK, diag);
}
