/* SPDX-License-Identifier: MIT */
#include "stub/engine/guards.h"

int guards_down(struct engine *e)
{
    int r = 0;

    if (!e->guards.down)
        r = e->machine->ops->lower(e->machine, e->points.guard,
                                   e->points.n_guards);
    e->guards.down = r == 0;
    return r;
}

int guards_down_for_one(struct engine *e)
{
    if (!e->guards.down)
        e->guards.steps_away = GUARDS_STEPS_AWAY;
    return guards_down(e);
}

int guards_up(struct engine *e)
{
    int r = 0;

    if (e->guards.down)
        r = e->machine->ops->guard(e->machine, e->points.guard,
                                   e->points.n_guards);
    e->guards.down = r < 0;
    return r;
}
