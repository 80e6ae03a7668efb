/* SPDX-License-Identifier: MIT */
/*
 * Instructions that KVM may leave to us (kvm/x86_64/complete) against the CPU:
 * each is executed at level 0 and at level 3, where no KVM emulates it, with
 * the same random registers and memory. Both must come to the same registers,
 * flags, x87 and vector state, memory, and exceptions.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kvm/arch_cpu.h"
#include "kvm/arch_run.h"
#include "kvm/core/mem.h"
#include "kvm/probe/host.h"
#include "kvm/vm/run.h"
#include "kvm/vm/vm.h"
#include "kvm/x86_64/insn/vector.h"
#include "kvm/x86_64/state/state.h"
#include "tests/kvm/x86_64/complete_rows.h"
#include "tests/kvm/x86_64/step_guest.h"

#define CR0_MP     UINT64_C(0x2)
#define CR0_NE     UINT64_C(0x20)
#define CR4_OSFXSR UINT64_C(0x200)
#define CR4_OSXMM  UINT64_C(0x400)
#define CR4_XSAVE  UINT64_C(0x40000)

/* CF, PF, AF, ZF, SF, OF. */
#define FLAGS UINT64_C(0x8d5)

/* Of XSAVE: x87, SSE, AVX, AVX-512. */
#define PARTS UINT64_C(0xe7)

enum {
    SKIP = 77,
    MEMORY = 4 << 20,
    TRIES = 24,
    MARK = 0x600d, /* EBP behind the instruction */
    DATA = 0x1000,
    AREA = 2752, /* of XSAVE: x87, SSE, AVX, AVX-512 */
};

/* In it: Intel SDM 1 table 10-2, 13.4. */
enum {
    FCW_AT = 0,
    FSW_AT = 2,
    MXCSR_AT = 24,
    ST_AT = 32,
    ST_SIZE = 16,
    XMM_AT = 160,
    LEGACY_END = 416,
    PRESENT_AT = 512,
};

struct outcome {
    bool done; /* came behind the instruction */
    struct kvm_regs gp;
    uint8_t area[AREA];
    uint8_t data[DATA];
};

static struct vm vm;
static uint8_t before[AREA];
static unsigned failures;

/* --- before --- */

