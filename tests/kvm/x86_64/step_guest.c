/* SPDX-License-Identifier: MIT */
#include "tests/kvm/x86_64/step_guest.h"

#include <string.h>

#include "kvm/core/mem.h"
#include "kvm/core/sys.h"
#include "kvm/image/image.h"
#include "kvm/probe/host.h"
#include "kvm/vm/vm.h"
#include "kvm/x86_64/state/msr.h"
#include "kvm/x86_64/state/state.h"

enum {
    VECTORS = 256,
    DB = 1,
    BP = 3,
    OF = 4,
    DF = 8,
    FIRST_FREE = 0x20,
    TASK_VECTOR = 0x90,   /* a task gate, in protected mode */
    NARROW_VECTOR = 0x91, /* a 16-bit gate, there */
    PTE_U = 4,
    CR4_VME = 1,
    CR4_FSGSBASE = 0x10000,
    EFER_SCE = 1,
    RFLAGS_IOPL3 = 0x3000,
    RFLAGS_VIP = 0x100000,
    TSS_LIMIT = 0x87,
    TSS_REDIRECTION = 0x68, /* 32 bytes below the I/O map, SDM 3A 20.3.1 */
    TSS_IO_MAP_BASE = 0x66,
};

/* How the kernel below a context works. */
enum kernel { KERNEL_16, KERNEL_32, KERNEL_64 };

static enum kernel kernel_of(enum context context)
{
    switch (context) {
    case REAL:
        return KERNEL_16;
    case LONG:
    case USER:
    case COMPAT:
        return KERNEL_64;
    default:
        return KERNEL_32;
    }
}

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
    [KERNEL_16] = PIECE("\x90\xcf"),
    [KERNEL_32] = PIECE("\x90\xcf"),
    [KERNEL_64] = PIECE("\x90\x48\xcf"),
};

/* push rax; mov rax, dr6; add [log + 8], rax; inc [log]; xor eax, eax;
 * mov dr7, rax; pop rax; iret; by SS, since DS is null behind V86 code */
static const struct piece counts[] = {
    [KERNEL_16] = PIECE("\x66\x50\x0f\x21\xf0\x66\x01\x06\x88\x40\xff\x06"
                        "\x80\x40\x66\x31\xc0\x0f\x23\xf8\x66\x58\xcf"),
    [KERNEL_32] = PIECE("\x50\x0f\x21\xf0\x36\x01\x05\x88\x40\x00\x00\x36"
                        "\xff\x05\x80\x40\x00\x00\x31\xc0\x0f\x23\xf8\x58"
                        "\xcf"),
    [KERNEL_64] = PIECE("\x50\x0f\x21\xf0\x48\x01\x04\x25\x88\x40\x00\x00"
                        "\xff\x04\x25\x80\x40\x00\x00\x31\xc0\x0f\x23\xf8"
                        "\x58\x48\xcf"),
};

/* nop; far return */
static const struct piece routines[] = {
    [KERNEL_16] = PIECE("\x90\xcb"),
    [KERNEL_32] = PIECE("\x90\xcb"),
    [KERNEL_64] = PIECE("\x90\x48\xcb"),
};

/* mov [rbx + 0x40], r11; cmp al, 1; jne 1f; sysretq; 1: hlt */
static const struct piece entries[] = {
    [KERNEL_16] = PIECE("\xf4"),
    [KERNEL_32] = PIECE("\xf4"),
    [KERNEL_64] = PIECE("\x4c\x89\x5b\x40\x3c\x01\x75\x03\x48\x0f\x07\xf4"),
};

static const struct piece *handler(enum kernel kernel, unsigned vector)
{
    if (vector == DB)
        return &counts[kernel];
    if (vector == BP || vector == OF || vector >= FIRST_FREE)
        return &returns[kernel];
    return &final;
}

static uint64_t handler_at(unsigned vector)
{
    return GUEST_HANDLERS + (uint64_t)vector * GUEST_HANDLER_SIZE;
}

static void put_piece(uint8_t *ram, uint64_t at, const struct piece *piece)
{
    memcpy(ram + at, piece->bytes, piece->n);
}

