/* SPDX-License-Identifier: MIT */
/*
 * Instructions that nobody chose: each is run freely and in steps, in every
 * kind of code, and must leave the same. What raises an exception freely must
 * land in its handler by the first step, and what goes on behind itself must be
 * there after it. The seed is fixed; each host decides which it can run.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kvm/core/mem.h"
#include "kvm/vm/types.h"
#include "kvm/vm/vm.h"
#include "kvm/x86_64/state/state.h"
#include "tests/kvm/x86_64/step_run.h"

enum {
    LIMIT_US = 50000,
    ROUNDS = 400, /* a context */
    BYTES = 15,
    NOPS = 2,
    PADDED = 256,
    SEEDS = 1,
};

static uint32_t next_random(uint32_t *state)
{
    *state = *state * 1664525 + 1013904223;
    return *state >> 16;
}

/* --- an instruction --- */

static const enum insn_mode modes[] = {
    [REAL] = INSN_MODE_REAL,        [PROT] = INSN_MODE_32,
    [LONG] = INSN_MODE_64,          [USER] = INSN_MODE_64,
    [COMPAT] = INSN_MODE_COMPAT_32, [RING3] = INSN_MODE_32,
    [V86] = INSN_MODE_16,
};

/* Legacy prefixes, then REX; most have none. */
static size_t put_prefixes(uint8_t *code, enum context context, uint32_t *state)
{
    static const uint8_t legacy[] = {0x66, 0x67, 0xf2, 0xf3,
                                     0xf0, 0x2e, 0x36, 0x64};
    size_t n = 0;

    while (next_random(state) % 4 == 0 && n < 3)
        code[n++] = legacy[next_random(state) % sizeof legacy];
    if (modes[context] == INSN_MODE_64 && next_random(state) % 3 == 0)
        code[n++] = (uint8_t)(0x40 + next_random(state) % 16);
    return n;
}

/* What depends on time or chance, or on the hypervisor. */
static bool is_no_test(enum context context, const uint8_t *opcode)
{
    uint8_t modrm = opcode[2];
    bool is_wide = modes[context] == INSN_MODE_64;

    if (opcode[0] != 0x0f)
        return false;
    switch (opcode[1]) {
    case 0x05: /* syscall and sysret: kvm_pvm takes some for others */
    case 0x07:
        return true;
    case 0x19: /* reserved nops, which kvm_pvm executes as 64-bit code */
    case 0x1a:
    case 0x1b:
    case 0x1c:
    case 0x1d:
    case 0x1e:
        return !is_wide;
    case 0x01: /* rdtscp, vmcall, vmrun... */
        return modrm >= 0xc0;
    case 0x35: /* sysexit */
        return context == PROT;
    case 0x31: /* rdtsc */
    case 0x33: /* rdpmc */
    case 0xa2: /* cpuid, of which some leaves tell the APIC's or the time */
        return true;
    case 0xc7: /* rdrand, rdseed, rdpid */
        return modrm >= 0xf0;
    default:
        return false;
    }
}

static void put_instruction(uint8_t *code, enum context context,
                            uint32_t *state)
{
    size_t n;

    do {
        n = put_prefixes(code, context, state);
        for (size_t i = n; i < BYTES; i++)
            code[i] = (uint8_t)next_random(state);
        /* Every other one with two bytes of opcode. */
        if (next_random(state) % 2)
            code[n] = 0x0f;
    } while (is_no_test(context, code + n));
}

/* --- judging --- */

/* Behind the instruction stand nops and what ends the guest, and more of that
 * for who jumps. */
static size_t put_program(uint8_t *code, enum context context, uint32_t *state,
                          struct insn *ret)
{
    static const uint8_t ud2[] = {0x0f, 0x0b};
    size_t n;

    put_instruction(code, context, state);
    *ret = insn_decode(modes[context], code, BYTES);
    n = ret->size ? ret->size : BYTES;
    memset(code + n, 0xf4, PADDED - n);
    memset(code + n, 0x90, NOPS);
    if (context > LONG)
        memcpy(code + n + NOPS, ud2, sizeof ud2);
    return PADDED;
}

/* Of the code. */
static const uint16_t selectors[] = {
    [PROT] = KERNEL_CS,    [LONG] = KERNEL_CS,   [USER] = USER_CS,
    [COMPAT] = USER_CS_32, [RING3] = USER_CS_32, [V86] = 0,
};

