/* SPDX-License-Identifier: MIT */
/*
 * A vCPU's first state. Real mode is what a BIOS leaves behind. For protected
 * and long mode the uppermost 64 KiB of the RAM below 4 GiB hold what the CPU
 * needs to be in that mode, and the stack grows down from there:
 *
 *     end - 0x10000   GDT: null, code, data
 *     end - 0x0f000   PML4
 *     end - 0x0e000   page directory pointers
 *     end - 0x0d000   4 page directories, 2 MiB pages, gpa = gva for 4 GiB
 *
 * The IDT is empty, so an exception is a triple fault, which is a stop.
 */
#include <errno.h>
#include <string.h>

#include "kvm/arch_boot.h"
#include "kvm/core/mem.h"
#include "kvm/image/image.h"
#include "kvm/image/load.h"
#include "kvm/vm/types.h"
#include "kvm/x86_64/boot/firmware.h"
#include "kvm/x86_64/boot/flat.h"
#include "kvm/x86_64/boot/handover.h"
#include "kvm/x86_64/boot/tables.h"
#include "kvm/x86_64/state/state.h"

enum {
    BOOT_AREA = IMAGE_TOP_ROOM,
    PML4_AT = 0x1000,
    PDPT_AT = 0x2000,
    PD_AT = 0x3000,
    N_PD = 4,
};

enum { GDT_CODE = 0x08, GDT_DATA = 0x10 };

/* Page-table entry bits, Intel SDM 3A table 4-15 and following. */
enum { PTE_P = 1, PTE_W = 2, PTE_PS = 0x80 };

/* Control register bits, Intel SDM 3A 2.5. OSFXSR and OSXMMEXCPT let C code
 * that a compiler vectorized run without an operating system. */
#define CR0_MP  UINT64_C(0x2)
#define CR0_ET  UINT64_C(0x10)
#define CR0_NE  UINT64_C(0x20)
#define CR4_PAE UINT64_C(0x20)
#define CR4_SSE UINT64_C(0x600)

/* CS of the first instruction after a reset, for a firmware that has itself in
 * RAM (Intel SDM 3A 9.1.4 has its base below 4 GiB, where the same is). */
#define RESET_BASE UINT64_C(0xf0000)

static const struct kvm_segment real_segment = {
    .limit = 0xffff,
    .type = 3, /* data, writable, accessed */
    .present = 1,
    .s = 1,
};

static void set_segments(struct kvm_sregs *sys, struct kvm_segment code,
                         struct kvm_segment data)
{
    sys->cs = code;
    sys->ds = sys->es = sys->fs = sys->gs = sys->ss = data;
}

/* What is no boot sector may do without. */
static int boot_firmware(struct vcpu *vcpu, const struct image *image,
                         struct diag *diag)
{
    if (image->kind == IMAGE_FLAT || image->kind == IMAGE_FIRMWARE ||
        image->low < X86_FIRMWARE_LOW)
        return 0;
    x86_gp(vcpu)->rdx = x86_boot_drive(vcpu->vm);
    if (x86_put_firmware(vcpu) || image->kind != IMAGE_BOOT_SECTOR)
        return 0;
    return diag_set(diag, -ENOMEM,
                    "no room for the BIOS that a boot sector calls: it needs "
                    "1 MiB of memory; use a larger -m");
}

/* CS:IP such that a small address is 0:address, as boot code expects. */
static int boot_real(struct vcpu *vcpu, const struct image *image,
                     struct diag *diag)
{
    struct kvm_sregs *sys = x86_sys(vcpu);
    struct kvm_regs *gp = x86_gp(vcpu);
    uint64_t base = image->entry > 0xffff ? image->entry & ~UINT64_C(0xf) : 0;
    struct kvm_segment code = real_segment;

    if (base > 0xffff0)
        base = 0xffff0;
    if (image->kind == IMAGE_FIRMWARE)
        base = RESET_BASE;
    code.type = 11;
    code.base = base;
    code.selector = (uint16_t)(base >> 4);
    set_segments(sys, code, real_segment);
    sys->idt = (struct kvm_dtable){.base = 0, .limit = 0x3ff};
    sys->cr0 = CR0_ET;
    gp->rip = image->entry - base;
    gp->rsp = 0xfff0;
    if (image->kind == IMAGE_BOOT_SECTOR)
        gp->rsp = image->entry;
    return boot_firmware(vcpu, image, diag);
}

