/* SPDX-License-Identifier: MIT */
#include "tests/unit/stub/x86_64/regs_fixture.h"

#include <stdlib.h>
#include <string.h>

#include "kvm/arch_cpu.h"
#include "kvm/core/link.h"
#include "kvm/x86_64/state/state.h"

/* clang-format off */
static const struct {
    uint32_t components; /* CPUID 0xD.0 EAX */
    uint32_t pkru_at;
    size_t xsave_size;
    bool msrs;
} makes[CPU_MAKES] = {
    [CPU_PLAIN]  = {0,     0,    4096, false},
    [CPU_AVX]    = {0x7,   0,    4096, true},
    [CPU_AVX512] = {0xe7,  0,    4096, true},
    [CPU_LARGE]  = {0x2e7, 5000, 8192, true},
};
/* clang-format on */

const char *const cpu_names[CPU_MAKES] = {
    [CPU_PLAIN] = "plain",
    [CPU_AVX] = "AVX",
    [CPU_AVX512] = "AVX-512",
    [CPU_LARGE] = "large",
};

/* Those of the table that a CPU has nowadays, and EFER. */
static const uint32_t msrs[] = {
    0xc0000080, 0xc0000081, 0xc0000082, 0xc0000083, 0xc0000084, 0xc0000102,
    0xc0000103, 0x174,      0x175,      0x176,      0x1b,       0x10,
    0x3b,       0x48,       0x1a0,      0x1d9,      0x277,      0xda0,
    0xfe,       0x2ff,      0x200,      0x201,      0x250,      0x26f,
};

struct vm vm;
struct vcpu *const cpu = &vm.vcpu[0];

static void fill_cpuid(struct kvm_cpuid2 *cpuid, enum cpu_make make)
{
    const struct kvm_cpuid_entry2 leaves[] = {
        {.function = 0xd, .eax = makes[make].components},
        {.function = 0xd, .index = 2, .eax = 0x100, .ebx = 0x240},
        {.function = 0xd, .index = 5, .eax = 0x40, .ebx = 0x340},
        {.function = 0xd, .index = 6, .eax = 0x200, .ebx = 0x380},
        {.function = 0xd, .index = 7, .eax = 0x400, .ebx = 0x580},
        {.function = 0xd, .index = 9, .eax = 8, .ebx = makes[make].pkru_at},
    };

    cpuid->nent = makes[make].components ? ROWS(leaves) : 0;
    memcpy(cpuid->entries, leaves, sizeof leaves);
}

static struct x86_xsave_layout layout_of(enum cpu_make make)
{
    struct kvm_cpuid2 *cpuid =
        calloc(1, sizeof *cpuid + 8 * sizeof(struct kvm_cpuid_entry2));
    struct x86_xsave_layout layout;

    fill_cpuid(cpuid, make);
    layout = x86_xsave_layout(cpuid);
    free(cpuid);
    return layout;
}

/* Real mode, as a boot loader finds it. */
static void reset_segments(struct kvm_sregs *sys)
{
    const struct kvm_segment data = {
        .limit = 0xffff, .type = 3, .s = 1, .present = 1};

    sys->cs = sys->ss = sys->ds = sys->es = sys->fs = sys->gs = data;
    sys->cs.type = 11;
    sys->ldt = (struct kvm_segment){.limit = 0xffff, .type = 2, .present = 1};
    sys->tr = (struct kvm_segment){.limit = 0x67, .type = 11, .present = 1};
}

static void reset_fake(enum cpu_make make)
{
    memset(&fake_kvm, 0, sizeof fake_kvm);
    fake_kvm.regs.rflags = 2;
    fake_kvm.sregs.cr0 = 0x10;
    reset_segments(&fake_kvm.sregs);
    fake_kvm.xcrs = (struct kvm_xcrs){.nr_xcrs = 1, .xcrs = {{.value = 1}}};
    fake_kvm.xsave_size = makes[make].xsave_size;
    if (!makes[make].msrs)
        return;
    fake_kvm.n_msrs = ROWS(msrs);
    for (size_t i = 0; i < ROWS(msrs); i++)
        fake_kvm.msr[i].index = msrs[i];
}

void begin_cpu(enum cpu_make make)
{
    reset_fake(make);
    free(cpu->run);
    arch_vcpu_done(cpu);
    memset(&vm, 0, sizeof vm);
    vm.n_vcpus = 1;
    vm.caps.xsave_size = makes[make].xsave_size;
    cpu->vm = &vm;
    cpu->link = &vcpu_link_local;
    cpu->run = calloc(1, sizeof *cpu->run);
    cpu->arch = calloc(1, sizeof *cpu->arch);
    cpu->arch->xsave = calloc(1, makes[make].xsave_size);
    cpu->arch->layout = layout_of(make);
    cr_assert(eq(int, x86_fetch(cpu, X86_BANK_GP | X86_BANK_SYS), 0));
    fake_kvm.calls = 0;
}

const struct rsp_desc *describe(enum cpu_mode mode, bool lldb)
{
    const struct rsp_client client = {.lldb = lldb};

    return stub_describe(cpu, mode, &client);
}

const struct rsp_reg *find_reg(const struct rsp_desc *desc, const char *name)
{
    for (size_t i = 0; i < desc->n_regs; i++)
        if (!strcmp(desc->regs[i].name, name))
            return &desc->regs[i];
    return NULL;
}

void forget(void)
{
    cr_assert(eq(int, x86_flush(cpu), 0));
    cr_assert(eq(int, x86_refetch(cpu, ~0u), 0));
}
