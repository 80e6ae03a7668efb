/* SPDX-License-Identifier: MIT */
#include "scripts/bench.d/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <unistd.h>

#include <sys/wait.h>

/* posix_spawn() shares memory until the exec, so a start that is timed does
 * not pay for copying the benchmark's page tables. */
static int start(pid_t *ret_pid, const char *const *argv, int log)
{
    /* It takes what exec() takes: strings that it does not write to. */
    union {
        const char *const *constant;
        char *const *plain;
    } as = {.constant = argv};
    posix_spawn_file_actions_t actions;
    int err = posix_spawn_file_actions_init(&actions);

    if (err)
        return -err;
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDWR, 0);
    posix_spawn_file_actions_adddup2(&actions, 0, 1);
    posix_spawn_file_actions_adddup2(&actions, log < 0 ? 0 : log, 2);
    err = posix_spawnp(ret_pid, argv[0], &actions, NULL, as.plain, environ);
    posix_spawn_file_actions_destroy(&actions);
    if (err)
        *ret_pid = 0;
    return -err;
}

int spawn_quiet(pid_t *ret_pid, const char *const *argv)
{
    return start(ret_pid, argv, -1);
}

int spawn_logged(pid_t *ret_pid, const char *const *argv, int *ret_log)
{
    int ends[2];
    int err;

    if (pipe2(ends, O_CLOEXEC))
        return -errno;
    err = start(ret_pid, argv, ends[1]);
    close(ends[1]);
    if (err)
        close(ends[0]);
    else
        *ret_log = ends[0];
    return err;
}

int spawn_wait(pid_t pid)
{
    int status = 0;

    if (waitpid(pid, &status, 0) < 0)
        return -errno;
    return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : -EIO;
}

void spawn_end(pid_t pid)
{
    if (pid <= 0)
        return;
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
}
