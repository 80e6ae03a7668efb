/* SPDX-License-Identifier: MIT */
/*
 * The scratch guest of the probe. Every experiment starts from the same state
 * and ends, whatever happens, at a HLT: of the code, or of the handler that
 * got an exception (HLT at CPL3 is one: #GP). So none needs a time limit.
 *
 * The vCPU is entered here without the exit loop of kvm/vm/run.c, because what
 * that hides, MMIO say, is the subject.
 */
#include "kvm/x86_64/probe/guest.h"

#include <errno.h>
#include <string.h>

#include <linux/kvm.h>

#include "kvm/arch_cpu.h"
#include "kvm/arch_probe.h"
#include "kvm/arch_run.h"
#include "kvm/core/link.h"
#include "kvm/core/mem.h"
#include "kvm/image/image.h"
#include "kvm/vm/types.h"
#include "kvm/vm/vm.h"
#include "kvm/x86_64/insn/vector.h"
#include "kvm/x86_64/state/state.h"

enum {
    IDT = 0x4000,
    TSS = 0x5000,
    GDT = 0x5100,
    KERNEL_STACK = 0x7000,
    USER_STACK = 0x8000,
    VECTORS = 256,
    NOP = 0x90,
    HLT = 0xf4,
    KERNEL_CS = 0x08, /* the first two as in kvm/x86_64/boot/boot.c */
    KERNEL_DS = 0x10,
    USER_DS = 0x2b,
    USER_CS = 0x33,
    PTE_U = 4,
    MMIO_MAX = 8,
    TABLES = 0x10000,
    TABLES_GIB = 0x20000,
};

/* Intel SDM 3A 2.5. */
#define CR4_PSE UINT64_C(0x10)
#define CR4_PAE UINT64_C(0x20)
#define CR4_SSE UINT64_C(0x600) /* OSFXSR, OSXMMEXCPT */

/* --- memory --- */

/* Where KVM has no read-only slots that page is RAM, and its experiments see
 * no exit. */
int arch_probe_prepare(struct vm *scratch)
{
    static const struct guard_range pages[] = {
        {PROBE_READONLY, MEM_PAGE, GUARD_WRITE},
        {PROBE_NOWHERE, MEM_PAGE, GUARD_ACCESS},
    };

    if (guards_set(scratch, pages, 2) == 0)
        return 0;
    return guards_set(scratch, &pages[1], 1);
}

static void guest_put(uint8_t *at, uint64_t value, size_t size)
{
    memcpy(at, &value, size); /* both are little endian */
}

/* Interrupt gates for each ring, Intel SDM 3A 6.11 and 6.14.1: in long mode
 * twice as long, the upper half zero. */
static void put_gates(uint8_t *idt, size_t size)
{
    for (size_t vector = 0; vector < VECTORS; vector++) {
        uint8_t *gate = idt + vector * size;

        guest_put(gate, PROBE_HANDLER(vector), 2);
        guest_put(gate + 2, KERNEL_CS, 2);
        guest_put(gate + 4, 0xee00, 2); /* present, DPL 3, interrupt gate */
    }
}

/* IP and CS, Intel SDM 3A 20.1.4. */
static void put_vectors(uint8_t *ivt)
{
    for (size_t vector = 0; vector < VECTORS; vector++)
        guest_put(ivt + 4 * vector, PROBE_HANDLER(vector), 4);
}

/* Flat segments, Intel SDM 3A 3.4.5. */
static void put_descriptors(uint8_t *gdt, enum x86_context context)
{
    uint64_t kernel =
        context == X86_PROT ? 0x00cf9b000000ffff : 0x00af9b000000ffff;

    guest_put(gdt + KERNEL_CS, kernel, 8);
    guest_put(gdt + KERNEL_DS, 0x00cf93000000ffff, 8);
    guest_put(gdt + (USER_DS & ~3), 0x00cff3000000ffff, 8);
    guest_put(gdt + (USER_CS & ~3), 0x00affb000000ffff, 8);
}

