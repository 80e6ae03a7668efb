/* SPDX-License-Identifier: MIT */
#include "kvm/vm/vm.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <linux/kvm.h>

#include "kvm/arch_boot.h"
#include "kvm/arch_cpu.h"
#include "kvm/arch_run.h"
#include "kvm/board/board.h"
#include "kvm/core/mem.h"
#include "kvm/core/sys.h"
#include "kvm/vm/interrupt.h"
#include "kvm/vm/mmio.h"
#include "kvm/vm/types.h"
#include "kvm/vm/vcpu.h"

enum { MEM_OVERCOMMIT = 16 };

static int open_device(struct vm *vm, struct diag *diag)
{
    vm->kvm_fd = file_open_by(vm->opener, VM_DEVICE, O_RDWR);
    if (vm->kvm_fd >= 0)
        return 0;
    switch (-vm->kvm_fd) {
    case ENOENT:
    case ENODEV:
    case ENXIO:
        return diag_set(diag, -ENODEV,
                        "there is no usable " VM_DEVICE ": load the module "
                        "(modprobe kvm_intel or kvm_amd) and turn on "
                        "virtualization in the firmware's setup, or nested "
                        "virtualization if this is a virtual machine");
    case EACCES:
    case EPERM:
        return diag_set(diag, -EACCES,
                        "no permission to open " VM_DEVICE ": add yourself "
                        "to its group (sudo usermod -aG kvm $USER) and log "
                        "in again");
    default:
        return diag_set(diag, vm->kvm_fd, "cannot open " VM_DEVICE ": %s",
                        strerror(-vm->kvm_fd));
    }
}

static int check_api(struct vm *vm, struct diag *diag)
{
    int version = sys_ioctl_value(vm->kvm_fd, KVM_GET_API_VERSION, 0);

    if (version < 0)
        return diag_set(diag, -ENODEV, VM_DEVICE " is not KVM: %s",
                        strerror(-version));
    if (version != KVM_API_VERSION)
        return diag_set(diag, -ENODEV,
                        "KVM speaks API version %d, not %d: this kernel is "
                        "not supported",
                        version, KVM_API_VERSION);
    return 0;
}

static void read_caps(struct vm *vm)
{
    int size = sys_ioctl_value(vm->kvm_fd, KVM_GET_VCPU_MMAP_SIZE, 0);

    vm->caps.run_size = size > 0 ? (size_t)size : (size_t)sysconf(_SC_PAGESIZE);
    vm->caps.immediate_exit =
        sys_check_extension(vm->kvm_fd, KVM_CAP_IMMEDIATE_EXIT) > 0;
}

/*
 * RAM costs what is touched, but KVM allocates about 9 bytes for each page of
 * a slot at once (x86.c, kvm_alloc_memslot_metadata): for a wrong size that is
 * gigabytes of the host's, and a minute in which nothing can be killed.
 */
static int check_memory(uint64_t size, struct diag *diag)
{
    uint64_t pages = (uint64_t)sysconf(_SC_PHYS_PAGES);
    uint64_t host = pages * (uint64_t)sysconf(_SC_PAGESIZE);

    if (size / MEM_OVERCOMMIT <= host)
        return 0;
    return diag_set(diag, -ENOMEM,
                    "%llu MiB of guest memory are more than %d times what "
                    "this host has: ask for less with -m",
                    (unsigned long long)(size >> 20), MEM_OVERCOMMIT);
}

static int add_vcpus(struct vm *vm, unsigned n, struct diag *diag)
{
    for (unsigned i = 0; i < n; i++) {
        int r = vcpu_create(&vm->vcpu[i], vm, i, diag);

        if (r < 0)
            return r;
        vm->n_vcpus++;
    }
    return 0;
}

static int create_vm(struct vm *vm, struct diag *diag)
{
    vm->fd = sys_ioctl_value(vm->kvm_fd, KVM_CREATE_VM, 0);
    if (vm->fd < 0)
        return diag_set(diag, vm->fd, "KVM cannot create a VM: %s",
                        strerror(-vm->fd));
    arch_complete_init();
    return arch_vm_init(vm, diag);
}

static int create_board(struct vm *vm, const struct vm_config *config,
                        struct diag *diag)
{
    int r = board_init(&vm->board, config->console, config->serial, diag);

    if (r < 0)
        return r;
    if (config->virtual_clock)
        board_make_time_virtual(&vm->board, config->date);
    vm->board.expects_keys = config->expects_keys;
    board_connect_memory(&vm->board,
                         &(struct dma){&vm->mem, mmio_tell_dma, vm});
    board_describe_memory(&vm->board, mem_low_end(&vm->mem),
                          mem_size(&vm->mem) - mem_low_end(&vm->mem));
    return 0;
}

int vm_create(struct vm *vm, const struct vm_config *config, struct diag *diag)
{
    int r;

    *vm = (struct vm){.kvm_fd = -1, .fd = -1, .opener = config->opener};
    if (config->n_vcpus < 1 || config->n_vcpus > VM_MAX_VCPUS)
        return diag_set(diag, -EINVAL, "%u vCPUs: only 1 to %d work",
                        config->n_vcpus, VM_MAX_VCPUS);
    r = open_device(vm, diag);
    if (!r)
        r = check_api(vm, diag);
    if (!r) {
        read_caps(vm);
        r = create_vm(vm, diag);
    }
    if (!r)
        r = check_memory(config->memory, diag);
    if (!r)
        r = mem_init_around(&vm->mem, config->memory, &board_hole, diag);
    if (!r)
        r = mem_add_device(&vm->mem, board_memory.start,
                           board_memory.end - board_memory.start, diag);
    if (!r)
        r = guards_init(vm, diag);
    if (!r)
        r = create_board(vm, config, diag);
    if (!r)
        r = add_vcpus(vm, config->n_vcpus, diag);
    if (!r)
        interrupt_connect(vm);
    if (r < 0)
        vm_destroy(vm);
    return r;
}

void vm_destroy(struct vm *vm)
{
    for (unsigned i = 0; i < vm->n_vcpus; i++)
        vcpu_destroy(&vm->vcpu[i]);
    vm->n_vcpus = 0;
    if (vm->fd >= 0)
        (void)close(vm->fd);
    if (vm->kvm_fd >= 0)
        (void)close(vm->kvm_fd);
    vm->fd = vm->kvm_fd = -1;
    guards_done(vm);
    mem_done(&vm->mem);
    board_done(&vm->board);
}

int vm_add_firmware(struct vm *vm, uint64_t size, struct diag *diag)
{
    int r = mem_add_device(&vm->mem, board_hole.end - size, size, diag);

    if (r < 0)
        return r;
    r = guards_set(vm, NULL, 0);
    return r < 0 ? diag_set(diag, r, "KVM refuses memory for a firmware: %s",
                            strerror(-r))
                 : board_attach_firmware(&vm->board, diag);
}

int vm_boot(struct vm *vm, const struct image *image, struct diag *diag)
{
    atomic_store(&vm->board.end_code, GUEST_GOES_ON);
    return arch_vcpu_boot(&vm->vcpu[0], image, diag);
}
