/* SPDX-License-Identifier: MIT */
/*
 * Explanations against the CPU. Each row is an instruction that faults: run
 * with handlers the CPU says which exception that is, with which error code,
 * and the explanation, made from the state before, must say the same, and why.
 * Run without an interrupt table it is a triple fault, and the same is to be
 * said of that. What KVM does not execute is the guest's mistake or the host's
 * limit, and the line must say which.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kvm/arch_cpu.h"
#include "kvm/arch_fault.h"
#include "kvm/arch_run.h"
#include "kvm/core/mem.h"
#include "kvm/probe/host.h"
#include "kvm/vm/describe.h"
#include "kvm/vm/run.h"
#include "kvm/vm/types.h"
#include "kvm/vm/vm.h"
#include "kvm/x86_64/fault/explain.h"
#include "kvm/x86_64/insn/vector.h"
#include "kvm/x86_64/state/state.h"
#include "tests/kvm/x86_64/explain_guest.h"
#include "tests/kvm/x86_64/explain_spoils.h"

enum {
    SKIP = 77,
    MEMORY = 4 << 20,
    HLT = 0xf4,
    VECTORS = 256,
    TEXT = 720,
};

static const char *const context_names[] = {"real",   "prot",  "long", "user",
                                            "compat", "ring3", "v86"};

static bool verbose;
static bool host_is_tcg;
static unsigned failures, explained, left_out;

static void fail(const struct explain_row *row, const char *what,
                 const char *text)
{
    failures++;
    (void)printf("FAIL  %s, %s: %s: %s\n", context_names[row->context],
                 row->insn, what, text);
}

static void note(const struct explain_row *row, const char *what)
{
    left_out++;
    (void)printf("note  %s, %s: %s\n", context_names[row->context], row->insn,
                 what);
}

/* --- running --- */

static int run(struct vm *vm, const struct explain_row *row, unsigned with,
               struct vcpu_event *event)
{
    struct vcpu *vcpu = &vm->vcpu[0];
    int r = explain_start(vm, row, with);

    vcpu->debug = (struct debug_state){.step = false};
    while (!r) {
        r = vcpu_run(vcpu, event);
        if (r || !arch_reflect(vcpu, event))
            break;
    }
    return r;
}

/* --- words --- */

/* All of them, with '|' between. */
static bool has_words(const char *text, const char *words)
{
    char word[160];

    while (*words) {
        size_t n = strcspn(words, "|");

        (void)snprintf(word, sizeof word, "%.*s", (int)n, words);
        if (!strstr(text, word))
            return false;
        words += n + (words[n] == '|');
    }
    return true;
}

static void judge_text(const struct explain_row *row, const char *what,
                       const char *text)
{
    if (verbose)
        (void)printf("      %s\n", text);
    if (!has_words(text, row->words) ||
        (row->vector != ROW_NO_FAULT &&
         !strstr(text, x86_vector_name(row->vector))))
        fail(row, what, text);
}

/* --- with handlers --- */

/* Which exception the guest has come to, or -1. */
static int raised(struct vcpu *vcpu)
{
    uint64_t at = arch_pc(vcpu) - 1 - GUEST_HANDLERS;

    if (at % GUEST_HANDLER_SIZE || at / GUEST_HANDLER_SIZE >= VECTORS)
        return -1;
    return (int)(at / GUEST_HANDLER_SIZE);
}

/*
 * QEMU's TCG reports reserved bits without the bit that says present. XSAVE
 * reads its header and writes it (Intel SDM volume 1, 13.7), and which of the
 * two faults first is not said: Bochs reads first.
 */
static bool is_code(const struct explain_row *row, uint64_t said, uint64_t code)
{
    enum { P = 1, W = 2, RSVD = 8 };
    uint64_t open = 0;

    if (host_is_tcg && row->vector == X86_PF && said & RSVD)
        open |= P;
    if (row->vector == X86_PF && !strncmp(row->insn, "xsave", 5))
        open |= W;
    return (said & ~open) == (code & ~open);
}

/* A near transfer to where no code can be faults there on an AMD CPU, and
 * before it on Intel's. */
static bool is_place(const struct explain_row *row, struct vcpu *vcpu)
{
    return arch_pc(vcpu) == GUEST_CODE + (uint64_t)row->at ||
           (vcpu->arch->is_amd && strstr(row->words, "not canonical") &&
            (!strncmp(row->insn, "jmp", 3) || !strncmp(row->insn, "ret", 3) ||
             !strncmp(row->insn, "call", 4)));
}

