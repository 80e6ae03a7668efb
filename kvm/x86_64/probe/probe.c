/* SPDX-License-Identifier: MIT */
/*
 * The experiments: what is executed, what is armed, what must be seen. The
 * same bytes mean the same in 16, 32 and 64-bit code: 88 07 writes AL to
 * [bx], [edi] and [rdi].
 */
#include <stdio.h>
#include <string.h>

#include <linux/kvm.h>

#include "kvm/arch_probe.h"
#include "kvm/x86_64/insn/vector.h"
#include "kvm/x86_64/probe/guest.h"
#include "kvm/x86_64/probe/observation.h"
#include "kvm/x86_64/state/state.h"

#define NOP   "\x90"
#define INT3  "\xcc"
#define ICEBP "\xf1"
#define READ  "\x8a\x07" /* mov (%di), %al */
#define WRITE "\x88\x07" /* mov %al, (%di) */

/* What guests need. Before the iret is a dec %ax, which in 64-bit code makes an
 * iretq of it; 16 bytes are exchanged at (%rdi). */
#define IRET       "\x48\xcf"
#define INT_0x40   "\xcd\x40"
#define X87        "\xdb\xe3\xd9\xe8\x9b" /* fninit; fld1; fwait */
#define ADDPS      "\x0f\x58\xc1"
#define CMPXCHG16B "\xf0\x48\x0f\xc7\x0f"
/* xor %eax, %eax; mov $0x10, %al; lzcnt %eax, %eax; and $7, %al: of 16 bits or
 * of 32, it is 3, and a bsr makes 4 of it. */
#define LZCNT "\x31\xc0\xb0\x10\xf3\x0f\xbd\xc0\x24\x07"

#define RFLAGS_RF UINT64_C(0x10000)

enum { AFTER_NOP = PROBE_CODE + 1 };

#define EXEC(at)                                                               \
    {                                                                          \
        HW_EXEC, at, 1                                                         \
    }

struct experiment {
    struct probe_name name;
    struct probe_start start; /* pc 0: PROBE_CODE, di 0: PROBE_DATA */
    struct debug_state debug;
    struct probe_observation want;
};

