/* SPDX-License-Identifier: MIT */
#include "kvm/probe/trap.h"

#include "kvm/arch_probe.h"
#include "kvm/arch_run.h"
#include "kvm/core/trap.h"
#include "kvm/probe/probe.h"
#include "kvm/vm/trap.h"

const struct trap *trap_of_host(struct probe *probe)
{
    static const struct trap none = {.name = "none", .size = 0};
    const struct trap *best = NULL;

    for (unsigned i = 0; !best && arch_trap(i); i++)
        if (probe_in_kernel(probe, arch_trap(i)->feature))
            best = arch_trap(i);
    probe_rest(probe);
    return best ? best : &none;
}

/* Of code without privileges the kernel is that of long mode. */
static unsigned kernel_context(struct vcpu *vcpu)
{
    unsigned context = probe_context_of(vcpu);

    while (context > 0 && probe_context_name(context)->user)
        context--;
    return context;
}

bool trap_written_exits(struct probe *probe, struct vcpu *vcpu)
{
    unsigned context = kernel_context(vcpu);
    const struct trap *trap;

    for (unsigned i = 0; (trap = arch_trap(i)); i++)
        if (trap_is_written(trap) &&
            probe_ask(probe, trap->feature, context)->works)
            return true;
    return false;
}

bool trap_written_exits_user(struct probe *probe)
{
    const struct trap *trap;

    for (unsigned i = 0; (trap = arch_trap(i)); i++)
        if (trap_is_written(trap) && probe_in_user(probe, trap->feature))
            return true;
    return false;
}
