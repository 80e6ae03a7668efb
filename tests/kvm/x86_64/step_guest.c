/* SPDX-License-Identifier: MIT */
#include "tests/kvm/x86_64/step_guest.h"

#include <string.h>

#include "kvm/x86_64/msr.h"
#include "kvm/x86_64/state.h"

enum {
    VECTORS = 256,
    DB = 1,
    BP = 3,
    OF = 4,
    FIRST_FREE = 0x20,
    TASK_VECTOR = 0x90,   /* a task gate, in protected mode */
    NARROW_VECTOR = 0x91, /* a 16-bit gate, there */
    PTE_U = 4,
    CR4_FSGSBASE = 0x10000,
    EFER_SCE = 1,
};

static void put(uint8_t *ram, uint64_t at, uint64_t value, size_t size)
{
    memcpy(ram + at, &value, size); /* both are little endian */
}

/* --- handlers --- */

struct piece {
    size_t n;
    const char *bytes;
};

#define PIECE(s)                                                               \
    {                                                                          \
        sizeof(s) - 1, s                                                       \
    }

/* nop; hlt */
static const struct piece final = PIECE("\x90\xf4");

/* nop; iret */
static const struct piece returns[] = {
    [REAL] = PIECE("\x90\xcf"),
    [PROT] = PIECE("\x90\xcf"),
    [LONG] = PIECE("\x90\x48\xcf"),
    [USER] = PIECE("\x90\x48\xcf"),
};

/* push rax; mov rax, dr6; add [log + 8], rax; inc [log]; xor eax, eax;
 * mov dr7, rax; pop rax; iret */
static const struct piece counts[] = {
    [REAL] = PIECE("\x66\x50\x0f\x21\xf0\x66\x01\x06\x88\x40\xff\x06\x80\x40"
                   "\x66\x31\xc0\x0f\x23\xf8\x66\x58\xcf"),
    [PROT] = PIECE("\x50\x0f\x21\xf0\x01\x05\x88\x40\x00\x00\xff\x05\x80\x40"
                   "\x00\x00\x31\xc0\x0f\x23\xf8\x58\xcf"),
    [LONG] = PIECE("\x50\x0f\x21\xf0\x48\x01\x04\x25\x88\x40\x00\x00\xff\x04"
                   "\x25\x80\x40\x00\x00\x31\xc0\x0f\x23\xf8\x58\x48\xcf"),
    [USER] = PIECE("\x50\x0f\x21\xf0\x48\x01\x04\x25\x88\x40\x00\x00\xff\x04"
                   "\x25\x80\x40\x00\x00\x31\xc0\x0f\x23\xf8\x58\x48\xcf"),
};

static const struct piece *handler(enum context context, unsigned vector)
{
    if (vector == DB)
        return &counts[context];
    if (vector == BP || vector == OF || vector >= FIRST_FREE)
        return &returns[context];
    return &final;
}

static uint64_t handler_at(unsigned vector)
{
    return GUEST_HANDLERS + (uint64_t)vector * GUEST_HANDLER_SIZE;
}

static void put_handlers(uint8_t *ram, enum context context)
{
    /* mov [rbx + 0x40], r11; cmp al, 1; jne 1f; sysretq; 1: hlt */
    static const struct piece entry =
        PIECE("\x4c\x89\x5b\x40\x3c\x01\x75\x03\x48\x0f\x07\xf4");

    for (unsigned v = 0; v < VECTORS; v++)
        memcpy(ram + handler_at(v), handler(context, v)->bytes,
               handler(context, v)->n);
    if (context != PROT) {
        memcpy(ram + GUEST_ENTRY, entry.bytes, entry.n);
    } else {
        memset(ram + GUEST_ENTRY, 0xf4, 1);
    }
}

/* --- tables --- */

