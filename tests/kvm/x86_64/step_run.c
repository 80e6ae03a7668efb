/* SPDX-License-Identifier: MIT */
#include "tests/kvm/x86_64/step_run.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sys/time.h>

#include "kvm/arch_cpu.h"
#include "kvm/arch_run.h"
#include "kvm/core/kick.h"
#include "kvm/core/mem.h"
#include "kvm/probe/probe.h"
#include "kvm/probe/trap.h"
#include "kvm/vm/describe.h"
#include "kvm/vm/run.h"
#include "kvm/vm/vm.h"
#include "kvm/x86_64/state/state.h"

unsigned run_failures;

static const char *const context_names[] = {"real",   "prot",   "long", "user",
                                            "compat", "ring 3", "v86"};

static const char *const how_names[] = {"freely", "stepping", "with traps"};

/* --- an instruction without end --- */

static struct vcpu *the_vcpu;

static void on_alarm(int signal)
{
    (void)signal;
    vcpu_kick(the_vcpu);
}

/* By the time that it computes, so that a busy machine does no harm. */
static void set_alarm(struct vcpu *vcpu, unsigned us)
{
    const struct itimerval timer = {.it_value.tv_usec = us};

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

/* Traps come only where they were foreseen. Every other step is made without
 * that question, which must change nothing. */
static int run_once(struct vcpu *vcpu, const struct step_row *row, enum how how,
                    struct vcpu_event *event)
{
    static bool asks;
    bool foreseen;
    int r;

    asks = !asks;
    foreseen = !asks || arch_step_plants(vcpu);
    r = vcpu_run(vcpu, event);
    if (vcpu->debug.step && vcpu->arch->step.traps && !foreseen)
        run_fail_text(row, how, "it plants traps that nobody has foreseen");
    return r;
}

void run_read(struct vm *vm, struct result *ret)
{
    struct vcpu *vcpu = &vm->vcpu[0];

    ret->gp = *x86_gp(vcpu);
    ret->sys = *x86_sys(vcpu);
    if (!x86_refetch(vcpu, X86_BANK_DEBUG) &&
        !x86_fetch(vcpu, X86_BANK_DEBUG)) {
        ret->dr6 = vcpu->arch->debugregs.dr6;
        ret->dr7 = vcpu->arch->debugregs.dr7;
    }
    (void)mem_read(&vm->mem, 0, ret->ram, GUEST_END);
}

void run_row(struct vm *vm, const struct step_row *row, enum how how,
             const struct debug_state *host, unsigned limit_us,
             struct result *result)
{
    struct vcpu *vcpu = &vm->vcpu[0];
    struct vcpu_event event = {.kind = VCPU_EVENT_KICK};
    int state = -1;
    int r = guest_start(vm, row->context, row->with, row->code, row->size);

    memset(result, 0, sizeof *result);
    vcpu->debug = *host;
    vcpu->debug.step = how == STEPPING;
    vcpu->debug.traps = how == WITH_TRAPS;
    set_alarm(vcpu, limit_us);
    while (!r) {
        r = run_once(vcpu, row, how, &event);
        state = r ? -1 : classify(vcpu, &event, result);
        if (state)
            break;
    }
    set_alarm(vcpu, 0);
    result->halted = state == 1;
    result->kind = event.kind;
    if (event.kind == VCPU_EVENT_KICK)
        (void)snprintf(result->why, sizeof result->why, "%s",
                       "it never comes to an end");
    else if (!r && !result->halted)
        vcpu_event_describe(vcpu, &event, result->why, sizeof result->why);
    vcpu->debug = (struct debug_state){.step = false};
    run_read(vm, result);
}

void run_fail(const struct step_row *row, enum how how, const char *what,
              uint64_t got, uint64_t want)
{
    run_failures++;
    (void)printf("FAIL  %s %s, %s: %s is 0x%llx, not 0x%llx\n",
                 context_names[row->context], row->name, how_names[how], what,
                 (unsigned long long)got, (unsigned long long)want);
}

void run_fail_text(const struct step_row *row, enum how how, const char *what)
{
    run_failures++;
    (void)printf("FAIL  %s %s, %s: %s\n", context_names[row->context],
                 row->name, how_names[how], what);
}

static uint64_t attributes(const struct kvm_segment *s)
{
    unsigned all = s->type | (unsigned)s->s << 4 | (unsigned)s->dpl << 5 |
                   (unsigned)s->present << 7 | (unsigned)s->avl << 8 |
                   (unsigned)s->l << 9 | (unsigned)s->db << 10 |
                   (unsigned)s->g << 11;

    return all;
}

/* What an unusable one has in it means nothing. */
static void judge_segment(const struct step_row *row, enum how how,
                          const char *name, const struct kvm_segment *got,
                          const struct kvm_segment *want)
{
    if (got->selector != want->selector)
        run_fail(row, how, name, got->selector, want->selector);
    else if (got->unusable != want->unusable)
        run_fail(row, how, name, got->unusable, want->unusable);
    else if (!got->unusable && got->base != want->base)
        run_fail(row, how, name, got->base, want->base);
    else if (!got->unusable && got->limit != want->limit)
        run_fail(row, how, name, got->limit, want->limit);
    else if (!got->unusable && attributes(got) != attributes(want))
        run_fail(row, how, name, attributes(got), attributes(want));
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
            run_fail(row, how, regs[i].name, a, b);
    }
    judge_segments(row, how, &got->sys, &want->sys);
    if (got->sys.cr0 != want->sys.cr0)
        run_fail(row, how, "cr0", got->sys.cr0, want->sys.cr0);
    if (got->dr6 != want->dr6)
        run_fail(row, how, "dr6", got->dr6, want->dr6);
    if (got->dr7 != want->dr7)
        run_fail(row, how, "dr7", got->dr7, want->dr7);
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
        run_fail(row, how, what, got->ram[at], want->ram[at]);
        return;
    }
}

