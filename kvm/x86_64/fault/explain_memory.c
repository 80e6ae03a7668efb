/* SPDX-License-Identifier: MIT */
/* Faults of memory: segments, canonical addresses, alignment, pages. */
#include "kvm/x86_64/fault/explain_memory.h"

#include <stdio.h>
#include <string.h>

#include "kvm/core/mem.h"
#include "kvm/vm/types.h"
#include "kvm/x86_64/fault/explain_case.h"
#include "kvm/x86_64/fault/explain_descriptor.h"
#include "kvm/x86_64/fault/explain_kinds.h"
#include "kvm/x86_64/paging/rights.h"
#include "kvm/x86_64/state/state.h"

/* --- pages --- */

static const char *table_name(unsigned level)
{
    static const char *const names[] = {
        [1] = "page table",
        [2] = "page directory",
        [3] = "page directory pointer table",
        [4] = "PML4",
        [5] = "PML5",
    };

    return level < 6 && names[level] ? names[level] : "page tables";
}

static void say_unmapped(const struct walk_fault *fault, char *text, size_t cap)
{
    if (fault->no_memory)
        (void)snprintf(text, cap, "the %s at 0x%llx is outside of memory",
                       table_name(fault->level),
                       (unsigned long long)(fault->entry_gpa & ~0xfffull));
    else
        (void)snprintf(
            text, cap, "the entry in the %s (at 0x%llx: 0x%llx) %s",
            table_name(fault->level), (unsigned long long)fault->entry_gpa,
            (unsigned long long)fault->entry,
            fault->reserved ? "has reserved bits set" : "is not present");
}

static const char *refusal_name(enum page_refusal refusal)
{
    switch (refusal) {
    case PAGE_SUPERVISOR:
        return "the page belongs to the supervisor";
    case PAGE_READ_ONLY:
        return "the page is read-only";
    case PAGE_NO_EXECUTE:
        return "the page is not executable";
    case PAGE_SMEP:
        return "the page belongs to the user, whose code CR4.SMEP keeps the "
               "supervisor from executing";
    case PAGE_SMAP:
        return "the page belongs to the user, whose data CR4.SMAP keeps the "
               "supervisor from accessing while RFLAGS.AC is clear";
    case PAGE_KEY:
        return "PKRU forbids the page's protection key";
    default:
        return "";
    }
}

static uint32_t pkru(struct vcpu *vcpu)
{
    const struct x86_xsave_layout *layout = &vcpu->arch->layout;
    uint32_t value = 0;

    if (layout->part[X86_PKRU].size && !x86_fetch(vcpu, X86_BANK_XSAVE))
        memcpy(&value,
               (const uint8_t *)vcpu->arch->xsave +
                   layout->part[X86_PKRU].offset,
               sizeof value);
    return value;
}

/* What the access is told; PKRU costs an ioctl, so it is asked only if it
 * matters. */
static void memory_check(const struct explain *e, uint64_t gva,
                         struct page_access access, struct page_verdict *ret)
{
    enum { CR4_PKE = 1 << 22 };
    const struct paging paging = x86_paging(e->vcpu);

    access.ac = e->gp->rflags & X86_RFLAGS_AC;
    if (e->sys->cr4 & CR4_PKE)
        access.pkru = pkru(e->vcpu);
    page_check(&paging, &e->vcpu->vm->mem, gva, &access, ret);
}

bool explain_page(struct explain *e, uint64_t gva,
                  const struct page_access *access, const char *what)
{
    struct page_verdict verdict;
    char why[160];

    memory_check(e, gva, *access, &verdict);
    if (verdict.refusal == PAGE_ALLOWED ||
        verdict.refusal == PAGE_NOT_CANONICAL)
        return false;
    if (verdict.refusal == PAGE_NOT_MAPPED)
        say_unmapped(&verdict.fault, why, sizeof why);
    else
        (void)snprintf(why, sizeof why, "%s", refusal_name(verdict.refusal));
    e->fault->gva = gva;
    return explain_raise(e, X86_PF, verdict.code, "%s 0x%llx: %s", what,
                         (unsigned long long)gva, why);
}

bool explain_pages(struct explain *e, uint64_t gva, uint64_t size,
                   const struct page_access *access, const char *what)
{
    uint64_t last = gva + (size ? size - 1 : 0);
    uint64_t next = last & -(uint64_t)MEM_PAGE;

    if (e->at->mode != INSN_MODE_64) {
        last = (uint32_t)last;
        next = (uint32_t)next;
    }
    return explain_page(e, gva, access, what) ||
           (next != (gva & -(uint64_t)MEM_PAGE) &&
            explain_page(e, next, access, what));
}

bool explain_canonical(const struct explain *e, uint64_t gva)
{
    unsigned bits = e->sys->cr4 & X86_CR4_LA57 ? 57 : 48;

    return paging_is_canonical(gva, bits);
}

