/* SPDX-License-Identifier: MIT */
#include "kvm/x86_64/complete/native.h"

#include <cpuid.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <ucontext.h>

#include <sys/mman.h>

#include "kvm/arch_cpu.h"
#include "kvm/core/mem.h"
#include "kvm/x86_64/complete/access.h"
#include "kvm/x86_64/complete/encode.h"
#include "kvm/x86_64/complete/thunk.h"
#include "kvm/x86_64/insn/vector.h"
#include "kvm/x86_64/state/linear.h"
#include "kvm/x86_64/state/state.h"

/* CF, PF, AF, ZF, SF, OF: Intel SDM 1 3.4.3.1. */
#define RFLAGS_STATUS UINT64_C(0x8d5)
#define RFLAGS_FIXED  UINT64_C(0x2)

enum { OPCODE_RET = 0xc3, CODE_BYTES = 4096 };

/* In the XSAVE area: Intel SDM 1 table 10-2, 13.4.2. */
enum {
    FIP_AT = 8,
    FDP_AT = 16,
    XMM_AT = 160,
    XMM_SIZE = 16,
    XSTATE_BV_AT = 512,
    HEADER = 64,
};

/* --- the page that it is executed in --- */

/* One instruction at a time, from whichever vCPU: it takes no time. Written
 * through one mapping, executed through the other. */
static struct {
    pthread_mutex_t lock;
    uint8_t *written;
    uint8_t *executed; /* NULL: there is none */
    uint64_t parts;    /* of XSAVE's state, that this CPU has on */
} page = {.lock = PTHREAD_MUTEX_INITIALIZER};

static pthread_once_t once = PTHREAD_ONCE_INIT;

/* What is executed by this thread; the fault that it came to. */
static _Thread_local struct {
    bool active;
    size_t size; /* of the instruction: the RET is behind it */
    int vector;
    uint32_t code;
} native_run;

/* The second mapping by a copy of the first; a file of memory would be under
 * the user's limit of file sizes. */
