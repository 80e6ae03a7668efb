/* SPDX-License-Identifier: MIT */
/* What an x86 VM and vCPU need before they can run (KVM api.rst 4.6, 4.46). */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <linux/kvm.h>

#include "kvm/arch_cpu.h"
#include "kvm/core/link.h"
#include "kvm/core/sys.h"
#include "kvm/vm/types.h"
#include "kvm/x86_64/state/cpuid_given.h"
#include "kvm/x86_64/state/state.h"

/* In the hole below 4 GiB, out of the way of RAM and of a firmware of 16 MiB:
 * Intel CPUs without unrestricted guest need three pages and one. */
#define IDENTITY_MAP_ADDR UINT64_C(0xfeffc000)
#define TSS_ADDR          UINT64_C(0xfeffd000)

enum { MAX_CPUID_ENTRIES = 256 };

static int enable_cap(int fd, unsigned cap, uint64_t arg)
{
    struct kvm_enable_cap enable = {.cap = cap, .args = {arg}};

    return sys_ioctl(fd, KVM_ENABLE_CAP, &enable);
}

static void setup_read_caps(struct vm *vm)
{
    const uint64_t fields = KVM_SYNC_X86_VALID_FIELDS;
    int sync = sys_check_extension(vm->kvm_fd, KVM_CAP_SYNC_REGS);
    int debug = sys_check_extension(vm->kvm_fd, KVM_CAP_SET_GUEST_DEBUG2);
    int xsave = sys_check_extension(vm->fd, KVM_CAP_XSAVE2);

    vm->caps.sync_regs = ((uint64_t)sync & fields) == fields;
    vm->caps.block_irq = debug & KVM_GUESTDBG_BLOCKIRQ;
    vm->caps.xsave_size = sizeof(struct kvm_xsave);
    if (xsave > (int)sizeof(struct kvm_xsave))
        vm->caps.xsave_size = (size_t)xsave;
}

/* All are refinements: where they are missing, less is seen. */
static void set_behaviour(struct vm *vm)
{
    int quirks = sys_check_extension(vm->kvm_fd, KVM_CAP_DISABLE_QUIRKS2);

    /* An instruction that KVM cannot emulate is an exit, never a #UD. */
    (void)enable_cap(vm->fd, KVM_CAP_EXIT_ON_EMULATION_FAILURE, 1);
    /* What struct arch_width_ops asks for leaves the guest. */
    (void)enable_cap(vm->fd, KVM_CAP_X86_USER_SPACE_MSR,
                     KVM_MSR_EXIT_REASON_FILTER);
    /* Otherwise a step over OUT 0x7e loses the access. */
    if (quirks & KVM_X86_QUIRK_OUT_7E_INC_RIP)
        (void)enable_cap(vm->fd, KVM_CAP_DISABLE_QUIRKS2,
                         KVM_X86_QUIRK_OUT_7E_INC_RIP);
}

int arch_vm_init(struct vm *vm, struct diag *diag)
{
    uint64_t identity = IDENTITY_MAP_ADDR;
    int r;

    setup_read_caps(vm);
    set_behaviour(vm);
    r = sys_ioctl(vm->fd, KVM_SET_IDENTITY_MAP_ADDR, &identity);
    if (!r)
        r = sys_ioctl_value(vm->fd, KVM_SET_TSS_ADDR, TSS_ADDR);
    if (r < 0)
        return diag_set(diag, r, "KVM refuses the TSS address: %s",
                        strerror(-r));
    return 0;
}

static const struct kvm_cpuid_entry2 *setup_leaf(const struct kvm_cpuid2 *cpuid,
                                                 uint32_t function)
{
    for (uint32_t i = 0; i < cpuid->nent; i++)
        if (cpuid->entries[i].function == function)
            return &cpuid->entries[i];
    return NULL;
}