static void boot_flat(struct vcpu *vcpu, const struct image *image,
                      const struct x86_gdt *area)
{
    struct kvm_sregs *sys = x86_sys(vcpu);

    x86_load_flat(sys, area, GDT_CODE, GDT_DATA, image->mode == CPU_MODE_LONG);
    sys->idt = (struct kvm_dtable){.base = 0, .limit = 0};
    sys->cr0 = X86_CR0_PE | CR0_MP | CR0_ET | CR0_NE;
    sys->cr4 = CR4_SSE;
    x86_gp(vcpu)->rip = image->entry;
    x86_gp(vcpu)->rsp = area->gpa;
}

static void put_entry(uint8_t *table, size_t index, uint64_t entry)
{
    memcpy(table + 8 * index, &entry, 8);
}

static void boot_long(struct vcpu *vcpu, const struct x86_gdt *tables)
{
    struct kvm_sregs *sys = x86_sys(vcpu);
    uint64_t area = tables->gpa;
    uint8_t *area_hva = tables->hva;

    put_entry(area_hva + PML4_AT, 0, (area + PDPT_AT) | PTE_P | PTE_W);
    for (size_t i = 0; i < N_PD; i++)
        put_entry(area_hva + PDPT_AT, i,
                  (area + PD_AT + i * MEM_PAGE) | PTE_P | PTE_W);
    for (size_t i = 0; i < (size_t)N_PD * 512; i++)
        put_entry(area_hva + PD_AT, i, i << 21 | PTE_P | PTE_W | PTE_PS);
    sys->cr3 = area + PML4_AT;
    sys->cr4 |= CR4_PAE;
    sys->efer = X86_EFER_LME | X86_EFER_LMA;
    sys->cr0 |= X86_CR0_PG;
}

/* Reserves the boot area of protected and long mode. */
static int find_area(struct vcpu *vcpu, const struct image *image,
                     struct x86_gdt *ret, struct diag *diag)
{
    uint64_t end = mem_low_end(&vcpu->vm->mem);
    struct mem_span area;

    ret->gpa = end > BOOT_AREA ? end - BOOT_AREA : 0;
    if (!mem_span(&vcpu->vm->mem, ret->gpa, BOOT_AREA, &area) ||
        area.n < BOOT_AREA || image->low_end > ret->gpa)
        return diag_set(diag, -ENOMEM,
                        "no room for the start of %s: it needs the last 64 "
                        "KiB of memory; use a larger -m",
                        cpu_mode_name(image->mode));
    memset(area.at, 0, BOOT_AREA);
    ret->hva = area.at;
    return 0;
}

/* What reset leaves of the rest (Intel SDM 3A table 9-1). */
static void boot_reset(struct vcpu *vcpu)
{
    struct kvm_sregs *sys = x86_sys(vcpu);

    *x86_gp(vcpu) = (struct kvm_regs){.rflags = 2};
    sys->cr2 = sys->cr3 = sys->cr4 = sys->efer = 0;
    sys->gdt = (struct kvm_dtable){.limit = 0xffff};
    sys->ldt = (struct kvm_segment){.limit = 0xffff, .type = 2, .present = 1};
    sys->tr = (struct kvm_segment){.limit = 0xffff, .type = 11, .present = 1};
    memset(sys->interrupt_bitmap, 0, sizeof sys->interrupt_bitmap);
    vcpu->halted = false;
}

int arch_vcpu_boot(struct vcpu *vcpu, const struct image *image,
                   struct diag *diag)
{
    struct x86_gdt area; /* at the start of the boot area */
    int r;

    boot_reset(vcpu);
    x86_put_tables(vcpu, image);
    x86_touch(vcpu, X86_BANK_GP | X86_BANK_SYS);
    if (image->mode == CPU_MODE_REAL)
        return boot_real(vcpu, image, diag);
    r = find_area(vcpu, image, &area, diag);
    if (r < 0)
        return r;
    boot_flat(vcpu, image, &area);
    if (image->mode == CPU_MODE_LONG)
        boot_long(vcpu, &area);
    return image->boot.protocol == BOOT_BARE
               ? 0
               : x86_hand_over(vcpu, image, &area, diag);
}
