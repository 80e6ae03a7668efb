/* SPDX-License-Identifier: MIT */
/*
 * XSAVE and XRSTOR in all their forms, between the guest's memory and the state
 * that KVM has: Intel SDM 1 13.7 to 13.12. One table of what lies where serves
 * both ways.
 */
#include <string.h>

#include "kvm/x86_64/complete/access.h"
#include "kvm/x86_64/complete/system.h"
#include "kvm/x86_64/state/cpuid.h"
#include "kvm/x86_64/state/linear.h"
#include "kvm/x86_64/state/state.h"
#include "kvm/x86_64/state/xsave.h"

#define COMPACT UINT64_C(0x8000000000000000) /* of XCOMP_BV */

enum {
    HEADER = 512,
    HEADER_SIZE = 64,
    AREA_MAX = 4096 - HEADER, /* of the area beside the legacy one */
    MXCSR = 24,
    MXCSR_SIZE = 8, /* with its mask */
    MXCSR_INITIAL = 0x1f80,
    FCW_INITIAL = 0x37f,
    X87_REGISTERS = 32,
    XMM_REGISTERS = 160,
    XMM8_REGISTER = 288,
    LEGACY_END = 416,
    AVX_HALF = 128, /* of the first eight */
};

/* The area in the guest's memory, and what of it is meant. Outside of 64-bit
 * code there are eight vector registers, and the others stay. */
struct xarea {
    bool wide; /* 64-bit code */
    uint8_t bytes[HEADER + AREA_MAX];
    size_t size;
    uint64_t present; /* XSTATE_BV */
    uint64_t compact; /* XCOMP_BV; 0: the standard form */
};

/* --- which components, and where --- */

static uint64_t requested(const struct complete *c)
{
    const struct kvm_regs *gp = x86_gp(c->vcpu);

    return (uint32_t)gp->rax | gp->rdx << 32;
}

static bool is_aligned(struct vcpu *vcpu, unsigned component)
{
    enum { ALIGNED = 2 };

    return x86_cpuid_value(vcpu, 0xd, component, CPUID_ECX) & ALIGNED;
}

/* Where component i, above the legacy ones, is in the area. */
static size_t place_of(struct vcpu *vcpu, uint64_t compact, unsigned component)
{
    const struct x86_xsave_layout *layout = &vcpu->arch->layout;
    size_t at = HEADER + HEADER_SIZE;

    if (!compact)
        return layout->part[component].offset;
    for (unsigned i = X86_AVX; i <= component; i++) {
        if (!(compact >> i & 1))
            continue;
        if (is_aligned(vcpu, i))
            at = (at + 63) & ~(size_t)63;
        if (i < component)
            at += layout->part[i].size;
    }
    return at;
}

static size_t xstate_size_of(struct vcpu *vcpu, uint64_t compact,
                             uint64_t components)
{
    size_t size = HEADER + HEADER_SIZE;

    for (unsigned i = X86_AVX; i < X86_COMPONENTS; i++)
        if (components >> i & 1) {
            size_t end =
                place_of(vcpu, compact, i) + vcpu->arch->layout.part[i].size;

            size = end > size ? end : size;
        }
    return size;
}

/* --- legacy parts --- */

static void copy(uint8_t *to, const uint8_t *from, size_t at, size_t end)
{
    memcpy(to + at, from + at, end - at);
}

static size_t xmm_end(bool wide)
{
    return wide ? LEGACY_END : XMM8_REGISTER;
}

static void set_initial(uint8_t *area, unsigned component, bool wide)
{
    const uint16_t fcw = FCW_INITIAL;

    if (component == X86_SSE)
        memset(area + XMM_REGISTERS, 0, xmm_end(wide) - XMM_REGISTERS);
    if (component != X86_X87)
        return;
    memset(area, 0, MXCSR);
    memset(area + X87_REGISTERS, 0, XMM_REGISTERS - X87_REGISTERS);
    memcpy(area, &fcw, sizeof fcw);
}

/* NULL from: its initial state. */
static void move_legacy(uint8_t *to, const uint8_t *from, unsigned component,
                        bool wide)
{
    if (!from) {
        set_initial(to, component, wide);
    } else if (component == X86_SSE) {
        copy(to, from, XMM_REGISTERS, xmm_end(wide));
    } else {
        copy(to, from, 0, MXCSR);
        copy(to, from, X87_REGISTERS, XMM_REGISTERS);
    }
}

static size_t moved_size(struct vcpu *vcpu, const struct xarea *area,
                         unsigned component)
{
    return component == X86_AVX && !area->wide
               ? AVX_HALF
               : vcpu->arch->layout.part[component].size;
}

/* --- to memory --- */

