/* SPDX-License-Identifier: MIT */
/*
 * Registers that are more than a field that KVM keeps: what the CPU would do
 * when it loads them, and what it would never take. Values that a VM entry
 * would fail at (Intel SDM 3C 27.3.1) are refused here, where KVM_SET_SREGS
 * accepts them.
 */
#include <errno.h>
#include <string.h>

#include "kvm/arch_cpu.h"
#include "kvm/x86_64/state/linear.h"
#include "kvm/x86_64/state/msr.h"
#include "kvm/x86_64/state/segment.h"
#include "stub/x86_64/row.h"
#include "stub/x86_64/x87.h"

typedef unsigned long long ull;

uint8_t *x86_row_at(struct vcpu *vcpu, const struct row *row)
{
    uint32_t start = vcpu->arch->layout.part[row->component].offset;

    return (uint8_t *)x86_bank_data(vcpu, row->bank) + start + row->offset;
}

static void fields_put(struct vcpu *vcpu, const struct row *row, uint64_t value)
{
    memcpy(x86_row_at(vcpu, row), &value, row->size);
}

/* --- pc, sp, flags --- */

static int refuse_address(const struct row *row, uint64_t gva,
                          struct diag *diag)
{
    return diag_set(diag, -EINVAL, "%s cannot be 0x%llx: not canonical",
                    row->name, (ull)gva);
}

int row_read_pc(struct vcpu *vcpu, const struct row *row, uint64_t *ret)
{
    (void)row;
    *ret = arch_pc(vcpu);
    return 0;
}

int row_write_pc(struct vcpu *vcpu, const struct row *row, uint64_t value,
                 struct diag *diag)
{
    if (x86_code_bits(vcpu) == 64 && !x86_is_canonical(vcpu, value))
        return refuse_address(row, value, diag);
    if (arch_set_pc(vcpu, value) < 0)
        return diag_set(diag, -EINVAL,
                        "%s cannot be 0x%llx: CS, at 0x%llx, does not reach it",
                        row->name, (ull)value, (ull)x86_sys(vcpu)->cs.base);
    return 0;
}

/* pc as the CPU has it: without the base of CS. */
int row_write_ip(struct vcpu *vcpu, const struct row *row, uint64_t value,
                 struct diag *diag)
{
    const struct kvm_segment *cs = &x86_sys(vcpu)->cs;

    if (x86_code_bits(vcpu) == 64)
        return row_write_pc(vcpu, row, value, diag);
    if (value <= cs->limit &&
        !arch_set_pc(vcpu, (cs->base + value) & UINT32_MAX))
        return 0;
    return diag_set(diag, -EINVAL, "%s cannot be 0x%llx: CS ends at 0x%x",
                    row->name, (ull)value, cs->limit);
}

int row_read_sp(struct vcpu *vcpu, const struct row *row, uint64_t *ret)
{
    (void)row;
    *ret = x86_stack(vcpu, 0);
    return 0;
}

int row_write_sp(struct vcpu *vcpu, const struct row *row, uint64_t value,
                 struct diag *diag)
{
    if (!x86_set_stack(vcpu, value))
        return 0;
    return diag_set(diag, -EINVAL,
                    "%s cannot be 0x%llx: SS, at 0x%llx, does not reach it",
                    row->name, (ull)value, (ull)x86_sys(vcpu)->ss.base);
}

/* Reserved bits are what they are, as POPF has it (Intel SDM 1 3.4.3). VM goes
 * with segments of another kind, so only IRET and task switches change it. */
int row_write_eflags(struct vcpu *vcpu, const struct row *row, uint64_t value,
                     struct diag *diag)
{
    enum { WRITABLE = 0x3f7fd5, FIXED = 2 };
    struct kvm_regs *gp = x86_gp(vcpu);

    (void)row;
    if ((value ^ gp->rflags) & X86_RFLAGS_VM)
        return diag_set(diag, -EINVAL,
                        "VM cannot be changed: only IRET and task switches do");
    gp->rflags = (value & WRITABLE) | FIXED;
    return 0;
}

/* --- segments --- */

/* member: which part of it the row's offset points to. */
static struct kvm_segment *fields_segment_of(struct vcpu *vcpu,
                                             const struct row *row,
                                             size_t member)
{
    return (struct kvm_segment *)(void *)(x86_row_at(vcpu, row) - member);
}

