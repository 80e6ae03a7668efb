/* SPDX-License-Identifier: MIT */
/*
 * KVM executes the kernel's code of some guests by an emulator that does not
 * know every instruction (kvm_pvm; elsewhere real mode on old CPUs). What it
 * fails at is done here, if that is possible and as the CPU would do it, its
 * faults included.
 */
#include <string.h>

#include "kvm/arch_cpu.h"
#include "kvm/arch_run.h"
#include "kvm/core/link.h"
#include "kvm/x86_64/complete/access.h"
#include "kvm/x86_64/complete/encode.h"
#include "kvm/x86_64/complete/native.h"
#include "kvm/x86_64/complete/system.h"
#include "kvm/x86_64/fault/explain.h"
#include "kvm/x86_64/insn/vector.h"
#include "kvm/x86_64/state/linear.h"
#include "kvm/x86_64/state/state.h"
#include "kvm/x86_64/step/reflect.h"

#define CR4_OSXMM UINT64_C(0x400) /* without it #XM is #UD: SDM 3A 2.5 */

/* --- which --- */

/* clang-format off */
enum area { AREA_NONE, AREA_READ, AREA_WRITTEN }; /* of XSAVE's state */

static const struct complete_row {
    ZydisMnemonic mnemonic;
    bool is_event; /* it looks for its own faults */
    bool (*run)(const struct complete *c);
    bool (*refuses)(const struct complete *c); /* what it finds: #GP; or NULL */
    enum area area;
} rows[] = {
    {ZYDIS_MNEMONIC_INT,         true,  x86_complete_int, NULL, AREA_NONE},
    {ZYDIS_MNEMONIC_INTO,        true,  x86_complete_into, NULL, AREA_NONE},
    {ZYDIS_MNEMONIC_IRET,        true,  x86_complete_iret, NULL, AREA_NONE},
    {ZYDIS_MNEMONIC_IRETD,       true,  x86_complete_iret, NULL, AREA_NONE},
    {ZYDIS_MNEMONIC_IRETQ,       true,  x86_complete_iret, NULL, AREA_NONE},
    {ZYDIS_MNEMONIC_CLAC,        false, x86_complete_clac, NULL, AREA_NONE},
    {ZYDIS_MNEMONIC_STAC,        false, x86_complete_stac, NULL, AREA_NONE},
    {ZYDIS_MNEMONIC_XGETBV,      false, x86_complete_xgetbv, NULL, AREA_NONE},
    {ZYDIS_MNEMONIC_RDTSCP,      false, x86_complete_rdtscp, NULL, AREA_NONE},
    {ZYDIS_MNEMONIC_XSAVE,       false, x86_complete_xsave, NULL, AREA_WRITTEN},
    {ZYDIS_MNEMONIC_XSAVE64,     false, x86_complete_xsave, NULL, AREA_WRITTEN},
    {ZYDIS_MNEMONIC_XSAVEOPT,    false, x86_complete_xsave, NULL, AREA_WRITTEN},
    {ZYDIS_MNEMONIC_XSAVEOPT64,  false, x86_complete_xsave, NULL, AREA_WRITTEN},
    {ZYDIS_MNEMONIC_XSAVEC,      false, x86_complete_xsavec, NULL, AREA_WRITTEN},
    {ZYDIS_MNEMONIC_XSAVEC64,    false, x86_complete_xsavec, NULL, AREA_WRITTEN},
    {ZYDIS_MNEMONIC_XSAVES,      false, x86_complete_xsavec, NULL, AREA_WRITTEN},
    {ZYDIS_MNEMONIC_XSAVES64,    false, x86_complete_xsavec, NULL, AREA_WRITTEN},
    {ZYDIS_MNEMONIC_XRSTOR,      false, x86_complete_xrstor, x86_xrstor_refuses, AREA_READ},
    {ZYDIS_MNEMONIC_XRSTOR64,    false, x86_complete_xrstor, x86_xrstor_refuses, AREA_READ},
    {ZYDIS_MNEMONIC_XRSTORS,     false, x86_complete_xrstor, x86_xrstor_refuses, AREA_READ},
    {ZYDIS_MNEMONIC_XRSTORS64,   false, x86_complete_xrstor, x86_xrstor_refuses, AREA_READ},
};
/* clang-format on */

