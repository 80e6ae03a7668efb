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
#include "tests/kvm/x86_64/step_guest.h"

enum {
    SKIP = 77,
    MEMORY = 0x200000,
    STEPS_MAX = 128,
    PATH_MAX_STEPS = 12,
    LAST = -1, /* after a path: to the HLT, by any way */
};

/* Where a vector's handler is, counted from the code, as paths are. */
#define H(vector) (GUEST_HANDLERS - GUEST_CODE + (vector)*GUEST_HANDLER_SIZE)
#define ENTRY     (GUEST_ENTRY - GUEST_CODE)
/* A load of SS: hardware takes the next instruction with it. */
#define MAYBE(at)  ((at) | 0x10000)
#define CODE(text) (const uint8_t *)(text), sizeof(text) - 1

/* clang-format off */
static const struct row {
    const char *name;
    enum context context;
    const uint8_t *code;
    size_t size;
    int path[PATH_MAX_STEPS]; /* where the steps end, 0 ends the list */
} rows[] = {
    /* RFLAGS in memory */
    {"pushf",              REAL, CODE("\x9c\xf4"), {1}},
    {"pushfd",             REAL, CODE("\x66\x9c\xf4"), {2}},
    {"std; pushf",         REAL, CODE("\xfd\x9c\xf4"), {1, 2}},
    {"pushfd",             PROT, CODE("\x9c\xf4"), {1}},
    {"pushf",              PROT, CODE("\x66\x9c\xf4"), {2}},
    {"pushfq",             LONG, CODE("\x9c\xf4"), {1}},
    {"pushf",              LONG, CODE("\x66\x9c\xf4"), {2}},
    {"pushfq",             USER, CODE("\x9c\x90\xf4"), {1, 2, H(13), H(13) + 1}},
    {"popf",               REAL, CODE("\x6a\x02\x9d\xf4"), {2, 3}},
    {"popfq",              LONG, CODE("\x6a\x02\x9d\xf4"), {2, 3}},
    {"pushfq; popfq",      LONG, CODE("\x9c\x9d\xf4"), {1, 2}},
    /* interrupts by instruction */
    {"int 0x40",           REAL, CODE("\xcd\x40\x90\xf4"),
     {H(0x40), H(0x40) + 1, 2, 3}},
    {"int 0x40",           PROT, CODE("\xcd\x40\x90\xf4"),
     {H(0x40), H(0x40) + 1, 2, 3}},
    {"int 0x91, 16 bits",  PROT, CODE("\xcd\x91\x90\xf4"), {LAST}},
    {"int 0x40",           LONG, CODE("\xcd\x40\x90\xf4"),
     {H(0x40), H(0x40) + 1, 2, 3}},
    {"int 0x80",           USER, CODE("\xcd\x80\x90\xf4"),
     {H(0x80), H(0x80) + 1, 2, 3, H(13), H(13) + 1}},
    {"int3",               REAL, CODE("\xcc\x90\xf4"),
     {H(3), H(3) + 1, 1, 2}},
    {"int3",               PROT, CODE("\xcc\x90\xf4"),
     {H(3), H(3) + 1, 1, 2}},
    {"int3",               LONG, CODE("\xcc\x90\xf4"),
     {H(3), H(3) + 1, 1, 2}},
    {"int3",               USER, CODE("\xcc\x90\xf4"),
     {H(3), H(3) + 1, 1, 2, H(13), H(13) + 1}},
    {"int 3",              LONG, CODE("\xcd\x03\x90\xf4"),
     {H(3), H(3) + 1, 2, 3}},
    {"icebp",              REAL, CODE("\xf1\x90\xf4"), {H(1), LAST}},
    {"icebp",              PROT, CODE("\xf1\x90\xf4"), {H(1), LAST}},
    {"icebp",              LONG, CODE("\xf1\x90\xf4"), {H(1), LAST}},
    {"into, no overflow",  PROT, CODE("\xce\xf4"), {1}},
    {"into, overflow",     REAL, CODE("\xb0\x7f\x04\x01\xce\xf4"),
     {2, 4, H(4), H(4) + 1, 5}},
    {"into, overflow",     PROT, CODE("\xb0\x7f\x04\x01\xce\xf4"),
     {2, 4, H(4), H(4) + 1, 5}},
    {"syscall",            LONG, CODE("\x0f\x05"), {ENTRY, ENTRY + 4}},
    {"syscall; sysret",    USER, CODE("\x0f\x05\x0f\x0b"),
     {ENTRY, ENTRY + 4, 2, H(6), H(6) + 1}},
    {"sysenter",           PROT, CODE("\x0f\x34"), {ENTRY}},
    {"iretq to itself",    LONG,
     CODE("\x6a\x10\x68\x00\x80\x00\x00\x6a\x02\x6a\x08\x68\x12\x10\x00\x00"
          "\x48\xcf\x90\xf4"), {2, 7, 9, 11, 16, 18, 19}},
    /* faults */
    {"ud2",                REAL, CODE("\x0f\x0b"), {H(6), H(6) + 1}},
    {"ud2",                PROT, CODE("\x0f\x0b"), {H(6), H(6) + 1}},
    {"ud2",                LONG, CODE("\x0f\x0b"), {H(6), H(6) + 1}},
    {"ud2",                USER, CODE("\x0f\x0b"), {H(6), H(6) + 1}},
    {"divide by zero",     REAL, CODE("\x31\xc9\xf7\xf1"),
     {2, H(0), H(0) + 1}},
    {"divide by zero",     PROT, CODE("\x31\xc9\xf7\xf1"),
     {2, H(0), H(0) + 1}},
    {"divide by zero",     LONG, CODE("\x31\xc9\xf7\xf1"),
     {2, H(0), H(0) + 1}},
    {"bad selector",       PROT, CODE("\xb8\xf8\x00\x00\x00\x8e\xd8"),
     {5, H(13), H(13) + 1}},
    {"page fault, read",   LONG,
     CODE("\x48\xb8\x00\x00\x00\x00\x02\x00\x00\x00\x8a\x00"),
     {10, H(14), H(14) + 1}},
    {"page fault, write",  LONG,
     CODE("\x48\xb8\x00\x00\x00\x00\x02\x00\x00\x00\x88\x00"),
     {10, H(14), H(14) + 1}},
    {"page fault, fetch",  LONG,
     CODE("\x48\xb8\x00\x00\x00\x00\x02\x00\x00\x00\xff\xe0"),
     {10, -GUEST_CODE, H(14), H(14) + 1}},
    {"not canonical",      LONG,
     CODE("\x48\xb8\x00\x00\x00\x00\x00\x00\x80\x00\x8a\x00"),
     {10, H(13), H(13) + 1}},
    {"page fault",         USER,
     CODE("\x48\xb8\x00\x00\x00\x00\x02\x00\x00\x00\x8a\x00"),
     {10, H(14), H(14) + 1}},
    {"hlt at CPL3",        USER, CODE("\xf4"), {H(13), H(13) + 1}},
    {"wrmsr to nowhere",   LONG, CODE("\xb9\x00\x00\x00\x77\x0f\x30"),
     {5, H(13), H(13) + 1}},
    /* strings */
    {"rep movsb",          REAL, CODE("\xf3\xa4\xf4"), {2}},
    {"rep movsb",          PROT, CODE("\xf3\xa4\xf4"), {2}},
    {"rep movsb",          LONG, CODE("\xf3\xa4\xf4"), {2}},
    {"rep movsb",          USER, CODE("\xf3\xa4\xf4"), {2, H(13), H(13) + 1}},
    {"rep stosq",          LONG, CODE("\xf3\x48\xab\xf4"), {3}},
    {"rep, count zero",    LONG, CODE("\x31\xc9\xf3\xa4\xf4"), {2, 4}},
    {"repe cmpsb",         LONG, CODE("\xf3\xa6\xf4"), {2}},
    {"repne scasb",        REAL, CODE("\xf2\xae\xf4"), {2}},
    {"movsb",              LONG, CODE("\xa4\xf4"), {1}},
    {"rep outsb",          LONG, CODE("\xf3\x6e\xf4"), {2}},
    {"rep insb",           LONG, CODE("\x66\xba\xfd\x03\xf3\x6c\xf4"), {4, 6}},
    {"rep outsb",          REAL, CODE("\xf3\x6e\xf4"), {2}},
    /* interrupt flag and stack segment */
    {"cli; sti; nop",      LONG, CODE("\xfa\xfb\x90\xf4"), {1, 2, 3}},
    {"cli; sti; nop",      REAL, CODE("\xfa\xfb\x90\xf4"), {1, 2, 3}},
    {"mov ss; nop",        REAL, CODE("\x8c\xd0\x8e\xd0\x90\x90\xf4"),
     {2, MAYBE(4), 5, 6}},
    {"mov ss; pushf",      REAL, CODE("\x8c\xd0\x8e\xd0\x9c\x90\xf4"),
     {2, MAYBE(4), 5, 6}},
    {"mov ss; pushfd",     PROT, CODE("\x8c\xd0\x8e\xd0\x9c\x90\xf4"),
     {2, MAYBE(4), 5, 6}},
    {"mov ss; pushfq",     LONG, CODE("\x8c\xd0\x8e\xd0\x9c\x90\xf4"),
     {2, MAYBE(4), 5, 6}},
    {"mov ss; int 0x40",   REAL, CODE("\x8c\xd0\x8e\xd0\xcd\x40\xf4"),
     {2, MAYBE(4), H(0x40), H(0x40) + 1, 6}},
    {"mov ss; ud2",        PROT, CODE("\x8c\xd0\x8e\xd0\x0f\x0b"),
     {2, MAYBE(4), H(6), H(6) + 1}},
    {"pop ss; pushfd",     PROT, CODE("\x16\x17\x9c\x90\xf4"),
     {1, MAYBE(2), 3, 4}},
    /* devices */
    {"out, in",            LONG, CODE("\xee\x66\xba\xfd\x03\xec\xf4"),
     {1, 5, 6}},
    {"out, in",            REAL, CODE("\xee\xba\xfd\x03\xec\xf4"), {1, 4, 5}},
    {"out 0x7e",           LONG, CODE("\xe6\x7e\x90\xf4"), {2, 3}},
    {"MMIO read",          LONG, CODE("\xb8\x00\x00\x00\xd0\x8b\x08\x90\xf4"),
     {5, 7, 8}},
    {"MMIO write",         LONG, CODE("\xb8\x00\x00\x00\xd0\x89\x08\x90\xf4"),
     {5, 7, 8}},
    {"MMIO both",          LONG, CODE("\xb8\x00\x00\x00\xd0\xff\x00\x90\xf4"),
     {5, 7, 8}},
    {"MMIO write",         PROT, CODE("\xb8\x00\x00\x00\xd0\x89\x08\x90\xf4"),
     {5, 7, 8}},
    {"rep stosb to MMIO",  LONG, CODE("\xbf\x00\x00\x00\xd0\xf3\xaa\x90\xf4"),
     {5, 7, 8}},
    /* control flow and system */
    {"jmp, call, ret",     LONG,
     CODE("\xeb\x01\xf4\xe8\x02\x00\x00\x00\x90\xf4\xc3"), {3, 10, 8, 9}},
    {"loop",               REAL, CODE("\xb9\x02\x00\xe2\xfe\xf4"), {3, 3, 5}},
    {"far jump",           PROT, CODE("\xea\x08\x10\x00\x00\x08\x00\x90\xf4"),
     {8}},
    {"far return",         LONG, CODE("\x6a\x08\x68\x0a\x10\x00\x00\x48\xcb"
                                      "\x90\xf4"), {2, 7, 10}},
    {"cpuid",              LONG, CODE("\x31\xc0\x0f\xa2\xf4"), {2, 4}},
    {"rdmsr, wrmsr",       LONG,
     CODE("\xb9\x82\x00\x00\xc0\x0f\x32\x0f\x30\x90\xf4"), {5, 7, 9, 10}},
    {"mov cr0",            PROT, CODE("\x0f\x20\xc0\x0f\x22\xc0\x90\xf4"),
     {3, 6, 7}},
    {"mov cr3",            LONG, CODE("\x0f\x20\xd8\x0f\x22\xd8\x90\xf4"),
     {3, 6, 7}},
    {"mov cr0: PE on",     REAL,
     CODE("\x0f\x20\xc0\x0c\x01\x0f\x22\xc0\x90\xf4"), {3, 5, 8, 9}},
    {"lfence",             LONG, CODE("\x0f\xae\xe8\x90\x90\xf4"), {3, 4, 5}},
    {"swapgs",             LONG, CODE("\x0f\x01\xf8\x90\x90\xf4"), {3, 4, 5}},
    {"rdfsbase",           LONG, CODE("\xf3\x48\x0f\xae\xc0\x90\x90\xf4"),
     {5, 6, 7}},
    {"lock inc",           LONG, CODE("\xf0\xff\x03\xf4"), {3}},
    {"xchg",               LONG, CODE("\x87\x03\xf4"), {2}},
    {"movaps, fld1",       LONG, CODE("\x0f\x28\x03\xd9\xe8\xf4"), {3, 5}},
    {"movaps, fld1",       USER, CODE("\x0f\x28\x03\xd9\xe8\xf4"),
     {3, 5, H(13), H(13) + 1}},
    {"cpuid; jmp",         USER, CODE("\x31\xc0\x0f\xa2\xeb\x00\xf4"),
     {2, 4, 6, H(13), H(13) + 1}},
    {"hlt; IF set",        LONG, CODE("\xfb\xf4"), {1}},
    /* tasks */
    {"int 0x90, a task",   PROT, CODE("\xcd\x90\xf4"), {H(0x92), LAST}},
    {"jmp to a task",      PROT, CODE("\xea\x00\x00\x00\x00\x40\x00"),
     {H(0x92), LAST}},
    /* a guest that debugs itself */
    {"popfq with TF",      LONG,
     CODE("\x9c\x81\x0c\x24\x00\x01\x00\x00\x9d\x90\x90\x9c\x81\x24\x24\xff"
          "\xfe\xff\xff\x9d\x90\xf4"), {1, 8, 9, 10, H(1), LAST}},
    {"popfd with TF",      PROT,
     CODE("\x9c\x81\x0c\x24\x00\x01\x00\x00\x9d\x90\x90\x9c\x81\x24\x24\xff"
          "\xfe\xff\xff\x9d\x90\xf4"), {1, 8, 9, 10, H(1), LAST}},
    {"popf with TF",       REAL,
     CODE("\x9c\x58\x0d\x00\x01\x50\x9d\x90\x90\x9c\x58\x25\xff\xfe\x50\x9d"
          "\x90\xf4"), {1, 2, 5, 6, 7, 8, H(1), LAST}},
    {"TF; int 0x40",       LONG,
     CODE("\x9c\x81\x0c\x24\x00\x01\x00\x00\x9d\xcd\x40\x9c\x81\x24\x24\xff"
          "\xfe\xff\xff\x9d\x90\xf4"), {1, 8, 9, H(0x40), LAST}},
    {"own breakpoint",     LONG, /* dr0 = the nop, dr7 = its L0 */
     CODE("\xb8\x0e\x10\x00\x00\x0f\x23\xc0\x6a\x01\x58\x0f\x23\xf8\x90\x31\xc0"
          "\x0f\x23\xf8\x90\xf4"), {5, 8, 10, 11, LAST}},
    {"own watchpoint",     LONG, /* dr1 = data, dr7 = L1, write, 4 bytes */
     CODE("\x0f\x23\xcb\xb8\x04\x00\xd0\x00\x0f\x23\xf8\x89\x0b\x90\x31\xc0"
          "\x0f\x23\xf8\x90\xf4"), {3, 8, 11, 13, LAST}},
    {"own watchpoint",     PROT,
     CODE("\x0f\x23\xcb\xb8\x04\x00\xd0\x00\x0f\x23\xf8\x89\x0b\x90\x31\xc0"
          "\x0f\x23\xf8\x90\xf4"), {3, 8, 11, 13, LAST}},
};
/* clang-format on */