/* --- segments --- */

const struct kvm_segment *explain_segment(const struct explain *e,
                                          enum x86_segment segment)
{
    const struct kvm_sregs *sys = e->sys;
    const struct kvm_segment *const segments[] = {
        [X86_SEG_ES] = &sys->es, [X86_SEG_CS] = &sys->cs,
        [X86_SEG_SS] = &sys->ss, [X86_SEG_DS] = &sys->ds,
        [X86_SEG_FS] = &sys->fs, [X86_SEG_GS] = &sys->gs,
    };

    return segments[segment];
}

const char *explain_segment_name(enum x86_segment segment)
{
    static const char *const names[] = {
        [X86_SEG_ES] = "ES", [X86_SEG_CS] = "CS", [X86_SEG_SS] = "SS",
        [X86_SEG_DS] = "DS", [X86_SEG_FS] = "FS", [X86_SEG_GS] = "GS",
    };

    return names[segment];
}

/* Intel SDM 3A 5.3: an expand-down segment begins where its limit ends. */
static bool beyond_limit(const struct kvm_segment *s, uint64_t offset,
                         uint64_t size)
{
    uint64_t last = offset + size - 1;
    bool down = s->s && !(s->type & TYPE_CODE) && s->type & TYPE_DOWN;

    if (down)
        return offset <= s->limit || last > (s->db ? UINT32_MAX : UINT16_MAX);
    return last > s->limit;
}

static const char *access_name(const struct operand *o)
{
    return o->access.write ? "write to" : "read of";
}

/* Those of the stack raise an exception of their own. */
static int segment_vector(const struct operand *o)
{
    return o->segment == X86_SEG_SS ? X86_SS : X86_GP;
}

/* Intel SDM 3A 5.5: what kind of segment is it? */
static bool explain_type(struct explain *e, const struct operand *o)
{
    const struct kvm_segment *s = explain_segment(e, o->segment);
    const char *name = explain_segment_name(o->segment);
    bool code = s->type & TYPE_CODE;

    if (s->unusable)
        return explain_raise(
            e, segment_vector(o), 0, "%s %s:0x%llx: %s holds the null selector",
            access_name(o), name, (unsigned long long)o->offset, name);
    if (o->access.write && (code || !(s->type & TYPE_WRITABLE)))
        return explain_raise(e, segment_vector(o), 0,
                             "write to %s:0x%llx: %s (selector 0x%x) is %s",
                             name, (unsigned long long)o->offset, name,
                             s->selector,
                             code ? "a code segment" : "read-only");
    if (o->access.read && code && !(s->type & TYPE_READABLE))
        return explain_raise(
            e, segment_vector(o), 0,
            "read of %s:0x%llx: %s (selector 0x%x) is an execute-only segment",
            name, (unsigned long long)o->offset, name, s->selector);
    return false;
}

static bool explain_memory_limit(struct explain *e, const struct operand *o)
{
    const struct kvm_segment *s = explain_segment(e, o->segment);
    const char *name = explain_segment_name(o->segment);

    if (!beyond_limit(s, o->offset, o->size))
        return false;
    return explain_raise(e, segment_vector(o), 0,
                         "%s %s:0x%llx, beyond the limit of %s (selector 0x%x, "
                         "limit 0x%x)",
                         access_name(o), name, (unsigned long long)o->offset,
                         name, s->selector, s->limit);
}

static bool explain_segmentation(struct explain *e, const struct operand *o)
{
    if (e->at->mode != INSN_MODE_64)
        return (!e->is_real && explain_type(e, o)) ||
               explain_memory_limit(e, o);
    if (explain_canonical(e, o->gva) &&
        explain_canonical(e, o->gva + o->size - 1))
        return false;
    return explain_raise(e, segment_vector(o), 0,
                         "%s 0x%llx, which is not canonical", access_name(o),
                         (unsigned long long)o->gva);
}

/* --- alignment --- */

/* Instructions that take any address although others of their class do not,
 * Intel SDM 2A 2.4 tables 2-18 and 2-21. */
static bool takes_unaligned(ZydisMnemonic mnemonic)
{
    switch (mnemonic) {
    case ZYDIS_MNEMONIC_MOVUPS:
    case ZYDIS_MNEMONIC_MOVUPD:
    case ZYDIS_MNEMONIC_MOVDQU:
    case ZYDIS_MNEMONIC_LDDQU:
    case ZYDIS_MNEMONIC_PCMPESTRI:
    case ZYDIS_MNEMONIC_PCMPESTRM:
    case ZYDIS_MNEMONIC_PCMPISTRI:
    case ZYDIS_MNEMONIC_PCMPISTRM:
    case ZYDIS_MNEMONIC_MASKMOVDQU:
        return true;
    default:
        return false;
    }
}