/* Or one that is made after AMD's. */
static bool is_amd(const struct kvm_cpuid2 *cpuid)
{
    enum { AUTH = 0x68747541, HYGO = 0x6f677948 }; /* the vendor's first four */
    const struct kvm_cpuid_entry2 *vendor = setup_leaf(cpuid, 0);

    return vendor && (vendor->ebx == AUTH || vendor->ebx == HYGO);
}

/* How the guest's tables are walked: with nested paging by the CPU as it is,
 * else by KVM, which goes by the guest's CPUID. KVM's leaves fit both. */
static void set_walker(struct vcpu *vcpu, const struct kvm_cpuid2 *cpuid)
{
    enum { PAGE1GB = 1 << 26 };
    const struct kvm_cpuid_entry2 *sizes = setup_leaf(cpuid, 0x80000008);
    const struct kvm_cpuid_entry2 *extended = setup_leaf(cpuid, 0x80000001);

    vcpu->arch->maxphyaddr = sizes ? sizes->eax & 0xff : 36; /* SDM 3A 4.1.4 */
    vcpu->arch->no_gib_pages = !extended || !(extended->edx & PAGE1GB);
    vcpu->arch->is_amd = is_amd(cpuid);
    /* AMD CPUs read PDPTEs with each walk below nested paging, others when CR3
     * is loaded (AMD APM 2 15.25.10, Intel SDM 3C 27.3.2.4). */
    vcpu->arch->keeps_pdpte =
        !vcpu->arch->is_amd &&
        sys_check_extension(vcpu->vm->kvm_fd, KVM_CAP_SREGS2) > 0;
}

static int set_cpuid(struct vcpu *vcpu, struct diag *diag)
{
    const size_t size = sizeof(struct kvm_cpuid2) +
                        MAX_CPUID_ENTRIES * sizeof(struct kvm_cpuid_entry2);
    struct kvm_cpuid2 *cpuid = calloc(1, size);
    int r;

    if (!cpuid)
        return diag_set(diag, -ENOMEM, "out of memory");
    cpuid->nent = MAX_CPUID_ENTRIES;
    r = sys_ioctl(vcpu->vm->kvm_fd, KVM_GET_SUPPORTED_CPUID, cpuid);
    if (!r) {
        x86_cpuid_limit(cpuid, vcpu->index, vcpu->vm->board.clock.is_virtual);
        set_walker(vcpu, cpuid);
        vcpu->arch->layout = x86_xsave_layout(cpuid);
        r = vcpu_ioctl_sized(vcpu, KVM_SET_CPUID2, cpuid, size);
    }
    free(cpuid);
    if (r < 0)
        return diag_set(diag, r, "KVM refuses the CPUID leaves: %s",
                        strerror(-r));
    return 0;
}

int arch_vcpu_init(struct vcpu *vcpu, struct diag *diag)
{
    int r;

    vcpu->arch = calloc(1, sizeof *vcpu->arch);
    if (!vcpu->arch)
        return diag_set(diag, -ENOMEM, "out of memory");
    vcpu->arch->xsave = calloc(1, vcpu->vm->caps.xsave_size);
    if (!vcpu->arch->xsave)
        return diag_set(diag, -ENOMEM, "out of memory");
    if (vcpu->vm->caps.sync_regs)
        vcpu->run->kvm_valid_regs = KVM_SYNC_X86_VALID_FIELDS;
    r = set_cpuid(vcpu, diag);
    if (r < 0)
        return r;
    r = x86_fetch(vcpu, X86_BANK_GP | X86_BANK_SYS);
    if (r < 0)
        return diag_set(diag, r, "KVM does not show this VM's registers: %s",
                        strerror(-r));
    return 0;
}

void arch_vcpu_done(struct vcpu *vcpu)
{
    if (!vcpu->arch)
        return;
    free(vcpu->arch->cpuid);
    free(vcpu->arch->xsave);
    free(vcpu->arch->msrs);
    free(vcpu->arch);
    vcpu->arch = NULL;
}