static void put_handlers(uint8_t *ram, enum kernel kernel)
{
    for (unsigned v = 0; v < VECTORS; v++)
        put_piece(ram, handler_at(v), handler(kernel, v));
    put_piece(ram, GUEST_ENTRY, &entries[kernel]);
    put_piece(ram, GUEST_ROUTINE, &routines[kernel]);
    put_piece(ram, GUEST_VIRTUAL, &returns[KERNEL_16]);
}

/* --- tables --- */

static bool is_absent(unsigned vector, unsigned with)
{
    return with & NO_IDT || (with & NO_DB && vector == DB) ||
           (with & NO_DF && vector == DF);
}

/* 32-bit and 64-bit interrupt gates for each ring, Intel SDM 3A 6.11, 6.14;
 * in protected mode the table at 0 is for redirected interrupts. */
static void put_gates(uint8_t *ram, enum kernel kernel, unsigned with)
{
    size_t size = kernel == KERNEL_32 ? 8 : 16;

    for (unsigned v = 0; v < VECTORS; v++) {
        uint64_t at = GUEST_IDT + v * size;

        put(ram, 4 * (uint64_t)v,
            kernel == KERNEL_16 ? handler_at(v) : GUEST_VIRTUAL, 4);
        put(ram, at, handler_at(v), 2);
        put(ram, at + 2, KERNEL_CS, 2);
        put(ram, at + 4, is_absent(v, with) ? 0 : 0xee00, 2);
    }
    if (kernel != KERNEL_32)
        return;
    put(ram, GUEST_IDT + TASK_VECTOR * 8, (uint64_t)TASK_SELECTOR << 16, 4);
    put(ram, GUEST_IDT + TASK_VECTOR * 8 + 4, 0xe500, 4);
    put(ram, GUEST_IDT + NARROW_VECTOR * 8 + 2, CODE_16, 2);
    put(ram, GUEST_IDT + NARROW_VECTOR * 8 + 4, 0xe600, 4);
}

/* Intel SDM 3A 3.4.5 and 5.8.3: flat segments of 4 GiB, one of 64 KiB, gates
 * that are open to all. */
static void put_descriptors(uint8_t *ram, enum kernel kernel)
{
    bool wide = kernel == KERNEL_64;
    uint64_t code = wide ? 0x00af9b000000ffff : 0x00cf9b000000ffff;
    uint64_t tss = 0x0000890000000000 | TSS_LIMIT;
    uint64_t busy = tss | 0x0000020000000000;
    uint64_t gate = 0x0000ec0000000000 | (uint64_t)KERNEL_CS << 16;

    put(ram, GUEST_GDT + KERNEL_CS, code, 8);
    put(ram, GUEST_GDT + KERNEL_DS, 0x00cf93000000ffff, 8);
    put(ram, GUEST_GDT + (USER_CS_32 & ~3), 0x00cffb000000ffff, 8);
    put(ram, GUEST_GDT + (USER_DS & ~3), 0x00cff3000000ffff, 8);
    put(ram, GUEST_GDT + (USER_CS & ~3), 0x00affb000000ffff, 8);
    put(ram, GUEST_GDT + TSS_SELECTOR, busy | (uint64_t)GUEST_TSS << 16, 8);
    put(ram, GUEST_GDT + CALL_GATE, gate | GUEST_ROUTINE, 8);
    if (!wide) {
        put(ram, GUEST_GDT + TASK_SELECTOR, tss | (uint64_t)GUEST_TSS_2 << 16,
            8);
        put(ram, GUEST_GDT + CODE_16, 0x00009b000000ffff, 8);
        put(ram, GUEST_GDT + TASK_GATE,
            0x0000e50000000000 | (uint64_t)TASK_SELECTOR << 16, 8);
    }
}

/* Intel SDM 3A 7.2.1 and 7.7. The second task begins at vector 0x92's
 * handler, with the second stack. */