static const struct complete_row *find_row(const struct complete *c)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (rows[i].mnemonic == c->at.insn.mnemonic)
            return &rows[i];
    return NULL;
}

/* What Zydis says of bytes that are an instruction but for a prefix, a register
 * or a mask that it never takes: #UD on every CPU (Intel SDM 2A 2.3.2, 2.3.3,
 * 2.7.11; LOCK). Whatever else it does not know a newer CPU may. */
static bool is_never_valid(ZyanStatus status)
{
    return status == ZYDIS_STATUS_ILLEGAL_LOCK ||
           status == ZYDIS_STATUS_ILLEGAL_LEGACY_PFX ||
           status == ZYDIS_STATUS_ILLEGAL_REX ||
           status == ZYDIS_STATUS_BAD_REGISTER ||
           status == ZYDIS_STATUS_INVALID_MASK;
}

/* Its bytes may cross into a page that cannot be read; KVM has read them. */
static bool complete_open(struct vcpu *vcpu, struct complete *c)
{
    struct access_fault fault;

    c->vcpu = vcpu;
    c->is_undefined = false;
    if (x86_cpl(vcpu) != 0)
        return false;
    x86_decode(vcpu, &c->at);
    c->is_undefined = is_never_valid(c->at.status);
    return ZYAN_SUCCESS(c->at.status) &&
           x86_may_access(vcpu, arch_pc(vcpu), c->at.insn.length, false,
                          &fault) == ACCESS_FINE;
}

/* --- its fault --- */

static enum arch_completion raise_fault(struct vcpu *vcpu,
                                        const struct x86_fault *fault)
{
    struct kvm_vcpu_events events;

    if (x86_events(vcpu, &events) < 0)
        return ARCH_COMPLETE_NOT;
    events.exception.injected = 1;
    events.exception.nr = (uint8_t)fault->vector;
    events.exception.has_error_code =
        !x86_is_real(vcpu) && x86_vector_has_code(fault->vector);
    events.exception.error_code = fault->code;
    if (vcpu_ioctl(vcpu, KVM_SET_VCPU_EVENTS, &events) < 0)
        return ARCH_COMPLETE_NOT;
    return ARCH_COMPLETE_RAISED;
}

/* --- and after it --- */

/* What the instruction before has held off comes after this one: KVM counts
 * only its own. */
static void end_shadow(struct vcpu *vcpu)
{
    struct kvm_vcpu_events events;

    if (x86_events(vcpu, &events) < 0 || !events.interrupt.shadow)
        return;
    events.interrupt.shadow = 0;
    (void)vcpu_ioctl(vcpu, KVM_SET_VCPU_EVENTS, &events);
}

static bool is_software_interrupt(const struct complete *c)
{
    return c->at.insn.mnemonic == ZYDIS_MNEMONIC_INT ||
           c->at.insn.mnemonic == ZYDIS_MNEMONIC_INTO;
}

/* A step that is under way looks after TF by itself. */
static void end_insn(const struct complete *c, uint64_t flags_before)
{
    struct vcpu *vcpu = c->vcpu;

    end_shadow(vcpu);
    if (c->at.insn.meta.category != ZYDIS_CATEGORY_RET) /* IRET has loaded it */
        x86_gp(vcpu)->rflags &= ~X86_RFLAGS_RF;
    x86_touch(vcpu, X86_BANK_GP);
    if (flags_before & X86_RFLAGS_TF && !vcpu->arch->step.active &&
        !is_software_interrupt(c))
        x86_pend_db(vcpu, DR6_BS);
}

static enum arch_completion run_native(const struct complete *c,
                                       const struct encoded *how)
{
    struct x86_fault fault = {.vector = X86_NO_VECTOR};
    enum arch_completion r = x86_native(c, how, &fault.vector, &fault.code);

    if (fault.vector == X86_XM && !(x86_sys(c->vcpu)->cr4 & CR4_OSXMM))
        fault.vector = X86_UD;
    if (r == ARCH_COMPLETE_RAISED)
        r = raise_fault(c->vcpu, &fault);
    if (r == ARCH_COMPLETE_DONE)
        x86_gp(c->vcpu)->rip += c->at.insn.length;
    return r;
}

