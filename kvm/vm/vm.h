/* SPDX-License-Identifier: MIT */
#ifndef KVM_VM_VM_H
#define KVM_VM_VM_H

/*
 * The machine: guest memory, devices, vCPUs.
 *
 * Made and destroyed by one thread. Memory layout and bus are fixed once the
 * first vCPU runs.
 */

#include <stdatomic.h>

#include "kvm/core/file.h"
#include "kvm/core/guard.h"
#include "kvm/core/mem.h"
#include "kvm/device/ata.h"
#include "kvm/device/bus.h"
#include "kvm/device/disk.h"
#include "kvm/device/kbc.h"
#include "kvm/device/serial.h"
#include "kvm/image/load.h"
#include "kvm/vm/vcpu.h"

enum {
    EXIT_PORT = 0xf4, /* a byte written here ends the guest with that status */
    VM_MAX_VCPUS = 64,
};

struct vm_config {
    uint64_t memory; /* bytes, a multiple of MEM_PAGE */
    unsigned n_vcpus;
    struct console_sink console; /* guest output */
    const struct file_opener
        *opener; /* of the device and disks; NULL: open(2) */
};

/* What this host's KVM can do that the rest has to know. */
struct vm_caps {
    bool sync_regs; /* KVM_CAP_SYNC_REGS: all register classes */
    bool block_irq; /* KVM_GUESTDBG_BLOCKIRQ is accepted */
    bool immediate_exit;
    size_t run_size; /* of struct kvm_run and what follows it */
    size_t xsave_size;
};

/* Who performs accesses to guarded memory; set by whoever sets guards. */
struct guard_owner {
    /* What the memory would do: fills data, or takes it; where there is no RAM
     * that has been done. true: the debugger wants to stop after this
     * instruction. */
    bool (*access)(void *context, uint64_t gpa, void *data, size_t n,
                   bool is_write);
    void *context;
};

struct vm {
    int kvm_fd;
    int fd;
    const struct file_opener *opener;
    struct vm_caps caps;
    struct guest_mem mem;
    struct guards guards;
    struct guard_owner guard_owner;
    struct bus bus;
    struct serial com1;
    struct console_sink console;
    struct disk disk; /* none until vm_attach_disk() */
    struct ata ata;
    struct kbc kbc;
    bool tells_widening; /* arch_tell_widening() */
    atomic_int end_code; /* what the guest wrote to EXIT_PORT, or -1 */
    unsigned n_vcpus;
    struct vcpu vcpu[VM_MAX_VCPUS];
};

/* Where KVM is; tests put others in place. */
#define VM_DEVICE "/dev/kvm"

/* -errno with a sentence that names the cure: no /dev/kvm, no permission,
 * wrong API version, no memory. On failure vm holds nothing. */
int vm_create(struct vm *vm, const struct vm_config *config, struct diag *diag);
void vm_destroy(struct vm *vm);

/* Once, before vm_boot(): the file is the first disk. -errno with a sentence:
 * disk_open(). */
int vm_attach_disk(struct vm *vm, const char *path, struct diag *diag);

/* Puts vCPU 0 at the start of an image that load_image() has loaded. */
int vm_boot(struct vm *vm, const struct image *image, struct diag *diag);

#endif