static void put_tasks(uint8_t *ram, enum kernel kernel, unsigned with)
{
    uint64_t task = GUEST_TSS_2;
    uint64_t stack = with & NO_TSS ? 0 : GUEST_STACK;

    put(ram, GUEST_TSS + TSS_IO_MAP_BASE, TSS_LIMIT + 1, 2);
    if (!(with & WITH_REDIRECT))
        memset(ram + GUEST_TSS + TSS_REDIRECTION, 0xff, 32);
    put(ram, GUEST_TSS + 4, stack, kernel == KERNEL_64 ? 8 : 4);
    if (kernel != KERNEL_32)
        return;
    put(ram, GUEST_TSS + 8, KERNEL_DS, 4);
    put(ram, task + 0x20, handler_at(0x92), 4);
    put(ram, task + 0x24, 2, 4);
    put(ram, task + 0x38, GUEST_USER_STACK, 4);
    for (uint64_t at = 0x48; at <= 0x5c; at += 4)
        put(ram, task + at, at == 0x4c ? KERNEL_CS : KERNEL_DS, 4);
}

static void fill(uint8_t *ram, enum context context, unsigned with,
                 const uint8_t *code, size_t n)
{
    enum kernel kernel = kernel_of(context);

    memset(ram, 0, GUEST_END);
    put_gates(ram, kernel, with);
    put_handlers(ram, kernel);
    put_descriptors(ram, kernel);
    put_tasks(ram, kernel, with);
    for (unsigned i = 0; i < 0x40; i++)
        ram[GUEST_DATA + i] = (uint8_t)(0x10 + i);
    memcpy(ram + GUEST_CODE, code, n);
}

/* --- registers --- */