/* Of an instruction's own table, stack or area: operands are looked at when
 * they are accessed. */
static bool will_page_fault(const struct complete *c,
                            const struct complete_row *row,
                            struct x86_fault *ret)
{
    struct access_fault at;

    if (row->area == AREA_NONE ||
        !x86_xstate_faults(c, row->area == AREA_WRITTEN, &at))
        return false;
    *ret = (struct x86_fault){.vector = X86_PF, .code = at.code, .gva = at.gva};
    return true;
}

/* The exception that it raises, as things are. */
static bool will_fault(const struct complete *c, const struct complete_row *row,
                       struct x86_fault *ret)
{
    if (x86_predict_fault(c->vcpu, &c->at, ret) >= 0 && !ret->is_software &&
        (ret->vector != X86_PF || (row && row->is_event)))
        return true;
    if (!row)
        return false;
    if (will_page_fault(c, row, ret))
        return true;
    *ret = (struct x86_fault){.vector = X86_GP};
    return row->refuses && row->refuses(c);
}

static enum arch_completion raise_seen(struct vcpu *vcpu,
                                       const struct x86_fault *fault)
{
    if (fault->vector == X86_PF) {
        x86_sys(vcpu)->cr2 = fault->gva;
        x86_touch(vcpu, X86_BANK_SYS);
    }
    return raise_fault(vcpu, fault);
}

static enum arch_completion execute_insn(const struct complete *c,
                                         const struct complete_row *row,
                                         const struct encoded *how)
{
    struct x86_fault fault;

    if (row && row->is_event && row->run(c))
        return ARCH_COMPLETE_DONE;
    if (will_fault(c, row, &fault))
        return raise_seen(c->vcpu, &fault);
    if (row)
        return !row->is_event && row->run(c) ? ARCH_COMPLETE_DONE
                                             : ARCH_COMPLETE_NOT;
    return run_native(c, how);
}

static enum arch_completion complete_do(const struct complete *c)
{
    const struct complete_row *row = find_row(c);
    uint64_t flags = x86_gp(c->vcpu)->rflags;
    enum arch_completion r;
    struct encoded how;

    if (!row && !x86_native_may(c, &how))
        return ARCH_COMPLETE_NOT;
    r = execute_insn(c, row, &how);
    if (r == ARCH_COMPLETE_DONE)
        end_insn(c, flags);
    return r;
}

/* --- those that follow --- */

/* How many share one exit of KVM: an interrupt waits for them. */
enum { IN_A_ROW = 16 };

static bool is_breakpoint(const struct vcpu *vcpu, uint64_t pc)
{
    for (unsigned i = 0; i < vcpu->debug.n_hw; i++)
        if (vcpu->debug.hw[i].kind == HW_EXEC && vcpu->debug.hw[i].gva == pc)
            return true;
    return false;
}

/* A trap that was planted there is another instruction. */
static bool may_go_on(struct vcpu *vcpu)
{
    return !vcpu->debug.step && !vcpu->arch->pending.any &&
           !atomic_load(&vcpu->kick_wanted) &&
           !is_breakpoint(vcpu, arch_pc(vcpu));
}

static enum arch_completion complete_run(struct vcpu *vcpu)
{
    enum arch_completion r = ARCH_COMPLETE_NOT;
    struct complete c;
    struct encoded how;

    if (complete_open(vcpu, &c))
        r = complete_do(&c);
    else if (c.is_undefined)
        r = raise_fault(vcpu, &(struct x86_fault){.vector = X86_UD});
    for (unsigned i = 1; r == ARCH_COMPLETE_DONE && i < IN_A_ROW; i++) {
        if (!may_go_on(vcpu) || !complete_open(vcpu, &c) ||
            !x86_native_may(&c, &how) || arch_guest_has_points(vcpu))
            break;
        r = complete_do(&c);
        if (r == ARCH_COMPLETE_NOT)
            return ARCH_COMPLETE_DONE;
    }
    return r;
}

enum arch_completion arch_complete(struct vcpu *vcpu)
{
    enum arch_completion r = complete_run(vcpu);

    if (r == ARCH_COMPLETE_DONE && !vcpu->debug.step &&
        !vcpu->arch->pending.any)
        x86_flush_with_run(vcpu);
    return r;
}
