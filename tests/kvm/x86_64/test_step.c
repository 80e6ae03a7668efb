/* SPDX-License-Identifier: MIT */
/*
 * Steps leave no trace. Each row is a few instructions that end in HLT, run
 * freely and then step by step: every step must end where it should, and both
 * must leave the same registers and the same memory, stacks with their frames
 * and pushed flags included. What a host cannot run freely it need not step.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kvm/arch.h"
#include "kvm/trap.h"
#include "kvm/x86_64/state.h"
#include "tests/kvm/x86_64/step_rows.h"

enum {
    SKIP = 77,
    MEMORY = 0x200000,
    STEPS_MAX = 4096,
    PROGRAMS = 20, /* a context */
    PARTS = 10,    /* a program */
    PROGRAM_MAX = 512,
};

static const char *const context_names[] = {"real", "prot", "long", "user"};

/* --- running --- */

enum how { FREELY, STEPPING, WITH_TRAPS, N_HOWS };

static const char *const how_names[] = {"freely", "stepping", "with traps"};

struct result {
    bool halted;
    char why[160]; /* if not */
    uint64_t path[STEPS_MAX];
    unsigned n;
    struct kvm_regs gp;
    struct kvm_sregs sys;
    uint64_t dr6, dr7;
    uint8_t ram[GUEST_END];
};

/* 0: go on, 1: halted, -1: something else. */
static int classify(struct vcpu *vcpu, const struct vcpu_event *event,
                    struct result *result)
{
    if (event->stepped && result->n < STEPS_MAX)
        result->path[result->n++] = arch_pc(vcpu) - GUEST_CODE;
    if (event->kind == VCPU_EVENT_HALT || vcpu->halted)
        return 1;
    if ((event->stepped && result->n < STEPS_MAX) || arch_reflect(vcpu, event))
        return 0;
    return -1;
}

static void run(struct vm *vm, const struct step_row *row, enum how how,
                const struct debug_state *host, struct result *result)
{
    struct vcpu *vcpu = &vm->vcpu[0];
    struct vcpu_event event;
    int state = -1;
    int r = guest_start(vm, row->context, row->code, row->size);

    memset(result, 0, sizeof *result);
    vcpu->debug = *host;
    vcpu->debug.step = how == STEPPING;
    vcpu->debug.traps = how == WITH_TRAPS;
    while (!r) {
        r = vcpu_run(vcpu, &event);
        state = r ? -1 : classify(vcpu, &event, result);
        if (state)
            break;
    }
    result->halted = state == 1;
    if (!r && !result->halted)
        vcpu_event_describe(vcpu, &event, result->why, sizeof result->why);
    vcpu->debug = (struct debug_state){.step = false};
    result->gp = *x86_gp(vcpu);
    result->sys = *x86_sys(vcpu);
    if (!x86_refetch(vcpu, X86_BANK_DEBUG) &&
        !x86_fetch(vcpu, X86_BANK_DEBUG)) {
        result->dr6 = vcpu->arch->debugregs.dr6;
        result->dr7 = vcpu->arch->debugregs.dr7;
    }
    (void)mem_read(&vm->mem, 0, result->ram, GUEST_END);
}

/* --- judging --- */

static unsigned failures;

static void fail(const struct step_row *row, enum how how, const char *what,
                 uint64_t got, uint64_t want)
{
    failures++;
    (void)printf("FAIL  %s %s, %s: %s is 0x%llx, not 0x%llx\n",
                 context_names[row->context], row->name, how_names[how], what,
                 (unsigned long long)got, (unsigned long long)want);
}

static void fail_text(const struct step_row *row, enum how how,
                      const char *what)
{
    failures++;
    (void)printf("FAIL  %s %s, %s: %s\n", context_names[row->context],
                 row->name, how_names[how], what);
}

