/* SPDX-License-Identifier: MIT */
/*
 * Int 13h of the BIOS on a disk whose file cannot be read any more: what was
 * not loaded before fails, for a read as for a write, and the guest is told.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <sys/mman.h>

#include "kvm/board/board.h"
#include "kvm/image/image.h"
#include "kvm/image/load.h"
#include "kvm/vm/run.h"
#include "kvm/vm/types.h"
#include "kvm/vm/vm.h"

enum { SKIP = 77, MEMORY = 1 << 20, WATCHDOG_SECONDS = 60 };
enum { SECTORS = 0x9000, LOADED = 100, NOT_LOADED = 0x8800 };

/*
 * Carries out the packet below and exits with what became of it: the carry
 * flag and, times two, the packet's count of sectors done.
 *
 *   xor ax, ax; mov ds, ax; mov ss, ax; mov sp, 0x7c00
 *   mov si, 0x7c40; mov ah, FUNCTION (at 15); int 13h
 *   mov al, [0x7c42]; adc al, al; out 0xf4, al
 */
enum { FUNCTION_AT = 14, PACKET_AT = 0x40, COUNT_AT = 2, LBA_AT = 8 };
static const uint8_t code[] = {0x31, 0xc0, 0x8e, 0xd8, 0x8e, 0xd0, 0xbc,
                               0x00, 0x7c, 0xbe, 0x40, 0x7c, 0x31, 0xc0,
                               0xb4, 0x00, 0xcd, 0x13, 0xa0, 0x42, 0x7c,
                               0x10, 0xc0, 0xe6, 0xf4};

/* The size, one sector or two, to 0000:8000. */
static const uint8_t packet[] = {0x10, 0, 2, 0, 0x00, 0x80, 0, 0};

/* clang-format off */
static const struct row {
    const char *label;
    uint8_t function;
    uint16_t lba;
    unsigned status;
} rows[] = {
    {"read",                  0x42, LOADED,         2 * 2},
    {"write",                 0x43, LOADED,         2 * 2},
    {"read what is missing",  0x42, NOT_LOADED,     1},
    {"write what is missing", 0x43, NOT_LOADED,     1},
    {"read into it",          0x42, NOT_LOADED - 1, 2 * 1 + 1},
    {"write into it",         0x43, NOT_LOADED - 1, 2 * 1 + 1},
};
/* clang-format on */

/* A disk whose first sector is the guest. */
static int make_disk(const struct row *row, char path[32])
{
    int fd = memfd_create("disk", MFD_CLOEXEC);
    uint8_t sector[DISK_SECTOR] = {0};

    memcpy(sector, code, sizeof code);
    sector[FUNCTION_AT + 1] = row->function;
    memcpy(sector + PACKET_AT, packet, sizeof packet);
    memcpy(sector + PACKET_AT + LBA_AT, &row->lba, sizeof row->lba);
    sector[DISK_SECTOR - 2] = 0x55;
    sector[DISK_SECTOR - 1] = 0xaa;
    (void)snprintf(path, 32, "/proc/self/fd/%d", fd);
    if (ftruncate(fd, (off_t)SECTORS * DISK_SECTOR) < 0 ||
        pwrite(fd, sector, sizeof sector, 0) < 0)
        return -errno;
    return fd;
}

/* A folder is no file. */
static int make_unreadable(int fd)
{
    int folder = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int r = dup2(folder, fd) < 0 ? -errno : 0;

    (void)close(folder);
    return r;
}

/* Boots, then takes the file away. */
static int boot(struct vm *vm, const char *path, struct diag *diag)
{
    const struct load_options options = {.path = path};
    struct image image;
    uint8_t sector[DISK_SECTOR];
    int r = load_image(&vm->mem, &options, &image, diag);

    if (!r)
        r = board_attach_disk(&vm->board, NULL, path, false, diag);
    if (!r)
        r = vm_boot(vm, &image, diag);
    if (!r)
        r = disk_read(&vm->board.disk, NOT_LOADED - 1, sector);
    if (!r)
        r = make_unreadable(vm->board.disk.fd);
    return r;
}

static bool try_row(const struct row *row, struct diag *diag)
{
    const struct vm_config config = {.memory = MEMORY, .n_vcpus = 1};
    struct vcpu_event event = {.kind = VCPU_EVENT_UNKNOWN};
    struct vm vm;
    char path[32];
    int fd = make_disk(row, path);
    int r = vm_create(&vm, &config, diag);

    if (r < 0)
        return false;
    r = boot(&vm, path, diag);
    if (!r)
        r = vcpu_run(&vm.vcpu[0], &event);
    vm_destroy(&vm);
    (void)close(fd);
    if (!r && event.kind == VCPU_EVENT_END && event.code == row->status)
        return true;
    (void)printf("FAIL  %s: %d %s, event %d, status %llu instead of %u\n",
                 row->label, r, diag->text, (int)event.kind,
                 (unsigned long long)event.code, row->status);
    return false;
}

int main(void)
{
    struct diag diag = {""};
    bool good = true;

    if (access(VM_DEVICE, R_OK | W_OK) < 0)
        return SKIP;
    (void)alarm(WATCHDOG_SECONDS);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        good &= try_row(&rows[i], &diag);
    return good ? 0 : 1;
}
