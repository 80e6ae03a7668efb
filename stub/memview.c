/* SPDX-License-Identifier: MIT */
#include "stub/memview.h"

#include <errno.h>
#include <string.h>

#include "kvm/arch.h"
#include "kvm/vm.h"

/* Where gva is and how many of n bytes lie there in one piece; NULL: none. */
static uint8_t *piece(struct vcpu *vcpu, uint64_t gva, size_t n,
                      uint64_t *ret_gpa, size_t *ret_n)
{
    uint64_t run;
    size_t part;

    if (arch_translate(vcpu, gva, ret_gpa, &run) < 0)
        return NULL;
    part = run < n ? (size_t)run : n;
    *ret_n = mem_run(&vcpu->vm->mem, *ret_gpa, part);
    return *ret_n ? mem_ptr(&vcpu->vm->mem, *ret_gpa, *ret_n) : NULL;
}

bool memview_has(struct vcpu *vcpu, uint64_t gva)
{
    uint64_t gpa;
    size_t part;

    return piece(vcpu, gva, 1, &gpa, &part) != NULL;
}

ssize_t memview_read(struct vcpu *vcpu, const struct bp_table *bps,
                     uint64_t gva, void *out, size_t n)
{
    size_t done = 0;

    while (done < n) {
        uint8_t *to = (uint8_t *)out + done;
        uint64_t gpa;
        size_t part;
        const uint8_t *hva = piece(vcpu, gva + done, n - done, &gpa, &part);

        if (!hva)
            break;
        memcpy(to, hva, part);
        bp_hide(bps, gpa, to, part);
        done += part;
    }
    return done || !n ? (ssize_t)done : -EFAULT;
}

static bool all_there(struct vcpu *vcpu, uint64_t gva, size_t n)
{
    uint64_t gpa;
    size_t part;

    for (size_t done = 0; done < n; done += part)
        if (!piece(vcpu, gva + done, n - done, &gpa, &part))
            return false;
    return true;
}

int memview_write(struct vcpu *vcpu, struct bp_table *bps, uint64_t gva,
                  const void *in, size_t n)
{
    uint64_t gpa;
    size_t part;

    if (!all_there(vcpu, gva, n))
        return -EFAULT;
    for (size_t done = 0; done < n; done += part) {
        uint8_t *hva = piece(vcpu, gva + done, n - done, &gpa, &part);

        if (!hva) /* the write itself changed the page tables */
            return -EFAULT;
        memcpy(hva, (const uint8_t *)in + done, part);
        bp_written(bps, gpa, part);
    }
    return 0;
}