/* Where the first step must end, or 0 when it may end anywhere. */
static uint64_t first_end(const struct step_row *row, const struct insn *insn,
                          const struct result *want)
{
    enum { ANYWHERE = INSN_BRANCH | INSN_INT | INSN_SHADOW };
    uint64_t behind;
    uint64_t from;

    if (run_in_handler(want) && run_frame_element(want, 0) == GUEST_CODE &&
        (run_frame_element(want, 1) & 0xffff) == selectors[row->context])
        return want->gp.rip - 2 - GUEST_CODE;
    if (!insn->size || insn->traits & ANYWHERE)
        return 0;
    behind = GUEST_CODE + insn->size;
    from = run_in_handler(want) ? run_frame_element(want, 0) : want->gp.rip - 1;
    if (from != behind + NOPS)
        return 0;
    return row->context == V86 ? 0 : insn->size;
}

static void judge(const struct step_row *row, const struct insn *insn,
                  const struct result *got, const struct result *want)
{
    uint64_t end = want->halted ? first_end(row, insn, want) : 0;

    if (row->context == V86 && run_in_handler(want) &&
        !(run_frame_element(want, 2) & X86_RFLAGS_VM))
        return; /* this host has no such mode */
    if (got->kind == VCPU_EVENT_KICK || got->n == STEPS_MAX)
        return; /* a long way through empty memory */
    if (!want->halted) {
        if (got->kind != want->kind && want->kind != VCPU_EVENT_KICK)
            run_fail(row, STEPPING, "the event", got->kind, want->kind);
        return;
    }
    if (!got->halted) {
        run_fail_text(row, STEPPING, got->why);
        return;
    }
    if (end && got->n && got->path[0] != end)
        run_fail(row, STEPPING, "the first step's end", got->path[0], end);
    run_judge(row, STEPPING, got, want);
}

/* Memory and x87 as they were before the first. */
static void clear(struct vm *vm)
{
    struct vcpu *vcpu = &vm->vcpu[0];
    struct kvm_xsave *xsave = vcpu->arch->xsave;

    memset(mem_ptr(&vm->mem, 0, GUEST_MEMORY), 0, GUEST_MEMORY);
    if (x86_fetch(vcpu, X86_BANK_XSAVE) < 0)
        return;
    memset(xsave, 0, vm->caps.xsave_size);
    xsave->region[0] = 0x37f;  /* FCW, Intel SDM 1 10.5.1.1 */
    xsave->region[6] = 0x1f80; /* MXCSR */
    xsave->region[128] = 3;    /* XSTATE_BV: both are there */
    x86_touch(vcpu, X86_BANK_XSAVE);
}

static void try_one(struct vm *vm, const struct debug_state *host,
                    enum context context, uint32_t *state)
{
    static struct result want;
    static struct result got;
    uint8_t code[PADDED];
    char name[3 * BYTES + 1];
    struct insn insn;
    struct step_row row = {.name = name,
                           .context = context,
                           .with = context == V86 ? WITH_IOPL3 : 0,
                           .code = code};

    row.size = put_program(code, context, state, &insn);
    for (unsigned i = 0; i < (insn.size ? insn.size : BYTES); i++)
        (void)sprintf(name + 3 * (size_t)i, "%02x ", code[i]);
    clear(vm);
    run_row(vm, &row, FREELY, host, LIMIT_US, &want);
    clear(vm);
    run_row(vm, &row, STEPPING, host, LIMIT_US, &got);
    judge(&row, &insn, &got, &want);
}

int main(int argc, char **argv)
{
    struct debug_state host;
    struct vm vm;
    unsigned n = 0;
    uint32_t state = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 0) : SEEDS;
    int r = run_prepare(&vm, &host);

    if (r)
        return r;
    for (enum context context = REAL; context < CONTEXTS; context++)
        for (unsigned i = 0; i < ROUNDS && !guest_ends_host(context, 0);
             i++, n++)
            try_one(&vm, &host, context, &state);
    vm_destroy(&vm);
    (void)printf("%u instructions, %u failures\n", n, run_failures);
    return run_failures ? EXIT_FAILURE : EXIT_SUCCESS;
}
