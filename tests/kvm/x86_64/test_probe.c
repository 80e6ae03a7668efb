/* SPDX-License-Identifier: MIT */
/*
 * The probe on this host: its answers are those written down for the host, if
 * any are, and what it says works does stop a guest that runs as every guest
 * does, through vcpu_run().
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "kvm/arch_cpu.h"
#include "kvm/arch_probe.h"
#include "kvm/core/mem.h"
#include "kvm/core/trap.h"
#include "kvm/image/image.h"
#include "kvm/probe/host.h"
#include "kvm/probe/probe.h"
#include "kvm/probe/trap.h"
#include "kvm/vm/run.h"
#include "kvm/vm/trap.h"
#include "kvm/vm/types.h"
#include "kvm/vm/vm.h"
#include "kvm/x86_64/state/state.h"
#include "tests/kvm/x86_64/hosts.h"

enum { SKIP = 77, CODE = 0x1000, DATA = 0x3000, HLT = 0xf4 };

static unsigned failures;

static void expect(bool good, const char *what, unsigned context,
                   const char *saw)
{
    if (good)
        return;
    failures++;
    (void)printf("FAIL  %s@%s: %s\n", what, probe_context_name(context)->key,
                 saw);
}

/* --- against what was written down --- */

static char letter(struct probe *probe, unsigned feature, unsigned context)
{
    if (!probe_applies(feature, context))
        return '-';
    return probe_ask(probe, feature, context)->works ? 'y' : 'n';
}

static void compare(struct probe *probe, const struct known_host *known)
{
    const struct probe_name *feature;

    for (unsigned f = 0; (feature = probe_feature_name(f)); f++) {
        (void)printf("%-16s", feature->key);
        for (unsigned c = 0; probe_context_name(c); c++)
            (void)printf(" %c", letter(probe, f, c));
        (void)printf("\n");
        for (unsigned c = 0; known && probe_context_name(c); c++)
            expect(known->works[f][c] == letter(probe, f, c), feature->key, c,
                   probe_ask(probe, f, c)->saw);
    }
}

/* --- against guests that run --- */

static bool accessed;

static bool access_memory(void *context, struct vcpu *vcpu, uint64_t gpa,
                          void *data, size_t n, bool is_write)
{
    (void)context;
    (void)vcpu;
    accessed = gpa == DATA && n == 1;
    if (!is_write)
        memset(data, 0, n);
    return true;
}

static bool stepped(struct vcpu *vcpu, const struct vcpu_event *event)
{
    return event->kind == VCPU_EVENT_DEBUG && event->stepped &&
           arch_pc(vcpu) == CODE + 1;
}

static bool hit_register(struct vcpu *vcpu, const struct vcpu_event *event)
{
    return event->kind == VCPU_EVENT_DEBUG && event->hit.hw == 1 &&
           arch_pc(vcpu) >= CODE + 1;
}

static bool hit_in_step(struct vcpu *vcpu, const struct vcpu_event *event)
{
    return hit_register(vcpu, event) && event->stepped;
}

static bool hit_guard(struct vcpu *vcpu, const struct vcpu_event *event)
{
    (void)vcpu;
    return event->kind == VCPU_EVENT_GUARD && accessed;
}

/* clang-format off */
static const struct claim {
    enum probe_feature feature;
    uint8_t code[4];
    struct debug_state debug;
    struct guard_range guard; /* size 0: none */
    bool (*holds)(struct vcpu *vcpu, const struct vcpu_event *event);
} claims[] = {
    {PROBE_STEP, {0x90}, {.step = true}, {0}, stepped},
    {PROBE_HW_EXEC, {0x90, 0x90},
     {.n_hw = 1, .hw = {{HW_EXEC, CODE + 1, 1}}}, {0}, hit_register},
    {PROBE_HW_WRITE, {0x88, 0x07},
     {.n_hw = 1, .hw = {{HW_WRITE, DATA, 1}}}, {0}, hit_register},
    {PROBE_HW_ACCESS, {0x8a, 0x07},
     {.n_hw = 1, .hw = {{HW_ACCESS, DATA, 1}}}, {0}, hit_register},
    {PROBE_STEP_HW_WRITE, {0x88, 0x07},
     {.step = true, .n_hw = 1, .hw = {{HW_WRITE, DATA, 1}}}, {0}, hit_in_step},
    {PROBE_STEP_HW_ACCESS, {0x8a, 0x07},
     {.step = true, .n_hw = 1, .hw = {{HW_ACCESS, DATA, 1}}}, {0},
     hit_in_step},
    {PROBE_READONLY_SLOT, {0x88, 0x07}, {.step = false},
     {DATA, MEM_PAGE, GUARD_WRITE}, hit_guard},
    {PROBE_NO_SLOT_READ, {0x8a, 0x07}, {.step = false},
     {DATA, MEM_PAGE, GUARD_ACCESS}, hit_guard},
};
/* clang-format on */