/* 32-bit and 64-bit interrupt gates for each ring, Intel SDM 3A 6.11, 6.14. */
static void put_gates(uint8_t *ram, enum context context)
{
    size_t size = context == PROT ? 8 : 16;

    for (unsigned v = 0; v < VECTORS; v++) {
        uint64_t at = GUEST_IDT + v * size;

        if (context == REAL) {
            put(ram, 4 * (uint64_t)v, handler_at(v), 4);
            continue;
        }
        put(ram, at, handler_at(v), 2);
        put(ram, at + 2, KERNEL_CS, 2);
        put(ram, at + 4, 0xee00, 2);
    }
    if (context != PROT)
        return;
    put(ram, GUEST_IDT + TASK_VECTOR * 8, (uint64_t)TASK_SELECTOR << 16, 4);
    put(ram, GUEST_IDT + TASK_VECTOR * 8 + 4, 0xe500, 4);
    put(ram, GUEST_IDT + NARROW_VECTOR * 8 + 2, CODE_16, 2);
    put(ram, GUEST_IDT + NARROW_VECTOR * 8 + 4, 0xe600, 4);
}

/* Intel SDM 3A 3.4.5: flat segments of 4 GiB, and one of 64 KiB. */
static void put_descriptors(uint8_t *ram, enum context context)
{
    bool wide = context != PROT;
    uint64_t code = wide ? 0x00af9b000000ffff : 0x00cf9b000000ffff;
    uint64_t tss = 0x0000890000000067;
    uint64_t busy = 0x00008b0000000067;

    put(ram, GUEST_GDT + KERNEL_CS, code, 8);
    put(ram, GUEST_GDT + KERNEL_DS, 0x00cf93000000ffff, 8);
    put(ram, GUEST_GDT + (USER_CS_32 & ~3), 0x00cffb000000ffff, 8);
    put(ram, GUEST_GDT + (USER_DS & ~3), 0x00cff3000000ffff, 8);
    put(ram, GUEST_GDT + (USER_CS & ~3), 0x00affb000000ffff, 8);
    put(ram, GUEST_GDT + TSS_SELECTOR, busy | (uint64_t)GUEST_TSS << 16, 8);
    if (!wide) {
        put(ram, GUEST_GDT + TASK_SELECTOR, tss | (uint64_t)GUEST_TSS_2 << 16,
            8);
        put(ram, GUEST_GDT + CODE_16, 0x00009b000000ffff, 8);
    }
}

/* Intel SDM 3A 7.2.1 and 7.7. The second task begins at vector 0x92's
 * handler, with the second stack. */
static void put_tasks(uint8_t *ram, enum context context)
{
    uint64_t task = GUEST_TSS_2;

    if (context != PROT) {
        put(ram, GUEST_TSS + 4, GUEST_STACK, 8);
        return;
    }
    put(ram, GUEST_TSS + 4, GUEST_STACK, 4);
    put(ram, GUEST_TSS + 8, KERNEL_DS, 4);
    put(ram, task + 0x20, handler_at(0x92), 4);
    put(ram, task + 0x24, 2, 4);
    put(ram, task + 0x38, GUEST_USER_STACK, 4);
    for (uint64_t at = 0x48; at <= 0x5c; at += 4)
        put(ram, task + at, at == 0x4c ? KERNEL_CS : KERNEL_DS, 4);
}

static void fill(uint8_t *ram, enum context context, const uint8_t *code,
                 size_t n)
{
    memset(ram, 0, GUEST_END);
    put_gates(ram, context);
    put_handlers(ram, context);
    put_descriptors(ram, context);
    put_tasks(ram, context);
    for (unsigned i = 0; i < 0x40; i++)
        ram[GUEST_DATA + i] = (uint8_t)(0x10 + i);
    memcpy(ram + GUEST_CODE, code, n);
}

/* --- registers --- */