static void judge_prediction(const struct explain_row *row,
                             const struct x86_fault *said,
                             const struct fault *fault, struct vcpu *vcpu)
{
    char text[TEXT];

    if (said->vector != row->vector ||
        (fault->has_code && !is_code(row, said->code, fault->code))) {
        (void)snprintf(text, sizeof text,
                       "vector %d, code 0x%x instead of %u, 0x%llx: %s",
                       said->vector, said->code, row->vector,
                       (unsigned long long)fault->code, said->text);
        fail(row, "the explanation without knowing it", text);
    }
    if (fault->has_code && !is_code(row, row->code, fault->code)) {
        (void)snprintf(text, sizeof text, "0x%llx",
                       (unsigned long long)fault->code);
        fail(row, "the error code", text);
    }
    if (!fault->is_trap && !is_place(row, vcpu))
        fail(row, "the place", fault->text);
}

static bool is_seen_before(const struct explain_row *row)
{
    return row->vector != X86_XM && row->vector != X86_MF &&
           !strstr(row->words, "OSXMMEXCPT") &&
           !strstr(row->words, "what it loads");
}

static void judge_fault(const struct explain_row *row, struct vcpu *vcpu,
                        unsigned vector)
{
    struct x86_fault said;
    struct fault fault;

    x86_gp(vcpu)->rip--;
    vcpu->halted = false;
    if (arch_undeliver(vcpu, vector, &fault) < 0) {
        fail(row, "taking back the exception", "no frame");
        return;
    }
    explained++;
    (void)x86_explain_fault(vcpu, X86_NO_VECTOR, &said);
    if (!fault.is_trap && is_seen_before(row))
        judge_prediction(row, &said, &fault, vcpu);
    judge_text(row, "the text of what is caught", fault.text);
}

/* The user's own HLT is a #GP behind the instruction. */
static bool ran_through(const struct explain_row *row, struct vcpu *vcpu,
                        int vector)
{
    unsigned width = explain_is_long(row) ? 8 : 4;
    uint64_t ip = 0;

    if (vector < 0)
        return true;
    if (vector != X86_GP || row->context < USER)
        return false;
    (void)mem_read(&vcpu->vm->mem, x86_gp(vcpu)->rsp + width, &ip, width);
    return ip == GUEST_CODE + (uint64_t)row->end;
}

static bool is_software(const struct explain_row *row)
{
    return row->vector == X86_BP || row->vector == X86_OF ||
           !strncmp(row->insn, "int $", 5);
}

/* KVM makes an invalid opcode of what it does not execute, as of INT n. */
static bool judge_refused(const struct explain_row *row, struct vcpu *vcpu)
{
    struct fault fault;

    x86_gp(vcpu)->rip--;
    vcpu->halted = false;
    explained++;
    if (arch_undeliver(vcpu, X86_UD, &fault) < 0)
        fail(row, "taking back the exception", "no frame");
    else if (!strstr(fault.text, "#UD") ||
             !strstr(fault.text, "not a mistake of the guest"))
        fail(row, "the host's limit", fault.text);
    else if (verbose)
        (void)printf("      %s\n", fault.text);
    return false;
}

/* Whether the row is true of this host. */
static bool judge_halt(const struct explain_row *row, struct vcpu *vcpu)
{
    int vector = raised(vcpu);
    char what[64];

    if (ran_through(row, vcpu, vector)) {
        if (row->vector != ROW_NO_FAULT)
            note(row, "no fault on this host");
        return false;
    }
    if (row->vector == ROW_NO_FAULT && vector >= ARCH_VECTORS)
        return true;
    if (vector == X86_UD && (row->vector == ROW_NO_FAULT || is_software(row)))
        return judge_refused(row, vcpu);
    if (vector != row->vector) {
        (void)snprintf(what, sizeof what, "%s on this host",
                       x86_vector_name(vector));
        note(row, what);
        return false;
    }
    judge_fault(row, vcpu, (unsigned)vector);
    return true;
}

/* KVM does not execute it: whose fault is that? */
static bool judge_emulation(const struct explain_row *row, struct vcpu *vcpu,
                            uint16_t cs)
{
    char text[TEXT];

    (void)arch_explain_emulation(vcpu, text, sizeof text);
    if (arch_pc(vcpu) != GUEST_CODE + (uint64_t)row->at ||
        x86_sys(vcpu)->cs.selector != cs) {
        note(row, text);
        return false;
    }
    explained++;
    if (row->vector == ROW_NO_FAULT || is_software(row)) {
        if (verbose)
            (void)printf("      %s\n", text);
        if (!strstr(text, "not a mistake of the guest"))
            fail(row, "the host's limit", text);
    } else if (is_seen_before(row)) {
        judge_text(row, "the guest's mistake", text);
    }
    return true;
}