int row_write_selector(struct vcpu *vcpu, const struct row *row, uint64_t value,
                       struct diag *diag)
{
    size_t member = offsetof(struct kvm_segment, selector);
    struct kvm_segment *segment = fields_segment_of(vcpu, row, member);

    if (value <= UINT16_MAX &&
        !x86_load_segment(vcpu, segment, (uint16_t)value))
        return 0;
    return diag_set(diag, -EINVAL,
                    "%s cannot be 0x%llx: no segment for it in the guest's "
                    "descriptor tables",
                    row->name, (ull)value);
}

int row_write_base(struct vcpu *vcpu, const struct row *row, uint64_t value,
                   struct diag *diag)
{
    if (!x86_is_canonical(vcpu, value))
        return refuse_address(row, value, diag);
    fields_put(vcpu, row, value);
    return 0;
}

int row_write_base32(struct vcpu *vcpu, const struct row *row, uint64_t value,
                     struct diag *diag)
{
    if (value > UINT32_MAX)
        return diag_set(diag, -EINVAL,
                        "%s cannot be 0x%llx: this segment's base has 32 bits",
                        row->name, (ull)value);
    fields_put(vcpu, row, value);
    return 0;
}

/* A limit counts bytes, up to 1 MiB, or pages: then its low bits are ones
 * (Intel SDM 3A 3.4.5, "G flag"). */
enum { BYTES_MAX = 0xfffff, PAGE_BITS = 0xfff };

static bool counts_bytes(uint64_t limit)
{
    return limit <= BYTES_MAX;
}

static bool counts_pages(uint64_t limit)
{
    return (limit & PAGE_BITS) == PAGE_BITS;
}

/* G follows where it has to. */
int row_write_limit(struct vcpu *vcpu, const struct row *row, uint64_t value,
                    struct diag *diag)
{
    size_t member = offsetof(struct kvm_segment, limit);
    struct kvm_segment *segment = fields_segment_of(vcpu, row, member);

    if (!counts_bytes(value) && !counts_pages(value))
        return diag_set(diag, -EINVAL,
                        "%s cannot be 0x%llx: above 1 MiB a limit ends with "
                        "a page, with 0xfff",
                        row->name, (ull)value);
    segment->limit = (uint32_t)value;
    segment->g = !counts_bytes(value) || (segment->g && counts_pages(value));
    return 0;
}

/* As in a descriptor's second half, moved down by 8, and what a VM entry takes
 * (Intel SDM 3C table 25-2):
 *
 *   31    17  16  15 14 13 12  11  8  7   6 5  4  3   0
 *  +--------+---+--+--+--+---+------+---+-----+--+------+
 *  |   0    |UNU|G |DB|L |AVL|  0   | P | DPL |S | TYPE |
 *  +--------+---+--+--+--+---+------+---+-----+--+------+ */
enum { ATTR_BITS = 0x1f0ff };

int row_read_attr(struct vcpu *vcpu, const struct row *row, uint64_t *ret)
{
    const struct kvm_segment *s =
        fields_segment_of(vcpu, row, offsetof(struct kvm_segment, type));

    *ret = (uint64_t)(s->type | s->s << 4 | s->dpl << 5 | s->present << 7 |
                      s->avl << 12 | s->l << 13 | s->db << 14 | s->g << 15 |
                      s->unusable << 16);
    return 0;
}

int row_write_attr(struct vcpu *vcpu, const struct row *row, uint64_t value,
                   struct diag *diag)
{
    struct kvm_segment *segment =
        fields_segment_of(vcpu, row, offsetof(struct kvm_segment, type));
    struct kvm_segment s = *segment;

