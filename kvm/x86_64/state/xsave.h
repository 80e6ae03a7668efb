/* SPDX-License-Identifier: MIT */
#ifndef KVM_X86_64_STATE_XSAVE_H
#define KVM_X86_64_STATE_XSAVE_H

/*
 * The XSAVE area as KVM hands it out: never compacted (KVM api.rst 4.42), so
 * each component lies where CPUID leaf 0xD says (Intel SDM 1 13.4):
 *
 *     0        512     576           offset[AVX]      offset[OPMASK] ...
 *     +--------+-------+- - - - - - -+----------------+-----
 *     | x87,   |header:| (legacy     | upper halves   | k0-7 ...
 *     | SSE    |XSTATE_| area ends)  | of ymm0-15     |
 *     +--------+BV-----+- - - - - - -+----------------+-----
 */

#include <stdint.h>

struct kvm_cpuid2;
struct kvm_xsave;

/* State components, Intel SDM 1 13.1: bit numbers of XCR0 and XSTATE_BV. */
enum {
    X86_X87 = 0,
    X86_SSE = 1,
    X86_AVX = 2,
    X86_OPMASK = 5,    /* k0-7 */
    X86_ZMM_HI256 = 6, /* upper halves of zmm0-15 */
    X86_HI16_ZMM = 7,  /* all of zmm16-31 */
    X86_PKRU = 9,
    X86_COMPONENTS = 20,
};

struct x86_xsave_layout {
    uint64_t components; /* bit i: the guest can have component i */
    struct {
        uint32_t offset, size; /* bytes; 0 for x87 and SSE: the legacy area */
    } part[X86_COMPONENTS];
};

/* From the guest's CPUID. No components without leaf 0xD. */
struct x86_xsave_layout x86_xsave_layout(const struct kvm_cpuid2 *cpuid);

/* XSTATE_BV: bit i, component i is not in its initial state. */
uint64_t x86_xsave_used(const struct kvm_xsave *xsave);

/* The component was changed: KVM_SET_XSAVE takes initial values for those
 * whose XSTATE_BV bit is clear (Intel SDM 1 13.8). */
void x86_xsave_mark(struct kvm_xsave *xsave, unsigned component);

#endif