static void set_tables(struct kvm_sregs *sys, enum kernel kernel, unsigned with)
{
    if (kernel == KERNEL_16)
        return;
    sys->gdt = (struct kvm_dtable){.base = GUEST_GDT, .limit = 0x5f};
    sys->idt = (struct kvm_dtable){
        .base = GUEST_IDT,
        .limit = (uint16_t)(VECTORS * (kernel == KERNEL_32 ? 8 : 16) - 1)};
    sys->tr = (struct kvm_segment){.base = GUEST_TSS,
                                   .limit = TSS_LIMIT,
                                   .type = 11,
                                   .present = 1,
                                   .selector = TSS_SELECTOR};
    if (with & WITH_VME)
        sys->cr4 |= CR4_VME;
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

/* kvm_pvm sets IF in user code anyway. */
static void set_user(struct vcpu *vcpu, enum context context)
{
    struct kvm_sregs *sys = x86_sys(vcpu);

    sys->cs.selector = context == USER ? USER_CS : USER_CS_32;
    if (context == COMPAT) {
        sys->cs.l = 0;
        sys->cs.db = 1;
    }
    sys->ss.selector = USER_DS;
    sys->ds.selector = sys->es.selector = USER_DS;
    sys->cs.dpl = sys->ss.dpl = sys->ds.dpl = sys->es.dpl = 3;
    x86_gp(vcpu)->rsp = GUEST_USER_STACK;
    x86_gp(vcpu)->rflags |= X86_RFLAGS_IF;
}

/* Intel SDM 3C 27.3.1.2: what segments must be like in V86 mode. */
static void set_v86(struct vcpu *vcpu)
{
    struct kvm_sregs *sys = x86_sys(vcpu);
    struct kvm_segment *const segments[] = {&sys->cs, &sys->ss, &sys->ds,
                                            &sys->es, &sys->fs, &sys->gs};

    for (size_t i = 0; i < 6; i++)
        *segments[i] = (struct kvm_segment){
            .limit = 0xffff, .type = 3, .present = 1, .s = 1, .dpl = 3};
    x86_gp(vcpu)->rsp = GUEST_USER_STACK;
    x86_gp(vcpu)->rflags |= X86_RFLAGS_IF | X86_RFLAGS_VM;
}

/* SYSCALL goes to the entry and masks IF, as kernels want it. */
static void set_entries(struct vcpu *vcpu)
{
    (void)x86_msr_write(vcpu, X86_MSR_SYSENTER_CS, KERNEL_CS);
    (void)x86_msr_write(vcpu, X86_MSR_SYSENTER_ESP, GUEST_STACK);
    (void)x86_msr_write(vcpu, X86_MSR_SYSENTER_EIP, GUEST_ENTRY);
    (void)x86_msr_write(vcpu, X86_MSR_STAR,
                        (uint64_t)(USER_CS_32 & ~3) << 48 |
                            (uint64_t)KERNEL_CS << 32 | GUEST_ENTRY);
    (void)x86_msr_write(vcpu, X86_MSR_LSTAR, GUEST_ENTRY);
    (void)x86_msr_write(vcpu, X86_MSR_CSTAR, GUEST_ENTRY);
    (void)x86_msr_write(vcpu, X86_MSR_SFMASK, X86_RFLAGS_IF | X86_RFLAGS_TF);
}

static void set_registers(struct vcpu *vcpu, enum context context,
                          unsigned with)
{
    struct kvm_regs *gp = x86_gp(vcpu);

    set_tables(x86_sys(vcpu), kernel_of(context), with);
    gp->rsp = GUEST_STACK;
    gp->rbx = gp->rsi = GUEST_DATA;
    gp->rdi = GUEST_DATA + 0x100;
    gp->rcx = 8;
    gp->rdx = 0xe9;
    if (context == V86)
        set_v86(vcpu);
    else if (context > LONG)
        set_user(vcpu, context);
    if (with & WITH_IOPL3)
        gp->rflags |= RFLAGS_IOPL3;
    if (with & WITH_VIP)
        gp->rflags |= RFLAGS_VIP;
    if (kernel_of(context) == KERNEL_64) {
        x86_sys(vcpu)->efer |= EFER_SCE;
        x86_sys(vcpu)->cr4 |= CR4_FSGSBASE;
    }
    set_entries(vcpu);
}

/* Of the row before an event may still be on its way. Callers go on to change
 * registers. */
static int forget_events(struct vcpu *vcpu)
{
    struct kvm_vcpu_events none = {.flags = KVM_VCPUEVENT_VALID_NMI_PENDING |
                                            KVM_VCPUEVENT_VALID_SHADOW};
    int r = x86_flush(vcpu);

    x86_touch(vcpu, X86_BANK_GP | X86_BANK_SYS | X86_BANK_DEBUG);
    return r ? r : sys_ioctl(vcpu->fd, KVM_SET_VCPU_EVENTS, &none);
}

bool guest_ends_host(enum context context, unsigned with)
{
    struct host host;

    if (kernel_of(context) != KERNEL_32 ||
        (context == PROT && !(with & TO_RING3)))
        return false;
    host_read(&host);
    return !strcmp(host.module, "kvm_amd") &&
           !strcmp(host.hypervisor, "TCGTCGTCGTCG");
}

int guest_start(struct vm *vm, enum context context, unsigned with,
                const uint8_t *code, size_t n)
{
    static const enum cpu_mode modes[] = {
        [KERNEL_16] = CPU_MODE_REAL,
        [KERNEL_32] = CPU_MODE_PROT,
        [KERNEL_64] = CPU_MODE_LONG,
    };
    const struct image image = {.mode = modes[kernel_of(context)],
                                .entry = GUEST_CODE,
                                .high = GUEST_END};
    struct vcpu *vcpu = &vm->vcpu[0];
    uint8_t *ram = mem_ptr(&vm->mem, 0, GUEST_END);
    int r;

    fill(ram, context, with, code, n);
    r = vm_boot(vm, &image, NULL);
    if (r < 0)
        return r;
    if (kernel_of(context) == KERNEL_64)
        open_pages(ram, x86_sys(vcpu)->cr3);
    set_registers(vcpu, context, with);
    vcpu->arch->debugregs =
        (struct kvm_debugregs){.dr6 = 0xffff0ff0, .dr7 = 0x400};
    vcpu->arch->valid |= X86_BANK_DEBUG;
    x86_touch(vcpu, X86_BANK_GP | X86_BANK_SYS | X86_BANK_DEBUG);
    vcpu->arch->pending.any = false;
    return forget_events(vcpu);
}
