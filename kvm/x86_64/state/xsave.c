/* SPDX-License-Identifier: MIT */
#include "kvm/x86_64/state/xsave.h"

#include <stddef.h>
#include <string.h>

#include <linux/kvm.h>

enum { LEAF_XSAVE = 0xd, XSTATE_BV_AT = 512 };

/* Intel SDM 1 13.3: XCR0 takes AVX-512's components all together or not at
 * all, and only with AVX. */
#define AVX512_BITS  UINT64_C(0xe0)
#define AVX512_NEEDS (AVX512_BITS | UINT64_C(1) << X86_AVX)

static const struct kvm_cpuid_entry2 *xsave_leaf(const struct kvm_cpuid2 *cpuid,
                                                 uint32_t function,
                                                 uint32_t index)
{
    for (uint32_t i = 0; i < cpuid->nent; i++) {
        const struct kvm_cpuid_entry2 *e = &cpuid->entries[i];

        if (e->function == function && e->index == index)
            return e;
    }
    return NULL;
}

/* What XCR0 can be set to: KVM_SET_XCRS goes by leaf 0xD alone, EDX:EAX, and
 * so does code that looks no further. */
static uint64_t xsave_offered(const struct kvm_cpuid2 *cpuid)
{
    const struct kvm_cpuid_entry2 *xsave = xsave_leaf(cpuid, LEAF_XSAVE, 0);
    uint64_t components = xsave ? xsave->eax | (uint64_t)xsave->edx << 32 : 0;

    if (~components & AVX512_NEEDS)
        components &= ~AVX512_BITS;
    return components;
}

struct x86_xsave_layout x86_xsave_layout(const struct kvm_cpuid2 *cpuid)
{
    struct x86_xsave_layout layout = {.components = xsave_offered(cpuid)};

    for (uint32_t i = X86_AVX; i < X86_COMPONENTS; i++) {
        const struct kvm_cpuid_entry2 *part = xsave_leaf(cpuid, LEAF_XSAVE, i);

        if (!part || !(layout.components >> i & 1))
            continue;
        layout.part[i].size = part->eax;
        layout.part[i].offset = part->ebx;
    }
    return layout;
}

uint64_t x86_xsave_used(const struct kvm_xsave *xsave)
{
    uint64_t used;

    memcpy(&used, (const uint8_t *)xsave->region + XSTATE_BV_AT, sizeof used);
    return used;
}

void x86_xsave_mark(struct kvm_xsave *xsave, unsigned component)
{
    uint64_t used = x86_xsave_used(xsave) | UINT64_C(1) << component;

    memcpy((uint8_t *)xsave->region + XSTATE_BV_AT, &used, sizeof used);
}