static void fill_memory(uint8_t *ram, enum x86_context context,
                        const struct probe_start *start)
{
    memset(ram, 0, PROBE_READONLY);
    memset(ram + PROBE_CODE, HLT, MEM_PAGE);
    for (size_t vector = 0; vector < VECTORS; vector++)
        guest_put(ram + PROBE_HANDLER(vector), NOP | HLT << 8, 2);
    memcpy(ram + PROBE_CODE, start->code, strlen((const char *)start->code));
    memset(ram + PROBE_DATA, PROBE_BYTE, MEM_PAGE);
    memset(ram + PROBE_READONLY, PROBE_BYTE, MEM_PAGE);
    if (context == X86_REAL)
        put_vectors(ram);
    else
        put_gates(ram + IDT, context == X86_PROT ? 8 : 16);
    put_descriptors(ram + GDT, context);
    guest_put(ram + TSS + 4, KERNEL_STACK, 8); /* RSP0, Intel SDM 3A 7.7 */
}

/* --- page tables --- */

/* The first table maps memory one to one by small pages; behind it, by a large
 * page, the same once more (Intel SDM 3A tables 4-5, 4-9, 4-10). */
static uint64_t guest_put_directory(uint8_t *ram, uint64_t at, size_t entry)
{
    enum { P = 1, W = 2, PS = 0x80 };
    size_t pages = MEM_PAGE / entry;
    uint64_t table = at + MEM_PAGE;
    /* A large page is 4 MiB, or of 8-byte entries 2 MiB. */
    size_t second = PROBE_SECOND_PAGE / (pages * MEM_PAGE);

    memset(ram + at, 0, (size_t)2 * MEM_PAGE);
    guest_put(ram + at, table | P | W, entry);
    guest_put(ram + at + second * entry, P | W | PS, entry);
    for (size_t i = 0; i < pages; i++)
        guest_put(ram + table + i * entry, i * MEM_PAGE | P | W, entry);
    return at;
}

/* Long mode's first GiB as it is, and the second by one page. The tables are
 * new ones: where KVM walks them, it need not notice that they are changed by
 * the host. */
static uint64_t put_gib(uint8_t *ram, uint64_t cr3)
{
    enum { P = 1, W = 2, PS = 0x80 };
    uint64_t table;
    uint64_t first;

    memcpy(&table, ram + cr3, sizeof table);
    memcpy(&first, ram + (table & ~UINT64_C(0xfff)), sizeof first);
    memset(ram + TABLES_GIB, 0, (size_t)2 * MEM_PAGE);
    guest_put(ram + TABLES_GIB, (TABLES_GIB + MEM_PAGE) | P | W, 8);
    guest_put(ram + TABLES_GIB + MEM_PAGE, first, 8);
    guest_put(ram + TABLES_GIB + MEM_PAGE + 8, P | W | PS, 8);
    return TABLES_GIB;
}

static void set_paging(struct kvm_sregs *sys, uint8_t *ram,
                       enum probe_tables tables)
{
    enum { P = 1 };

    switch (tables) {
    case PROBE_TABLES_32:
        sys->cr3 = guest_put_directory(ram, TABLES, 4);
        sys->cr4 |= CR4_PSE;
        sys->cr0 |= X86_CR0_PG;
        break;
    case PROBE_TABLES_PAE:
        memset(ram + TABLES, 0, MEM_PAGE);
        guest_put(ram + TABLES,
                  guest_put_directory(ram, TABLES + MEM_PAGE, 8) | P, 8);
        sys->cr3 = TABLES;
        sys->cr4 |= CR4_PAE;
        sys->cr0 |= X86_CR0_PG;
        break;
    case PROBE_TABLES_GIB:
        sys->cr3 = put_gib(ram, sys->cr3);
        break;
    case PROBE_TABLES_PLAIN:
        break;
    }
}

/* --- registers --- */