static bool map_page(void)
{
    void *written = mmap(NULL, CODE_BYTES, PROT_READ | PROT_WRITE,
                         MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    void *executed = MAP_FAILED;

    if (written == MAP_FAILED)
        return false;
    executed = mremap(written, 0, CODE_BYTES, MREMAP_MAYMOVE);
    if (executed == MAP_FAILED ||
        mprotect(executed, CODE_BYTES, PROT_READ | PROT_EXEC) < 0)
        return false;
    page.written = written;
    page.executed = executed;
    return true;
}

/* XGETBV, where the OS has turned it on: Intel SDM 1 13.3. */
static uint64_t parts_of_host(void)
{
    enum { OSXSAVE = 1u << 27, X87_SSE_AVX_512 = 0xe7 };
    uint32_t a;
    uint32_t b;
    uint32_t c;
    uint32_t d;

    if (!__get_cpuid(1, &a, &b, &c, &d) || !(c & OSXSAVE))
        return 0;
    __asm__ volatile("xgetbv" : "=a"(a), "=d"(d) : "c"(0));
    return a & X87_SSE_AVX_512;
}

/* --- signals --- */

static struct sigaction others[NSIG];

static void pass_on(int number, siginfo_t *info, void *context)
{
    const struct sigaction *other = &others[number];

    if (other->sa_flags & SA_SIGINFO) {
        other->sa_sigaction(number, info, context);
    } else if (other->sa_handler != SIG_DFL && other->sa_handler != SIG_IGN) {
        other->sa_handler(number);
    } else { /* it comes again, and ends the process as it would have */
        (void)sigaction(number, other, NULL);
    }
}

/* The kernel says which exception it was. On to the RET, with the registers as
 * they are: before the instruction. */
static void on_fault(int number, siginfo_t *info, void *context)
{
    greg_t *reg = ((ucontext_t *)context)->uc_mcontext.gregs;
    uintptr_t begin = (uintptr_t)page.executed;

    if (!native_run.active || (uintptr_t)reg[REG_RIP] < begin ||
        (uintptr_t)reg[REG_RIP] >= begin + CODE_BYTES) {
        pass_on(number, info, context);
        return;
    }
    native_run.vector = (int)reg[REG_TRAPNO];
    native_run.code = (uint32_t)reg[REG_ERR];
    reg[REG_RIP] = (greg_t)(begin + native_run.size);
}

static void listen_to_faults(void)
{
    static const int numbers[] = {SIGFPE, SIGILL, SIGSEGV, SIGBUS};
    struct sigaction action = {.sa_sigaction = on_fault,
                               .sa_flags = SA_SIGINFO | SA_ONSTACK};

    (void)sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        (void)sigaction(numbers[i], &action, &others[numbers[i]]);
}

static void set_up(void)
{
    page.parts = parts_of_host();
    if (page.parts && map_page())
        listen_to_faults();
}

void arch_complete_init(void)
{
    (void)pthread_once(&once, set_up);
}

/* --- registers --- */

/* As the CPU numbers them. */
static void list_registers(struct kvm_regs *gp, __u64 *ret[16])
{
    __u64 *const registers[16] = {
        &gp->rax, &gp->rcx, &gp->rdx, &gp->rbx, &gp->rsp, &gp->rbp,
        &gp->rsi, &gp->rdi, &gp->r8,  &gp->r9,  &gp->r10, &gp->r11,
        &gp->r12, &gp->r13, &gp->r14, &gp->r15,
    };

    memcpy(ret, registers, sizeof registers);
}

static void load_registers(struct vcpu *vcpu, struct thunk_frame *frame)
{
    __u64 *gp[16];

    list_registers(x86_gp(vcpu), gp);
    for (unsigned i = 0; i < 16; i++)
        frame->gp[i] = *gp[i];
    frame->flags = (x86_gp(vcpu)->rflags & RFLAGS_STATUS) | RFLAGS_FIXED;
    frame->parts = 0;
    memset(frame->guest + XSTATE_BV_AT, 0, HEADER);
    memset(frame->host + XSTATE_BV_AT, 0, HEADER);
}

/* Those that both the guest and this CPU have; x87 and SSE, always. */
static uint64_t native_parts(const struct vcpu *vcpu)
{
    const uint64_t always = 1 << X86_X87 | 1 << X86_SSE;

    return page.parts & (vcpu->arch->layout.components | always);
}

/* Bytes; at most THUNK_AREA. */
static size_t native_area_size(const struct vcpu *vcpu)
{
    size_t size = XSTATE_BV_AT + HEADER;

    for (unsigned i = X86_AVX; i < X86_COMPONENTS; i++)
        if (native_parts(vcpu) >> i & 1) {
            size_t end = vcpu->arch->layout.part[i].offset +
                         vcpu->arch->layout.part[i].size;

            size = end > size ? end : size;
        }
    return size;
}

static void load_xsave(struct vcpu *vcpu, struct thunk_frame *frame)
{
    const uint8_t *area = (const uint8_t *)vcpu->arch->xsave;
    uint64_t present;

    frame->parts = native_parts(vcpu);
    memcpy(frame->guest, area, native_area_size(vcpu));
    memcpy(&present, area + XSTATE_BV_AT, sizeof present);
    present &= frame->parts;
    memset(frame->guest + XSTATE_BV_AT, 0, HEADER);
    memcpy(frame->guest + XSTATE_BV_AT, &present, sizeof present);
}

/* Outside of 64-bit code the upper halves are not there to be changed. */
static void store_registers(const struct complete *c, unsigned pointer,
                            const struct thunk_frame *frame)
{
    struct vcpu *vcpu = c->vcpu;
    bool wide = c->at.mode == INSN_MODE_64;
    __u64 *gp[16];

    list_registers(x86_gp(vcpu), gp);
    for (unsigned i = 0; i < 16; i++)
        if (i != ZYDIS_REGISTER_RSP - ZYDIS_REGISTER_RAX && i != pointer)
            *gp[i] = wide ? frame->gp[i]
                          : (*gp[i] & ~(uint64_t)UINT32_MAX) |
                                (uint32_t)frame->gp[i];
    x86_gp(vcpu)->rflags = (x86_gp(vcpu)->rflags & ~RFLAGS_STATUS) |
                           (frame->flags & RFLAGS_STATUS);
}

/* Outside of 64-bit code there are eight vector registers, and VZEROALL leaves
 * the others alone: how much of a component is the instruction's. */
static size_t native_part_size(const struct vcpu *vcpu, unsigned component,
                               bool wide)
{
    size_t size = vcpu->arch->layout.part[component].size;

    if (wide || component == X86_OPMASK)
        return size;
    return component == X86_HI16_ZMM ? 0 : size / 2;
}

/* x87's, MXCSR and XMM. */
static size_t native_legacy_size(bool wide)
{
    return XMM_AT + XMM_SIZE * (wide ? 16u : 8u);
}

/* Even a part in its initial state is said to be there: KVM would set MXCSR
 * back along with one that is not. */
static void store_xsave(const struct complete *c,
                        const struct thunk_frame *frame)
{
    bool wide = c->at.mode == INSN_MODE_64;
    struct vcpu *vcpu = c->vcpu;
    uint8_t *area = (uint8_t *)vcpu->arch->xsave;

    memcpy(area, frame->guest, native_legacy_size(wide));
    for (unsigned i = X86_X87; i < X86_COMPONENTS; i++) {
        size_t at = vcpu->arch->layout.part[i].offset;

        if (!(frame->parts >> i & 1))
            continue;
        if (i >= X86_AVX)
            memcpy(area + at, frame->guest + at,
                   native_part_size(vcpu, i, wide));
        x86_xsave_mark(vcpu->arch->xsave, i);
    }
    x86_touch(vcpu, X86_BANK_XSAVE);
}

/* The x87 notes where its last instruction and operand were. */
static void replace_pointer(struct thunk_frame *frame, unsigned at,
                            uint64_t ours, uint64_t its)
{
    uint64_t noted;

    memcpy(&noted, frame->guest + at, sizeof noted);
    if (noted == ours)
        memcpy(frame->guest + at, &its, sizeof its);
}

/* --- its operand --- */

/* Where it is for the CPU: in the guest's RAM itself, which keeps what is
 * atomic so, or a copy of what crosses into another page. */
struct native_operand {
    const struct operand *operand; /* NULL: none */
    uint8_t *hva;
    bool copied;
    uint8_t copy[2 * 512];
};

/* Of such an operand elements may be left out, and then do not fault. */
static bool is_masked(const struct complete *c)
{
    return c->at.insn.avx.mask.reg != ZYDIS_REGISTER_NONE &&
           c->at.insn.avx.mask.reg != ZYDIS_REGISTER_K0;
}

static enum arch_completion native_find_operand(const struct complete *c,
                                                struct native_operand *ret,
                                                int *ret_vector,
                                                uint32_t *ret_code)
{
    enum { ALIGNMENT = 64 };
    const struct arch_access *access = &c->at.access[0].access;
    struct access_fault fault;
    size_t n = c->at.access[0].size;
    uint64_t last = access->gva + n - 1;

    ret->operand = &c->at.access[0];
    if (c->at.n_accesses != 1 || !n || n > sizeof ret->copy - ALIGNMENT)
        return ARCH_COMPLETE_NOT;
    switch (x86_may_access(c->vcpu, access->gva, n, access->write, &fault)) {
    case ACCESS_AWAY:
        return ARCH_COMPLETE_NOT;
    case ACCESS_FAULT:
        if (is_masked(c))
            return ARCH_COMPLETE_NOT;
        x86_sys(c->vcpu)->cr2 = fault.gva;
        x86_touch(c->vcpu, X86_BANK_SYS);
        *ret_vector = X86_PF;
        *ret_code = fault.code;
        return ARCH_COMPLETE_RAISED;
    case ACCESS_FINE:
        break;
    }
    ret->copied = (access->gva ^ last) & ~(uint64_t)(MEM_PAGE - 1);
    ret->hva = x86_byte(c->vcpu, access->gva);
    if (!ret->hva)
        return ARCH_COMPLETE_NOT;
    if (!ret->copied)
        return ARCH_COMPLETE_DONE;
    ret->hva = ret->copy + ((access->gva - (uintptr_t)ret->copy) % ALIGNMENT);
    return x86_read(c->vcpu, access->gva, ret->hva, n) == n ? ARCH_COMPLETE_DONE
                                                            : ARCH_COMPLETE_NOT;
}

static void store_operand(const struct complete *c,
                          const struct native_operand *operand)
{
    const struct arch_access *access = &c->at.access[0].access;

    if (!operand->operand)
        return;
    if (operand->copied && access->write)
        (void)x86_write(c->vcpu, access->gva, operand->hva,
                        operand->operand->size);
    x86_mark_access(c->vcpu, access->gva, operand->operand->size,
                    access->write);
}

/* --- all of it --- */

bool x86_native_may(const struct complete *c, struct encoded *ret)
{
    return page.executed && x86_encode_native(&c->at.insn, c->at.op, ret);
}

/* Returns the vector of its exception, or -1. */
static int execute(const struct encoded *how, struct thunk_frame *frame)
{
    (void)pthread_mutex_lock(&page.lock);
    memcpy(page.written, how->code, how->size);
    page.written[how->size] = OPCODE_RET;
    frame->code = page.executed;
    native_run.size = how->size;
    native_run.vector = -1;
    native_run.active = true;
    x86_thunk(frame);
    native_run.active = false;
    (void)pthread_mutex_unlock(&page.lock);
    return native_run.vector;
}

/* What else it has left behind, for one that may have used all registers. */
static void end_with_xsave(const struct complete *c, const struct encoded *how,
                           const struct native_operand *operand,
                           struct thunk_frame *frame)
{
    replace_pointer(frame, FIP_AT, (uintptr_t)page.executed,
                    x86_gp(c->vcpu)->rip);
    if (how->has_memory)
        replace_pointer(frame, FDP_AT, (uintptr_t)operand->hva,
                        c->at.access[0].offset);
    store_xsave(c, frame);
}

enum arch_completion x86_native(const struct complete *c,
                                const struct encoded *how, int *ret_vector,
                                uint32_t *ret_code)
{
    struct native_operand operand = {.operand = NULL};
    enum arch_completion found = ARCH_COMPLETE_DONE;
    struct thunk_frame frame;

    *ret_vector = -1;
    if (!how->is_general && (x86_fetch(c->vcpu, X86_BANK_XSAVE) < 0 ||
                             native_area_size(c->vcpu) > THUNK_AREA))
        return ARCH_COMPLETE_NOT;
    if (how->has_memory)
        found = native_find_operand(c, &operand, ret_vector, ret_code);
    if (found != ARCH_COMPLETE_DONE)
        return found;
    load_registers(c->vcpu, &frame);
    if (!how->is_general)
        load_xsave(c->vcpu, &frame);
    if (how->has_memory)
        frame.gp[how->pointer] = (uintptr_t)operand.hva;
    *ret_vector = execute(how, &frame);
    *ret_code = native_run.code;
    if (*ret_vector == X86_PF) /* of ours: that cannot be */
        return ARCH_COMPLETE_NOT;
    if (!how->is_general)
        end_with_xsave(c, how, &operand, &frame);
    if (*ret_vector >= 0)
        return ARCH_COMPLETE_RAISED;
    store_operand(c, &operand);
    store_registers(c, how->has_memory ? how->pointer : 16, &frame);
    return ARCH_COMPLETE_DONE;
}
