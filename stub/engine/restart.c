/* SPDX-License-Identifier: MIT */
/*
 * The guest from the beginning: a new machine, so that nothing of the old one
 * is left, in place of the old one. Breakpoints and settings stay.
 */
#include "stub/engine/restart.h"

#include "kvm/arch_cpu.h"
#include "stub/engine/catch.h"
#include "stub/engine/guarded.h"
#include "stub/points/table.h"

static void forget_thread(struct thread *t)
{
    t->state = THREAD_PARKED;
    hits_forget(&t->hits);
    t->written_pc = BP_NO_PLACE;
    t->taken_back = t->passing = false;
}

void restart_forget(struct engine *e)
{
    e->running = e->interrupt = e->reboots = e->ended = false;
    e->guards.down = false;
    e->guards.n = 0;
    e->current = 0;
    e->catch.steps_left = CATCH_STEPS;
    for (unsigned i = 0; i < e->n_threads; i++)
        forget_thread(&e->thread[i]);
}

static void enter_thread(struct engine *e, unsigned i)
{
    e->thread[i].tid = i + 1;
    e->thread[i].vcpu = machine_cpu(e->machine, i);
}

void restart_enter(struct engine *e)
{
    const struct machine_owner owner = {guarded_access, guarded_dma, e};

    e->n_threads = machine_cpus(e->machine);
    for (unsigned i = 0; i < e->n_threads; i++)
        enter_thread(e, i);
    e->points.mem = machine_memory(e->machine);
    e->machine->ops->own(e->machine, &owner);
}

void restart_look(struct engine *e)
{
    unsigned n = machine_cpus(e->machine);

    while (e->n_threads < n && e->n_threads < ENGINE_CPUS) {
        struct thread *t = &e->thread[e->n_threads];

        *t = (struct thread){.vcpu = NULL};
        enter_thread(e, e->n_threads);
        forget_thread(t);
        t->wish.kind = engine_any_continues(e) ? RESUME_CONTINUE : RESUME_HOLD;
        t->resumed_at = arch_pc(t->vcpu);
        t->fresh = true;
        e->n_threads++;
    }
}