    s.type = value & 0xf;
    s.s = value >> 4 & 1;
    s.dpl = value >> 5 & 3;
    s.present = value >> 7 & 1;
    s.avl = value >> 12 & 1;
    s.l = value >> 13 & 1;
    s.db = value >> 14 & 1;
    s.g = value >> 15 & 1;
    s.unusable = value >> 16 & 1;
    if (value & ~(uint64_t)ATTR_BITS)
        return diag_set(diag, -EINVAL, "%s: only bits 0x%x exist", row->name,
                        ATTR_BITS);
    if (s.l && s.db)
        return diag_set(diag, -EINVAL, "%s: L and DB exclude each other",
                        row->name);
    if (s.g ? !counts_pages(s.limit) : !counts_bytes(s.limit))
        return diag_set(diag, -EINVAL, "%s: G contradicts the limit, 0x%x",
                        row->name, s.limit);
    if (!x86_segment_fits(vcpu, segment, &s))
        return diag_set(diag, -EINVAL,
                        "%s cannot be 0x%llx: the CPU never has such a segment "
                        "there",
                        row->name, (ull)value);
    *segment = s;
    return 0;
}

/* --- control registers --- */

/* LMA follows LME and CR0.PG (Intel SDM 3A 10.8.5). */
static uint64_t with_lma(uint64_t efer, uint64_t cr0)
{
    if (efer & X86_EFER_LME && cr0 & X86_CR0_PG)
        return efer | X86_EFER_LMA;
    return efer & ~X86_EFER_LMA;
}

int row_write_cr0(struct vcpu *vcpu, const struct row *row, uint64_t value,
                  struct diag *diag)
{
    struct kvm_sregs *sys = x86_sys(vcpu);

    (void)row;
    (void)diag;
    sys->cr0 = value;
    sys->efer = with_lma(sys->efer, value);
    return 0;
}

/* KVM_SET_SREGS does not look at them (Intel SDM 3A 2.2.1, AMD APM 2 3.1.7). */
enum { EFER_BITS = 0x36fd01 };

int row_write_efer(struct vcpu *vcpu, const struct row *row, uint64_t value,
                   struct diag *diag)
{
    struct kvm_sregs *sys = x86_sys(vcpu);

    (void)row;
    if (value & ~(uint64_t)EFER_BITS)
        return diag_set(diag, -EINVAL, "efer has the bits 0x%x and no others",
                        EFER_BITS);
    if (with_lma(value, sys->cr0) != value)
        return diag_set(diag, -EINVAL,
                        "LMA is read-only: it is LME and CR0.PG together");
    sys->efer = value;
    return 0;
}

/* Without an APIC in the kernel, KVM_RUN takes CR8 from the run page. */
int row_write_cr8(struct vcpu *vcpu, const struct row *row, uint64_t value,
                  struct diag *diag)
{
    if (value > 15)
        return diag_set(diag, -EINVAL, "cr8 has 4 bits");
    fields_put(vcpu, row, value);
    vcpu->run->cr8 = value;
    return 0;
}

/* --- x87, MSRs --- */

int row_read_tag(struct vcpu *vcpu, const struct row *row, uint64_t *ret)
{
    (void)row;
    *ret = x87_full_tag(vcpu->arch->xsave);
    return 0;
}

int row_write_tag(struct vcpu *vcpu, const struct row *row, uint64_t value,
                  struct diag *diag)
{
    if (value > UINT16_MAX)
        return diag_set(diag, -EINVAL, "%s has 16 bits", row->name);
    x87_set_full_tag(vcpu->arch->xsave, (uint16_t)value);
    return 0;
}

int row_read_msr(struct vcpu *vcpu, const struct row *row, uint64_t *ret)
{
    return x86_msr_banked(vcpu, row->offset, ret) ? 0 : -ENODATA;
}

/* The clock moves on; others hold what they were given, or it was too much:
 * AMD has 32 bits of SYSENTER_ESP and SYSENTER_EIP. */
static bool fields_holds(struct vcpu *vcpu, uint32_t index, uint64_t value)
{
    uint64_t got;

    return index == X86_MSR_TSC ||
           (x86_msr_read(vcpu, index, &got) == 0 && got == value);
}

int row_write_msr(struct vcpu *vcpu, const struct row *row, uint64_t value,
                  struct diag *diag)
{
    uint64_t before;
    int r = row_read_msr(vcpu, row, &before);

    if (!r)
        r = x86_msr_write(vcpu, row->offset, value);
    if (r < 0 || fields_holds(vcpu, row->offset, value))
        return r;
    (void)x86_msr_write(vcpu, row->offset, before);
    return diag_set(diag, -EINVAL, "KVM does not keep this value of %s",
                    row->name);
}
