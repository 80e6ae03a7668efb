/* SPDX-License-Identifier: MIT */
/*
 * Any port traffic: the devices keep their invariants, what nobody claims
 * floats, and the disk's file is never written.
 * Input: accesses of four bytes each: an index into ports[] and its offset, a
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

/* How an access is made: bits of its second byte. */
enum {
    HOW_SIZE = 3, /* its binary logarithm; 3 means a byte, too */
    HOW_OUT = 1 << 2,
    HOW_TYPED = 1 << 3, /* somebody types as well */
    HOW_COUNT_SHIFT = 4 /* repetitions: 1 << this nibble, as far as it fits */
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(int truth)
{
    if (!truth)
        abort();
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
    static const uint16_t first[] = {
        PC_KBC_DATA,      PC_KBC_COMMAND, PC_SYSTEM_CONTROL,
        PC_DEBUG_CONSOLE, PC_EXIT,        PC_ATA_CONTROL,
        PC_COM1,          0xfffc,         PC_ATA_COMMAND,
    };
    size_t n = sizeof first / sizeof *first;
    size_t i = byte >> 4; /* what is left is for the disk, which has most */

    return (uint16_t)(first[i < n ? i : n - 1] + (byte & 0xf) - 2);
}

static void access_port(struct board *board, const uint8_t *input)
{
    static uint8_t data[MOST_DATA];
    unsigned log = input[1] & HOW_SIZE;
    unsigned size = log < 3 ? 1u << log : 1;
    uint32_t count = UINT32_C(1) << (input[1] >> HOW_COUNT_SHIFT);

    if (count > MOST_DATA / size)
        count = MOST_DATA / size;
    for (size_t i = 0; i < count * size; i++)
        data[i] = input[2 + i % 2];
    if (input[1] & HOW_TYPED)
        (void)serial_type(&board->com1, (const char *)data, count);
    bus_io(&board->bus, input[1] & HOW_OUT, port_of(input[0]), size, count,
           data);
}

static void check(const struct board *board)
{
    int end = atomic_load(&board->end_code);

    if (board->ata.status & 0x08) /* DRQ */
        must(board->ata.at < DISK_SECTOR && board->ata.left > 0);
    must(board->com1.n_typed <= SERIAL_TYPED_MAX);
    must(board->com1.next_typed < SERIAL_TYPED_MAX);
    must(end >= -1 && end <= 0xff);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct board board;
    uint64_t heard = 0;
    char path[32];
    int fd = disk_file();

    memset(&board, 0, sizeof board);
    (void)snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    must(board_init(&board, (struct console_sink){hear, &heard}, NULL) == 0);
    must(board_attach_disk(&board, NULL, path, NULL) == 0);
    for (size_t at = 0; at + ACCESS <= size; at += ACCESS) {
        access_port(&board, data + at);
        check(&board);
    }
    board_done(&board);
    (void)close(fd);
    return 0;
}
