/* SPDX-License-Identifier: MIT */
#ifndef BENCH_SPAWN_H
#define BENCH_SPAWN_H

/* Child processes. Their stdin and stdout are /dev/null. All: 0 or -errno. */

#include <sys/types.h>

/* Its stderr goes to /dev/null too, or to a pipe that *ret_log reads. */
int spawn_quiet(pid_t *ret_pid, const char *const *argv);
int spawn_logged(pid_t *ret_pid, const char *const *argv, int *ret_log);

/* Waits until it ends by itself; -EIO unless its exit status is 0. */
int spawn_wait(pid_t pid);
/* Ends it; fine on 0. */
void spawn_end(pid_t pid);

#endif
