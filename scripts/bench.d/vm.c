/* SPDX-License-Identifier: MIT */
#include "scripts/bench.d/vm.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include <linux/kvm.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

/*
 * RAM: the guest's page at 0, then tables that map the first 2 MiB to
 * themselves (Intel SDM 3A 4.5, 4-level paging).
 */
enum {
    PML4 = 0x10000,
    PDPT = 0x11000,
    PD = 0x12000,
    RAM_SIZE = 0x20000,

    ENTRY_PRESENT_WRITABLE = 0x03,
    ENTRY_LARGE = 0x80,
    CR0_PE = 1,
    CR4_PAE = 0x20,
    EFER_LME_LMA = 0x500,
    RFLAGS_FIXED = 2,
};

#define CR0_PG 0x80000000u

static void put_entry(uint8_t *ram, size_t table, uint64_t entry)
{
    memcpy(ram + table, &entry, sizeof entry);
}

static void put_tables(uint8_t *ram)
{
    put_entry(ram, PML4, PDPT | ENTRY_PRESENT_WRITABLE);
    put_entry(ram, PDPT, PD | ENTRY_PRESENT_WRITABLE);
    put_entry(ram, PD, ENTRY_LARGE | ENTRY_PRESENT_WRITABLE);
}

/* Flat segments; type as in Intel SDM 3A 3.4.5.1. */
static struct kvm_segment segment(uint16_t selector, uint8_t type,
                                  enum guest_mode mode)
{
    return (struct kvm_segment){
        .limit = mode == GUEST_16 ? 0xffff : 0xffffffff,
        .selector = mode == GUEST_16 ? 0 : selector,
        .type = type,
        .present = 1,
        .s = 1,
        .g = mode != GUEST_16,
        .db = mode == GUEST_32,
        .l = mode == GUEST_64 && selector == 8,
    };
}

static void set_mode(struct kvm_sregs *s, enum guest_mode mode)
{
    s->cs = segment(8, 0xb, mode);
    s->ds = s->es = s->fs = s->gs = s->ss = segment(16, 3, mode);
    if (mode != GUEST_16)
        s->cr0 |= CR0_PE;
    if (mode == GUEST_64) {
        s->cr3 = PML4;
        s->cr4 |= CR4_PAE;
        s->efer |= EFER_LME_LMA;
        s->cr0 |= CR0_PG;
    }
}

static int set_registers(int vcpu, enum guest_mode mode)
{
    struct kvm_regs regs = {.rip = GUEST_LOOP, .rflags = RFLAGS_FIXED};
    struct kvm_sregs sregs;

    if (ioctl(vcpu, KVM_GET_SREGS, &sregs))
        return -errno;
    set_mode(&sregs, mode);
    if (ioctl(vcpu, KVM_SET_SREGS, &sregs) || ioctl(vcpu, KVM_SET_REGS, &regs))
        return -errno;
    return 0;
}

static void *map(size_t size, int flags, int fd)
{
    void *at = mmap(NULL, size, PROT_READ | PROT_WRITE, flags, fd, 0);

    return at == MAP_FAILED ? NULL : at;
}

/* RAM from start to end, or with an end of 0 none, in this slot. */
static int set_slot(struct vm *vm, unsigned slot, uint64_t start, uint64_t end,
                    unsigned flags)
{
    struct kvm_userspace_memory_region region = {
        .slot = slot,
        .flags = flags,
        .guest_phys_addr = start,
        .memory_size = end - start,
        .userspace_addr = (uintptr_t)vm->ram + start,
    };

    return ioctl(vm->vm, KVM_SET_USER_MEMORY_REGION, &region) ? -errno : 0;
}

static int add_ram(struct vm *vm)
{
    vm->ram = map(RAM_SIZE, MAP_PRIVATE | MAP_ANONYMOUS, -1);
    return vm->ram ? set_slot(vm, 0, 0, RAM_SIZE, 0) : -errno;
}

static int add_vcpu(struct vm *vm)
{
    int size = ioctl(vm->kvm, KVM_GET_VCPU_MMAP_SIZE, 0);

    vm->vcpu = ioctl(vm->vm, KVM_CREATE_VCPU, 0);
    if (size < 0 || vm->vcpu < 0)
        return -errno;
    vm->run_size = (size_t)size;
    vm->run = map(vm->run_size, MAP_SHARED, vm->vcpu);
    return vm->run ? 0 : -errno;
}

static int build(struct vm *vm, enum guest_mode mode)
{
    int err;

    vm->kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC);
    if (vm->kvm < 0)
        return -errno;
    vm->vm = ioctl(vm->kvm, KVM_CREATE_VM, 0);
    if (vm->vm < 0)
        return -errno;
    err = add_ram(vm);
    if (!err)
        err = add_vcpu(vm);
    if (err)
        return err;
    guest_image(mode, vm->ram);
    put_tables(vm->ram);
    return set_registers(vm->vcpu, mode);
}

int vm_open(struct vm *vm, enum guest_mode mode)
{
    int err;

    *vm = VM_NONE;
    err = build(vm, mode);
    if (err)
        vm_close(vm);
    return err;
}

static void close_fd(int fd)
{
    if (fd >= 0)
        close(fd);
}

void vm_close(struct vm *vm)
{
    if (vm->run)
        munmap(vm->run, vm->run_size);
    close_fd(vm->vcpu);
    close_fd(vm->vm);
    close_fd(vm->kvm);
    if (vm->ram)
        munmap(vm->ram, RAM_SIZE);
    *vm = VM_NONE;
}

/* A step is armed anew each time: TF is applied for the RIP at the time of
 * KVM_SET_GUEST_DEBUG (kernel, kvm_arch_vcpu_ioctl_set_guest_debug). */
int vm_step(struct vm *vm)
{
    struct kvm_guest_debug debug = {
        .control = KVM_GUESTDBG_ENABLE | KVM_GUESTDBG_SINGLESTEP,
    };

    if (ioctl(vm->vcpu, KVM_SET_GUEST_DEBUG, &debug) ||
        ioctl(vm->vcpu, KVM_RUN, 0))
        return -errno;
    return vm->run->exit_reason == KVM_EXIT_DEBUG ? 0 : -EIO;
}

int vm_guard(struct vm *vm)
{
    int err = set_slot(vm, 0, 0, 0, 0);

    if (!err)
        err = set_slot(vm, 0, 0, GUEST_SIZE, KVM_MEM_READONLY);
    return err ? err : set_slot(vm, 1, GUEST_SIZE, RAM_SIZE, 0);
}

int vm_run_guarded(struct vm *vm, unsigned writes)
{
    struct kvm_run *run = vm->run;

    while (writes--) {
        if (ioctl(vm->vcpu, KVM_RUN, 0))
            return -errno;
        if (run->exit_reason != KVM_EXIT_MMIO ||
            run->mmio.phys_addr > GUEST_SIZE - sizeof run->mmio.data)
            return -EIO;
        memcpy(vm->ram + run->mmio.phys_addr, run->mmio.data, run->mmio.len);
    }
    return 0;
}
