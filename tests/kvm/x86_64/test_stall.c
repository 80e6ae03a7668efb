/* SPDX-License-Identifier: MIT */
/*
 * Instructions without end. Where a table, a stack or an operand is not in RAM,
 * KVM may begin an instruction anew for ever. Whether it does is the host's
 * business; but a step must say so (or have no end either) if and only if a
 * free run does not come any further, and it must end as that does if it does.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sys/ioctl.h>
#include <sys/time.h>

#include "kvm/arch_cpu.h"
#include "kvm/arch_run.h"
#include "kvm/core/kick.h"
#include "kvm/core/mem.h"
#include "kvm/probe/probe.h"
#include "kvm/probe/trap.h"
#include "kvm/vm/describe.h"
#include "kvm/vm/run.h"
#include "kvm/vm/types.h"
#include "kvm/vm/vm.h"
#include "kvm/x86_64/state/state.h"
#include "tests/kvm/x86_64/step_guest.h"

enum { SKIP = 77, MEMORY = 0x200000, STEPS_MAX = 64 };

/* In the hole below 4 GiB. */
#define AWAY       UINT64_C(0xd0000000)
#define AWAY_STACK (AWAY + 0x800)

enum {
    NOTHING_AWAY = 0,
    GDT_AWAY = 1u << 0,
    LDT_AWAY = 1u << 1,
    IDT_AWAY = 1u << 2,
    TSS_AWAY = 1u << 3,
    TASK_AWAY = 1u << 4, /* the other one */
    STACK_AWAY = 1u << 5,
    SS_AWAY = 1u << 6,
    CR3_AWAY = 1u << 7,
};

#define CODE(text) (const uint8_t *)(text), sizeof(text) - 1

/* EAX holds a selector of data, and EBX points to a far pointer to the HLT of
 * a code of three bytes. */