static uint64_t random_next(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

/* Numbers as programs have them, and any bits at all. */
static void fill(uint8_t *at, size_t n, uint64_t *state)
{
    static const double numbers[] = {0.0, 1.0, -2.5, 1e300, 3.25e-310, 7e5};

    for (size_t i = 0; i + 8 <= n; i += 8) {
        uint64_t value = random_next(state);
        double number = numbers[value % 6];

        if (value % 3 == 0)
            memcpy(&value, &number, sizeof value);
        if (value % 7 == 1)
            value &= 0xff;
        memcpy(at + i, &value, sizeof value);
    }
}

static const struct x86_xsave_layout *layout(void)
{
    return &vm.vcpu[0].arch->layout;
}

static bool has_part(unsigned i)
{
    return PARTS >> i & layout()->components >> i & 1;
}

static void fill_unit(uint8_t *area, uint64_t *state)
{
    static const uint32_t mxcsrs[] = {0x1f80, 0x1f80, 0x7f80, 0x9fc0, 0x1d80};
    static const uint16_t fcws[] = {0x37f, 0x37f, 0x27f, 0xc7f, 0x37a};
    uint64_t present = PARTS & layout()->components;
    uint64_t which = random_next(state);

    memset(area, 0, AREA);
    fill(area + XMM_AT, LEGACY_END - XMM_AT, state);
    for (unsigned i = X86_AVX; i < X86_COMPONENTS; i++)
        if (has_part(i))
            fill(area + layout()->part[i].offset, layout()->part[i].size,
                 state);
    for (unsigned i = 0; i < 8; i++)
        fill(area + ST_AT + i * ST_SIZE, 8, state);
    for (unsigned i = 0; i < 8; i++) { /* numbers near 1 */
        area[ST_AT + i * ST_SIZE + 7] |= 0x80;
        area[ST_AT + i * ST_SIZE + 8] = (uint8_t)(0xfc + i % 4);
        area[ST_AT + i * ST_SIZE + 9] = 0x3f;
    }
    memcpy(area + MXCSR_AT, &mxcsrs[which % 5], 4);
    memcpy(area + FCW_AT, &fcws[which / 5 % 5], 2);
    area[4] = which % 4 ? 0x0f : 0; /* ST4 to ST7 are empty, or all */
    memcpy(area + PRESENT_AT, &present, sizeof present);
}

static void fill_general(struct kvm_regs *gp, uint64_t *state)
{
    gp->rax = random_next(state);
    gp->rcx = random_next(state) >> random_next(state) % 64;
    gp->rdi = random_next(state);
    gp->rdx = random_next(state) % 256;
    gp->r8 = random_next(state) % 64;
    gp->r9 = random_next(state);
    gp->r10 = random_next(state);
    gp->r11 = random_next(state);
    gp->r12 = random_next(state);
    gp->r13 = random_next(state);
    gp->r14 = random_next(state);
    gp->r15 = random_next(state);
    gp->rflags = (gp->rflags & ~FLAGS) | (random_next(state) & FLAGS);
}

/* Of 32-bit code the upper halves do not count. */
static void cut_general(struct kvm_regs *gp)
{
    __u64 *const low[] = {&gp->rax, &gp->rbx, &gp->rcx, &gp->rdx,
                          &gp->rsi, &gp->rdi, &gp->rbp};

    for (size_t i = 0; i < sizeof low / sizeof low[0]; i++)
        *low[i] = (uint32_t)*low[i];
}

static int set_up(const struct complete_row *row, enum context context,
                  uint64_t seed)
{
    struct vcpu *vcpu = &vm.vcpu[0];
    uint64_t state = seed * 0x9e3779b97f4a7c15 + 1;
    struct kvm_sregs *sys = x86_sys(vcpu);
    bool wide = context != PROT;
    int r = guest_start(&vm, context, 0, wide ? row->code_64 : row->code_32,
                        wide ? row->size_64 : row->size_32);
    uint8_t data[DATA];

    if (!r)
        r = x86_fetch(vcpu, X86_BANK_XSAVE | X86_BANK_XCR);
    if (r)
        return r;
    fill(data, sizeof data, &state);
    data[64] = data[66] = data[67] = 0; /* a value for MXCSR */
    data[65] = seed % 4 ? 0x1f : 0x9f;
    (void)mem_write(&vm.mem, GUEST_DATA, data, sizeof data);
    fill_unit((uint8_t *)vcpu->arch->xsave, &state);
    memcpy(before, vcpu->arch->xsave, sizeof before);
    fill_general(x86_gp(vcpu), &state);
    if (context == PROT)
        cut_general(x86_gp(vcpu));
    sys->cr0 = sys->cr0 | CR0_MP | CR0_NE;
    sys->cr4 |= CR4_OSFXSR | CR4_OSXMM;
    if (vcpu->arch->layout.components >> X86_AVX & 1) {
        sys->cr4 |= CR4_XSAVE;
        vcpu->arch->xcrs.xcrs[0].value = PARTS & layout()->components;
        x86_touch(vcpu, X86_BANK_XCR);
    }
    x86_touch(vcpu, X86_BANK_GP | X86_BANK_SYS | X86_BANK_XSAVE);
    return 0;
}

/* --- and after --- */

static uint64_t handler_of(unsigned vector)
{
    return GUEST_HANDLERS + (uint64_t)vector * GUEST_HANDLER_SIZE;
}

/* Level 3 ends in the handler of the HLT's exception, with another stack. */
static void even_out(struct outcome *outcome)
{
    const uint64_t gp_handler = handler_of(X86_GP);

    if (outcome->done)
        outcome->gp.rip = 0;
    /* kvm_pvm takes a #GP of user code for an instruction that it does not
     * know.
     */
    if (outcome->gp.rip - gp_handler < GUEST_HANDLER_SIZE)
        outcome->gp.rip -= gp_handler - handler_of(X86_UD);
    outcome->gp.rsp = 0;
    outcome->gp.rflags &= FLAGS;
}

/* Parts that are in their initial state may be left out. Where the last x87
 * instruction and its operand were, some CPUs keep for exceptions alone, and
 * not beyond one instruction (Intel SDM 1 8.1.8, AMD APM 2 11.4.3). */
static void even_out_area(uint8_t *area)
{
    enum { FOP_AT = 6 };
    uint64_t present;

    memcpy(&present, area + PRESENT_AT, sizeof present);
    for (unsigned i = X86_AVX; i < X86_COMPONENTS; i++)
        if (has_part(i) && !(present >> i & 1))
            memset(area + layout()->part[i].offset, 0, layout()->part[i].size);
    if (!(present >> X86_SSE & 1))
        memset(area + XMM_AT, 0, LEGACY_END - XMM_AT);
    memset(area + FOP_AT, 0, MXCSR_AT - FOP_AT);
    memset(area + MXCSR_AT + 4, 0, ST_AT - MXCSR_AT - 4); /* MXCSR's mask */
    memset(area + PRESENT_AT, 0, 64);
    memset(area + LEGACY_END, 0, PRESENT_AT - LEGACY_END);
}

static int run(const struct complete_row *row, enum context context,
               uint64_t seed, struct outcome *ret)
{
    struct vcpu *vcpu = &vm.vcpu[0];
    struct vcpu_event event = {.kind = VCPU_EVENT_KICK};
    int r = set_up(row, context, seed);

    vcpu->debug = (struct debug_state){.step = false};
    vcpu->halted = false;
    if (!r)
        r = vcpu_run(vcpu, &event);
    if (!r)
        r = x86_fetch(vcpu, X86_BANK_XSAVE);
    if (r || event.kind != VCPU_EVENT_HALT) {
        (void)printf("FAIL  %s, %s, seed %llu: %d, event %d at 0x%llx\n",
                     row->insn, context >= USER ? "level 3" : "level 0",
                     (unsigned long long)seed, r, (int)event.kind,
                     (unsigned long long)x86_gp(vcpu)->rip);
        failures++;
        return -1;
    }
    ret->gp = *x86_gp(vcpu);
    ret->done = (uint32_t)ret->gp.rbp == MARK;
    memcpy(ret->area, vcpu->arch->xsave, AREA);
    (void)mem_read(&vm.mem, GUEST_DATA, ret->data, DATA);
    even_out(ret);
    even_out_area(ret->area);
    return 0;
}

static size_t first_difference(const void *a, const void *b, size_t n)
{
    size_t i = 0;

    while (i < n && ((const uint8_t *)a)[i] == ((const uint8_t *)b)[i])
        i++;
    return i;
}

static void compare(const struct complete_row *row, const char *code,
                    uint64_t seed, struct outcome *kernel, struct outcome *user)
{
    const struct {
        const char *name;
        const void *a, *b;
        size_t n;
    } parts[] = {
        {"what became of it", &kernel->done, &user->done, sizeof(bool)},
        {"registers", &kernel->gp, &user->gp, sizeof kernel->gp},
        {"x87 and vectors", kernel->area, user->area, AREA},
        {"data", kernel->data, user->data, DATA},
    };

    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        size_t at = first_difference(parts[i].a, parts[i].b, parts[i].n);

        if (at == parts[i].n)
            continue;
        failures++;
        (void)printf("FAIL  %s, %s, seed %llu: %s differ at byte %zu: "
                     "0x%x, level 3: 0x%x\n",
                     row->insn, code, (unsigned long long)seed, parts[i].name,
                     at, ((const uint8_t *)parts[i].a)[at],
                     ((const uint8_t *)parts[i].b)[at]);
        return;
    }
}

