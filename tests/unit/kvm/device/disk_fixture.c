/* SPDX-License-Identifier: MIT */
#include "tests/unit/kvm/device/disk_fixture.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <unistd.h>

#include <sys/mman.h>

uint8_t disk_byte(uint64_t offset)
{
    return (uint8_t)((offset / 512 * 7 + offset) % 255 + 1);
}

struct file disk_file(uint64_t size)
{
    struct file file = file_new();
    uint8_t *bytes;

    cr_assert(zero(int, ftruncate(file.fd, (off_t)size)));
    bytes = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, file.fd, 0);
    cr_assert(bytes != MAP_FAILED);
    for (uint64_t i = 0; i < size; i++)
        bytes[i] = disk_byte(i);
    (void)munmap(bytes, size);
    return file;
}