void run_judge(const struct step_row *row, enum how how,
               const struct result *got, const struct result *want)
{
    judge_registers(row, how, got, want);
    judge_memory(row, how, got, want);
}

/* Of the frame that the last handler was called with: ip 0, cs 1, flags 2. */
uint64_t run_frame_element(const struct result *result, unsigned i)
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

bool run_in_handler(const struct result *result)
{
    return result->gp.rip >= GUEST_HANDLERS && result->gp.rip < GUEST_DATA;
}

void run_note(const struct step_row *row, const char *why)
{
    (void)printf("note  %s %s: this host cannot: %s\n",
                 context_names[row->context], row->name, why);
}

/* --- once --- */

static void discard(void *context, const char *text, size_t n)
{
    (void)context, (void)text, (void)n;
}

int run_prepare(struct vm *vm, struct debug_state *ret_host)
{
    enum { SKIP = 77 };
    const struct vm_config config = {
        .memory = GUEST_MEMORY, .n_vcpus = 1, .console = {discard, NULL}};
    struct diag diag;
    struct probe probe;

    (void)signal(SIGPROF, on_alarm);
    (void)vcpu_kick_setup();
    (void)setvbuf(stdout, NULL, _IOLBF, 0);
    if (access(VM_DEVICE, R_OK | W_OK) < 0) {
        (void)printf("SKIP: needs " VM_DEVICE "\n");
        return SKIP;
    }
    if (vm_create(vm, &config, &diag) < 0) {
        (void)printf("FAIL  %s\n", diag.text);
        return EXIT_FAILURE;
    }
    probe_init(&probe);
    *ret_host = (struct debug_state){.trap = trap_of_host(&probe),
                                     .no_user_step =
                                         !probe_in_user(&probe, PROBE_STEP)};
    probe_rest(&probe);
    return 0;
}
