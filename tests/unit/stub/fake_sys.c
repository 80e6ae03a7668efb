/* SPDX-License-Identifier: MIT */
#include "tests/unit/stub/fake_sys.h"

#include <errno.h>
#include <string.h>

#include "kvm/core/sys.h"

struct fake_kvm fake_kvm;

static int copy(void *to, const void *from, size_t n)
{
    memcpy(to, from, n);
    return 0;
}

static int set_sregs(const struct kvm_sregs *sregs)
{
    if (sregs->cr4 & FAKE_CR4_RESERVED)
        return -EINVAL;
    fake_kvm.sregs = *sregs;
    fake_kvm.sregs.cr0 &= ~(uint64_t)FAKE_CR0_DROPPED;
    return 0;
}

static int set_xcrs(const struct kvm_xcrs *xcrs)
{
    if (!(xcrs->xcrs[0].value & 1))
        return -EINVAL;
    fake_kvm.xcrs = *xcrs;
    return 0;
}

static struct kvm_msr_entry *find_msr(uint32_t index)
{
    for (size_t i = 0; i < fake_kvm.n_msrs; i++)
        if (fake_kvm.msr[i].index == index)
            return &fake_kvm.msr[i];
    return NULL;
}

static int get_msrs(struct kvm_msrs *msrs)
{
    uint32_t i;

    for (i = 0; i < msrs->nmsrs; i++) {
        const struct kvm_msr_entry *msr = find_msr(msrs->entries[i].index);

        if (!msr)
            break;
        msrs->entries[i].data = msr->data;
    }
    return (int)i;
}

static int set_msrs(const struct kvm_msrs *msrs)
{
    uint32_t i;

    for (i = 0; i < msrs->nmsrs; i++) {
        struct kvm_msr_entry *msr = find_msr(msrs->entries[i].index);

        if (!msr || msr->index == FAKE_MSR_CONSTANT)
            break;
        msr->data = msrs->entries[i].data;
        if (msr->index == FAKE_MSR_NARROW)
            msr->data &= UINT32_MAX;
    }
    return (int)i;
}

/* KVM_GET_XSAVE is for areas of 4 KiB only. */
static int get_xsave(void *to, unsigned long request)
{
    if (request == KVM_GET_XSAVE &&
        fake_kvm.xsave_size > sizeof(struct kvm_xsave))
        return -EINVAL;
    return copy(to, fake_kvm.xsave, fake_kvm.xsave_size);
}

int sys_ioctl(int fd, unsigned long request, void *arg)
{
    (void)fd;
    fake_kvm.calls++;
    switch (request) {
    case KVM_GET_REGS:
        return copy(arg, &fake_kvm.regs, sizeof fake_kvm.regs);
    case KVM_SET_REGS:
        return copy(&fake_kvm.regs, arg, sizeof fake_kvm.regs);
    case KVM_GET_SREGS:
        return copy(arg, &fake_kvm.sregs, sizeof fake_kvm.sregs);
    case KVM_SET_SREGS:
        return set_sregs(arg);
    case KVM_GET_DEBUGREGS:
        return copy(arg, &fake_kvm.debugregs, sizeof fake_kvm.debugregs);
    case KVM_SET_DEBUGREGS:
        return copy(&fake_kvm.debugregs, arg, sizeof fake_kvm.debugregs);
    case KVM_GET_XCRS:
        return copy(arg, &fake_kvm.xcrs, sizeof fake_kvm.xcrs);
    case KVM_SET_XCRS:
        return set_xcrs(arg);
    case KVM_GET_XSAVE:
    case KVM_GET_XSAVE2:
        return get_xsave(arg, request);
    case KVM_SET_XSAVE:
        return copy(fake_kvm.xsave, arg, fake_kvm.xsave_size);
    case KVM_GET_MSRS:
        return get_msrs(arg);
    case KVM_SET_MSRS:
        return set_msrs(arg);
    default:
        return -ENOTTY;
    }
}

int sys_ioctl_value(int fd, unsigned long request, unsigned long arg)
{
    (void)fd;
    (void)request;
    (void)arg;
    return -ENOTTY;
}

int sys_check_extension(int fd, unsigned long capability)
{
    (void)fd;
    (void)capability;
    return 0;
}
