/* SPDX-License-Identifier: MIT */
/*
 * Steps leave no trace. Each row is a few instructions that end in HLT, run
 * freely and then step by step: every step must end where it should, and both
 * must leave the same registers and the same memory, stacks with their frames
 * and pushed flags included. What a host cannot run freely it need not step.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sys/time.h>

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

static const char *const context_names[] = {"real",   "prot",   "long", "user",
                                            "compat", "ring 3", "v86"};

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

/* --- an instruction without end --- */

static struct vcpu *the_vcpu;

static void on_alarm(int signal)
{
    (void)signal;
    vcpu_kick(the_vcpu);
}

/* By the time that it computes, so that a busy machine does no harm. */
static void set_alarm(struct vcpu *vcpu, bool on)
{
    const struct itimerval timer = {.it_value.tv_usec = on ? 500000 : 0};

    the_vcpu = vcpu;
    (void)setitimer(ITIMER_PROF, &timer, NULL);
    vcpu_kick_forget(vcpu);
}

/* --- one run --- */

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
    int r = guest_start(vm, row->context, row->with, row->code, row->size);

    memset(result, 0, sizeof *result);
    vcpu->debug = *host;
    vcpu->debug.step = how == STEPPING;
    vcpu->debug.traps = how == WITH_TRAPS;
    set_alarm(vcpu, true);
    while (!r) {
        r = vcpu_run(vcpu, &event);
        state = r ? -1 : classify(vcpu, &event, result);
        if (state)
            break;
    }
    set_alarm(vcpu, false);
    result->halted = state == 1;
    if (event.kind == VCPU_EVENT_KICK)
        (void)snprintf(result->why, sizeof result->why, "%s",
                       "it never comes to an end");
    else if (!r && !result->halted)
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

static uint64_t attributes(const struct kvm_segment *s)
{
    return s->type | s->s << 4 | s->dpl << 5 | s->present << 7 | s->avl << 8 |
           s->l << 9 | s->db << 10 | s->g << 11;
}

/* What an unusable one has in it means nothing. */
static void judge_segment(const struct step_row *row, enum how how,
                          const char *name, const struct kvm_segment *got,
                          const struct kvm_segment *want)
{
    if (got->selector != want->selector)
        fail(row, how, name, got->selector, want->selector);
    else if (got->unusable != want->unusable)
        fail(row, how, name, got->unusable, want->unusable);
    else if (!got->unusable && got->base != want->base)
        fail(row, how, name, got->base, want->base);
    else if (!got->unusable && got->limit != want->limit)
        fail(row, how, name, got->limit, want->limit);
    else if (!got->unusable && attributes(got) != attributes(want))
        fail(row, how, name, attributes(got), attributes(want));
}

