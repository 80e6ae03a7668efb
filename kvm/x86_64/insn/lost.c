/* SPDX-License-Identifier: MIT */
/*
 * What KVM's emulator loses of an instruction that stores several values in
 * memory that leaves the guest: all but the last, which lies at the top of the
 * stack (x86.c, emulator_read_write() begins anew with each store). Which
 * instruction it was is told by the code before the place where it went on, or
 * before the return address that it has stored, and by the registers, which
 * must agree with each other.
 *
 *   pusha      AX CX DX BX SP BP SI, then DI     all still in the registers
 *   far call   CS, then IP                       CS is looked for
 *   interrupt  FLAGS CS, then IP (real mode; elsewhere KVM's exit says that it
 *              failed)                           and IF is that of before
 */
#include <string.h>

#include "kvm/arch_cpu.h"
#include "kvm/arch_fault.h"
#include "kvm/arch_run.h"
#include "kvm/core/mem.h"
#include "kvm/x86_64/insn/insn.h"
#include "kvm/x86_64/insn/losses.h"
#include "kvm/x86_64/insn/operand.h"
#include "kvm/x86_64/state/linear.h"
#include "kvm/x86_64/state/segment.h"
#include "kvm/x86_64/state/state.h"

enum {
    OPCODE_PUSHA = 0x60,
    PUSHA_N = 8, /* registers */
    OPCODE_PUSH = 0x68,
    OPCODE_PUSH_8 = 0x6a,
    OPCODE_CALL_FAR = 0x9a,
    OPCODE_CALL = 0xe8,
    OPCODE_INT = 0xcd,
    PREFIX_OPERAND = 0x66,
    RPL = 3,
};

/*
 * The instruction has left elements of width bytes on the stack, numbered from
 * its top. Of those in memory that leaves the guest KVM has told the last,
 * which is the first here; the ones nearer to the top are in other memory.
 */
struct trail {
    struct vcpu *vcpu;
    unsigned width;
    unsigned first; /* its number */
    uint64_t last;  /* its value */
    uint64_t top;   /* that of the element at the top */
    struct arch_store *lost;
};

/* Element i of what is on the stack now. */
static void lost_add(struct trail *trail, unsigned n, unsigned i,
                     uint64_t value)
{
    trail->lost[n] = (struct arch_store){
        .gva = x86_stack(trail->vcpu, (uint64_t)i * trail->width),
        .value = x86_low_bytes(value, trail->width),
        .size = trail->width,
    };
}

static unsigned default_width(struct vcpu *vcpu)
{
    return x86_code_bits(vcpu) == 16 ? 2 : 4;
}

/* --- pusha --- */

/* Element i of what it leaves on the stack. */
static uint64_t lost_pushed(const struct trail *trail, unsigned i)
{
    const struct kvm_regs *gp = x86_gp(trail->vcpu);
    const uint64_t all[PUSHA_N] = {
        gp->rdi, gp->rsi, gp->rbp, gp->rsp + PUSHA_N * (uint64_t)trail->width,
        gp->rbx, gp->rdx, gp->rcx, gp->rax,
    };

    return x86_low_bytes(all[i], trail->width);
}

/* Those that are known, the last one and what lies in other memory, agree. */
static bool has_pushed(const struct trail *trail)
{
    uint64_t there;

    if (trail->last != lost_pushed(trail, trail->first))
        return false;
    for (unsigned i = 0; i < trail->first; i++)
        if (x86_read_number(trail->vcpu,
                            x86_stack(trail->vcpu, (uint64_t)i * trail->width),
                            trail->width, &there) < 0 ||
            there != lost_pushed(trail, i))
            return false;
    return true;
}

static bool is_pusha_code(const struct trail *trail)
{
    uint8_t code[2];

    return x86_read(trail->vcpu, arch_pc(trail->vcpu) - 2, code, 2) == 2 &&
           code[1] == OPCODE_PUSHA &&
           (trail->width == default_width(trail->vcpu) ||
            code[0] == PREFIX_OPERAND);
}

/* A push of a constant has stored that. */
static bool lost_agrees(const struct trail *trail, const uint8_t *code)
{
    uint64_t value = (uint64_t)(int64_t)(int8_t)code[1];

    if (code[0] == OPCODE_PUSH)
        memcpy(&value, code + 1, trail->width);
    else if (code[0] != OPCODE_PUSH_8)
        return code[0] != OPCODE_CALL;
    return x86_low_bytes(value, trail->width) == trail->last;
}

/* The same byte may end another instruction that stores one value there: a
 * push of 60h, or from an address that ends so. */
static bool is_other_store(const struct trail *trail, unsigned n)
{
    struct vcpu *vcpu = trail->vcpu;
    enum insn_mode mode = x86_code_mode(vcpu);
    struct kvm_regs before = *x86_gp(vcpu);
    struct arch_access access[ARCH_ACCESSES];
    uint8_t code[VCPU_INSN_MAX];
    unsigned found;

    before.rip -= n;
    before.rsp += trail->width;
    if (x86_read(vcpu, arch_pc(vcpu) - n, code, n) != n ||
        insn_decode(mode, code, n).size != n)
        return false;
    found = operand_accesses(mode, code, n, &before, x86_sys(vcpu), access);
    for (unsigned i = 0; i < found; i++)
        if (access[i].write && access[i].size == trail->width &&
            access[i].gva == x86_stack(vcpu, 0))
            return lost_agrees(trail, code);
    return false;
}