/* clang-format off */
static const struct row {
    const char *name;
    enum context context;
    unsigned away;
    const uint8_t *code;
    size_t size;
} rows[] = {
    /* descriptors */
    {"mov ds", PROT, GDT_AWAY, CODE("\x8e\xd8\xf4")},
    {"mov ss", PROT, GDT_AWAY, CODE("\x8e\xd0\xf4")},
    {"pop ds", PROT, GDT_AWAY, CODE("\x50\x1f\xf4")},
    {"lds", PROT, GDT_AWAY, CODE("\xc5\x03\xf4")},
    {"far jump", PROT, GDT_AWAY, CODE("\xea\x07\x10\x00\x00\x08\x00\xf4")},
    {"far jump from memory", PROT, GDT_AWAY, CODE("\xff\x2b\xf4")},
    {"far call", PROT, GDT_AWAY, CODE("\x9a\x07\x10\x00\x00\x08\x00\xf4")},
    {"far call from memory", PROT, GDT_AWAY, CODE("\xff\x1b\xf4")},
    {"far return", PROT, GDT_AWAY, CODE("\x6a\x08\x68\x08\x10\x00\x00\xcb\xf4")},
    {"ltr", PROT, GDT_AWAY, CODE("\x66\xb8\x40\x00\x0f\x00\xd8\xf4")},
    {"lldt", PROT, GDT_AWAY, CODE("\x0f\x00\xd0\xf4")},
    {"lar", PROT, GDT_AWAY, CODE("\x0f\x02\xc8\xf4")},
    {"lsl", PROT, GDT_AWAY, CODE("\x0f\x03\xc8\xf4")},
    {"verr", PROT, GDT_AWAY, CODE("\x0f\x00\xe0\xf4")},
    {"mov ds, of the LDT", PROT, LDT_AWAY, CODE("\xb8\x04\x00\x00\x00\x8e\xd8\xf4")},
    {"iret", PROT, GDT_AWAY, CODE("\x6a\x02\x6a\x08\x68\x0a\x10\x00\x00\xcf\xf4")},
    {"mov ds", LONG, GDT_AWAY, CODE("\x8e\xd8\xf4")},
    {"lretq", LONG, GDT_AWAY, CODE("\x6a\x08\x68\x09\x10\x00\x00\x48\xcb\xf4")},
    {"iretq", LONG, GDT_AWAY, CODE("\x6a\x10\x68\x00\x80\x00\x00\x6a\x02\x6a\x08\x68\x12\x10\x00\x00\x48\xcf\xf4")},
    {"mov ds", USER, GDT_AWAY, CODE("\x8e\xd8\xf4")},
    {"mov ds", RING3, GDT_AWAY, CODE("\x8e\xd8\xf4")},
    /* interrupts: the table, the descriptor, the stack */
    {"int 0x40", REAL, IDT_AWAY, CODE("\xcd\x40\xf4")},
    {"int 0x40", PROT, IDT_AWAY, CODE("\xcd\x40\xf4")},
    {"int 0x40", PROT, GDT_AWAY, CODE("\xcd\x40\xf4")},
    {"int 0x40", PROT, STACK_AWAY, CODE("\xcd\x40\xf4")},
    {"int 0x40", LONG, IDT_AWAY, CODE("\xcd\x40\xf4")},
    {"int 0x40", LONG, GDT_AWAY, CODE("\xcd\x40\xf4")},
    {"int 0x40", LONG, STACK_AWAY, CODE("\xcd\x40\xf4")},
    {"int 0x40", USER, IDT_AWAY, CODE("\xcd\x40\xf4")},
    {"int 0x40", USER, GDT_AWAY, CODE("\xcd\x40\xf4")},
    {"int 0x40", USER, TSS_AWAY, CODE("\xcd\x40\xf4")},
    {"int3", REAL, IDT_AWAY, CODE("\xcc\xf4")},
    {"int3", PROT, IDT_AWAY, CODE("\xcc\xf4")},
    {"int3", PROT, GDT_AWAY, CODE("\xcc\xf4")},
    {"int3", PROT, STACK_AWAY, CODE("\xcc\xf4")},
    {"int3", LONG, IDT_AWAY, CODE("\xcc\xf4")},
    {"int3", LONG, GDT_AWAY, CODE("\xcc\xf4")},
    {"int3", LONG, STACK_AWAY, CODE("\xcc\xf4")},
    {"int3", USER, IDT_AWAY, CODE("\xcc\xf4")},
    {"int3", USER, GDT_AWAY, CODE("\xcc\xf4")},
    {"int3", USER, TSS_AWAY, CODE("\xcc\xf4")},
    {"ud2", REAL, IDT_AWAY, CODE("\x0f\x0b\xf4")},
    {"ud2", PROT, IDT_AWAY, CODE("\x0f\x0b\xf4")},
    {"ud2", PROT, GDT_AWAY, CODE("\x0f\x0b\xf4")},
    {"ud2", PROT, STACK_AWAY, CODE("\x0f\x0b\xf4")},
    {"ud2", LONG, IDT_AWAY, CODE("\x0f\x0b\xf4")},
    {"ud2", LONG, GDT_AWAY, CODE("\x0f\x0b\xf4")},
    {"ud2", LONG, STACK_AWAY, CODE("\x0f\x0b\xf4")},
    {"ud2", USER, IDT_AWAY, CODE("\x0f\x0b\xf4")},
    {"ud2", USER, GDT_AWAY, CODE("\x0f\x0b\xf4")},
    {"ud2", USER, TSS_AWAY, CODE("\x0f\x0b\xf4")},
    {"div", REAL, IDT_AWAY, CODE("\x66\x31\xc9\x66\xf7\xf1\xf4")},
    {"div", PROT, IDT_AWAY, CODE("\x31\xc9\xf7\xf1\xf4")},
    {"div", PROT, GDT_AWAY, CODE("\x31\xc9\xf7\xf1\xf4")},
    {"div", PROT, STACK_AWAY, CODE("\x31\xc9\xf7\xf1\xf4")},
    {"div", LONG, IDT_AWAY, CODE("\x31\xc9\xf7\xf1\xf4")},
    {"div", LONG, GDT_AWAY, CODE("\x31\xc9\xf7\xf1\xf4")},
    {"div", LONG, STACK_AWAY, CODE("\x31\xc9\xf7\xf1\xf4")},
    {"div", USER, IDT_AWAY, CODE("\x31\xc9\xf7\xf1\xf4")},
    {"div", USER, GDT_AWAY, CODE("\x31\xc9\xf7\xf1\xf4")},
    {"div", USER, TSS_AWAY, CODE("\x31\xc9\xf7\xf1\xf4")},
    {"into", REAL, IDT_AWAY, CODE("\xb0\x7f\x04\x01\xce\xf4")},
    {"into", PROT, IDT_AWAY, CODE("\xb0\x7f\x04\x01\xce\xf4")},
    {"into", PROT, GDT_AWAY, CODE("\xb0\x7f\x04\x01\xce\xf4")},
    {"into", PROT, STACK_AWAY, CODE("\xb0\x7f\x04\x01\xce\xf4")},
    {"icebp", REAL, IDT_AWAY, CODE("\xf1\xf4")},
    {"icebp", PROT, IDT_AWAY, CODE("\xf1\xf4")},
    {"icebp", PROT, GDT_AWAY, CODE("\xf1\xf4")},
    {"icebp", PROT, STACK_AWAY, CODE("\xf1\xf4")},
    {"icebp", LONG, IDT_AWAY, CODE("\xf1\xf4")},
    {"icebp", LONG, GDT_AWAY, CODE("\xf1\xf4")},
    {"icebp", LONG, STACK_AWAY, CODE("\xf1\xf4")},
    {"icebp", USER, IDT_AWAY, CODE("\xf1\xf4")},
    {"icebp", USER, GDT_AWAY, CODE("\xf1\xf4")},
    {"icebp", USER, TSS_AWAY, CODE("\xf1\xf4")},
    {"ud2", REAL, SS_AWAY, CODE("\x0f\x0b\xf4")},
    {"pusha; popa", REAL, SS_AWAY, CODE("\x60\x61\xf4")},
    /* the stack */
    {"push", PROT, STACK_AWAY, CODE("\x50\xf4")},
    {"pop", PROT, STACK_AWAY, CODE("\x58\xf4")},
    {"pusha", PROT, STACK_AWAY, CODE("\x60\xf4")},
    {"popa", PROT, STACK_AWAY, CODE("\x61\xf4")},
    {"pushf; popf", PROT, STACK_AWAY, CODE("\x9c\x9d\xf4")},
    {"enter", PROT, STACK_AWAY, CODE("\xc8\x08\x00\x00\xf4")},
    {"enter, nested", PROT, STACK_AWAY, CODE("\xc8\x08\x00\x02\xf4")},
    {"leave", PROT, STACK_AWAY, CODE("\xc9\xf4")},
    {"far call", PROT, STACK_AWAY, CODE("\x9a\x07\x10\x00\x00\x08\x00\xf4")},
    {"far return", PROT, STACK_AWAY, CODE("\xcb\xf4")},
    {"iret", PROT, STACK_AWAY, CODE("\xcf\xf4")},
    {"pop ds", PROT, STACK_AWAY, CODE("\x1f\xf4")},
    {"push", LONG, STACK_AWAY, CODE("\x50\xf4")},
    {"lretq", LONG, STACK_AWAY, CODE("\x48\xcb\xf4")},
    {"iretq", LONG, STACK_AWAY, CODE("\x48\xcf\xf4")},
    /* operands that KVM's emulator cannot have elsewhere */
    {"lgdt", PROT, NOTHING_AWAY, CODE("\x0f\x01\x15\x00\x00\x00\xd0\xf4")},
    {"lidt", PROT, NOTHING_AWAY, CODE("\x0f\x01\x1d\x00\x00\x00\xd0\xf4")},
    {"sgdt", PROT, NOTHING_AWAY, CODE("\x0f\x01\x05\x00\x00\x00\xd0\xf4")},
    {"sidt", PROT, NOTHING_AWAY, CODE("\x0f\x01\x0d\x00\x00\x00\xd0\xf4")},
    {"lds", PROT, NOTHING_AWAY, CODE("\xc5\x05\x00\x00\x00\xd0\xf4")},
    {"far jump", PROT, NOTHING_AWAY, CODE("\xff\x2d\x00\x00\x00\xd0\xf4")},
    {"far call", PROT, NOTHING_AWAY, CODE("\xff\x1d\x00\x00\x00\xd0\xf4")},
    {"near jump", PROT, NOTHING_AWAY, CODE("\xff\x25\x00\x00\x00\xd0\xf4")},
    {"push", PROT, NOTHING_AWAY, CODE("\xff\x35\x00\x00\x00\xd0\xf4")},
    {"pop", PROT, NOTHING_AWAY, CODE("\x8f\x05\x00\x00\x00\xd0\xf4")},
    {"bound", PROT, NOTHING_AWAY, CODE("\x62\x05\x00\x00\x00\xd0\xf4")},
    {"fxsave", PROT, NOTHING_AWAY, CODE("\x0f\xae\x05\x00\x00\x00\xd0\xf4")},
    {"fxrstor", PROT, NOTHING_AWAY, CODE("\x0f\xae\x0d\x00\x00\x00\xd0\xf4")},
    {"cmpxchg8b", PROT, NOTHING_AWAY, CODE("\x0f\xc7\x0d\x00\x00\x00\xd0\xf4")},
    {"lock xadd", PROT, NOTHING_AWAY, CODE("\xf0\x0f\xc1\x05\x00\x00\x00\xd0\xf4")},
    {"movsl", PROT, NOTHING_AWAY, CODE("\xbe\x00\x00\x00\xd0\xa5\xf4")},
    {"rep movsl", PROT, NOTHING_AWAY, CODE("\xbe\x00\x00\x00\xd0\xf3\xa5\xf4")},
    {"invlpg", PROT, NOTHING_AWAY, CODE("\x0f\x01\x3d\x00\x00\x00\xd0\xf4")},
    {"fldl", PROT, NOTHING_AWAY, CODE("\xdd\x05\x00\x00\x00\xd0\xf4")},
    /* tasks, and page tables */
    {"jump to a task", PROT, TASK_AWAY, CODE("\xea\x00\x00\x00\x00\x40\x00\xf4")},
    {"call of a task", PROT, TASK_AWAY, CODE("\x9a\x00\x00\x00\x00\x40\x00\xf4")},
    {"int to a task", PROT, TASK_AWAY, CODE("\xcd\x90\xf4")},
    {"from a task", PROT, TSS_AWAY, CODE("\xea\x00\x00\x00\x00\x40\x00\xf4")},
    {"in", RING3, TSS_AWAY, CODE("\xec\xf4")},
    {"nop", LONG, CR3_AWAY, CODE("\x90\xf4")},
    /* hypercalls */
    {"vmcall", REAL, NOTHING_AWAY, CODE("\x0f\x01\xc1\xf4")},
    {"vmmcall", REAL, NOTHING_AWAY, CODE("\x0f\x01\xd9\xf4")},
    {"vmcall", PROT, NOTHING_AWAY, CODE("\x0f\x01\xc1\xf4")},
    {"vmmcall", PROT, NOTHING_AWAY, CODE("\x0f\x01\xd9\xf4")},
    {"vmcall", LONG, NOTHING_AWAY, CODE("\x0f\x01\xc1\xf4")},
    {"vmmcall", LONG, NOTHING_AWAY, CODE("\x0f\x01\xd9\xf4")},
    {"vmcall", USER, NOTHING_AWAY, CODE("\x0f\x01\xc1\xf4")},
    {"vmmcall", USER, NOTHING_AWAY, CODE("\x0f\x01\xd9\xf4")},
    /* what may stay where it is, and what an emulator takes for a negative vector */
    {"int 0x80", REAL, NOTHING_AWAY, CODE("\xcd\x80\xf4")},
    {"int 0xff", REAL, NOTHING_AWAY, CODE("\xcd\xff\xf4")},
    {"int 0x7f", REAL, NOTHING_AWAY, CODE("\xcd\x7f\xf4")},
};
/* clang-format on */

