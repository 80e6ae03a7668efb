/* SPDX-License-Identifier: MIT */
#include "tests/kvm/x86_64/paging_guest.h"

#include <errno.h>
#include <string.h>

#include <linux/kvm.h>
#include <sys/ioctl.h>

#include "kvm/arch_run.h"
#include "kvm/core/guard.h"
#include "kvm/core/mem.h"
#include "kvm/core/sys.h"
#include "kvm/x86_64/state/state.h"
#include "tests/kvm/x86_64/paging_tables.h"

enum {
    CODE = 0x1000,
    USER_CODE = 0x2000,
    IDT = 0x3000,
    GDT = 0x4000,
    TSS = 0x4800,
    STACK = 0x6000,
    HANDLERS = CODE + 0x100, /* two bytes each */
    VECTORS = 32,
    AT_READ = 0,
    AT_WRITE = 0x10,
    AT_FETCH = 0x20,
    HLT = 0xf4,
};

/* As in tests/kvm/x86_64/step_guest.h. */
enum {
    CS = 0x08,
    DS = 0x10,
    CS_USER_32 = 0x1b,
    DS_USER = 0x23,
    CS_USER = 0x2b,
    TR = 0x30,
};

/* --- memory --- */

static void put(struct vm *vm, uint64_t at, uint64_t value, size_t size)
{
    (void)mem_write(&vm->mem, at, &value, size);
}

static void put_bytes(struct vm *vm, uint64_t at, const char *bytes, size_t n)
{
    (void)mem_write(&vm->mem, at, bytes, n);
}

static void put_code(struct vm *vm, uint64_t at)
{
    put_bytes(vm, at + AT_READ, "\x8b\x07\xf4", 3);  /* mov (%rdi), %eax */
    put_bytes(vm, at + AT_WRITE, "\x89\x07\xf4", 3); /* mov %eax, (%rdi) */
    put_bytes(vm, at + AT_FETCH, "\xff\xe7\xf4", 3); /* jmp *%rdi */
    for (unsigned v = 0; v < 2 * VECTORS; v++)
        put(vm, at + (HANDLERS - CODE) + v, HLT, 1);
}

static void put_tables(struct vm *vm, const struct paging_mode *mode)
{
    size_t size = mode->is_long ? 16 : 8;
    uint64_t code = mode->is_long ? 0x00af9b000000ffff : 0x00cf9b000000ffff;

    for (unsigned v = 0; v < VECTORS; v++) {
        put(vm, IDT + v * size, HANDLERS + 2 * v, 2);
        put(vm, IDT + v * size + 2, CS, 2);
        put(vm, IDT + v * size + 4, 0x8e00, 2);
    }
    put(vm, GDT + CS, code, 8);
    put(vm, GDT + DS, 0x00cf93000000ffff, 8);
    put(vm, GDT + (CS_USER_32 & ~3), 0x00cffb000000ffff, 8);
    put(vm, GDT + (DS_USER & ~3), 0x00cff3000000ffff, 8);
    put(vm, GDT + (CS_USER & ~3), 0x00affb000000ffff, 8);
    put(vm, GDT + TR, UINT64_C(0x00008b0000000067) | (uint64_t)TSS << 16, 8);
    put(vm, TSS + 4, STACK, mode->is_long ? 8 : 4);
    put(vm, TSS + 8, mode->is_long ? 0 : DS, 4);
}

/* Once more for each access: it may have gone through these pages as through
 * page tables, and left Accessed and Dirty bits there. */
static void put_guest(struct vm *vm, const struct paging_mode *mode)
{
    put_code(vm, CODE);
    put_code(vm, USER_CODE);
    put_tables(vm, mode);
}

uint32_t guest_word(uint64_t gpa)
{
    return (uint32_t)(gpa / 8);
}

/* mov $WORD, %eax; hlt */
static void make_data(uint64_t gpa, uint8_t ret[8])
{
    uint32_t word = guest_word(gpa);

    memset(ret, HLT, 8);
    ret[0] = 0xb8;
    memcpy(ret + 1, &word, sizeof word);
}

