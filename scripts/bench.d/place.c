/* SPDX-License-Identifier: MIT */
#include "scripts/bench.d/place.h"

#include <errno.h>
#include <sched.h>
#include <stdbool.h>

/* What this process may use, as it was before it was first moved. */
static cpu_set_t allowed;
static bool known;

static int learn(void)
{
    if (!known && sched_getaffinity(0, sizeof allowed, &allowed))
        return -errno;
    known = true;
    return 0;
}

/* The nth of the allowed CPUs, from 0. */
static int move_to(int nth)
{
    cpu_set_t one;
    int err = learn();

    if (err)
        return err;
    for (size_t cpu = 0; cpu < CPU_SETSIZE; cpu++) {
        if (!CPU_ISSET(cpu, &allowed) || nth-- > 0)
            continue;
        CPU_ZERO(&one);
        CPU_SET(cpu, &one);
        return sched_setaffinity(0, sizeof one, &one) ? -errno : 0;
    }
    return -ENOTSUP;
}

int place_servers(enum place place)
{
    return move_to(place == PLACE_TWO ? 1 : 0);
}

int place_client(void)
{
    return move_to(0);
}

void place_restore(void)
{
    if (known)
        sched_setaffinity(0, sizeof allowed, &allowed);
}
