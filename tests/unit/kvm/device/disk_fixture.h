/* SPDX-License-Identifier: MIT */
#ifndef TESTS_UNIT_KVM_DEVICE_DISK_FIXTURE_H
#define TESTS_UNIT_KVM_DEVICE_DISK_FIXTURE_H

/* Disks whose every byte says where it is. */

#include <stdint.h>

#include "tests/unit/kvm/image/load_fixture.h"

/* The byte at an offset, never 0. */
uint8_t disk_byte(uint64_t offset);

/* A file of so many bytes. */
struct file disk_file(uint64_t size);

#endif
