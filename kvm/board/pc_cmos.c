/* SPDX-License-Identifier: MIT */
#include "kvm/board/pc_cmos.h"

/*
 * IBM PC AT Technical Reference, "CMOS RAM Address Map"; from 0x30 on Ralf
 * Brown's CMOS memory map, and for 0x34 and 0x5b what SeaBIOS reads (SeaBIOS,
 * src/hw/rtc.h). Numbers of more than a byte are little-endian.
 */
enum {
    FLOPPY_TYPES = 0x10, /* 0: there is no controller for any */
    DISK_TYPES = 0x12,
    DISK_EXTENDED = 0xf0, /* the first one's type is at DISK_TYPE */
    DISK_TYPE = 0x19,
    DISK_OF_USER = 47,
    EQUIPMENT = 0x14,
    EQUIPMENT_VALUE = 0x20, /* 80x25 in colour */
    BASE_KIB = 0x15,
    ABOVE_1M_KIB = 0x17,
    CHECKSUM = 0x2e, /* of all from FLOPPY_TYPES on, the high byte first */
    FOUND_KIB = 0x30,
    ABOVE_16M = 0x34, /* blocks of 64 KiB */
    ABOVE_4G = 0x5b,  /* the same, three bytes */
    BASE_VALUE = 640,
};

#define KIB   UINT64_C(1024)
#define MIB   (1024 * KIB)
#define BLOCK (64 * KIB)

static void pc_cmos_put(struct rtc_state *rtc, unsigned at, unsigned bytes,
                        uint64_t value)
{
    uint64_t most = (UINT64_C(1) << 8 * bytes) - 1;

    if (value > most)
        value = most;
    for (unsigned i = 0; i < bytes; i++)
        rtc->bytes[at + i] = (uint8_t)(value >> 8 * i);
}

static void put_checksum(struct rtc_state *rtc)
{
    unsigned sum = 0;

    for (unsigned at = FLOPPY_TYPES; at < CHECKSUM; at++)
        sum += rtc->bytes[at];
    rtc->bytes[CHECKSUM] = (uint8_t)(sum >> 8);
    rtc->bytes[CHECKSUM + 1] = (uint8_t)sum;
}

static uint64_t above(uint64_t size, uint64_t start)
{
    return size > start ? size - start : 0;
}

void pc_cmos_init(struct rtc_state *rtc)
{
    pc_cmos_put(rtc, EQUIPMENT, 1, EQUIPMENT_VALUE);
    put_checksum(rtc);
}

void pc_cmos_memory(struct rtc_state *rtc, uint64_t low, uint64_t high)
{
    uint64_t base = low / KIB < BASE_VALUE ? low / KIB : BASE_VALUE;

    pc_cmos_put(rtc, BASE_KIB, 2, base);
    pc_cmos_put(rtc, ABOVE_1M_KIB, 2, above(low, MIB) / KIB);
    pc_cmos_put(rtc, FOUND_KIB, 2, above(low, MIB) / KIB);
    pc_cmos_put(rtc, ABOVE_16M, 2, above(low, 16 * MIB) / BLOCK);
    pc_cmos_put(rtc, ABOVE_4G, 3, high / BLOCK);
    put_checksum(rtc);
}

void pc_cmos_disk(struct rtc_state *rtc)
{
    pc_cmos_put(rtc, DISK_TYPES, 1, DISK_EXTENDED);
    pc_cmos_put(rtc, DISK_TYPE, 1, DISK_OF_USER);
    put_checksum(rtc);
}