static void set_kernel(struct kvm_sregs *sys, enum x86_context context)
{
    if (context == X86_REAL)
        return;
    sys->idt = (struct kvm_dtable){
        .base = IDT,
        .limit = (uint16_t)(VECTORS * (context == X86_PROT ? 8 : 16) - 1)};
    sys->gdt = (struct kvm_dtable){.base = GDT, .limit = (USER_CS & ~3) + 7};
    sys->tr = (struct kvm_segment){
        .base = TSS, .limit = 0x67, .type = 11, .present = 1};
}

/* The entries that map the first 2 MiB, one in each level. */
static void open_pages(uint8_t *ram, uint64_t cr3)
{
    uint64_t table = cr3;

    for (unsigned level = 4; level > 1; level--) {
        uint64_t entry;

        memcpy(&entry, ram + table, 8);
        guest_put(ram + table, entry | PTE_U, 8);
        table = entry & ~UINT64_C(0xfff);
    }
}

static void set_user(struct vcpu *vcpu, uint8_t *ram)
{
    struct kvm_sregs *sys = x86_sys(vcpu);

    open_pages(ram, sys->cr3);
    sys->cs.selector = USER_CS;
    sys->ss.selector = USER_DS;
    sys->cs.dpl = sys->ss.dpl = 3;
    sys->ds = sys->es = sys->fs = sys->gs = sys->ss;
    x86_gp(vcpu)->rsp = USER_STACK;
}

/* What IRET takes from the stack, Intel SDM 3A 6.12.1 and 6.14.3. */
static void put_frame(struct vcpu *vcpu, uint8_t *ram)
{
    const struct kvm_sregs *sys = x86_sys(vcpu);
    const uint64_t frame[] = {PROBE_IRET_TARGET, sys->cs.selector,
                              x86_gp(vcpu)->rflags, x86_gp(vcpu)->rsp,
                              sys->ss.selector};
    size_t width = x86_code_bits(vcpu) / 8;
    size_t n = width == 8 ? 5 : 3;

    x86_gp(vcpu)->rsp -= n * width;
    for (size_t i = 0; i < n; i++)
        guest_put(ram + x86_gp(vcpu)->rsp + i * width, frame[i], width);
}

/* Nothing is left of the experiment before: no event on its way, no NMI that
 * blocks the next, no debug register of the guest. KVM_SET_REGS would drop an
 * event, so registers go first. */
static int guest_set_events(struct vcpu *vcpu, bool nmi)
{
    struct kvm_vcpu_events none = {.flags = KVM_VCPUEVENT_VALID_NMI_PENDING |
                                            KVM_VCPUEVENT_VALID_SHADOW};
    int r;

    vcpu->arch->debugregs =
        (struct kvm_debugregs){.dr6 = 0xffff0ff0, .dr7 = 0x400};
    x86_touch(vcpu, X86_BANK_DEBUG);
    r = x86_flush(vcpu);
    if (!r)
        r = vcpu_ioctl(vcpu, KVM_SET_VCPU_EVENTS, &none);
    if (!r && nmi)
        r = vcpu_ioctl(vcpu, KVM_NMI, NULL);
    return r;
}

int probe_guest_start(struct vm *vm, enum x86_context context,
                      const struct probe_start *start)
{
    static const enum cpu_mode modes[] = {
        [X86_REAL] = CPU_MODE_REAL,
        [X86_PROT] = CPU_MODE_PROT,
        [X86_LONG] = CPU_MODE_LONG,
        [X86_USER] = CPU_MODE_LONG,
    };
    const struct image image = {
        .mode = modes[context], .entry = start->pc, .high = PROBE_NOWHERE};
    struct vcpu *vcpu = &vm->vcpu[0];
    uint8_t *ram = vm->mem.region[0].hva;
    int r = vm_boot(vm, &image, NULL);

    if (r < 0)
        return r;
    fill_memory(ram, context, start);
    set_kernel(x86_sys(vcpu), context);
    x86_gp(vcpu)->rsp = KERNEL_STACK;
    if (context == X86_USER)
        set_user(vcpu, ram);
    x86_gp(vcpu)->rbx = x86_gp(vcpu)->rdi = start->di;
    x86_gp(vcpu)->rflags |= start->rflags;
    x86_sys(vcpu)->cr4 |= CR4_SSE;
    set_paging(x86_sys(vcpu), ram, start->paging);
    if (start->returns)
        put_frame(vcpu, ram);
    return guest_set_events(vcpu, start->nmi);
}