/* In 32-bit code there are eight vector registers; the others stay. Where those
 * lie of component i, and how much. */
static size_t rest_of(unsigned i, size_t *ret_n)
{
    enum { XMM8_AT = 288 };
    size_t size = layout()->part[i].size;

    if (i == X86_SSE)
        *ret_n = LEGACY_END - XMM8_AT;
    else if (i == X86_AVX || i == X86_ZMM_HI256)
        *ret_n = size / 2;
    else
        *ret_n = i == X86_HI16_ZMM ? size : 0;
    return i == X86_SSE ? XMM8_AT : layout()->part[i].offset + size - *ret_n;
}

static void expect_rest(const struct complete_row *row, uint64_t seed,
                        const struct outcome *outcome)
{
    for (unsigned i = X86_SSE; i < X86_COMPONENTS; i++) {
        size_t n;
        size_t at = rest_of(i, &n);

        if (!has_part(i) || memcmp(outcome->area + at, before + at, n) == 0)
            continue;
        failures++;
        (void)printf("FAIL  %s, 32-bit code, seed %llu: changes registers that "
                     "are not there, of part %u\n",
                     row->insn, (unsigned long long)seed, i);
    }
}

/* QEMU's TCG clears all sixteen at VZEROUPPER and VZEROALL
 * (target/i386/tcg/emit.c.inc, gen_VZEROALL()). */
static bool host_is_tcg(void)
{
    static struct host host;

    if (!*host.hypervisor)
        host_read(&host);
    return strncmp(host.hypervisor, "TCG", 3) == 0;
}

static void cut(struct outcome *outcome)
{
    cut_general(&outcome->gp);
    for (unsigned i = X86_SSE; i < X86_COMPONENTS; i++) {
        size_t n;
        size_t at = rest_of(i, &n);

        if (has_part(i))
            memset(outcome->area + at, 0, n);
    }
}

static void try_seed(const struct complete_row *row, uint64_t seed)
{
    static struct outcome kernel;
    static struct outcome user;

    if (run(row, USER, seed, &user) < 0)
        return;
    if (run(row, LONG, seed, &kernel) == 0)
        compare(row, "64-bit code", seed, &kernel, &user);
    if (!row->size_32 || run(row, PROT, seed, &kernel) < 0)
        return;
    if (has_part(X86_AVX) && !host_is_tcg())
        expect_rest(row, seed, &kernel);
    cut(&kernel);
    cut(&user);
    compare(row, "32-bit code", seed, &kernel, &user);
}

int main(void)
{
    const struct vm_config config = {.memory = MEMORY, .n_vcpus = 1};
    struct diag diag = {""};

    (void)setvbuf(stdout, NULL, _IOLBF, 0);
    if (access(VM_DEVICE, R_OK | W_OK) < 0) {
        (void)printf("SKIP: needs " VM_DEVICE "\n");
        return SKIP;
    }
    if (vm_create(&vm, &config, &diag) < 0) {
        (void)printf("FAIL  %s\n", diag.text);
        return EXIT_FAILURE;
    }
    for (const struct complete_row *row = complete_rows;
         row < complete_rows_end; row++)
        for (uint64_t seed = 0; seed < TRIES; seed++)
            try_seed(row, seed);
    vm_destroy(&vm);
    (void)printf("%zu rows, %u failures\n",
                 (size_t)(complete_rows_end - complete_rows), failures);
    return failures ? EXIT_FAILURE : EXIT_SUCCESS;
}
