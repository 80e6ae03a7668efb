/* SPDX-License-Identifier: MIT */
#include "kvm/x86_64/boot/handover.h"

#include <errno.h>

#include "kvm/x86_64/boot/firmware.h"
#include "kvm/x86_64/boot/info.h"
#include "kvm/x86_64/boot/linux.h"
#include "kvm/x86_64/boot/multiboot.h"
#include "kvm/x86_64/boot/multiboot2.h"
#include "kvm/x86_64/boot/pvh.h"
#include "kvm/x86_64/state/state.h"

/* Linux asks for these two (Documentation/arch/x86/boot.rst, "32-bit Boot
 * Protocol"); the others leave the choice. */
enum { GDT_CODE = 0x10, GDT_DATA = 0x18, GDT_TASK = 0x20 };

#define CR0_ET UINT64_C(0x10)

/* What is written into the guest's memory, and which registers say where. */
static const struct protocol {
    uint64_t (*put)(struct info *info, const struct image_boot *boot);
    uint32_t eax;
    bool in_rsi; /* else in EBX */
} protocols[] = {
    [BOOT_MULTIBOOT] = {x86_put_multiboot, 0x2badb002, false}, /* 0.6.96, 3.2 */
    [BOOT_MULTIBOOT2] = {x86_put_multiboot2, 0x36d76289, false}, /* 2.0, 3.3 */
    [BOOT_PVH] = {x86_put_pvh, 0, false},    /* Xen, docs/misc/pvh.pandoc */
    [BOOT_LINUX] = {x86_put_linux, 0, true}, /* boot.rst, both protocols */
};

static void handover_tell(struct vcpu *vcpu, const struct image_boot *boot,
                          struct info *info)
{
    const struct protocol *protocol = &protocols[boot->protocol];
    uint64_t at = protocol->put(info, boot);

    x86_gp(vcpu)->rax = protocol->eax;
    if (protocol->in_rsi)
        x86_gp(vcpu)->rsi = at;
    else
        x86_gp(vcpu)->rbx = at;
}

/* As all protocols have it: flat segments, interrupts off; and in protected
 * mode no paging, and nothing of the CPU's extensions turned on. */
static void enter(struct vcpu *vcpu, enum cpu_mode mode,
                  const struct x86_gdt *gdt)
{
    struct kvm_sregs *sys = x86_sys(vcpu);

    x86_load_flat(sys, gdt, GDT_CODE, GDT_DATA, mode == CPU_MODE_LONG);
    if (mode == CPU_MODE_LONG)
        return;
    x86_load_task(sys, gdt, GDT_TASK);
    sys->cr0 = X86_CR0_PE | CR0_ET;
    sys->cr4 = 0;
}

int x86_hand_over(struct vcpu *vcpu, const struct image *image,
                  const struct x86_gdt *gdt, struct diag *diag)
{
    struct info info = info_begin(&vcpu->vm->mem, &image->boot);

    enter(vcpu, image->mode, gdt);
    if (image->low >= X86_FIRMWARE_LOW)
        (void)x86_put_firmware(vcpu);
    handover_tell(vcpu, &image->boot, &info);
    if (!info.is_full)
        return 0;
    return diag_set(diag, -E2BIG,
                    "%s: what it is to be told of the machine does not fit: "
                    "make --append shorter",
                    image->boot.path);
}