static void put_data(struct vm *vm)
{
    uint8_t *at = mem_ptr(&vm->mem, 0, GUEST_RAM);

    for (uint64_t gpa = GUEST_DATA; gpa < GUEST_RAM; gpa += 8)
        make_data(gpa, at + gpa);
}

void guest_put_data(struct vm *vm, uint64_t gpa)
{
    uint8_t data[8];

    make_data(gpa, data);
    (void)mem_write(&vm->mem, gpa, data, sizeof data);
}

/* Taking a slot away and putting it back throws KVM's own page tables away,
 * which are made from those of the guest where the host has no nested paging,
 * and would not notice that the host writes to these. */
int guest_forget(struct vm *vm)
{
    const struct guard_range one = {GUEST_DATA, MEM_PAGE, GUARD_ACCESS};
    int r = guards_set(vm, &one, 1);

    return r < 0 ? r : guards_set(vm, NULL, 0);
}

int guest_fill(struct vm *vm, const struct paging_mode *mode)
{
    memset(mem_ptr(&vm->mem, 0, GUEST_DATA), 0, GUEST_DATA);
    put_data(vm);
    tables_fill(vm, mode);
    return guest_forget(vm);
}

/* --- registers --- */

static struct kvm_segment segment(uint16_t selector, uint8_t type, bool wide)
{
    return (struct kvm_segment){.limit = 0xffffffff,
                                .selector = selector,
                                .type = type,
                                .present = 1,
                                .dpl = selector & 3,
                                .db = !wide,
                                .s = 1,
                                .l = wide,
                                .g = 1};
}

static void set_segments(struct kvm_sregs *sys, bool is_long, bool user)
{
    uint16_t cs = !user ? CS : is_long ? CS_USER : CS_USER_32;

    sys->cs = segment(cs, 11, is_long);
    sys->ss = segment(user ? DS_USER : DS, 3, false);
    sys->ds = sys->es = sys->fs = sys->gs = sys->ss;
    sys->gdt = (struct kvm_dtable){.base = GDT, .limit = 0x3f};
    sys->idt = (struct kvm_dtable){
        .base = IDT, .limit = (uint16_t)(VECTORS * (is_long ? 16 : 8) - 1)};
    sys->tr = (struct kvm_segment){
        .base = TSS, .limit = 0x67, .type = 11, .present = 1, .selector = TR};
}

/* CR0: PE, MP, ET, NE, PG; EFER: LME and LMA. */
static void set_control(struct kvm_sregs *sys, const struct paging_mode *mode,
                        const struct paging_options *options)
{
    sys->cr0 = 0x80000033 | options->cr0;
    sys->cr3 = GUEST_POOL;
    sys->cr4 = mode->cr4 | options->cr4;
    sys->efer = (mode->is_long ? 0x500 : 0) | options->efer;
}

static int set_pkru(struct vcpu *vcpu, uint32_t pkru)
{
    const struct x86_xsave_layout *layout = &vcpu->arch->layout;
    int r;

    if (!layout->part[X86_PKRU].size)
        return 0;
    r = x86_fetch(vcpu, X86_BANK_XSAVE);
    if (r < 0)
        return r;
    memcpy((uint8_t *)vcpu->arch->xsave + layout->part[X86_PKRU].offset, &pkru,
           sizeof pkru);
    x86_xsave_mark(vcpu->arch->xsave, X86_PKRU);
    x86_touch(vcpu, X86_BANK_XSAVE);
    return 0;
}

