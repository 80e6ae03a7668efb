/* SPDX-License-Identifier: MIT */
#include "kvm/vm/vcpu.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <linux/kvm.h>
#include <sys/mman.h>

#include "kvm/arch_cpu.h"
#include "kvm/core/kick.h"
#include "kvm/core/link.h"
#include "kvm/core/sys.h"
#include "kvm/vm/types.h"

int vcpu_create(struct vcpu *vcpu, struct vm *vm, unsigned index,
                struct diag *diag)
{
    int r;

    *vcpu = (struct vcpu){
        .vm = vm, .index = index, .link = &vcpu_link_local, .run = MAP_FAILED};
    vcpu_kick_init(vcpu);
    vcpu->fd = sys_ioctl_value(vm->fd, KVM_CREATE_VCPU, index);
    if (vcpu->fd < 0)
        return diag_set(diag, vcpu->fd, "KVM cannot create vCPU %u: %s", index,
                        strerror(-vcpu->fd));
    vcpu->run = mmap(NULL, vm->caps.run_size, PROT_READ | PROT_WRITE,
                     MAP_SHARED, vcpu->fd, 0);
    if (vcpu->run == MAP_FAILED)
        r = diag_set(diag, -errno, "cannot map the run page of vCPU %u: %s",
                     index, strerror(errno));
    else
        r = arch_vcpu_init(vcpu, diag);
    if (r < 0)
        vcpu_destroy(vcpu);
    return r;
}

void vcpu_destroy(struct vcpu *vcpu)
{
    vcpu_kick_done(vcpu);
    arch_vcpu_done(vcpu);
    if (vcpu->run != MAP_FAILED)
        (void)munmap(vcpu->run, vcpu->vm->caps.run_size);
    (void)close(vcpu->fd);
}