static bool start(struct vm *vm, unsigned context, const uint8_t code[4])
{
    static const enum cpu_mode modes[] = {CPU_MODE_REAL, CPU_MODE_PROT,
                                          CPU_MODE_LONG};
    const struct image image = {
        .mode = modes[context], .entry = CODE, .high = DATA + MEM_PAGE};
    uint8_t *at = mem_ptr(&vm->mem, CODE, MEM_PAGE);
    struct kvm_regs *gp = x86_gp(&vm->vcpu[0]);

    memset(at, HLT, MEM_PAGE);
    memcpy(at, code, strnlen((const char *)code, 4));
    accessed = false;
    if (vm_boot(vm, &image, NULL) < 0)
        return false;
    gp->rbx = gp->rdi = DATA;
    return true;
}

static bool claim_holds(struct vm *vm, unsigned context,
                        const struct claim *claim)
{
    struct vcpu *vcpu = &vm->vcpu[0];
    struct vcpu_event event;

    if (!start(vm, context, claim->code) ||
        guards_set(vm, &claim->guard, claim->guard.size ? 1 : 0) < 0)
        return false;
    vcpu->debug = claim->debug;
    return vcpu_run(vcpu, &event) == 0 && claim->holds(vcpu, &event);
}

/* The trap that was chosen must work, in each mode, at its address. */
static bool trap_holds(struct vm *vm, unsigned context, const struct trap *trap)
{
    const uint8_t code[4] = {0x90, trap->bytes[0]};
    struct vcpu *vcpu = &vm->vcpu[0];
    struct vcpu_event event;
    uint64_t pc;

    if (!start(vm, context, code) || guards_set(vm, NULL, 0) < 0)
        return false;
    vcpu->debug = (struct debug_state){.traps = true};
    return vcpu_run(vcpu, &event) == 0 && trap_exit(trap, vcpu, &event, &pc) &&
           pc == CODE + 1;
}

static void check_claims(struct vm *vm, struct probe *probe)
{
    const struct trap *trap = trap_of_host(probe);

    vm->guard_owner = (struct guard_owner){.access = access_memory};
    for (unsigned c = 0; !probe_context_name(c)->user; c++) {
        for (size_t i = 0; i < sizeof claims / sizeof claims[0]; i++)
            expect(!probe_ask(probe, claims[i].feature, c)->works ||
                       claim_holds(vm, c, &claims[i]),
                   probe_feature_name(claims[i].feature)->key, c,
                   "the probe says yes, but a guest does not stop");
        expect(!trap->size || trap_holds(vm, c, trap), trap->name, c,
               "the chosen trap does not stop a guest");
    }
}

static void discard(void *context, const char *text, size_t n)
{
    (void)context;
    (void)text;
    (void)n;
}

static int run(struct probe *probe, const struct known_host *known)
{
    const struct vm_config config = {
        .memory = 1 << 20, .n_vcpus = 1, .console = {discard, NULL}};
    struct diag diag;
    struct vm vm;

    compare(probe, known);
    if (vm_create(&vm, &config, &diag) < 0) {
        (void)printf("FAIL  %s\n", diag.text);
        return 1;
    }
    check_claims(&vm, probe);
    vm_destroy(&vm);
    probe_rest(probe);
    return failures != 0;
}

int main(void)
{
    static struct probe probe;
    const struct known_host *known;
    struct host host;
    int kvm = open(VM_DEVICE, O_RDWR | O_CLOEXEC);

    if (kvm < 0) {
        (void)printf("SKIP: " VM_DEVICE ": %s\n", strerror(errno));
        return SKIP;
    }
    (void)close(kvm);
    host_read(&host);
    known = known_host(&host);
    (void)printf("%s %s in '%s': %s\n", host.kernel, host.module,
                 host.hypervisor, known ? "known" : "not known");
    probe_init(&probe);
    return run(&probe, known);
}