static struct vcpu *the_vcpu;

static void on_alarm(int signal)
{
    (void)signal;
    vcpu_kick(the_vcpu);
}

/* By the time that it computes, so that a busy machine does no harm. */
static void set_alarm(bool on)
{
    const struct itimerval timer = {.it_value.tv_usec = on ? 100000 : 0};

    (void)setitimer(ITIMER_PROF, &timer, NULL);
    vcpu_kick_forget(the_vcpu);
}

/* --- the guest --- */

static void send_away(struct vcpu *vcpu, uint8_t *ram, unsigned away)
{
    struct kvm_sregs *sys = x86_sys(vcpu);
    const uint32_t task[] = {0x00000087, 0xd0008900};

    if (away & GDT_AWAY)
        sys->gdt.base = AWAY;
    if (away & LDT_AWAY)
        sys->ldt = (struct kvm_segment){
            .base = AWAY, .limit = 0xff, .type = 2, .present = 1};
    if (away & IDT_AWAY)
        sys->idt = (struct kvm_dtable){.base = AWAY, .limit = 0xfff};
    if (away & TSS_AWAY)
        sys->tr.base = AWAY;
    if (away & TASK_AWAY)
        memcpy(ram + GUEST_GDT + TASK_SELECTOR, task, sizeof task);
    if (away & SS_AWAY)
        sys->ss.base = AWAY;
    if (away & STACK_AWAY)
        x86_gp(vcpu)->rsp = AWAY_STACK;
    if (away & CR3_AWAY)
        sys->cr3 = AWAY;
}

