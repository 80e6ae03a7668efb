/* SPDX-License-Identifier: MIT */
#ifndef TESTS_UNIT_KVM_DEVICE_ATA_FIXTURE_H
#define TESTS_UNIT_KVM_DEVICE_ATA_FIXTURE_H

/* An ATA channel with a disk, its ports, and rows of accesses to them. */

#include "kvm/device/ata.h"
#include "tests/unit/kvm/device/irq_log.h"
#include "tests/unit/kvm/device/port_rows.h"
#include "tests/unit/kvm/image/load_fixture.h"

enum {
    DATA = 0x1f0,
    ERROR,
    COUNT,
    LOW,
    MID,
    HIGH,
    DEVICE,
    STATUS,
    CONTROL = 0x3f6
};

enum { READY = 0x50, WANTS_DATA = 0x58, FAILED = 0x51, ABRT = 0x04 };

#define SECTORS 2000 /* of most disks here: not quite two cylinders */

struct ata_machine {
    struct file file;
    struct disk disk;
    struct ata ata;
    struct bus bus;
    struct irq_log log;
};

/* With a disk of so many sectors. */
void ata_machine_init(struct ata_machine *m, uint64_t sectors);
/* The same, but m->file and m->disk are there. */
void ata_machine_attach(struct ata_machine *m);
void ata_machine_done(struct ata_machine *m);

#define RUN(code)      W(STATUS, code)
#define ABORTS(code)   RUN(code), R(STATUS, FAILED), R(ERROR, ABRT)
#define SUCCEEDS(code) RUN(code), R(STATUS, READY), R(ERROR, 0)
#define SIGNATURE      R(COUNT, 1), R(LOW, 1), R(MID, 0), R(HIGH, 0)

#endif
