/* SPDX-License-Identifier: MIT */
#include "tests/support/arch_null/cpu.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "kvm/arch_boot.h"
#include "kvm/arch_cpu.h"
#include "kvm/arch_fault.h"
#include "kvm/arch_probe.h"
#include "kvm/arch_run.h"
#include "kvm/core/mem.h"
#include "kvm/core/trap.h"

struct null_cpu null_cpu;

static bool is_trap(const struct trap *trap, struct vcpu *vcpu,
                    const struct vcpu_event *event, uint64_t *ret_pc)
{
    (void)trap;
    *ret_pc = arch_pc(vcpu);
    return event->kind == VCPU_EVENT_DEBUG && event->hit.trap;
}

/* Where the vCPU is behind it. */
static bool is_other(const struct trap *trap, struct vcpu *vcpu,
                     const struct vcpu_event *event, uint64_t *ret_pc)
{
    (void)trap;
    *ret_pc = arch_pc(vcpu) - 1;
    return event->kind == VCPU_EVENT_DEBUG && event->hit.trap;
}

void null_cpu_plain(void)
{
    null_cpu = (struct null_cpu){
        .trap = {.name = "trap",
                 .bytes = {I_TRAP},
                 .size = 1,
                 .user_vector = NULL_TRAPPED,
                 .user_after = 1,
                 .refused_vector = NULL_REFUSED,
                 .refused_code = NULL_REFUSED_CODE,
                 .is_exit = is_trap},
        .other = {.name = "other",
                  .bytes = {I_OTHER},
                  .size = 1,
                  .user_vector = NULL_TRAPPED,
                  .user_after = 1,
                  .is_exit = is_other},
    };
}

unsigned null_insn_size(uint8_t opcode)
{
    switch (opcode) {
    case I_INC:
    case I_LOAD:
    case I_JMP:
    case I_STORE:
    case I_LOOP:
    case I_STACK:
    case I_READS:
    case I_CODE:
    case I_FAR:
    case I_FILL:
        return 3;
    case I_SET:
    case I_RAISE:
    case I_PUSH:
    case I_POP:
    case I_CALL:
    case I_ASK:
    case I_RESET:
    case I_END:
        return 2;
    default:
        return 1;
    }
}

bool null_is_user(uint64_t pc)
{
    return null_cpu.privileges && pc % NULL_RAM >= NULL_USER &&
           pc % NULL_RAM < NULL_FIRMWARE;
}

static uint8_t byte_at(struct vcpu *vcpu, uint64_t gpa)
{
    uint8_t byte = 0;

    (void)mem_read(&vcpu->vm->mem, gpa & (NULL_RAM - 1), &byte, 1);
    return byte;
}

/* --- kvm/arch_cpu.h --- */

int arch_vm_init(struct vm *vm, struct diag *diag)
{
    (void)vm;
    return diag_set(diag, -ENOTSUP, "there is no such CPU");
}

int arch_vcpu_init(struct vcpu *vcpu, struct diag *diag)
{
    (void)vcpu;
    return diag_set(diag, -ENOTSUP, "there is no such CPU");
}

void arch_vcpu_done(struct vcpu *vcpu)
{
    (void)vcpu;
}

uint64_t arch_pc(struct vcpu *vcpu)
{
    return vcpu->arch->pc;
}

int arch_set_pc(struct vcpu *vcpu, uint64_t pc)
{
    vcpu->arch->pc = pc;
    vcpu->halted = false;
    return 0;
}

uint64_t arch_progress(struct vcpu *vcpu)
{
    const struct vcpu_arch *arch = vcpu->arch;

    return arch->pc % NULL_ALIAS | (uint64_t)arch->sp << 24 |
           (uint64_t)arch->a << 40 | (uint64_t)arch->n << 48;
}

void arch_where(struct vcpu *vcpu, char *text, size_t cap)
{
    (void)snprintf(text, cap, "0x%llx", (unsigned long long)arch_pc(vcpu));
}

bool arch_interruptible(struct vcpu *vcpu)
{
    return vcpu->arch->n; /* so that a test can choose */
}

uint64_t arch_stack(struct vcpu *vcpu, uint64_t *ret_n)
{
    *ret_n = NULL_REACH;
    return vcpu->arch->sp ? vcpu->arch->sp : UINT64_MAX / 2; /* nowhere */
}

bool arch_is_user(struct vcpu *vcpu)
{
    return null_is_user(arch_pc(vcpu));
}

bool arch_is_user_page(struct vcpu *vcpu, uint64_t gva)
{
    (void)vcpu;
    return null_is_user(gva);
}

