/* SPDX-License-Identifier: MIT */
#include "kvm/x86_64/state/segment.h"

#include <errno.h>
#include <stddef.h>

#include "kvm/x86_64/state/linear.h"
#include "kvm/x86_64/state/state.h"

enum { SELECTOR_TI = 4, SELECTOR_RPL = 3, SELECTOR_OFFSET = 0xfff8 };

int x86_read_descriptor(struct vcpu *vcpu, uint16_t selector, uint64_t *ret)
{
    const struct kvm_sregs *sys = x86_sys(vcpu);
    bool local = selector & SELECTOR_TI;
    uint64_t base = local ? sys->ldt.base : sys->gdt.base;
    uint64_t limit = local ? sys->ldt.limit : sys->gdt.limit;
    uint64_t offset = selector & SELECTOR_OFFSET;

    if (offset + 7 > limit || (local && sys->ldt.unusable))
        return -EINVAL;
    return x86_read_number(vcpu, base + offset, 8, ret);
}

/*  63      56 55 54 53 52 51   48 47 46 45 44 43  40 39     16 15      0
 * +----------+--+--+--+--+-------+--+-----+--+------+---------+---------+
 * |base 31:24| G| D| L|  |limit  | P| DPL | S| type |base 23:0| limit   |
 * +----------+--+--+--+--+-------+--+-----+--+------+---------+---------+ */
static struct kvm_segment segment_decode(uint64_t d, uint16_t selector)
{
    uint32_t limit = (uint32_t)((d & 0xffff) | (d >> 32 & 0xf0000));
    struct kvm_segment segment = {
        .base = (d >> 16 & 0xffffff) | (d >> 32 & 0xff000000),
        .selector = selector,
        .type = d >> 40 & 0xf,
        .s = d >> 44 & 1,
        .dpl = d >> 45 & 3,
        .present = d >> 47 & 1,
        .avl = d >> 52 & 1,
        .l = d >> 53 & 1,
        .db = d >> 54 & 1,
        .g = d >> 55 & 1,
    };

    segment.limit = segment.g ? limit << 12 | 0xfff : limit;
    return segment;
}

int x86_read_segment(struct vcpu *vcpu, uint16_t selector,
                     struct kvm_segment *ret)
{
    uint64_t descriptor;
    int r = x86_read_descriptor(vcpu, selector, &descriptor);

    if (!r)
        *ret = segment_decode(descriptor, selector);
    return r;
}

/*
 * What a VM entry takes in each segment register (Intel SDM 3C 27.3.1.2); the
 * types are sets, bit i for type i (SDM 3A tables 3-1 and 3-2).
 */
struct segment_rule {
    size_t at;   /* in kvm_sregs */
    bool s;      /* code or data, not a system segment */
    bool needed; /* never unusable */
    uint16_t types;
    uint16_t real; /* and these in real mode */
};

#define TYPE(i) (1u << (i))
#define AT(s)   offsetof(struct kvm_sregs, s)

/* clang-format off */
static const struct segment_rule segment_rules[] = {
    /* Accessed code; in real mode CS may have what DS has. */
    {AT(cs),  true,  true,  TYPE(9) | TYPE(11) | TYPE(13) | TYPE(15), TYPE(3)},
    /* Accessed, writable data. */
    {AT(ss),  true,  false, TYPE(3) | TYPE(7), 0},
    {AT(ldt), false, false, TYPE(2), 0},
    /* A busy TSS. Where it must be one of 32 bits, KVM makes it one. */
    {AT(tr),  false, true,  TYPE(3) | TYPE(11), 0},
};

/* DS, ES, FS, GS: accessed data or readable code. */
static const struct segment_rule data_rule = {
    0, true, false,
    TYPE(1) | TYPE(3) | TYPE(5) | TYPE(7) | TYPE(11) | TYPE(15), 0,
};
/* clang-format on */

static const struct segment_rule *rule_of(const struct kvm_sregs *sys,
                                          const struct kvm_segment *segment)
{
    size_t at = (size_t)((const char *)segment - (const char *)sys);

    for (size_t i = 0; i < sizeof segment_rules / sizeof segment_rules[0]; i++)
        if (segment_rules[i].at == at)
            return &segment_rules[i];
    return &data_rule;
}

bool x86_segment_fits(struct vcpu *vcpu, const struct kvm_segment *segment,
                      const struct kvm_segment *value)
{
    const struct segment_rule *rule = rule_of(x86_sys(vcpu), segment);
    unsigned types = rule->types | (x86_is_real(vcpu) ? rule->real : 0u);

    if (value->unusable)
        return !rule->needed;
    return value->present && value->s == rule->s && types >> value->type & 1;
}

int x86_load_segment(struct vcpu *vcpu, struct kvm_segment *segment,
                     uint16_t selector)
{
    struct kvm_segment loaded = {.selector = selector, .unusable = 1};

    x86_touch(vcpu, X86_BANK_SYS);
    if (x86_is_real(vcpu)) {
        segment->selector = selector;
        segment->base = (uint64_t)selector << 4;
        return 0;
    }
    if (selector & ~SELECTOR_RPL) {
        if (x86_read_segment(vcpu, selector, &loaded) < 0)
            return -EINVAL;
        loaded.type |= 1; /* accessed */
    }
    if (!x86_segment_fits(vcpu, segment, &loaded))
        return -EINVAL;
    *segment = loaded;
    return 0;
}