static void judge_segments(const struct step_row *row, enum how how,
                           const struct kvm_sregs *got,
                           const struct kvm_sregs *want)
{
    judge_segment(row, how, "cs", &got->cs, &want->cs);
    judge_segment(row, how, "ss", &got->ss, &want->ss);
    judge_segment(row, how, "ds", &got->ds, &want->ds);
    judge_segment(row, how, "es", &got->es, &want->es);
    judge_segment(row, how, "fs", &got->fs, &want->fs);
    judge_segment(row, how, "gs", &got->gs, &want->gs);
    judge_segment(row, how, "tr", &got->tr, &want->tr);
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
    judge_segments(row, how, &got->sys, &want->sys);
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

/* --- what the host cannot do --- */

/* The last end of a step that the path tells, UNKNOWN if it leaves that open,
 * and the one before: there the instruction is that led to a handler. */
enum { UNKNOWN = -2 };

static void last_ends(const struct step_row *row, int *ret_end, int *ret_from)
{
    int before[3] = {UNKNOWN, UNKNOWN, 0};

    for (unsigned i = 0; i < PATH_MAX_STEPS && row->path[i]; i++) {
        if (row->path[i] == LAST) {
            *ret_end = UNKNOWN;
            *ret_from = i + 1 < PATH_MAX_STEPS && row->path[i + 1]
                            ? row->path[i + 1]
                            : UNKNOWN;
            return;
        }
        before[0] = before[1];
        before[1] = before[2];
        before[2] = row->path[i] < 0 ? UNKNOWN : row->path[i] & 0xffff;
    }
    *ret_end = before[2];
    *ret_from = before[0];
}

/* Of the frame that the last handler was called with: ip 0, cs 1, flags 2. */
static uint64_t frame_element(const struct result *result, unsigned i)
{
    static const bool codes[] = {
        [8] = true,  [10] = true, [11] = true, [12] = true,
        [13] = true, [14] = true, [17] = true};
    uint64_t vector = (result->gp.rip - GUEST_HANDLERS) / GUEST_HANDLER_SIZE;
    uint64_t element = 0;
    size_t width = result->sys.efer & X86_EFER_LMA ? 8
                   : result->sys.cr0 & X86_CR0_PE  ? 4
                                                   : 2;
    bool code = width > 2 && vector < sizeof codes && codes[vector];

    memcpy(&element, result->ram + result->gp.rsp + (i + code) * width, width);
    return element;
}

static bool in_handler(const struct result *result)
{
    return result->gp.rip >= GUEST_HANDLERS && result->gp.rip < GUEST_DATA;
}

/* Did it end otherwise than the row says? Then the host is to blame. */
static void judge_host(const struct step_row *row, struct result *result)
{
    int end;
    int from;
    uint64_t rip = result->gp.rip;

    if (!result->halted)
        return;
    last_ends(row, &end, &from);
    if (end != UNKNOWN && rip != GUEST_CODE + (uint64_t)end + 1)
        (void)snprintf(result->why, sizeof result->why, "it ends at 0x%llx",
                       (unsigned long long)rip);
    else if (in_handler(result) && from != UNKNOWN &&
             frame_element(result, 0) != GUEST_CODE + (uint64_t)from)
        (void)snprintf(result->why, sizeof result->why,
                       "it ends at 0x%llx, because of 0x%llx",
                       (unsigned long long)rip,
                       (unsigned long long)frame_element(result, 0));
    else if (row->context == V86 && in_handler(result) &&
             !(frame_element(result, 2) & X86_RFLAGS_VM))
        (void)snprintf(result->why, sizeof result->why,
                       "it leaves virtual-8086 mode without a trace");
}

/* True if the host could run it. */
static bool try_row(struct vm *vm, const struct step_row *row,
                    const struct debug_state *host)
{
    static struct result want;
    static struct result got;

    run(vm, row, FREELY, host, &want);
    judge_host(row, &want);
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

enum { ROWS_MAX = 512 };

/* Those that this host can run. */
static const struct step_row *runs[ROWS_MAX];
static unsigned n_runs;

static unsigned try_table(struct vm *vm, const struct step_table *table,
                          const struct debug_state *host)
{
    unsigned done = 0;

    for (size_t i = 0; i < table->n; i++) {
        if (!try_row(vm, &table->rows[i], host))
            continue;
        done++;
        if (n_runs < ROWS_MAX)
            runs[n_runs++] = &table->rows[i];
    }
    return done;
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

static size_t join(enum context context, uint32_t *state,
                   uint8_t code[PROGRAM_MAX])
{
    size_t n = 0;

    for (unsigned parts = 0; n_runs && parts < PARTS;) {
        const struct step_row *row = runs[next_random(state) % n_runs];

        if (!(row->with & JOINS) || row->context != context)
            continue;
        n = append(code, n, row);
        parts++;
    }
    code[n] = 0xf4; /* hlt */
    return n + 1;
}

static void try_programs(struct vm *vm, const struct debug_state *host)
{
    uint32_t state = 1;

    for (unsigned i = 0; i < PROGRAMS * USER; i++) {
        uint8_t code[PROGRAM_MAX];
        char name[32];
        struct step_row row = {
            .name = name, .context = i % USER, .code = code, .path = {LAST}};

        (void)snprintf(name, sizeof name, "program %u", i);
        row.size = join(row.context, &state, code);
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
    unsigned done;

    (void)signal(SIGPROF, on_alarm);
    (void)vcpu_kick_setup();
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
    done = try_table(&vm, &step_rows_plain, &host);
    done += try_table(&vm, &step_rows_levels, &host);
    try_programs(&vm, &host);
    vm_destroy(&vm);
    (void)printf("%u of %zu rows, %d programs of them, %u failures\n", done,
                 step_rows_plain.n + step_rows_levels.n, PROGRAMS * USER,
                 failures);
    return failures ? EXIT_FAILURE : EXIT_SUCCESS;
}