bool arch_may_run_user(struct vcpu *vcpu)
{
    (void)vcpu;
    return null_cpu.privileges;
}

int arch_translate(struct vcpu *vcpu, uint64_t gva, uint64_t *ret_gpa,
                   uint64_t *ret_run)
{
    bool is_upper = vcpu->arch->wide && gva - NULL_UPPER < NULL_RAM;

    if (gva >= NULL_RAM && gva - NULL_ALIAS >= NULL_RAM && !is_upper)
        return -EFAULT;
    *ret_gpa = gva & (NULL_RAM - 1);
    *ret_run = MEM_PAGE - gva % MEM_PAGE;
    return 0;
}

int arch_page_tables(struct vcpu *vcpu,
                     void (*visit)(void *context, uint64_t gpa), void *context)
{
    (void)vcpu;
    if (null_cpu.table)
        visit(context, null_cpu.table);
    return 0;
}

void arch_region(struct vcpu *vcpu, uint64_t gva, struct gva_region *ret)
{
    uint64_t run;

    ret->mapped = arch_translate(vcpu, gva, &ret->start, &run) == 0;
    ret->start = gva - gva % NULL_RAM;
    ret->size = NULL_RAM;
    ret->writable = ret->executable = ret->mapped;
    ret->user = false;
}

unsigned arch_accesses(struct vcpu *vcpu, struct arch_access ret[ARCH_ACCESSES])
{
    const struct vcpu_arch *arch = vcpu->arch;
    uint8_t opcode = byte_at(vcpu, arch->pc);
    uint8_t operand = byte_at(vcpu, arch->pc + 1);
    uint64_t address = operand | (unsigned)byte_at(vcpu, arch->pc + 2) << 8;

    ret[0] = (struct arch_access){
        .gva = address,
        .size = opcode == I_FILL ? arch->n : 1,
        .read = opcode == I_INC || opcode == I_LOAD,
        .write = opcode == I_INC || opcode == I_STORE || opcode == I_FILL,
    };
    if (opcode == I_PUSH)
        ret[0] = (struct arch_access){.gva = arch->sp - (unsigned)operand,
                                      .size = operand,
                                      .write = true};
    else if (opcode == I_POP)
        ret[0] = (struct arch_access){
            .gva = arch->sp, .size = operand, .read = true};
    else if (opcode == I_PUMP)
        ret[0] = (struct arch_access){
            .gva = arch->sp, .size = arch->n, .write = true};
    return ret[0].read || ret[0].write;
}

/* --- kvm/arch_run.h; steps are in step.c --- */

struct arch_points arch_hw_points(void)
{
    return (struct arch_points){NULL_REGISTERS, NULL_REGISTERS, NULL_REGISTERS};
}

int arch_before_run(struct vcpu *vcpu)
{
    (void)vcpu;
    return 0;
}

void arch_after_run(struct vcpu *vcpu)
{
    (void)vcpu;
}

void arch_debug_hit(struct vcpu *vcpu, struct debug_hit *ret)
{
    (void)vcpu;
    *ret = (struct debug_hit){.step = false};
}

unsigned arch_unseen_hits(struct vcpu *vcpu)
{
    (void)vcpu;
    return 0;
}

bool arch_exit(struct vcpu *vcpu)
{
    (void)vcpu;
    return false;
}

bool arch_shutdown_is_void(struct vcpu *vcpu)
{
    (void)vcpu;
    return false;
}

bool arch_is_reset(struct vcpu *vcpu)
{
    return vcpu->arch->reset;
}

bool arch_reflect(struct vcpu *vcpu, const struct vcpu_event *event)
{
    vcpu->arch->reflected =
        event->kind == VCPU_EVENT_DEBUG && event->hit.foreign;
    return vcpu->arch->reflected;
}

bool arch_has_reflected(struct vcpu *vcpu)
{
    return vcpu->arch->reflected;
}

bool arch_guest_has_points(struct vcpu *vcpu)
{
    return vcpu->arch->own_points;
}

bool arch_may_stay(struct vcpu *vcpu)
{
    uint8_t opcode = byte_at(vcpu, vcpu->arch->pc);

    return opcode == I_JMP || opcode == I_FILL || opcode == I_PUMP;
}

bool arch_may_stall(struct vcpu *vcpu)
{
    return byte_at(vcpu, vcpu->arch->pc) == I_READS;
}

const struct trap *arch_trap(unsigned i)
{
    return i == 0 ? &null_cpu.trap : i == 1 ? &null_cpu.other : NULL;
}

/* --- kvm/arch_fault.h --- */

