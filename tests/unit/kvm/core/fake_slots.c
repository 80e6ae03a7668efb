/* SPDX-License-Identifier: MIT */
#include "tests/unit/kvm/core/fake_slots.h"

#include <errno.h>
#include <stdbool.h>

#include "kvm/core/mem.h"
#include "kvm/core/sys.h"

struct fake_slots fake_slots;

static bool overlaps(const struct kvm_userspace_memory_region *a,
                     const struct kvm_userspace_memory_region *b)
{
    return b->memory_size > 0 &&
           a->guest_phys_addr < b->guest_phys_addr + b->memory_size &&
           b->guest_phys_addr < a->guest_phys_addr + a->memory_size;
}

static bool is_aligned(const struct kvm_userspace_memory_region *region)
{
    return (region->guest_phys_addr | region->memory_size |
            region->userspace_addr) %
               MEM_PAGE ==
           0;
}

static int set(const struct kvm_userspace_memory_region *region)
{
    struct kvm_userspace_memory_region *slot = &fake_slots.slot[region->slot];
    bool was = slot->memory_size > 0;
    bool is = region->memory_size > 0;

    /* None to delete, or one that is there already: it could only be moved or
     * get other flags, which nobody does here. */
    if (was == is)
        return -EINVAL;
    for (unsigned i = 0; is && i < fake_slots.n; i++)
        if (overlaps(region, &fake_slots.slot[i]))
            return -EEXIST;
    *slot = *region;
    return 0;
}

int sys_ioctl(int fd, unsigned long request, void *arg)
{
    const struct kvm_userspace_memory_region *region = arg;

    (void)fd;
    if (request != KVM_SET_USER_MEMORY_REGION)
        return -ENOTTY;
    if (++fake_slots.calls == fake_slots.fail_at)
        return fake_slots.fail_with;
    if (region->slot >= fake_slots.n || !is_aligned(region))
        return -EINVAL;
    return set(region);
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
    return capability == KVM_CAP_NR_MEMSLOTS ? (int)fake_slots.n : 0;
}
