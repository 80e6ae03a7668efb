/* SPDX-License-Identifier: MIT */
#include "stub/engine/near.h"

#include "stub/engine/host.h"
#include "stub/points/pages.h"

static bool leads_to_guard(struct engine *e, struct thread *t, uint64_t gva)
{
    uint64_t gpa;
    uint64_t run;

    return arch_translate(t->vcpu, gva, &gpa, &run) == 0 &&
           bp_is_guarded(&e->points, gpa);
}

bool near_stack(struct engine *e, struct thread *t)
{
    uint64_t n;
    uint64_t gva = arch_stack(t->vcpu, &n);

    return leads_to_guard(e, t, gva - n) || leads_to_guard(e, t, gva + n - 1);
}

bool near_can_step(struct engine *e, struct thread *t)
{
    return !arch_is_user(t->vcpu) || host_steps_user(e);
}