/* clang-format off */
static const struct experiment experiments[PROBE_FEATURES] = {
    [PROBE_STEP] = {
        {.key = "step", .text = "single-step"},
        {.code = NOP},
        {.step = true},
        {.exit = KVM_EXIT_DEBUG, .hit.step = true, .pc = AFTER_NOP}},
    [PROBE_BLOCK_IRQ] = {
        {.key = "block-irq", .text = "a step keeps interrupts (an NMI) out"},
        {.code = NOP, .nmi = true},
        {.step = true},
        {.exit = KVM_EXIT_DEBUG, .hit.step = true, .pc = AFTER_NOP,
         .then = PROBE_HANDLER(X86_NMI) + 2}},
    [PROBE_HW_EXEC] = {
        {.key = "hw-exec", .text = "breakpoint in a debug register"},
        {.code = NOP NOP},
        {.n_hw = 1, .hw = {EXEC(AFTER_NOP)}},
        {.exit = KVM_EXIT_DEBUG, .hit.hw = 1, .pc = AFTER_NOP}},
    /* With RF the first register must not match; the second proves that the
     * registers work (Intel SDM 3B 17.3.1.1). */
    [PROBE_HW_RESUME] = {
        {.key = "hw-resume", .text = "RF resumes at such a breakpoint"},
        {.code = NOP NOP, .rflags = RFLAGS_RF},
        {.n_hw = 2, .hw = {EXEC(PROBE_CODE), EXEC(AFTER_NOP)}},
        {.exit = KVM_EXIT_DEBUG, .hit.hw = 2, .pc = AFTER_NOP}},
    [PROBE_HW_WRITE] = {
        {.key = "hw-write", .text = "watchpoint in a debug register"},
        {.code = NOP WRITE},
        {.n_hw = 1, .hw = {{HW_WRITE, PROBE_DATA, 1}}},
        {.exit = KVM_EXIT_DEBUG, .hit.hw = 1, .pc = PROBE_CODE + 3}},
    [PROBE_HW_ACCESS] = {
        {.key = "hw-access", .text = "one that sees a read"},
        {.code = NOP READ},
        {.n_hw = 1, .hw = {{HW_ACCESS, PROBE_DATA, 1}}},
        {.exit = KVM_EXIT_DEBUG, .hit.hw = 1, .pc = PROBE_CODE + 3}},
    [PROBE_STEP_HW_WRITE] = {
        {.key = "step-hw-write", .text = "hw-write during a step"},
        {.code = WRITE},
        {.step = true, .n_hw = 1, .hw = {{HW_WRITE, PROBE_DATA, 1}}},
        {.exit = KVM_EXIT_DEBUG, .hit = {.step = true, .hw = 1},
         .pc = PROBE_CODE + 2}},
    [PROBE_STEP_HW_ACCESS] = {
        {.key = "step-hw-access", .text = "hw-access during a step"},
        {.code = READ},
        {.step = true, .n_hw = 1, .hw = {{HW_ACCESS, PROBE_DATA, 1}}},
        {.exit = KVM_EXIT_DEBUG, .hit = {.step = true, .hw = 1},
         .pc = PROBE_CODE + 2}},
    /* A read that needs no exit shows that there is a slot. */
    [PROBE_READONLY_SLOT] = {
        {.key = "readonly-slot",
         .text = "write to a read-only slot is an MMIO exit"},
        {.code = READ WRITE, .di = PROBE_READONLY},
        {.step = false},
        {.al = PROBE_BYTE,
         .write = {.gpa = PROBE_READONLY, .size = 1, .value = PROBE_BYTE}}},
    [PROBE_READONLY_PC] = {
        {.key = "readonly-pc", .text = "RIP is past the write then"},
        {.code = WRITE, .di = PROBE_READONLY},
        {.step = false},
        {.write = {.gpa = PROBE_READONLY, .pc = PROBE_CODE + 2}}},
    [PROBE_NO_SLOT_READ] = {
        {.key = "no-slot-read",
         .text = "read outside of all slots is an MMIO exit"},
        {.code = READ, .di = PROBE_NOWHERE},
        {.step = false},
        {.al = PROBE_MMIO, .read = {.gpa = PROBE_NOWHERE, .size = 1}}},
    [PROBE_NO_SLOT_FETCH] = {
        {.key = "no-slot-fetch",
         .text = "fetch outside of all slots is an exit"},
        {.pc = PROBE_NOWHERE},
        {.step = false},
        {.exit = KVM_EXIT_INTERNAL_ERROR,
         .suberror = KVM_INTERNAL_ERROR_EMULATION, .pc = PROBE_NOWHERE}},
    [PROBE_TRAP_HANDLER] = {
        {.key = "trap-handler",
         .text = "hw-exec on the guest's own int3 handler"},
        {.code = NOP INT3},
        {.traps = true, .n_hw = 1, .hw = {EXEC(PROBE_HANDLER(X86_BP))}},
        {.exit = KVM_EXIT_DEBUG, .hit.hw = 1, .pc = PROBE_HANDLER(X86_BP),
         .frame = PROBE_CODE + 2}},
    [PROBE_STEP_HANDLER] = {
        {.key = "step-handler",
         .text = "hw-exec on the guest's own TF handler"},
        {.code = NOP, .rflags = X86_RFLAGS_TF},
        {.n_hw = 1, .hw = {EXEC(PROBE_HANDLER(X86_DB))}},
        {.exit = KVM_EXIT_DEBUG, .hit.hw = 1, .pc = PROBE_HANDLER(X86_DB),
         .frame = AFTER_NOP}},
    [PROBE_PAGING_32] = {
        {.key = "paging-32", .text = "32-bit paging"},
        {.code = READ, .di = PROBE_SECOND_PAGE + PROBE_DATA,
         .paging = PROBE_TABLES_32},
        {.step = false},
        {.al = PROBE_BYTE, .done = PROBE_CODE + 3}},
    [PROBE_PAE] = {
        {.key = "pae", .text = "PAE paging"},
        {.code = READ, .di = PROBE_SECOND_PAGE + PROBE_DATA,
         .paging = PROBE_TABLES_PAE},
        {.step = false},
        {.al = PROBE_BYTE, .done = PROBE_CODE + 3}},
    [PROBE_GIB_PAGES] = {
        {.key = "gib-pages", .text = "pages of 1 GiB"},
        {.code = READ, .di = PROBE_SECOND_GIB + PROBE_DATA,
         .paging = PROBE_TABLES_GIB},
        {.step = false},
        {.al = PROBE_BYTE, .done = PROBE_CODE + 3}},
    [PROBE_INT] = {
        {.key = "int", .text = "int n enters its handler"},
        {.code = INT_0x40},
        {.step = false},
        {.exit = KVM_EXIT_HLT, .pc = PROBE_HANDLER(0x40) + 2,
         .frame = PROBE_CODE + 2}},
    [PROBE_IRET] = {
        {.key = "iret", .text = "iret returns from it"},
        {.code = IRET, .returns = true},
        {.step = false},
        {.done = PROBE_IRET_TARGET + 1}},
    [PROBE_X87] = {
        {.key = "x87", .text = "x87: fninit, fld1, fwait"},
        {.code = X87},
        {.step = false},
        {.done = PROBE_CODE + 6}},
    [PROBE_SSE] = {
        {.key = "sse", .text = "SSE arithmetic: addps"},
        {.code = ADDPS},
        {.step = false},
        {.done = PROBE_CODE + 4}},
    [PROBE_CMPXCHG16B] = {
        {.key = "cmpxchg16b", .text = "lock cmpxchg16b"},
        {.code = CMPXCHG16B},
        {.step = false},
        {.done = PROBE_CODE + 6}},
    [PROBE_BIT_COUNTS] = {
        {.key = "bit-counts", .text = "lzcnt is no bsr"},
        {.code = LZCNT},
        {.step = false},
        {.al = 3, .done = PROBE_CODE + 11}},
    /* In the order of kvm/x86_64/step/trap.c. */
    [PROBE_TRAP + 0] = {
        {.key = "int3", .text = "int3 is a debug exit"},
        {.code = NOP INT3},
        {.traps = true},
        {.exit = KVM_EXIT_DEBUG, .hit.trap = true, .pc = AFTER_NOP}},
    [PROBE_TRAP + 1] = {
        {.key = "int3-emulation", .text = "int3 is an emulation failure"},
        {.code = NOP INT3},
        {.traps = true},
        {.exit = KVM_EXIT_INTERNAL_ERROR,
         .suberror = KVM_INTERNAL_ERROR_EMULATION,
         .opcode = 0xcc, .pc = AFTER_NOP}},
    [PROBE_TRAP + 2] = {
        {.key = "icebp-emulation", .text = "icebp is an emulation failure"},
        {.code = NOP ICEBP},
        {.traps = true},
        {.exit = KVM_EXIT_INTERNAL_ERROR,
         .suberror = KVM_INTERNAL_ERROR_EMULATION,
         .opcode = 0xf1, .pc = AFTER_NOP}},
    [PROBE_TRAP + 3] = {
        {.key = "hlt", .text = "hlt is an exit"},
        {.code = NOP},
        {.traps = true},
        {.exit = KVM_EXIT_HLT, .pc = PROBE_CODE + 2}},
};

