/* SPDX-License-Identifier: MIT */
#include "kvm/x86_64/firmware.h"

#include <stdio.h>
#include <string.h>

#include "kvm/arch.h"
#include "kvm/vm.h"
#include "kvm/x86_64/linear.h"
#include "kvm/x86_64/state.h"

/* F000:E000 and on, where a PC has its BIOS; a stub for each vector. */
enum { SEGMENT = 0xf000, STUBS_AT = 0xe000, VECTORS = 256 };

static const uint8_t stub[] = {0xf4, 0xeb, 0xfd, 0x90}; /* hlt; jmp to it */

enum { STUB_SIZE = sizeof stub, INT_SIZE = 2, INT_OPCODE = 0xcd };

#define STUBS_GPA ((uint64_t)SEGMENT * 16 + STUBS_AT)

void x86_put_firmware(struct vcpu *vcpu)
{
    const struct guest_mem *mem = &vcpu->vm->mem;
    uint8_t *stubs = mem_ptr(mem, STUBS_GPA, VECTORS * STUB_SIZE);
    uint8_t *table = mem_ptr(mem, 0, VECTORS * 4);

    for (unsigned i = 0; stubs && table && i < VECTORS; i++) {
        const uint16_t vector[] = {(uint16_t)(STUBS_AT + i * STUB_SIZE),
                                   SEGMENT};

        memcpy(table + i * sizeof vector, vector, sizeof vector);
        memcpy(stubs + i * STUB_SIZE, stub, STUB_SIZE);
    }
}

/* The vector whose stub has halted; -1: it is no stub of ours. */
static int vector_here(struct vcpu *vcpu)
{
    uint64_t at = arch_pc(vcpu) - STUBS_GPA;
    uint8_t bytes[STUB_SIZE];
    unsigned vector = (unsigned)(at / STUB_SIZE);

    if (x86_sys(vcpu)->cr0 & X86_CR0_PE ||
        x86_sys(vcpu)->cs.selector != SEGMENT || at >= VECTORS * STUB_SIZE ||
        x86_read(vcpu, STUBS_GPA + vector * STUB_SIZE, bytes, STUB_SIZE) <
            STUB_SIZE ||
        memcmp(bytes, stub, STUB_SIZE) != 0)
        return -1;
    return (int)vector;
}

/* Did an INT instruction lead here, and no exception? */
static bool is_call(struct vcpu *vcpu, unsigned vector)
{
    uint8_t insn[INT_SIZE];

    return x86_read(vcpu, arch_pc(vcpu) - INT_SIZE, insn, INT_SIZE) ==
               INT_SIZE &&
           insn[0] == INT_OPCODE && insn[1] == vector;
}

static void describe_call(struct vcpu *vcpu, unsigned vector, struct fault *ret)
{
    char where[64];

    arch_where(vcpu, where, sizeof where);
    ret->kind = FAULT_CALL;
    (void)snprintf(ret->text, sizeof ret->text,
                   "at %s: int 0x%x (AX 0x%04x), but this machine has no BIOS; "
                   "what is written to port 0xe9 is printed",
                   where, vector, (unsigned)x86_gp(vcpu)->rax & 0xffff);
}

bool arch_uncall(struct vcpu *vcpu, struct fault *ret)
{
    int vector = vector_here(vcpu);
    size_t n;

    if (vector < 0 || arch_undeliver(vcpu, (unsigned)vector, ret) < 0)
        return false;
    vcpu->halted = false;
    if (is_call(vcpu, (unsigned)vector)) {
        x86_gp(vcpu)->rip -= INT_SIZE;
        describe_call(vcpu, (unsigned)vector, ret);
        return true;
    }
    n = strlen(ret->text);
    (void)snprintf(ret->text + n, sizeof ret->text - n,
                   "; the guest has no handler for it");
    return true;
}