static bool is_pusha(const struct trail *trail)
{
    if (x86_code_bits(trail->vcpu) == 64 || trail->width > 4 ||
        !is_pusha_code(trail) || !has_pushed(trail))
        return false;
    for (unsigned n = 2; n < VCPU_INSN_MAX && trail->first == 0; n++)
        if (is_other_store(trail, n))
            return false;
    return true;
}

static unsigned lose_pusha(struct trail *trail)
{
    unsigned n = 0;

    for (unsigned i = trail->first + 1; i < PUSHA_N; i++)
        lost_add(trail, n++, i, lost_pushed(trail, i));
    return n;
}

/* --- far calls --- */

/* Where such a call leads to is where the vCPU is now. */
static bool leads_here(struct trail *trail, const uint8_t *pointer)
{
    const struct kvm_sregs *sys = x86_sys(trail->vcpu);
    uint64_t offset = 0;
    uint16_t selector;

    memcpy(&offset, pointer, trail->width);
    memcpy(&selector, pointer + trail->width, sizeof selector);
    return offset == x86_low_bytes(x86_gp(trail->vcpu)->rip, trail->width) &&
           (selector | RPL) == (sys->cs.selector | RPL);
}

/* 9a offset selector */
static bool is_direct_call(struct trail *trail, const struct kvm_segment *cs)
{
    uint8_t code[1 + 4 + 2];
    unsigned n = 1 + trail->width + 2;
    uint64_t at = cs->base + x86_low_bytes(trail->top - n, trail->width);

    return trail->width <= 4 && x86_read(trail->vcpu, at, code, n) == n &&
           code[0] == OPCODE_CALL_FAR && leads_here(trail, code + 1);
}

static bool is_stacking(struct insn insn, unsigned n)
{
    return insn.size == n && insn.traits & INSN_STACK;
}

/* ff /3, whose operand is in memory; n bytes of code. */
static bool is_indirect_call(struct trail *trail, const struct kvm_segment *cs,
                             unsigned n)
{
    struct vcpu *vcpu = trail->vcpu;
    enum insn_mode mode = x86_code_mode(vcpu);
    struct kvm_regs before = *x86_gp(vcpu);
    struct arch_access access[ARCH_ACCESSES];
    uint8_t code[VCPU_INSN_MAX];
    uint8_t pointer[8 + 2];
    unsigned size = trail->width + 2;

    before.rip = trail->top - n;
    before.rsp += 2 * (uint64_t)trail->width;
    if (x86_read(vcpu, cs->base + before.rip, code, n) != n ||
        !is_stacking(insn_decode(mode, code, n), n) ||
        !operand_accesses(mode, code, n, &before, x86_sys(vcpu), access))
        return false;
    return access[0].read && access[0].size == size &&
           x86_read(vcpu, access[0].gva, pointer, size) == size &&
           leads_here(trail, pointer);
}

static bool is_far_call(struct trail *trail, const struct kvm_segment *cs)
{
    if (is_direct_call(trail, cs))
        return true;
    for (unsigned n = 2; n < VCPU_INSN_MAX; n++)
        if (is_indirect_call(trail, cs, n))
            return true;
    return false;
}

static unsigned lose_call(struct trail *trail, const struct kvm_segment *cs)
{
    lost_add(trail, 0, 1, cs->selector);
    return 1;
}

/* --- interrupts in real mode --- */

/* The vector's handler is where the vCPU is now. */
static bool is_handler(struct trail *trail, unsigned vector)
{
    struct kvm_sregs *sys = x86_sys(trail->vcpu);
    uint16_t pointer[2];

    return x86_read(trail->vcpu, sys->idt.base + 4 * vector, pointer,
                    sizeof pointer) == sizeof pointer &&
           pointer[0] == (uint16_t)x86_gp(trail->vcpu)->rip &&
           pointer[1] == sys->cs.selector;
}

/* A near call of a handler stores what a fault there does. */
static bool is_near_call(struct trail *trail, const uint8_t *behind_code)
{
    int16_t distance;

    memcpy(&distance, behind_code - 2, sizeof distance);
    return behind_code[-3] == OPCODE_CALL &&
           (uint16_t)(trail->top + (uint16_t)distance) ==
               (uint16_t)x86_gp(trail->vcpu)->rip;
}

/* The instruction at IP may raise an exception that leads here. */
static bool is_fault(struct trail *trail, const uint8_t *code, size_t n)
{
    struct insn insn = insn_decode(INSN_MODE_REAL, code, n);

    for (unsigned vector = 0; vector < ARCH_VECTORS; vector++)
        if (insn.raises & X86_VECTOR(vector) && is_handler(trail, vector))
            return true;
    return false;
}

