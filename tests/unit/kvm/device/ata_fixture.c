/* SPDX-License-Identifier: MIT */
#include "tests/unit/kvm/device/ata_fixture.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <unistd.h>

#include "tests/unit/kvm/device/disk_fixture.h"

void ata_machine_attach(struct ata_machine *m)
{
    static const struct device_wiring wiring = {
        .place = {[ATA_COMMAND_BLOCK] = {BUS_PORTS, DATA},
                  [ATA_CONTROL_BLOCK] = {BUS_PORTS, CONTROL}},
        .line = IRQ_LOG_LINE,
    };
    struct diag diag = {""};

    bus_init(&m->bus);
    irq_log_connect(&m->log, &m->bus);
    ata_init(&m->ata, &m->disk);
    cr_assert(
        zero(int, device_attach(&ata_kind, &m->ata, &m->bus, &wiring, &diag)),
        "%s", diag.text);
}

void ata_machine_init(struct ata_machine *m, uint64_t sectors)
{
    struct diag diag = {""};

    *m = (struct ata_machine){.file = disk_file(sectors * 512)};
    cr_assert(zero(int, disk_open(&m->disk, NULL, m->file.path, &diag)), "%s",
              diag.text);
    ata_machine_attach(m);
}

void ata_machine_done(struct ata_machine *m)
{
    disk_close(&m->disk);
    (void)close(m->file.fd);
}