enum { N_ROWS = sizeof rows / sizeof rows[0] };

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

static void run(struct vm *vm, const struct row *row, enum how how,
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

static void fail(const struct row *row, enum how how, const char *what,
                 uint64_t got, uint64_t want)
{
    failures++;
    (void)printf("FAIL  %s %s, %s: %s is 0x%llx, not 0x%llx\n",
                 context_names[row->context], row->name, how_names[how], what,
                 (unsigned long long)got, (unsigned long long)want);
}

static void judge_path(const struct row *row, const struct result *got)
{
    unsigned n = 0;

    for (unsigned i = 0; i < PATH_MAX_STEPS && row->path[i]; i++) {
        uint64_t at = n < got->n ? got->path[n] : UINT64_MAX;
        uint64_t want = (uint64_t)(row->path[i] & 0xffff);

        if (row->path[i] == LAST)
            return;
        if (row->path[i] < 0) /* beyond the code */
            want = UINT64_C(0x200000000) - GUEST_CODE;
        else if (row->path[i] & MAYBE(0) && at != want)
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

static void judge_registers(const struct row *row, enum how how,
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

static void judge_memory(const struct row *row, enum how how,
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

/* Behind the HLT, where the path says; else anywhere. */
static uint64_t row_end(const struct row *row, uint64_t otherwise)
{
    int last = 0;

    for (unsigned i = 0; i < PATH_MAX_STEPS && row->path[i]; i++)
        last = row->path[i];
    return last == LAST ? otherwise : GUEST_CODE + (uint64_t)last + 1;
}

/* True if the host could run it. */
static bool try_row(struct vm *vm, const struct row *row,
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
        if (!got.halted) {
            failures++;
            (void)printf("FAIL  %s %s, %s: %s after %u steps\n",
                         context_names[row->context], row->name, how_names[how],
                         got.why, got.n);
            continue;
        }
        if (how == STEPPING)
            judge_path(row, &got);
        judge_registers(row, how, &got, &want);
        judge_memory(row, how, &got, &want);
    }
    return true;
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
    for (size_t i = 0; i < N_ROWS; i++)
        done += try_row(&vm, &rows[i], &host);
    vm_destroy(&vm);
    (void)printf("%u of %d rows, %u failures\n", done, N_ROWS, failures);
    return failures ? EXIT_FAILURE : EXIT_SUCCESS;
}