static int start(struct vm *vm, const struct row *row)
{
    struct vcpu *vcpu = &vm->vcpu[0];
    uint8_t *ram = mem_ptr(&vm->mem, 0, GUEST_END);
    const uint32_t pointer[] = {GUEST_CODE + 2, KERNEL_CS};
    int r = guest_start(vm, row->context, 0, row->code, row->size);

    if (r < 0)
        return r;
    memcpy(ram + GUEST_DATA, pointer, sizeof pointer);
    x86_gp(vcpu)->rax = row->context >= USER ? USER_DS : KERNEL_DS;
    send_away(vcpu, ram, row->away);
    return 0;
}

/* --- the two ways --- */

static int run_freely(struct vcpu *vcpu, struct vcpu_event *event)
{
    int r;

    vcpu->debug = (struct debug_state){.step = false};
    do
        r = vcpu_run(vcpu, event);
    while (!r && arch_reflect(vcpu, event));
    return r;
}

static int run_in_steps(struct vcpu *vcpu, const struct debug_state *host,
                        struct vcpu_event *event)
{
    int r = 0;
    unsigned steps = 0;

    do {
        vcpu->debug = *host;
        vcpu->debug.step = true;
        r = vcpu_run(vcpu, event);
    } while (!r && !vcpu->halted && steps++ < STEPS_MAX &&
             (event->stepped || arch_reflect(vcpu, event)));
    return r;
}

