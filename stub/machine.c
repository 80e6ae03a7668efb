/* SPDX-License-Identifier: MIT */
#include "stub/machine.h"

#include "kvm/board/pc.h"
#include "kvm/image/image.h"
#include "kvm/image/load.h"
#include "kvm/vm/vm.h"

struct vm *machine_vm(struct machine *machine)
{
    return &machine->vm[machine->in_use];
}

/* What the user says, or what a boot sector comes from; NULL: none. */
static const char *disk_for(const struct options *options,
                            const struct image *image)
{
    if (options->disk)
        return options->disk;
    return image->kind == IMAGE_BOOT_SECTOR ? options->load.path : NULL;
}

static int load_and_boot(const struct machine *machine, struct vm *vm,
                         struct image *ret, struct diag *diag)
{
    struct load_options load = machine->options->load;
    const char *disk;
    int r;

    load.opener = machine->opener;
    r = load_image(&vm->mem, &load, ret, diag);
    disk = r ? NULL : disk_for(machine->options, ret);
    if (disk)
        r = vm_attach_disk(vm, disk, diag);
    return r ? r : vm_boot(vm, ret, diag);
}

static int make(const struct machine *machine, struct vm *vm, struct image *ret,
                struct diag *diag)
{
    int r = vm_create(vm, &machine->config, diag);

    if (r < 0)
        return r;
    r = load_and_boot(machine, vm, ret, diag);
    if (r < 0)
        vm_destroy(vm);
    return r;
}

int machine_create(struct machine *machine, const struct options *options,
                   const struct file_opener *opener,
                   struct console_sink console, struct image *ret,
                   struct diag *diag)
{
    machine->options = options;
    machine->opener = opener;
    machine->config = (struct vm_config){.memory = options->memory,
                                         .n_vcpus = 1,
                                         .console = console,
                                         .opener = opener};
    machine->in_use = 0;
    return make(machine, machine_vm(machine), ret, diag);
}

void machine_destroy(struct machine *machine)
{
    vm_destroy(machine_vm(machine));
}

int machine_restart(void *context, struct vm **ret_vm, struct image *ret_image,
                    struct diag *diag)
{
    struct machine *machine = context;
    struct vm *vm = &machine->vm[!machine->in_use];
    struct image image;
    int r = make(machine, vm, &image, diag);

    if (r < 0)
        return r;
    vm_destroy(machine_vm(machine));
    machine->in_use = !machine->in_use;
    *ret_vm = vm;
    *ret_image = image;
    return 0;
}