static void judge_path(const struct step_row *row, const struct result *got)
{
    unsigned n = 0;

    for (unsigned i = 0; i < PATH_MAX_STEPS && row->path[i]; i++) {
        uint64_t at = n < got->n ? got->path[n] : UINT64_MAX;
        uint64_t want = (uint64_t)(row->path[i] & 0xffff);

        if (row->path[i] == LAST)
            return;
        if (row->path[i] < 0) /* beyond the code */
            want = UINT64_C(0x200000000) - GUEST_CODE;
        else if (row->path[i] & MAYBE && at != want)
            continue;
        if (at != want) {
            fail(row, STEPPING, "the end of a step", at, want);
            return;
        }
        n++;
    }
    if (got->n != n + 1) /* and the HLT */
        fail(row, STEPPING, "the number of steps", got->n, n + 1);
}

static void judge_registers(const struct step_row *row, enum how how,
                            const struct result *got, const struct result *want)
{
    static const struct {
        const char *name;
        size_t at;
    } regs[] = {
        {"rax", offsetof(struct kvm_regs, rax)},
        {"rbx", offsetof(struct kvm_regs, rbx)},
        {"rcx", offsetof(struct kvm_regs, rcx)},
        {"rdx", offsetof(struct kvm_regs, rdx)},
        {"rsi", offsetof(struct kvm_regs, rsi)},
        {"rdi", offsetof(struct kvm_regs, rdi)},
        {"rsp", offsetof(struct kvm_regs, rsp)},
        {"r11", offsetof(struct kvm_regs, r11)},
        {"rip", offsetof(struct kvm_regs, rip)},
        {"rflags", offsetof(struct kvm_regs, rflags)},
    };

    for (size_t i = 0; i < sizeof regs / sizeof regs[0]; i++) {
        uint64_t a;
        uint64_t b;

        memcpy(&a, (const char *)&got->gp + regs[i].at, 8);
        memcpy(&b, (const char *)&want->gp + regs[i].at, 8);
        if (a != b)
            fail(row, how, regs[i].name, a, b);
    }
    if (got->sys.cs.selector != want->sys.cs.selector)
        fail(row, how, "cs", got->sys.cs.selector, want->sys.cs.selector);
    if (got->sys.ss.selector != want->sys.ss.selector)
        fail(row, how, "ss", got->sys.ss.selector, want->sys.ss.selector);
    if (got->sys.cr0 != want->sys.cr0)
        fail(row, how, "cr0", got->sys.cr0, want->sys.cr0);
    if (got->dr6 != want->dr6)
        fail(row, how, "dr6", got->dr6, want->dr6);
    if (got->dr7 != want->dr7)
        fail(row, how, "dr7", got->dr7, want->dr7);
}

static void judge_memory(const struct step_row *row, enum how how,
                         const struct result *got, const struct result *want)
{
    for (uint64_t at = 0; at < GUEST_END; at++) {
        char what[32];

        if (got->ram[at] == want->ram[at])
            continue;
        (void)snprintf(what, sizeof what, "the byte at 0x%llx",
                       (unsigned long long)at);
        fail(row, how, what, got->ram[at], want->ram[at]);
        return;
    }
}

static void judge(const struct step_row *row, enum how how,
                  const struct result *got, const struct result *want)
{
    if (how == STEPPING)
        judge_path(row, got);
    judge_registers(row, how, got, want);
    judge_memory(row, how, got, want);
}

/* Behind the HLT, where the path says; else anywhere. */
static uint64_t row_end(const struct step_row *row, uint64_t otherwise)
{
    int last = 0;

    for (unsigned i = 0; i < PATH_MAX_STEPS && row->path[i]; i++)
        last = row->path[i];
    return last == LAST ? otherwise : GUEST_CODE + (uint64_t)last + 1;
}