/* --- judging --- */

static unsigned failures;

static void fail(const struct row *row, const char *what, uint64_t got,
                 uint64_t want)
{
    static const char *const contexts[] = {"real",   "prot",   "long", "user",
                                           "compat", "ring 3", "v86"};

    failures++;
    (void)printf("FAIL  %s %s, away 0x%x: %s 0x%llx, not 0x%llx\n",
                 contexts[row->context], row->name, row->away, what,
                 (unsigned long long)got, (unsigned long long)want);
}

/* What KVM executes in vain, unless the step does it without KVM. */
static bool is_done_better(const struct row *row)
{
    return row->context == REAL && row->code[0] == 0xcd && row->code[1] >= 0x80;
}

/* kvm_amd does a far return from such a stack by halves, and again: it pops one
 * element and stays, until the stack pointer has come out of there. */
static bool is_at_work(struct vcpu *vcpu, const struct row *row,
                       const struct vcpu_event *event)
{
    enum { ELEMENT_MIN = 2 };

    return row->away & STACK_AWAY && event->kind == VCPU_EVENT_DEBUG &&
           x86_gp(vcpu)->rsp - AWAY_STACK >= STEPS_MAX * ELEMENT_MIN;
}

static void judge_stall(struct vcpu *vcpu, const struct row *row,
                        const struct vcpu_event *event)
{
    char text[300] = "";

    if (is_done_better(row)) {
        if (event->kind != VCPU_EVENT_HALT)
            fail(row, "in steps it ends with event", event->kind,
                 VCPU_EVENT_HALT);
        return;
    }
    if (event->kind == VCPU_EVENT_KICK || is_at_work(vcpu, row, event))
        return; /* not even the step has an end */
    if (event->kind != VCPU_EVENT_STALL)
        fail(row, "freely it has no end, in steps it ends with event",
             event->kind, VCPU_EVENT_STALL);
    vcpu_event_describe(vcpu, event, text, sizeof text);
    if (!strstr(text, "anew"))
        fail(row, text, 0, 0);
}