static void set_tables(struct kvm_sregs *sys, enum context context)
{
    if (context == REAL)
        return;
    sys->gdt = (struct kvm_dtable){.base = GUEST_GDT, .limit = 0x4f};
    sys->idt = (struct kvm_dtable){
        .base = GUEST_IDT,
        .limit = (uint16_t)(VECTORS * (context == PROT ? 8 : 16) - 1)};
    sys->tr = (struct kvm_segment){.base = GUEST_TSS,
                                   .limit = 0x67,
                                   .type = 11,
                                   .present = 1,
                                   .selector = TSS_SELECTOR};
}

/* The entries that map the first 2 MiB, one in each level. */
static void open_pages(uint8_t *ram, uint64_t table)
{
    for (unsigned level = 4; level > 1; level--) {
        uint64_t entry;

        memcpy(&entry, ram + table, 8);
        put(ram, table, entry | PTE_U, 8);
        table = entry & ~UINT64_C(0xfff);
    }
}

static void set_user(struct vcpu *vcpu, uint8_t *ram)
{
    struct kvm_sregs *sys = x86_sys(vcpu);

    open_pages(ram, sys->cr3);
    sys->cs.selector = USER_CS;
    sys->ss.selector = USER_DS;
    sys->ds.selector = sys->es.selector = USER_DS;
    sys->cs.dpl = sys->ss.dpl = sys->ds.dpl = sys->es.dpl = 3;
    x86_gp(vcpu)->rsp = GUEST_USER_STACK;
    x86_gp(vcpu)->rflags |= X86_RFLAGS_IF; /* kvm_pvm sets it anyway */
}

/* SYSCALL goes to the entry and masks IF, as kernels want it. */
static void set_entries(struct vcpu *vcpu)
{
    (void)x86_msr_write(vcpu, 0x174, KERNEL_CS);
    (void)x86_msr_write(vcpu, 0x175, GUEST_STACK);
    (void)x86_msr_write(vcpu, 0x176, GUEST_ENTRY);
    (void)x86_msr_write(vcpu, 0xc0000081,
                        (uint64_t)(USER_CS_32 & ~3) << 48 | (uint64_t)KERNEL_CS
                                                                << 32);
    (void)x86_msr_write(vcpu, 0xc0000082, GUEST_ENTRY);
    (void)x86_msr_write(vcpu, 0xc0000084, X86_RFLAGS_IF | X86_RFLAGS_TF);
}

int guest_start(struct vm *vm, enum context context, const uint8_t *code,
                size_t n)
{
    static const enum cpu_mode modes[] = {
        [REAL] = CPU_MODE_REAL,
        [PROT] = CPU_MODE_PROT,
        [LONG] = CPU_MODE_LONG,
        [USER] = CPU_MODE_LONG,
    };
    const struct image image = {
        .mode = modes[context], .entry = GUEST_CODE, .high = GUEST_END};
    struct vcpu *vcpu = &vm->vcpu[0];
    uint8_t *ram = mem_ptr(&vm->mem, 0, GUEST_END);
    struct kvm_regs *gp = x86_gp(vcpu);
    int r;

    fill(ram, context, code, n);
    r = vm_boot(vm, &image, NULL);
    if (r < 0)
        return r;
    set_tables(x86_sys(vcpu), context);
    gp->rsp = GUEST_STACK;
    gp->rbx = gp->rsi = GUEST_DATA;
    gp->rdi = GUEST_DATA + 0x100;
    gp->rcx = 8;
    gp->rdx = 0xe9;
    if (context == USER)
        set_user(vcpu, ram);
    if (context >= LONG) {
        x86_sys(vcpu)->efer |= EFER_SCE;
        x86_sys(vcpu)->cr4 |= CR4_FSGSBASE;
    }
    set_entries(vcpu);
    vcpu->arch->debugregs =
        (struct kvm_debugregs){.dr6 = 0xffff0ff0, .dr7 = 0x400};
    vcpu->arch->valid |= X86_BANK_DEBUG;
    x86_touch(vcpu, X86_BANK_DEBUG);
    vcpu->arch->pending.any = false;
    return 0;
}