/* How the operand must be aligned, in bytes; 1: it need not be. */
static uint64_t memory_alignment(const struct explain *e,
                                 const struct operand *o)
{
    enum { FXSAVE = 16, XSAVE = 64, SSE = 16 };

    switch (e->at->insn.meta.isa_set) {
    case ZYDIS_ISA_SET_FXSAVE:
    case ZYDIS_ISA_SET_FXSAVE64:
    case ZYDIS_ISA_SET_CMPXCHG16B:
        return FXSAVE;
    case ZYDIS_ISA_SET_XSAVE:
    case ZYDIS_ISA_SET_XSAVEC:
    case ZYDIS_ISA_SET_XSAVEOPT:
    case ZYDIS_ISA_SET_XSAVES:
        return XSAVE;
    default:
        break;
    }
    switch (e->at->insn.meta.exception_class) {
    case ZYDIS_EXCEPTION_CLASS_SSE1:
    case ZYDIS_EXCEPTION_CLASS_SSE2:
    case ZYDIS_EXCEPTION_CLASS_SSE4:
        return o->size == SSE && !takes_unaligned(e->at->insn.mnemonic) ? SSE
                                                                        : 1;
    case ZYDIS_EXCEPTION_CLASS_AVX1:
    case ZYDIS_EXCEPTION_CLASS_E1:
    case ZYDIS_EXCEPTION_CLASS_E1NF:
        return o->size ? o->size : 1;
    default:
        return 1;
    }
}

static bool explain_alignment(struct explain *e, const struct operand *o)
{
    uint64_t needed = memory_alignment(e, o);
    char name[96];

    if (o->gva % needed == 0)
        return false;
    explain_name(e, name, sizeof name);
    return explain_raise(e, X86_GP, 0,
                         "%s: its operand at 0x%llx is not aligned to %llu "
                         "bytes",
                         name, (unsigned long long)o->gva,
                         (unsigned long long)needed);
}

/* --- operands --- */

/* What iret and far returns read depends on what they find. */
static bool is_frame(const struct explain *e, const struct operand *o)
{
    return explain_is_far(e) &&
           e->at->op[o->index].visibility == ZYDIS_OPERAND_VISIBILITY_HIDDEN;
}

static bool memory_is_iret(const struct explain *e)
{
    return e->at->insn.mnemonic == ZYDIS_MNEMONIC_IRET ||
           e->at->insn.mnemonic == ZYDIS_MNEMONIC_IRETD ||
           e->at->insn.mnemonic == ZYDIS_MNEMONIC_IRETQ;
}

static bool explain_memory_access(struct explain *e, struct operand o)
{
    const struct page_access access = {.write = o.access.write,
                                       .user = e->cpl == 3};

    if (memory_is_iret(e) && e->at->mode != INSN_MODE_64)
        o.size =
            3 * (e->at->insn.operand_width / 8); /* at least: IP, CS, flags */
    if (!o.access.size)
        return false;
    return explain_segmentation(e, &o) ||
           (!is_frame(e, &o) && explain_alignment(e, &o)) ||
           explain_pages(e, o.gva, o.size, &access, access_name(&o));
}

bool explain_memory(struct explain *e)
{
    if (e->at->insn.mnemonic == ZYDIS_MNEMONIC_LEA)
        return false;
    for (unsigned i = 0; i < e->at->n_accesses; i++)
        if (explain_memory_access(e, e->at->access[i]))
            return true;
    return false;
}

/* --- the instruction --- */

static bool explain_code_segment(struct explain *e)
{
    const struct kvm_segment *cs = &e->sys->cs;

    if (e->at->mode == INSN_MODE_64 || !beyond_limit(cs, e->gp->rip, 1))
        return false;
    return explain_raise(e, X86_GP, 0,
                         "instruction fetch from CS:0x%llx, beyond the limit "
                         "of CS (selector 0x%x, limit 0x%x)",
                         (unsigned long long)e->gp->rip, cs->selector,
                         cs->limit);
}

/* Where the first byte is that could not be read, if the instruction goes on
 * there. */
bool explain_fetch(struct explain *e)
{
    const struct page_access fetch = {.fetch = true, .user = e->cpl == 3};
    uint64_t pc = arch_pc(e->vcpu);

    if (explain_code_segment(e))
        return true;
    if (e->at->mode == INSN_MODE_64 && !explain_canonical(e, pc))
        return explain_raise(e, X86_GP, 0,
                             "instruction fetch from 0x%llx, which is not "
                             "canonical",
                             (unsigned long long)pc);
    if (explain_page(e, pc, &fetch, "instruction fetch from"))
        return true;
    if (ZYAN_SUCCESS(e->at->status))
        return explain_pages(e, pc, e->at->insn.length, &fetch,
                             "instruction fetch from");
    return e->at->status == ZYDIS_STATUS_NO_MORE_DATA &&
           explain_page(e, pc + e->at->n_bytes, &fetch,
                        "instruction fetch from");
}
