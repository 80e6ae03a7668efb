/* SPDX-License-Identifier: MIT */
#include "kvm/board/pc.h"

static void write_exit_port(void *device, uint16_t offset, unsigned size,
                            uint32_t value)
{
    struct vm *vm = device;

    (void)offset;
    (void)size; /* one port: never more than a byte */
    atomic_store(&vm->end_code, (int)(value & 0xff));
}

/* It can be written only. */
static int attach_exit_port(struct vm *vm)
{
    const struct bus_device exit_port = {
        .port = EXIT_PORT,
        .count = 1,
        .device = vm,
        .write = write_exit_port,
    };

    atomic_store(&vm->end_code, -1);
    return bus_add(&vm->bus, &exit_port);
}

int devices_attach(struct vm *vm, struct diag *diag)
{
    int r;

    serial_init(&vm->com1, vm->console);
    r = serial_attach(&vm->com1, &vm->bus, SERIAL_COM1);
    if (!r)
        r = debug_console_attach(&vm->console, &vm->bus);
    if (!r)
        r = attach_exit_port(vm);
    if (!r)
        r = kbc_attach(&vm->kbc, &vm->end_code, &vm->bus);
    return r ? diag_set(diag, r, "the devices' ports collide") : 0;
}

int vm_attach_disk(struct vm *vm, const char *path, struct diag *diag)
{
    int r = disk_open(&vm->disk, vm->opener, path, diag);

    if (r < 0)
        return r;
    r = ata_attach(&vm->ata, &vm->disk, &vm->bus);
    return r ? diag_set(diag, r, "the disk's ports collide") : 0;
}
