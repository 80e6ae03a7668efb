/* SPDX-License-Identifier: MIT */
#include "kvm/x86_64/boot/flat.h"

#include <string.h>

static const struct kvm_segment flat_code = {
    .limit = 0xffffffff,
    .type = 11, /* code, readable, accessed */
    .present = 1,
    .s = 1,
    .g = 1,
};

static const struct kvm_segment flat_data = {
    .limit = 0xffffffff,
    .type = 3, /* data, writable, accessed */
    .present = 1,
    .db = 1,
    .s = 1,
    .g = 1,
};

/* A descriptor as the GDT holds it, Intel SDM 3A 3.4.5. */
static uint64_t descriptor(const struct kvm_segment *seg)
{
    uint64_t limit = seg->g ? seg->limit >> 12 : seg->limit;
    uint64_t access =
        (uint64_t)(seg->type | seg->s << 4 | seg->dpl << 5 | seg->present << 7 |
                   seg->l << 13 | seg->db << 14 | seg->g << 15);

    return (limit & 0xffff) | (seg->base & 0xffffff) << 16 | access << 40 |
           (limit >> 16 & 0xf) << 48 | (seg->base >> 24 & 0xff) << 56;
}

static void put_descriptor(struct kvm_sregs *sys, const struct x86_gdt *gdt,
                           const struct kvm_segment *seg)
{
    memcpy(gdt->hva + seg->selector, &(uint64_t){descriptor(seg)}, 8);
    sys->gdt = (struct kvm_dtable){.base = gdt->gpa,
                                   .limit = (uint16_t)(seg->selector + 7)};
}

void x86_load_flat(struct kvm_sregs *sys, const struct x86_gdt *gdt,
                   uint16_t code, uint16_t data, bool is_long)
{
    sys->cs = flat_code;
    sys->cs.selector = code;
    sys->cs.l = is_long;
    sys->cs.db = !is_long;
    sys->ds = flat_data;
    sys->ds.selector = data;
    sys->es = sys->fs = sys->gs = sys->ss = sys->ds;
    put_descriptor(sys, gdt, &sys->cs);
    put_descriptor(sys, gdt, &sys->ds);
}

void x86_load_task(struct kvm_sregs *sys, const struct x86_gdt *gdt,
                   uint16_t selector)
{
    sys->tr = (struct kvm_segment){.limit = 0x67,
                                   .selector = selector,
                                   .type = 11, /* busy 32-bit TSS */
                                   .present = 1};
    put_descriptor(sys, gdt, &sys->tr);
}
