/* SPDX-License-Identifier: MIT */
#include "kvm/vm/trap.h"

#include <string.h>

#include "kvm/arch_run.h"

/* The first that is preferred: what differs in further ones is the exit. */
const struct trap *trap_written(void)
{
    return arch_trap(0);
}

bool trap_is_written(const struct trap *trap)
{
    const struct trap *written = trap_written();

    return trap->size == written->size &&
           memcmp(trap->bytes, written->bytes, written->size) == 0;
}

bool trap_written_exit(struct vcpu *vcpu, const struct vcpu_event *event)
{
    const struct trap *trap;
    uint64_t pc;

    for (unsigned i = 0; (trap = arch_trap(i)); i++)
        if (trap_is_written(trap) && trap_exit(trap, vcpu, event, &pc))
            return true;
    return false;
}