static void save_component(struct vcpu *vcpu, struct xarea *area, unsigned i)
{
    const uint8_t *state = (const uint8_t *)vcpu->arch->xsave;
    size_t n = moved_size(vcpu, area, i);
    bool used = x86_xsave_used(vcpu->arch->xsave) >> i & 1;
    uint8_t *to = area->bytes + place_of(vcpu, area->compact, i);

    if (i <= X86_SSE)
        move_legacy(area->bytes, used ? state : NULL, i, area->wide);
    else if (used)
        memcpy(to, state + vcpu->arch->layout.part[i].offset, n);
    else
        memset(to, 0, n);
}

/* Of the compact forms only what is in use is stored, and an SSE whose MXCSR
 * alone is not initial is in use: SDM 1 13.10, 13.11. */
static uint64_t in_use(struct vcpu *vcpu, bool compact)
{
    const uint8_t *state = (const uint8_t *)vcpu->arch->xsave;
    uint64_t used = x86_xsave_used(vcpu->arch->xsave);
    uint32_t mxcsr;

    memcpy(&mxcsr, state + MXCSR, sizeof mxcsr);
    if (compact && mxcsr != MXCSR_INITIAL)
        used |= UINT64_C(1) << X86_SSE;
    return used;
}

static void save_area(struct vcpu *vcpu, struct xarea *area, uint64_t wanted)
{
    const uint8_t *state = (const uint8_t *)vcpu->arch->xsave;
    uint64_t used = in_use(vcpu, area->compact);
    uint64_t stored = area->compact ? wanted & used : wanted;

    for (unsigned i = 0; i < X86_COMPONENTS; i++)
        if (stored >> i & 1)
            save_component(vcpu, area, i);
    if (wanted & (1 << X86_SSE | 1 << X86_AVX))
        copy(area->bytes, state, MXCSR, MXCSR + MXCSR_SIZE);
    area->present = area->compact ? wanted & used
                                  : (area->present & ~wanted) | (used & wanted);
    memcpy(area->bytes + HEADER, &area->present, sizeof area->present);
    if (area->compact)
        memcpy(area->bytes + HEADER + sizeof area->present, &area->compact,
               sizeof area->compact);
}

/* --- from memory --- */

static void restore_component(struct vcpu *vcpu, const struct xarea *area,
                              unsigned i)
{
    uint8_t *state = (uint8_t *)vcpu->arch->xsave;
    uint8_t *to = state + vcpu->arch->layout.part[i].offset;
    size_t n = moved_size(vcpu, area, i);
    bool present = area->present >> i & 1;

    if (i <= X86_SSE)
        move_legacy(state, present ? area->bytes : NULL, i, area->wide);
    else if (present)
        memcpy(to, area->bytes + place_of(vcpu, area->compact, i), n);
    else
        memset(to, 0, n);
    x86_xsave_mark(vcpu->arch->xsave, i); /* zeros, too */
}

/* Is MXCSR loaded? In the compact form only along with SSE: SDM 1 13.8. */
static bool loads_mxcsr(const struct xarea *area, uint64_t wanted)
{
    const uint64_t sse = 1 << X86_SSE;
    const uint64_t avx = 1 << X86_AVX;

    return area->compact ? wanted & area->present & sse : wanted & (sse | avx);
}

/* Where SSE becomes initial MXCSR does, too, but not, on the CPU that it was
 * tried on, beside an AVX that is loaded. */
static void restore_mxcsr(struct vcpu *vcpu, const struct xarea *area,
                          uint64_t wanted)
{
    const uint64_t either = 1 << X86_SSE | 1 << X86_AVX;
    const uint32_t initial = MXCSR_INITIAL;
    uint8_t *state = (uint8_t *)vcpu->arch->xsave;

    if (loads_mxcsr(area, wanted))
        memcpy(state + MXCSR, area->bytes + MXCSR, sizeof initial);
    else if (wanted >> X86_SSE & 1 && !(area->present & wanted & either))
        memcpy(state + MXCSR, &initial, sizeof initial);
}

/* In the standard form bytes 8 to 23 of the header must be 0, in the compact
 * one all from 16 on. */
static bool is_sound(const struct xarea *area, uint64_t enabled,
                     uint64_t wanted)
{
    static const uint8_t zeros[HEADER_SIZE];
    enum { FORM = 8, RESERVED = 16, IGNORED = 24 };
    const uint8_t *header = area->bytes + HEADER;
    uint32_t mxcsr;

    memcpy(&mxcsr, area->bytes + MXCSR, sizeof mxcsr);
    if ((loads_mxcsr(area, wanted) && mxcsr >> 16) || area->present & ~enabled)
        return false;
    if (!(area->compact & COMPACT))
        return memcmp(header + FORM, zeros, IGNORED - FORM) == 0;
    return !(area->present & ~area->compact) &&
           !(area->compact & ~COMPACT & ~enabled) &&
           memcmp(header + RESERVED, zeros, HEADER_SIZE - RESERVED) == 0;
}

