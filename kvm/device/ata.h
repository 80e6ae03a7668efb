/* SPDX-License-Identifier: MIT */
#ifndef KVM_DEVICE_ATA_H
#define KVM_DEVICE_ATA_H

/*
 * The primary ATA channel with one disk, device 0, by programmed I/O and
 * polling (INCITS T13/1410D, "ATA/ATAPI-6"): LBA of 28 and 48 bits and CHS.
 * A command is done as soon as it is written, so BSY is never seen. There is
 * no DMA. The address registers keep
 * what the host wrote: they do not follow a transfer.
 *
 * Without a disk there is no channel either, and its ports float.
 */

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "kvm/device/device.h"
#include "kvm/device/disk.h"

/* Blocks. */
enum {
    ATA_COMMAND_BLOCK, /* ATA_REGISTERS */
    ATA_CONTROL_BLOCK, /* alternate status, device control */
    ATA_BLOCKS
};

enum { ATA_REGISTERS = 8 };

/* All that it knows but the sectors; it may be copied to save it and copied
 * back. */
struct ata_state {
    /* By port, as far as the host writes them; what was there before is the
     * upper half of 48-bit numbers. */
    uint8_t now[ATA_REGISTERS], before[ATA_REGISTERS];
    uint8_t control, status, error;
    bool interrupt; /* "Interrupt pending"; told on the line if it may be */
    /* How CHS is translated (INITIALIZE DEVICE PARAMETERS). */
    unsigned heads, sectors_per_track;

    /* The transfer under way, while status says DRQ. */
    uint8_t buffer[DISK_SECTOR];
    unsigned at;   /* the next byte of buffer */
    uint64_t lba;  /* of the sector in buffer */
    unsigned left; /* sectors, that in buffer included */
    bool is_write;
};

struct ata {
    pthread_mutex_t lock;
    struct irq_line *irq;
    struct disk *disk;
    struct ata_state state;
};

/* Its device is a struct ata. */
extern const struct device_kind ata_kind;

/* disk is borrowed, and not none. */
void ata_init(struct ata *ata, struct disk *disk);

#endif
