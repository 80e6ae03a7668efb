/* SPDX-License-Identifier: MIT */
#include "kvm/x86_64/state/msr.h"

#include <errno.h>
#include <stdlib.h>

#include "kvm/core/link.h"
#include "kvm/x86_64/state/state.h"

static struct kvm_msrs *msr_allocate(size_t n)
{
    return calloc(1,
                  sizeof(struct kvm_msrs) + n * sizeof(struct kvm_msr_entry));
}

/* KVM_GET_MSRS and KVM_SET_MSRS go on to the first MSR that they fail at, and
 * return how many they did (KVM api.rst 4.18). */
static int msr_transfer(struct vcpu *vcpu, unsigned long request,
                        uint32_t index, uint64_t *value)
{
    struct kvm_msrs *one = msr_allocate(1);
    int r;

    if (!one)
        return -ENOMEM;
    one->nmsrs = 1;
    one->entries[0] = (struct kvm_msr_entry){.index = index, .data = *value};
    r = vcpu_ioctl_sized(vcpu, request, one, x86_msrs_size(one));
    *value = one->entries[0].data;
    free(one);
    return r;
}

int x86_msr_read(struct vcpu *vcpu, uint32_t index, uint64_t *ret)
{
    int r = x86_flush(vcpu);

    *ret = 0;
    if (r < 0)
        return r;
    r = msr_transfer(vcpu, KVM_GET_MSRS, index, ret);
    return r < 0 ? r : r == 0 ? -ENOENT : 0;
}

/* LME stays as it is while there is paging (Intel SDM 3A 10.8.5). KVM lets its
 * owner change it all the same, and cannot enter the guest then. */
static bool is_impossible(struct vcpu *vcpu, uint32_t index, uint64_t value)
{
    const struct kvm_sregs *sys = x86_sys(vcpu);

    return index == X86_MSR_EFER && sys->cr0 & X86_CR0_PG &&
           (value ^ sys->efer) & X86_EFER_LME;
}

/* EFER, FS.base, GS.base and the APIC's base are system registers as well. */
int x86_msr_write(struct vcpu *vcpu, uint32_t index, uint64_t value)
{
    int r = x86_flush(vcpu);

    if (r < 0)
        return r;
    if (is_impossible(vcpu, index, value))
        return -EINVAL;
    r = msr_transfer(vcpu, KVM_SET_MSRS, index, &value);
    if (r <= 0)
        return r < 0 ? r : -EINVAL;
    return x86_refetch(vcpu, X86_BANK_SYS | X86_BANK_MSR);
}

/* Asks for all; each time KVM stops at one, that one is left out. */
static int keep_existing(struct vcpu *vcpu, struct kvm_msrs *msrs)
{
    uint32_t n = msrs->nmsrs;

    for (;;) {
        int got =
            vcpu_ioctl_sized(vcpu, KVM_GET_MSRS, msrs, x86_msrs_size(msrs));

        if (got < 0 || (uint32_t)got >= n)
            return got < 0 ? got : 0;
        n--;
        for (uint32_t i = (uint32_t)got; i < n; i++)
            msrs->entries[i] = msrs->entries[i + 1];
        msrs->nmsrs = n;
        if (!n)
            return 0;
    }
}

int x86_msr_choose(struct vcpu *vcpu, const uint32_t *index, size_t n)
{
    struct vcpu_arch *arch = vcpu->arch;
    int r;

    if (n > X86_MSRS_MAX)
        return -ENOSPC;
    free(arch->msrs);
    arch->msrs = msr_allocate(n);
    if (!arch->msrs)
        return -ENOMEM;
    arch->msrs->nmsrs = (uint32_t)n;
    for (size_t i = 0; i < n; i++)
        arch->msrs->entries[i].index = index[i];
    r = keep_existing(vcpu, arch->msrs);
    if (r < 0)
        arch->msrs->nmsrs = 0;
    arch->valid &= ~(unsigned)X86_BANK_MSR;
    return r;
}

bool x86_msr_banked(const struct vcpu *vcpu, uint32_t index, uint64_t *ret)
{
    const struct kvm_msrs *msrs = vcpu->arch->msrs;

    for (uint32_t i = 0; msrs && i < msrs->nmsrs; i++) {
        if (msrs->entries[i].index != index)
            continue;
        if (ret)
            *ret = msrs->entries[i].data;
        return true;
    }
    return false;
}