const char *arch_vector_name(unsigned vector)
{
    static const char *const names[] = {"zero", "one", "two", "three", "four"};

    return vector < sizeof names / sizeof names[0] ? names[vector] : NULL;
}

unsigned arch_double_fault(void)
{
    return NULL_DOUBLE;
}

int arch_handler(struct vcpu *vcpu, unsigned vector, uint64_t *ret_gva)
{
    *ret_gva = byte_at(vcpu, NULL_HANDLERS + 2 * vector) |
               (unsigned)byte_at(vcpu, NULL_HANDLERS + 2 * vector + 1) << 8;
    return *ret_gva ? 0 : -EFAULT;
}

/* The frame is one byte of the stack, if there is one. */
static void pop_frame(struct vcpu_arch *arch, int n)
{
    if (arch->sp)
        arch->sp = (uint16_t)(arch->sp + n);
}

int arch_undeliver(struct vcpu *vcpu, unsigned vector, struct fault *ret)
{
    struct vcpu_arch *arch = vcpu->arch;
    const struct null_exception *raised = &arch->raised;
    uint64_t mine = 0;
    uint64_t its = 0;

    (void)arch_handler(vcpu, vector, &mine);
    (void)arch_handler(vcpu, raised->vector, &its);
    if (!raised->there || mine != its)
        return -EFAULT;
    *ret = (struct fault){
        .kind = raised->vector ? FAULT_MEMORY : FAULT_ARITHMETIC,
        .vector = raised->vector,
        .is_explained = raised->is_explained,
        .is_trap = raised->is_trap,
        .is_call = raised->is_call,
        .has_code = raised->has_code,
        .code = raised->code,
    };
    (void)snprintf(ret->text, sizeof ret->text, "exception %u", raised->vector);
    arch->pc = raised->at;
    pop_frame(arch, 1);
    return 0;
}

void arch_redeliver(struct vcpu *vcpu)
{
    (void)arch_handler(vcpu, vcpu->arch->raised.vector, &vcpu->arch->pc);
    pop_frame(vcpu->arch, -1);
}

bool arch_event_frame(struct vcpu *vcpu, struct arch_access *ret)
{
    *ret = (struct arch_access){
        .gva = vcpu->arch->sp, .size = vcpu->arch->sp != 0, .write = true};
    return vcpu->arch->entered;
}

enum fault_class arch_explain_shutdown(struct vcpu *vcpu, struct probe *probe,
                                       char *text, size_t cap)
{
    (void)vcpu;
    (void)probe;
    (void)snprintf(text, cap, "no handler");
    return FAULT_UNKNOWN;
}

enum fault_class arch_explain_emulation(struct vcpu *vcpu, char *text,
                                        size_t cap)
{
    (void)vcpu;
    (void)snprintf(text, cap, "no instruction");
    return FAULT_ILLEGAL;
}

enum arch_completion arch_complete(struct vcpu *vcpu)
{
    (void)vcpu;
    return ARCH_COMPLETE_NOT;
}

void arch_complete_init(void)
{
}

void arch_explain_stall(struct vcpu *vcpu, char *text, size_t cap)
{
    (void)vcpu;
    (void)snprintf(text, cap, "no end");
}

void arch_explain_delivery(struct vcpu *vcpu, char *text, size_t cap)
{
    (void)vcpu;
    (void)snprintf(text, cap, "not delivered");
}

void arch_drop_undelivered(struct vcpu *vcpu)
{
    (void)vcpu;
}

/* --- kvm/arch_boot.h --- */

int arch_vcpu_boot(struct vcpu *vcpu, const struct image *image,
                   struct diag *diag)
{
    (void)diag;
    vcpu->arch->pc = image->entry;
    return 0;
}

/* --- kvm/arch_probe.h: there is nothing to try --- */

const struct probe_name *probe_context_name(unsigned context)
{
    (void)context;
    return NULL;
}

const struct probe_name *probe_feature_name(unsigned feature)
{
    (void)feature;
    return NULL;
}

bool probe_applies(enum probe_feature feature, unsigned context)
{
    (void)feature;
    (void)context;
    return false;
}

unsigned probe_context_of(struct vcpu *vcpu)
{
    (void)vcpu;
    return 0;
}

int arch_probe_prepare(struct vm *scratch)
{
    (void)scratch;
    return -ENOTSUP;
}

void arch_probe_try(struct vm *scratch, enum probe_feature feature,
                    unsigned context, struct probe_answer *ret)
{
    (void)scratch;
    (void)feature;
    (void)context;
    (void)ret;
}

void arch_host_read(struct host *ret)
{
    (void)ret;
}