/* True if the host could run it. */
static bool try_row(struct vm *vm, const struct step_row *row,
                    const struct debug_state *host)
{
    static struct result want;
    static struct result got;

    run(vm, row, FREELY, host, &want);
    if (want.halted && want.gp.rip != row_end(row, want.gp.rip))
        (void)snprintf(want.why, sizeof want.why, "it ends at 0x%llx",
                       want.gp.rip);
    if (want.why[0]) {
        (void)printf("note  %s %s: this host cannot: %s\n",
                     context_names[row->context], row->name, want.why);
        return false;
    }
    for (enum how how = STEPPING; how < N_HOWS; how++) {
        run(vm, row, how, host, &got);
        if (got.halted)
            judge(row, how, &got, &want);
        else
            fail_text(row, how, got.why);
    }
    return true;
}

/* --- programs of many rows --- */

static uint32_t next_random(uint32_t *state)
{
    *state = *state * 1664525 + 1013904223;
    return *state >> 16;
}

/* A row without its HLT, behind a new count for string instructions. */
static size_t append(uint8_t *code, size_t at, const struct step_row *row)
{
    static const uint8_t wide[] = {0xb9, 5, 0, 0, 0}; /* mov ecx, 5 */
    size_t n = row->context == REAL ? 3 : sizeof wide;

    memcpy(code + at, wide, n);
    memcpy(code + at + n, row->code, row->size - 1);
    return at + n + row->size - 1;
}

static size_t join(enum context context, const bool *runs, uint32_t *state,
                   uint8_t code[PROGRAM_MAX])
{
    size_t n = 0;

    for (unsigned parts = 0; n_step_rows && parts < PARTS;) {
        size_t i = next_random(state) % n_step_rows;

        if (!step_rows[i].joins || !runs[i] || step_rows[i].context != context)
            continue;
        n = append(code, n, &step_rows[i]);
        parts++;
    }
    code[n] = 0xf4; /* hlt */
    return n + 1;
}

static void try_programs(struct vm *vm, const bool *runs,
                         const struct debug_state *host)
{
    uint32_t state = 1;

    for (unsigned i = 0; i < PROGRAMS * USER; i++) {
        uint8_t code[PROGRAM_MAX];
        char name[32];
        struct step_row row = {
            .name = name, .context = i % USER, .code = code, .path = {LAST}};

        (void)snprintf(name, sizeof name, "program %u", i);
        row.size = join(row.context, runs, &state, code);
        if (!try_row(vm, &row, host))
            failures++; /* each of its parts ran */
    }
}

static void discard(void *context, const char *text, size_t n)
{
    (void)context;
    (void)text;
    (void)n;
}

int main(void)
{
    const struct vm_config config = {
        .memory = MEMORY, .n_vcpus = 1, .console = {discard, NULL}};
    struct diag diag;
    struct debug_state host = {.step = false};
    struct probe probe;
    struct vm vm;
    static bool runs[STEP_ROWS_MAX];
    unsigned done = 0;

    (void)setvbuf(stdout, NULL, _IOLBF, 0);
    if (access(VM_DEVICE, R_OK | W_OK) < 0) {
        (void)printf("SKIP: needs " VM_DEVICE "\n");
        return SKIP;
    }
    if (vm_create(&vm, &config, &diag) < 0) {
        (void)printf("FAIL  %s\n", diag.text);
        return EXIT_FAILURE;
    }
    probe_init(&probe);
    host.trap = trap_of_host(&probe);
    host.no_user_step = !probe_in_user(&probe, PROBE_STEP);
    probe_rest(&probe);
    for (size_t i = 0; i < n_step_rows; i++) {
        runs[i] = try_row(&vm, &step_rows[i], &host);
        done += runs[i];
    }
    try_programs(&vm, runs, &host);
    vm_destroy(&vm);
    (void)printf("%u of %zu rows, %d programs of them, %u failures\n", done,
                 n_step_rows, PROGRAMS * USER, failures);
    return failures ? EXIT_FAILURE : EXIT_SUCCESS;
}