/* --- running --- */

/* Notes the access and answers it; KVM finishes it at the next entry. */
static void guest_on_mmio(struct vcpu *vcpu, struct probe_observation *saw)
{
    struct kvm_run *run = vcpu->run;

    if (run->mmio.is_write) {
        saw->write.gpa = run->mmio.phys_addr;
        saw->write.size = run->mmio.len;
        saw->write.value = run->mmio.data[0];
        saw->write.pc = arch_pc(vcpu);
    } else {
        saw->read.gpa = run->mmio.phys_addr;
        saw->read.size = run->mmio.len;
        saw->read.pc = arch_pc(vcpu);
        memset(run->mmio.data, PROBE_MMIO, sizeof run->mmio.data);
    }
}

/* Nobody kicks it; a signal that was meant for somebody else is no end. */
static int guest_enter(struct vcpu *vcpu)
{
    int r;

    do
        r = vcpu->link->enter(vcpu);
    while (r == -EINTR);
    return r;
}

static int run_to_exit(struct vcpu *vcpu, struct probe_observation *saw)
{
    for (unsigned i = 0; i < MMIO_MAX; i++) {
        int r = guest_enter(vcpu);

        arch_after_run(vcpu);
        if (r < 0)
            return r;
        if (vcpu->run->exit_reason != KVM_EXIT_MMIO)
            return 0;
        guest_on_mmio(vcpu, saw);
    }
    return -ELOOP;
}

static void note_error(const struct kvm_run *run, struct probe_observation *saw)
{
    saw->suberror = run->internal.suberror;
    if (saw->suberror == KVM_INTERNAL_ERROR_EMULATION &&
        run->emulation_failure.ndata > 0 &&
        run->emulation_failure.flags &
            KVM_INTERNAL_ERROR_EMULATION_FLAG_INSTRUCTION_BYTES &&
        run->emulation_failure.insn_size > 0)
        saw->opcode = run->emulation_failure.insn_bytes[0];
}

/* The code's own HLT has ended it. The user's is a #GP, whose frame has the
 * error code first. */
static uint64_t done_at(struct vcpu *vcpu)
{
    uint64_t pc = arch_pc(vcpu);
    uint64_t ip = 0;
    uint8_t byte = 0;

    if (pc > PROBE_CODE && pc <= PROBE_CODE + MEM_PAGE)
        return pc;
    if (pc != PROBE_HANDLER(X86_GP) + 2 ||
        mem_read(&vcpu->vm->mem, x86_gp(vcpu)->rsp + 8, &ip, sizeof ip) < 0 ||
        mem_read(&vcpu->vm->mem, ip, &byte, 1) < 0 || byte != HLT)
        return 0;
    return ip + 1;
}

int probe_guest_run(struct vm *vm, struct probe_observation *ret)
{
    struct vcpu *vcpu = &vm->vcpu[0];
    int r = arch_before_run(vcpu);

    *ret = (struct probe_observation){.exit = 0};
    if (!r)
        r = run_to_exit(vcpu, ret);
    if (r < 0)
        return r;
    ret->exit = vcpu->run->exit_reason;
    ret->pc = arch_pc(vcpu);
    ret->al = x86_gp(vcpu)->rax & 0xff;
    (void)mem_read(&vm->mem, x86_gp(vcpu)->rsp, &ret->frame,
                   x86_code_bits(vcpu) / 8);
    if (ret->exit == KVM_EXIT_HLT)
        ret->done = done_at(vcpu);
    if (ret->exit == KVM_EXIT_DEBUG)
        arch_debug_hit(vcpu, &ret->hit);
    if (ret->exit == KVM_EXIT_INTERNAL_ERROR)
        note_error(vcpu->run, ret);
    return 0;
}
