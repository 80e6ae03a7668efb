/* SPDX-License-Identifier: MIT */
/*
 * Writes of EFER while the machine is to tell of them: they have the effect and
 * the faults that they have otherwise, the vCPU comes back at once, and nothing
 * else is executed before.
 */
#include <stdio.h>
#include <stdlib.h>

#include "kvm/arch_cpu.h"
#include "kvm/arch_run.h"
#include "kvm/core/kick.h"
#include "kvm/vm/run.h"
#include "kvm/vm/types.h"
#include "kvm/vm/vm.h"
#include "kvm/x86_64/state/state.h"
#include "tests/kvm/x86_64/step_guest.h"

enum { SKIP = 77, MEMORY = 0x200000, LENGTH = 2, EFER_LME = 0x100, TRIES = 3 };

/* wrmsr; inc ebx; hlt (16 bits: inc bx) */
static const uint8_t code[] = {0x0f, 0x30, 0xff, 0xc3, 0xf4};

#define EFER UINT64_C(0xc0000080)
#define STAR UINT64_C(0xc0000081)

/* What comes of it. */
enum outcome {
    TOLD,    /* the vCPU is behind the instruction, which is done */
    STEPPED, /* the same, as a step */
    RUN,     /* to the end */
    FAULT,   /* to the end of the handler of #GP */
};

/* clang-format off */
static const struct row {
    const char *label;
    enum context context;
    bool tell, step;
    uint64_t msr, value;
    enum outcome outcome;
} rows[] = {
    {"the first step, 16 bits", REAL, true,  false, EFER, EFER_LME, TOLD},
    {"the first step, 32 bits", PROT, true,  false, EFER, EFER_LME, TOLD},
    {"nobody asks",             PROT, false, false, EFER, EFER_LME, RUN},
    {"nobody asks, a step",     PROT, false, true,  EFER, EFER_LME, STEPPED},
    {"a step",                  PROT, true,  true,  EFER, EFER_LME, STEPPED},
    {"what it is already",      PROT, true,  false, EFER, 0,        TOLD},
    {"another register",        PROT, true,  false, STAR, 0x1234,   RUN},
    {"a reserved bit",          PROT, true,  false, EFER, 2,        FAULT},
    {"a reserved bit, not told", PROT, false, false, EFER, 2,       FAULT},
    {"in long mode",            LONG, true,  false, EFER, 0x501,    TOLD},
    {"LME under paging",        LONG, true,  false, EFER, 0x400,    FAULT},
    {"the same, not told",      LONG, false, false, EFER, 0x400,    FAULT},
};
/* clang-format on */

static enum outcome outcome_of(struct vcpu *vcpu,
                               const struct vcpu_event *event)
{
    uint64_t handler = GUEST_HANDLERS + 13 * GUEST_HANDLER_SIZE;

    if (event->stepped)
        return STEPPED;
    if (event->kind == VCPU_EVENT_KICK)
        return TOLD;
    return arch_pc(vcpu) - handler < GUEST_HANDLER_SIZE ? FAULT : RUN;
}

static bool is_done(struct vcpu *vcpu, const struct row *row, uint64_t start)
{
    uint64_t efer = x86_sys(vcpu)->efer;
    bool ran = row->outcome == RUN;
    bool right = row->msr != EFER || efer == row->value;

    return right && x86_gp(vcpu)->rbx == ran &&
           arch_pc(vcpu) == start + (ran ? sizeof code : LENGTH);
}

/* A fault comes with the next entry, and kvm_pvm begins the instruction anew
 * where EFER has changed: then it is what it was. */
static int run(struct vcpu *vcpu, struct vcpu_event *event)
{
    uint64_t start = arch_pc(vcpu);
    int r = vcpu_run(vcpu, event);

    for (unsigned i = 1; i < TRIES && !r && event->kind == VCPU_EVENT_KICK &&
                         arch_pc(vcpu) == start;
         i++)
        r = vcpu_run(vcpu, event);
    return r;
}

static bool try_row(struct vm *vm, const struct row *row)
{
    struct vcpu *vcpu = &vm->vcpu[0];
    struct vcpu_event event = {.kind = VCPU_EVENT_UNKNOWN};
    int r = guest_start(vm, row->context, 0, code, sizeof code);
    uint64_t start = arch_pc(vcpu);
    bool good;

    x86_gp(vcpu)->rcx = row->msr;
    x86_gp(vcpu)->rax = (uint32_t)row->value;
    x86_gp(vcpu)->rdx = row->value >> 32;
    x86_gp(vcpu)->rbx = 0;
    vcpu->debug = (struct debug_state){.step = row->step};
    if (!r)
        r = arch_width->tell(vm, row->tell);
    if (!r)
        r = run(vcpu, &event);
    good = !r && outcome_of(vcpu, &event) == row->outcome &&
           (row->outcome == FAULT || is_done(vcpu, row, start));
    vcpu_kick_forget(vcpu);
    if (!good)
        (void)printf("FAIL  %s: %d, event %d, at 0x%llx, rbx %llu, EFER "
                     "0x%llx\n",
                     row->label, r, (int)event.kind,
                     (unsigned long long)arch_pc(vcpu),
                     (unsigned long long)x86_gp(vcpu)->rbx,
                     (unsigned long long)x86_sys(vcpu)->efer);
    return good;
}

static void discard(void *context, const char *text, size_t n)
{
    (void)context, (void)text, (void)n;
}

int main(void)
{
    const struct vm_config config = {
        .memory = MEMORY, .n_vcpus = 1, .console = {discard, NULL}};
    bool good = vcpu_kick_setup() == 0;

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct diag diag = {""};
        struct vm vm;

        if (vm_create(&vm, &config, &diag) < 0) {
            (void)printf("SKIP: %s\n", diag.text);
            return SKIP;
        }
        good &= try_row(&vm, &rows[i]);
        vm_destroy(&vm);
    }
    return good ? EXIT_SUCCESS : EXIT_FAILURE;
}
