/* SPDX-License-Identifier: MIT */
#ifndef BENCH_PLACE_H
#define BENCH_PLACE_H

/*
 * Which CPUs a client and its servers run on. Left to itself the scheduler
 * puts some pairs on one CPU and some on two, and a round trip between two
 * costs several times as much: then a ratio compares placements, not stubs.
 */

enum place {
    PLACE_ONE, /* client and servers share one CPU */
    PLACE_TWO, /* the servers share another CPU */
};

/*
 * Moves this process; processes started from now on go with it. So: servers,
 * start them, client, measure, restore. -ENOTSUP when there is one CPU only.
 */
int place_servers(enum place place);
int place_client(void);
void place_restore(void);

#endif