static void restore_area(struct vcpu *vcpu, const struct xarea *area,
                         uint64_t wanted)
{
    for (unsigned i = 0; i < X86_COMPONENTS; i++)
        if (wanted >> i & 1)
            restore_component(vcpu, area, i);
    restore_mxcsr(vcpu, area, wanted);
    x86_touch(vcpu, X86_BANK_XSAVE);
}

/* --- both --- */

static bool open_range(struct vcpu *vcpu, uint64_t gva, size_t n, bool write)
{
    struct access_fault fault;

    return x86_may_access(vcpu, gva, n, write, &fault) == ACCESS_FINE;
}

static bool read_area(struct vcpu *vcpu, uint64_t gva, struct xarea *area)
{
    if (area->size > sizeof area->bytes ||
        x86_read(vcpu, gva, area->bytes, area->size) != area->size)
        return false;
    memcpy(&area->present, area->bytes + HEADER, sizeof area->present);
    return true;
}

/* What the guest has enabled; those of the supervisor are not offered. */
static bool xstate_begin(const struct complete *c, uint64_t *ret_gva,
                         uint64_t *ret_enabled)
{
    struct vcpu *vcpu = c->vcpu;

    *ret_gva = c->at.access[0].access.gva;
    return c->at.n_accesses == 1 && *ret_gva % 64 == 0 &&
           x86_xcr0(vcpu, ret_enabled) == 0 &&
           !(*ret_enabled & ~vcpu->arch->layout.components) &&
           x86_fetch(vcpu, X86_BANK_XSAVE) == 0;
}

static bool xstate_save(const struct complete *c, bool compact)
{
    struct vcpu *vcpu = c->vcpu;
    struct xarea area = {.wide = c->at.mode == INSN_MODE_64};
    uint64_t enabled;
    uint64_t wanted;
    uint64_t gva;

    if (!xstate_begin(c, &gva, &enabled))
        return false;
    wanted = requested(c) & enabled;
    area.compact = compact ? wanted | COMPACT : 0;
    area.size = xstate_size_of(vcpu, area.compact, wanted);
    if (!open_range(vcpu, gva, area.size, true) || !read_area(vcpu, gva, &area))
        return false;
    save_area(vcpu, &area, wanted);
    x86_mark_access(vcpu, gva, area.size, true);
    return x86_write(vcpu, gva, area.bytes, area.size) == 0 &&
           x86_complete_move_on(c);
}

bool x86_complete_xsave(const struct complete *c)
{
    return xstate_save(c, false);
}

bool x86_complete_xsavec(const struct complete *c)
{
    return xstate_save(c, true);
}

/* Its header and the legacy area, which are always there. */
static bool read_header(const struct complete *c, struct xarea *area,
                        uint64_t *ret_gva, uint64_t *ret_enabled)
{
    *area = (struct xarea){.wide = c->at.mode == INSN_MODE_64,
                           .size = HEADER + HEADER_SIZE};
    if (!xstate_begin(c, ret_gva, ret_enabled) ||
        !open_range(c->vcpu, *ret_gva, area->size, false) ||
        !read_area(c->vcpu, *ret_gva, area))
        return false;
    memcpy(&area->compact, area->bytes + HEADER + sizeof area->present,
           sizeof area->compact);
    return true;
}

/* The first of its bytes that the guest may not have. */
bool x86_xstate_faults(const struct complete *c, bool write,
                       struct access_fault *ret)
{
    uint64_t enabled;
    uint64_t gva;

    return xstate_begin(c, &gva, &enabled) &&
           x86_may_access(c->vcpu, gva,
                          xstate_size_of(c->vcpu, 0, requested(c) & enabled),
                          write, ret) == ACCESS_FAULT;
}

bool x86_xrstor_refuses(const struct complete *c)
{
    struct xarea area;
    uint64_t enabled;
    uint64_t gva;

    return read_header(c, &area, &gva, &enabled) &&
           !is_sound(&area, enabled, requested(c) & enabled);
}

bool x86_complete_xrstor(const struct complete *c)
{
    struct vcpu *vcpu = c->vcpu;
    struct xarea area;
    uint64_t enabled;
    uint64_t wanted;
    uint64_t gva;

    if (!read_header(c, &area, &gva, &enabled))
        return false;
    wanted = requested(c) & enabled;
    area.size = xstate_size_of(vcpu, area.compact, wanted & area.present);
    if (!open_range(vcpu, gva, area.size, false) ||
        !read_area(vcpu, gva, &area))
        return false;
    x86_mark_access(vcpu, gva, area.size, false);
    restore_area(vcpu, &area, wanted);
    return x86_complete_move_on(c);
}