/* Where an event cannot be delivered kvm_amd executes what is at RIP instead,
 * and so does kvm_intel the first time: later it gives up. */
static bool is_event(const struct row *row)
{
    const unsigned away = IDT_AWAY | TSS_AWAY | GDT_AWAY | STACK_AWAY | SS_AWAY;
    const char *const events[] = {"int", "ud2", "div", "icebp"};

    for (size_t i = 0; i < sizeof events / sizeof events[0]; i++)
        if (row->away & away && !strncmp(row->name, events[i], 3))
            return true;
    return false;
}

static void judge_end(struct vcpu *vcpu, const struct row *row,
                      const struct vcpu_event *got,
                      const struct vcpu_event *want, uint64_t pc)
{
    if (got->kind != want->kind)
        fail(row, "in steps it ends with event", got->kind, want->kind);
    /* kvm_amd resets the vCPU then. */
    if (want->kind != VCPU_EVENT_SHUTDOWN && arch_pc(vcpu) != pc)
        fail(row, "in steps it ends at", arch_pc(vcpu), pc);
}

static void judge(struct vm *vm, const struct row *row,
                  const struct debug_state *host)
{
    struct vcpu *vcpu = &vm->vcpu[0];
    struct vcpu_event freely = {.kind = VCPU_EVENT_KICK};
    struct vcpu_event stepped = {.kind = VCPU_EVENT_KICK};
    uint64_t pc;

    set_alarm(true);
    if (start(vm, row) < 0 || run_freely(vcpu, &freely) < 0)
        fail(row, "KVM_RUN", 1, 0);
    pc = arch_pc(vcpu);
    set_alarm(true);
    if (start(vm, row) < 0 || run_in_steps(vcpu, host, &stepped) < 0)
        fail(row, "KVM_RUN, stepping", 1, 0);
    set_alarm(false);
    if (freely.kind == VCPU_EVENT_KICK)
        judge_stall(vcpu, row, &stepped);
    else if (!is_event(row))
        judge_end(vcpu, row, &stepped, &freely, pc);
}

static void discard(void *context, const char *text, size_t n)
{
    (void)context, (void)text, (void)n;
}

int main(void)
{
    const struct vm_config config = {
        .memory = MEMORY, .n_vcpus = 1, .console = {discard, NULL}};
    struct debug_state host = {.step = false};
    struct diag diag;
    struct probe probe;
    struct vm vm;

    (void)setvbuf(stdout, NULL, _IOLBF, 0);
    if (access(VM_DEVICE, R_OK | W_OK) < 0) {
        (void)printf("SKIP: needs " VM_DEVICE "\n");
        return SKIP;
    }
    if (vm_create(&vm, &config, &diag) < 0) {
        (void)printf("FAIL  %s\n", diag.text);
        return EXIT_FAILURE;
    }
    the_vcpu = &vm.vcpu[0];
    (void)signal(SIGPROF, on_alarm);
    (void)vcpu_kick_setup();
    probe_init(&probe);
    host.trap = trap_of_host(&probe);
    host.no_user_step = !probe_in_user(&probe, PROBE_STEP);
    probe_rest(&probe);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (!guest_ends_host(rows[i].context, 0))
            judge(&vm, &rows[i], &host);
    vm_destroy(&vm);
    (void)printf("%zu rows, %u failures\n", sizeof rows / sizeof rows[0],
                 failures);
    return failures ? EXIT_FAILURE : EXIT_SUCCESS;
}
