/* SPDX-License-Identifier: MIT */
/* Explanations: what is looked for, in which order. */

#include "kvm/x86_64/fault/explain.h"

#include <stdio.h>
#include <string.h>

#include "kvm/vm/types.h"
#include "kvm/x86_64/fault/explain_case.h"
#include "kvm/x86_64/fault/explain_kinds.h"
#include "kvm/x86_64/insn/vector.h"
#include "kvm/x86_64/state/linear.h"
#include "kvm/x86_64/state/state.h"

/* Each must be past what is before it. */
static bool (*const kinds[])(struct explain *) = {
    explain_fetch,  explain_opcode,  explain_feature,   explain_privilege,
    explain_memory, explain_control, explain_msr,       explain_load,
    explain_far,    explain_value,   explain_interrupt, explain_unit,
};

/* "#GP, #SS or #PF" */
static void list_vectors(uint32_t vectors, char *text, size_t cap)
{
    const char *between = "";
    uint32_t rest;
    size_t at = 0;

    text[0] = '\0';
    for (unsigned v = 0; v < ARCH_VECTORS && at < cap; v++) {
        const char *name = arch_vector_name(v);

        if (!(vectors >> v & 1) || !name)
            continue;
        at += (size_t)snprintf(text + at, cap - at, "%s#%c%c", between,
                               name[0] & ~0x20, name[1] & ~0x20);
        rest = vectors & ~((UINT32_C(2) << v) - 1);
        between = rest & (rest - 1) ? ", " : " or ";
    }
}

/* Instructions that every CPU has on which KVM runs. */
static bool is_common(const struct explain *e)
{
    switch (e->at->insn.meta.isa_ext) {
    case ZYDIS_ISA_EXT_BASE:
    case ZYDIS_ISA_EXT_LONGMODE:
    case ZYDIS_ISA_EXT_X87:
    case ZYDIS_ISA_EXT_MMX:
    case ZYDIS_ISA_EXT_SSE:
    case ZYDIS_ISA_EXT_SSE2:
        return true;
    default:
        return false;
    }
}

/* Nothing was found. An invalid opcode that is none is one that this host's
 * KVM does not execute (kvm_pvm refuses the user's INT n). */
static void say_what_may(struct explain *e)
{
    struct x86_fault *fault = e->fault;
    char name[96];
    char vectors[64];

    explain_name(e, name, sizeof name);
    list_vectors(insn_decode(e->at->mode, e->at->bytes, e->at->n_bytes).raises,
                 vectors, sizeof vectors);
    if (e->raised >= 0)
        (void)snprintf(fault->text, sizeof fault->text, "%s: %s%s",
                       x86_vector_name(e->raised), name,
                       e->raised == X86_UD && is_common(e)
                           ? ", which is valid here: " X86_NOT_THE_GUEST
                           : "");
    else if (*vectors)
        (void)snprintf(fault->text, sizeof fault->text,
                       "%s of %s, whose cause is not to be seen any more",
                       vectors, name);
    else
        (void)snprintf(fault->text, sizeof fault->text,
                       "nothing that %s does: an event from outside of it",
                       name);
}

/* An int3 that KVM could not execute was delivered by us, from behind it
 * (kvm/x86_64/step/reflect.c). */
static bool was_delivered(struct vcpu *vcpu)
{
    const struct x86_pending *pending = &vcpu->arch->pending;

    return !pending->any && pending->vector == X86_BP &&
           pending->pc == arch_pc(vcpu);
}

static bool find_kind(struct explain *e)
{
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (kinds[i](e) && (e->raised < 0 || e->fault->vector == e->raised))
            return true;
    *e->fault = (struct x86_fault){.vector = X86_NO_VECTOR};
    return false;
}

int x86_explain_fault(struct vcpu *vcpu, int raised, struct x86_fault *ret)
{
    struct decoded at;
    struct explain e;

    x86_decode(vcpu, &at);
    explain_open(vcpu, raised, &at, ret, &e);
    if (find_kind(&e))
        return ret->vector;
    if (raised == X86_SOME_VECTOR && was_delivered(vcpu))
        x86_explain_trap(vcpu, X86_BP, ret);
    else
        say_what_may(&e);
    return ret->vector;
}

int x86_predict_fault(struct vcpu *vcpu, const struct decoded *at,
                      struct x86_fault *ret)
{
    struct explain e;

    explain_open(vcpu, X86_NO_VECTOR, at, ret, &e);
    e.silent = true;
    (void)find_kind(&e);
    return ret->vector;
}

void x86_explain_trap(struct vcpu *vcpu, unsigned vector, struct x86_fault *ret)
{
    struct decoded at;
    struct explain e;

    x86_decode(vcpu, &at);
    explain_open(vcpu, (int)vector, &at, ret, &e);
    if (vector != X86_DB || !explain_debug(&e))
        (void)explain_raise(&e, (int)vector, 0, "%s, before here",
                            vector == X86_OF ? "into" : "int3");
}