/* Sets of contexts; a feature without one is for all. */
static const unsigned applies[PROBE_FEATURES] = {
    [PROBE_PAGING_32]  = 1 << X86_PROT,
    [PROBE_PAE]        = 1 << X86_PROT,
    [PROBE_GIB_PAGES]  = 1 << X86_LONG,
    [PROBE_CMPXCHG16B] = 1 << X86_LONG | 1 << X86_USER,
};

static const struct probe_name contexts[X86_CONTEXTS] = {
    [X86_REAL] = {"real", "16-bit real mode", false},
    [X86_PROT] = {"prot", "32-bit protected mode", false},
    [X86_LONG] = {"long", "64-bit long mode", false},
    [X86_USER] = {"user", "64-bit long mode, CPL 3", true},
};
/* clang-format on */

const struct probe_name *probe_context_name(unsigned context)
{
    return context < X86_CONTEXTS ? &contexts[context] : NULL;
}

const struct probe_name *probe_feature_name(unsigned feature)
{
    return feature < PROBE_FEATURES ? &experiments[feature].name : NULL;
}

bool probe_applies(enum probe_feature feature, unsigned context)
{
    return !applies[feature] || applies[feature] >> context & 1;
}

/* SS.DPL is the CPL (Intel SDM 3A 5.5), but not in virtual-8086 mode, which
 * like 32-bit user code was not measured. */
unsigned probe_context_of(struct vcpu *vcpu)
{
    const struct kvm_sregs *sys = x86_sys(vcpu);

    if (!(sys->cr0 & X86_CR0_PE))
        return X86_REAL;
    if (sys->ss.dpl == 3)
        return X86_USER;
    return sys->efer & X86_EFER_LMA ? X86_LONG : X86_PROT;
}

/* --- one experiment --- */

static int probe_run(struct vm *vm, const struct experiment *experiment,
                     enum x86_context context, struct probe_observation *saw)
{
    struct probe_start start = experiment->start;
    struct vcpu *vcpu = &vm->vcpu[0];
    struct probe_observation then;
    int r;

    start.pc = start.pc ? start.pc : PROBE_CODE;
    start.di = start.di ? start.di : PROBE_DATA;
    r = probe_guest_start(vm, context, &start);
    if (r < 0)
        return r;
    vcpu->debug = experiment->debug;
    r = probe_guest_run(vm, saw);
    if (r < 0 || !experiment->want.then)
        return r;
    vcpu->debug = (struct debug_state){.step = false};
    r = probe_guest_run(vm, &then);
    saw->then = then.pc;
    return r;
}

void arch_probe_try(struct vm *scratch, enum probe_feature feature,
                    unsigned context, struct probe_answer *ret)
{
    const struct experiment *experiment = &experiments[feature];
    struct probe_observation saw;
    int r;

    if (!probe_applies(feature, context)) {
        (void)snprintf(ret->saw, sizeof ret->saw, "there is no such thing");
        return;
    }
    r = probe_run(scratch, experiment, (enum x86_context)context, &saw);
    if (r < 0) {
        (void)snprintf(ret->saw, sizeof ret->saw, "KVM refuses it: %s",
                       strerror(-r));
        return;
    }
    ret->works = probe_observation_is(&experiment->want, &saw);
    probe_observation_describe(&saw, ret->saw, sizeof ret->saw);
}
