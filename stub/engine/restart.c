/* SPDX-License-Identifier: MIT */
/*
 * The guest from the beginning: a new machine, so that nothing of the old one
 * is left, in place of the old one. Breakpoints and settings stay.
 */
#include "stub/engine/restart.h"

#include "stub/engine/catch.h"
#include "stub/engine/guarded.h"
#include "stub/points/table.h"

void restart_forget(struct engine *e)
{
    e->running = e->interrupt = e->ended = false;
    e->guards.down = false;
    e->guards.n = 0;
    e->current = 0;
    e->catch.steps_left = CATCH_STEPS;
    for (unsigned i = 0; i < e->n_threads; i++) {
        struct thread *t = &e->thread[i];

        t->state = THREAD_PARKED;
        hits_forget(&t->hits);
        t->written_pc = BP_NO_PLACE;
        t->written_passed = false;
        t->taken_back = t->passing = false;
    }
}

void restart_enter(struct engine *e)
{
    const struct machine_owner owner = {guarded_access, e};

    e->n_threads = machine_cpus(e->machine);
    for (unsigned i = 0; i < e->n_threads; i++) {
        e->thread[i].tid = i + 1;
        e->thread[i].vcpu = machine_cpu(e->machine, i);
    }
    e->points.mem = machine_memory(e->machine);
    e->machine->ops->own(e->machine, &owner);
}