/* The one before IP is an INT n, INT1, INT3 or INTO. */
static bool is_int(struct trail *trail, const uint8_t *behind_code)
{
    static const struct {
        uint8_t opcode, vector;
    } ints[] = {{0xf1, X86_DB}, {0xcc, X86_BP}, {0xce, X86_OF}};

    for (size_t i = 0; i < sizeof ints / sizeof ints[0]; i++)
        if (behind_code[-1] == ints[i].opcode &&
            is_handler(trail, ints[i].vector))
            return true;
    return behind_code[-2] == OPCODE_INT && is_handler(trail, behind_code[-1]);
}

static bool is_interrupt(struct trail *trail, const struct kvm_segment *cs)
{
    enum { BEFORE = 3 };
    uint8_t code[BEFORE + VCPU_INSN_MAX];
    uint64_t at = cs->base + (uint16_t)trail->top - BEFORE;
    size_t n;

    if (x86_sys(trail->vcpu)->cr0 & X86_CR0_PE || trail->width != 2)
        return false;
    n = x86_read(trail->vcpu, at, code, sizeof code);
    if (n <= BEFORE || is_near_call(trail, code + BEFORE))
        return false;
    return is_int(trail, code + BEFORE) ||
           is_fault(trail, code + BEFORE, n - BEFORE);
}

/* Interrupts clear IF, which nothing else remembers; the last entry does. */
static unsigned lose_interrupt(struct trail *trail,
                               const struct kvm_segment *cs)
{
    uint64_t before = trail->vcpu->arch->last_gp.rflags;
    uint64_t now = x86_gp(trail->vcpu)->rflags;

    unsigned n = 0;

    if (trail->first == 0)
        lost_add(trail, n++, 1, cs->selector);
    lost_add(trail, n++, 2,
             (now & ~(X86_RFLAGS_TF | X86_RFLAGS_IF)) |
                 (before & X86_RFLAGS_IF));
    return n;
}

/* --- which CS --- */

static unsigned try_cs(struct trail *trail, const struct kvm_segment *cs)
{
    if (trail->first == 1 && trail->last != cs->selector)
        return 0;
    if (trail->first == 0 && is_far_call(trail, cs))
        return lose_call(trail, cs);
    if (is_interrupt(trail, cs))
        return lose_interrupt(trail, cs);
    return 0;
}

static unsigned try_all_real(struct trail *trail)
{
    struct kvm_segment cs = {.base = 0};
    unsigned n = 0;

    for (uint32_t selector = 0; selector <= UINT16_MAX && !n; selector++) {
        cs.selector = (uint16_t)selector;
        cs.base = selector << 4;
        n = try_cs(trail, &cs);
    }
    return n;
}

static unsigned try_all_descriptors(struct trail *trail)
{
    enum { CODE = 8, STEP = 8 };
    const struct kvm_sregs *sys = x86_sys(trail->vcpu);
    unsigned rpl = sys->cs.selector & RPL;
    struct kvm_segment cs;
    unsigned n = 0;

    for (uint32_t at = STEP; at < sys->gdt.limit && !n; at += STEP)
        if (x86_read_segment(trail->vcpu, (uint16_t)(at | rpl), &cs) == 0 &&
            cs.s && cs.type & CODE)
            n = try_cs(trail, &cs);
    return n;
}

/* The one of the last entry, or this one: only rarely another. */
static unsigned find_cs(struct trail *trail)
{
    struct vcpu *vcpu = trail->vcpu;
    unsigned n = try_cs(trail, &vcpu->arch->last_sys.cs);

    if (!n)
        n = try_cs(trail, &x86_sys(vcpu)->cs);
    if (!n && !arch_is_user(vcpu))
        n = x86_is_real(vcpu) ? try_all_real(trail)
                              : try_all_descriptors(trail);
    return n;
}

/* Which element of the stack lies at gpa. */
static bool find_element(struct trail *trail, uint64_t gpa)
{
    uint64_t there;
    uint64_t run;

    for (unsigned i = 0; i < PUSHA_N; i++) {
        uint64_t gva = x86_stack(trail->vcpu, (uint64_t)i * trail->width);

        trail->first = i;
        if ((gva ^ gpa) % MEM_PAGE == 0 &&
            arch_translate(trail->vcpu, gva, &there, &run) == 0 && there == gpa)
            return true;
    }
    return false;
}

unsigned x86_lost_stores(struct vcpu *vcpu, uint64_t gpa, const void *data,
                         size_t n, struct arch_store ret[ARCH_STORES])
{
    struct trail trail = {.vcpu = vcpu, .width = (unsigned)n, .lost = ret};

    if ((n != 2 && n != 4 && n != 8) || !find_element(&trail, gpa))
        return 0;
    memcpy(&trail.last, data, n);
    trail.top = trail.last;
    if (trail.first > 0 &&
        x86_read_number(vcpu, x86_stack(vcpu, 0), trail.width, &trail.top) < 0)
        return 0;
    if (is_pusha(&trail))
        return lose_pusha(&trail);
    return trail.first < 2 ? find_cs(&trail) : 0;
}
