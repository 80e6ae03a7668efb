/* SPDX-License-Identifier: MIT */
/* The machine's firmware, when it is asked for what it has not: the call is
 * taken back, and said. */
#include <stdio.h>
#include <string.h>

#include "kvm/arch_boot.h"
#include "kvm/arch_cpu.h"
#include "kvm/arch_fault.h"
#include "kvm/x86_64/boot/bios.h"
#include "kvm/x86_64/boot/firmware.h"
#include "kvm/x86_64/insn/insn.h"
#include "kvm/x86_64/state/state.h"
#include "kvm/x86_64/step/interrupt.h"

static const char *what_lacks(unsigned vector)
{
    switch (vector) {
    case BIOS_VECTOR_VIDEO:
        return "this machine's screen has text, mode 0x13 and VBE's modes, and "
               "no such dots";
    case BIOS_VECTOR_KEYBOARD:
        return "it waits for a key, and none has been typed";
    case 0x18:
    case 0x19:
        return "the guest wants the machine to boot again";
    default:
        return "the BIOS of this machine has no such service";
    }
}

static void describe_call(struct vcpu *vcpu, unsigned vector, struct fault *ret)
{
    char where[64];

    arch_where(vcpu, where, sizeof where);
    ret->kind = vector == BIOS_VECTOR_KEYBOARD ? FAULT_INPUT : FAULT_CALL;
    (void)snprintf(ret->text, sizeof ret->text,
                   "at %s: int 0x%x (AX 0x%04x): %s", where, vector,
                   (unsigned)x86_gp(vcpu)->rax & 0xffff, what_lacks(vector));
}

/* A vector that has a service is called by everybody, and raised by nobody. */
static bool is_exception(unsigned vector)
{
    return arch_vector_name(vector) && !x86_firmware_serves(vector);
}

/* Who has hooked a vector goes on to the one before by a far call, whose
 * instruction is not known: it is made again where it leads to. */
static void repeat_far_call(struct vcpu *vcpu, unsigned vector)
{
    arch_redeliver(vcpu);
    x86_gp(vcpu)->rip = x86_firmware_entry(vector);
}

/* It stays where it halted: the interrupt is in service. */
static bool tell_interrupt(struct vcpu *vcpu, unsigned vector,
                           struct fault *ret)
{
    if (!x86_came_in(vcpu, vector))
        return false;
    *ret = (struct fault){.kind = FAULT_CALL, .vector = vector};
    (void)snprintf(ret->text, sizeof ret->text,
                   "interrupt 0x%x came from a device, and the guest has no "
                   "handler for it",
                   vector);
    return true;
}

static bool undo_call(struct vcpu *vcpu, struct fault *ret)
{
    int vector = x86_firmware_halted(vcpu);
    size_t n;

    if (vector < 0)
        return false;
    if (arch_undeliver(vcpu, (unsigned)vector, ret) < 0)
        return tell_interrupt(vcpu, (unsigned)vector, ret);
    vcpu->halted = false;
    if (ret->is_call)
        x86_gp(vcpu)->rip -= X86_INT_SIZE;
    if (ret->is_call || !is_exception((unsigned)vector)) {
        describe_call(vcpu, (unsigned)vector, ret);
        if (!ret->is_call)
            repeat_far_call(vcpu, (unsigned)vector);
        return true;
    }
    n = strlen(ret->text);
    (void)snprintf(ret->text + n, sizeof ret->text - n,
                   "; the guest has no handler for it");
    return true;
}

static const struct arch_firmware_ops ops = {x86_is_firmware, undo_call};

const struct arch_firmware_ops *const arch_firmware = &ops;