int guest_prepare(struct vm *vm, const struct paging_mode *mode,
                  const struct paging_options *options,
                  const struct page_access *access, uint64_t gva)
{
    struct vcpu *vcpu = &vm->vcpu[0];
    struct kvm_vcpu_events none = {.flags = KVM_VCPUEVENT_VALID_SHADOW};
    uint64_t at = access->fetch ? AT_FETCH : access->write ? AT_WRITE : AT_READ;
    int r;

    put_guest(vm, mode);
    set_segments(x86_sys(vcpu), mode->is_long, access->user);
    set_control(x86_sys(vcpu), mode, options);
    x86_sys(vcpu)->cr2 = 0;
    *x86_gp(vcpu) = (struct kvm_regs){
        .rip = (access->user ? USER_CODE : CODE) + at,
        .rsp = STACK,
        .rdi = gva,
        .rax = WRITTEN,
        .rflags = 2 | (access->ac ? 0x40000u : 0u),
    };
    x86_touch(vcpu, X86_BANK_GP | X86_BANK_SYS);
    r = set_pkru(vcpu, options->pkru);
    if (!r)
        r = x86_flush(vcpu);
    return r ? r : sys_ioctl(vcpu->fd, KVM_SET_VCPU_EVENTS, &none);
}

/* --- running --- */

/* KVM finishes the access before the registers are set for the next one. */
static int on_device(struct vcpu *vcpu, struct outcome *ret)
{
    const uint32_t value = FROM_DEVICE;
    int r;

    ret->end = END_DEVICE;
    ret->gpa = vcpu->run->mmio.phys_addr;
    memcpy(vcpu->run->mmio.data, &value, sizeof value);
    vcpu->run->immediate_exit = 1;
    r = ioctl(vcpu->fd, KVM_RUN, NULL); /* not sys_ioctl(): it tries again */
    vcpu->run->immediate_exit = 0;
    return r < 0 && errno == EINTR ? 0 : -EIO;
}

/* A HLT: of the code, or of a handler. User code cannot execute one. */
static void on_halt(struct vcpu *vcpu, const struct page_access *access,
                    struct outcome *ret)
{
    unsigned width = x86_code_bits(vcpu) / 8;
    uint64_t at = x86_gp(vcpu)->rip - 1;
    uint64_t ip = 0;
    uint8_t byte = 0;

    ret->end = END_DONE;
    ret->value = (uint32_t)x86_gp(vcpu)->rax;
    if (at < HANDLERS || at >= HANDLERS + 2 * VECTORS)
        return;
    ret->end = END_FAULT;
    ret->vector = (unsigned)(at - HANDLERS) / 2;
    (void)mem_read(&vcpu->vm->mem, x86_gp(vcpu)->rsp, &ret->code, width);
    (void)mem_read(&vcpu->vm->mem, x86_gp(vcpu)->rsp + width, &ip, width);
    ret->cr2 = x86_sys(vcpu)->cr2;
    if (ret->vector == GP && access->user &&
        (ret->value != WRITTEN ||
         (mem_read(&vcpu->vm->mem, ip, &byte, 1) == 0 && byte == HLT)))
        ret->end = END_DONE;
}

int guest_go(struct vm *vm, const struct page_access *access,
             struct outcome *ret)
{
    struct vcpu *vcpu = &vm->vcpu[0];
    int r = arch_before_run(vcpu);

    *ret = (struct outcome){.end = END_OTHER};
    if (!r)
        r = ioctl(vcpu->fd, KVM_RUN, NULL) < 0 ? -errno : 0;
    arch_after_run(vcpu);
    if (r < 0)
        return r;
    ret->exit = vcpu->run->exit_reason;
    if (ret->exit == KVM_EXIT_HLT)
        on_halt(vcpu, access, ret);
    else if (ret->exit == KVM_EXIT_MMIO)
        r = on_device(vcpu, ret);
    else if (ret->exit == KVM_EXIT_INTERNAL_ERROR &&
             vcpu->run->internal.suberror == KVM_INTERNAL_ERROR_EMULATION)
        ret->end = END_FETCH;
    arch_after_run(vcpu);
    return r;
}

/* --- PDPTEs --- */

void guest_scramble_pdptes(struct vm *vm, uint64_t old[4])
{
    (void)mem_read(&vm->mem, GUEST_POOL, old, 4 * sizeof *old);
    for (unsigned i = 1; i < 4; i++)
        put(vm, GUEST_POOL + 8 * i, tables_pdpte(), 8);
}

void guest_restore_pdptes(struct vm *vm, const uint64_t old[4])
{
    (void)mem_write(&vm->mem, GUEST_POOL, old, 4 * sizeof *old);
}
