/* SPDX-License-Identifier: MIT */
#include "kvm/x86_64/boot/tables.h"

#include "kvm/x86_64/boot/acpi.h"
#include "kvm/x86_64/boot/mp_table.h"
#include "kvm/x86_64/state/cpuid.h"

void x86_put_tables(struct vcpu *vcpu, const struct image *image)
{
    const struct x86_platform platform = {
        .n_cpus = vcpu->vm->n_vcpus,
        .cpu_signature = x86_cpuid_value(vcpu, 1, 0, CPUID_EAX),
        .cpu_features = x86_cpuid_value(vcpu, 1, 0, CPUID_EDX),
        .has_virtio = disk_sectors(&vcpu->vm->board.disk) != 0,
    };
    struct info info = {.mem = &vcpu->vm->mem,
                        .at = image->boot.tables,
                        .end = image->boot.tables + IMAGE_TABLES_ROOM};

    if (!image->boot.tables)
        return;
    (void)x86_put_acpi(&info, &platform);
    (void)x86_put_mp_table(&info, &platform);
}