static bool try_handled(struct vm *vm, const struct explain_row *row)
{
    struct vcpu *vcpu = &vm->vcpu[0];
    struct vcpu_event event;
    char text[TEXT];

    if (run(vm, row, 0, &event) < 0) {
        note(row, "KVM refuses the state");
        return false;
    }
    switch (event.kind) {
    case VCPU_EVENT_EMULATION:
        return judge_emulation(row, vcpu, vcpu->arch->last_sys.cs.selector);
    case VCPU_EVENT_HALT:
        return judge_halt(row, vcpu);
    case VCPU_EVENT_SHUTDOWN: /* a stack that takes no frame */
        return true;
    default:
        vcpu_event_describe(vcpu, &event, text, sizeof text);
        note(row, text);
        return false;
    }
}

/* --- without --- */

/* With no table at all an INT n comes to another end. A host may deliver the
 * user's int3 from behind it, and then nothing tells what it was. */
static bool is_for_triple(const struct explain_row *row)
{
    return row->vector != ROW_NO_FAULT && !is_software(row);
}

/* What KVM gives a vCPU that it has reset is the state before the row. */
static void try_triple(struct vm *vm, const struct explain_row *row)
{
    struct vcpu *vcpu = &vm->vcpu[0];
    struct vcpu_event event;
    char text[TEXT];

    if (!is_for_triple(row) || run(vm, row, NO_IDT, &event) < 0 ||
        event.kind != VCPU_EVENT_SHUTDOWN || (arch_is_reset(vcpu) && row->at))
        return;
    (void)arch_explain_shutdown(vcpu, NULL, text, sizeof text);
    explained++;
    judge_text(row, "the text of a triple fault", text);
    if (!strstr(text, "triple fault at") ||
        !(strstr(text, "the IDT") || strstr(text, "the stack at")))
        fail(row, "the text of a triple fault", text);
}

/* --- why there is no handler --- */

/* ud2 without a handler that could be come to. kvm_pvm takes some that a CPU
 * would not. */
static void try_delivery(struct vm *vm, const struct explain_spoil *spoil)
{
    const struct explain_row row = {.context = (uint8_t)spoil->context,
                                    .size = 3,
                                    .insn = spoil->words,
                                    .bytes = (const uint8_t *)"\x0f\x0b\xf4"};
    struct vcpu *vcpu = &vm->vcpu[0];
    struct vcpu_event event;
    char text[TEXT];

    if (explain_start(vm, &row, spoil->with) < 0)
        return;
    spoil->spoil(vm);
    vcpu->debug = (struct debug_state){.step = false};
    if (vcpu_run(vcpu, &event) < 0 || event.kind != VCPU_EVENT_SHUTDOWN ||
        (!arch_is_reset(vcpu) && arch_pc(vcpu) != GUEST_CODE)) {
        note(&row, "no triple fault on this host");
        return;
    }
    (void)arch_explain_shutdown(vcpu, NULL, text, sizeof text);
    explained++;
    if (verbose)
        (void)printf("      %s\n", text);
    if (!strstr(text, "(#UD)") || !has_words(text, spoil->words))
        fail(&row, "why there is no handler", text);
}

/* QEMU 10.0's TCG crashes at faults of the user's code in 32-bit modes. */
static bool is_safe(const struct explain_row *row)
{
    return !host_is_tcg || row->context < RING3;
}

static void discard(void *context, const char *text, size_t n)
{
    (void)context;
    (void)text;
    (void)n;
}

int main(int argc, char **argv)
{
    const struct vm_config config = {
        .memory = MEMORY, .n_vcpus = 1, .console = {discard, NULL}};
    struct diag diag;
    struct host host;
    static struct vm vm;

    (void)setvbuf(stdout, NULL, _IOLBF, 0);
    verbose = argc > 1 && !strcmp(argv[1], "-v");
    if (access(VM_DEVICE, R_OK | W_OK) < 0) {
        (void)printf("SKIP: needs " VM_DEVICE "\n");
        return SKIP;
    }
    if (vm_create(&vm, &config, &diag) < 0) {
        (void)printf("FAIL  %s\n", diag.text);
        return EXIT_FAILURE;
    }
    host_read(&host);
    host_is_tcg = !strcmp(host.hypervisor, "TCGTCGTCGTCG");
    for (const struct explain_row *row = explain_rows; row < explain_rows_end;
         row++) {
        if (!is_safe(row))
            continue;
        if (verbose)
            (void)printf("%s, %s\n", context_names[row->context], row->insn);
        if (try_handled(&vm, row))
            try_triple(&vm, row);
    }
    for (size_t i = 0; i < n_explain_spoils; i++)
        try_delivery(&vm, &explain_spoils[i]);
    vm_destroy(&vm);
    (void)printf("%u explanations, %u rows left out, %u failures\n", explained,
                 left_out, failures);
    return failures ? EXIT_FAILURE : EXIT_SUCCESS;
}
