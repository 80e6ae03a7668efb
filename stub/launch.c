/* SPDX-License-Identifier: MIT */
#include "stub/launch.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <sys/wait.h>

#include "stub/ending.h"

enum { TARGET_MAX = 128 };

static bool is_lldb(const char *program)
{
    const char *slash = strrchr(program, '/');

    return strstr(slash ? slash : program, "lldb") != NULL;
}

static int become_debugger(const char *program, const char *guest,
                           bool has_symbols, const char *target,
                           struct diag *diag)
{
    char command[TARGET_MAX + 32];
    bool lldb = is_lldb(program);

    (void)snprintf(command, sizeof command, "%s %s",
                   lldb ? "gdb-remote" : "target remote", target);
    (void)execlp(program, program, lldb ? "-o" : "-ex", command,
                 has_symbols ? guest : (char *)NULL, (char *)NULL);
    return diag_set(diag, -errno, "cannot start %s: %s", program,
                    strerror(errno));
}

/* The child ended without a word; it has printed why. */
static int child_status(pid_t child)
{
    int status;

    if (waitpid(child, &status, 0) < 0)
        return -errno;
    return WIFEXITED(status) && WEXITSTATUS(status) ? WEXITSTATUS(status)
                                                    : EXIT_FAILED;
}

static int parent(int ready, pid_t child, const char *program,
                  const char *guest, bool has_symbols, struct diag *diag)
{
    char target[TARGET_MAX];
    ssize_t n = read(ready, target, sizeof target - 1);
    int r;

    (void)close(ready);
    if (n <= 0)
        return child_status(child);
    target[n] = '\0';
    r = become_debugger(program, guest, has_symbols, target, diag);
    (void)kill(child, SIGTERM);
    (void)waitpid(child, NULL, 0);
    return r;
}

int launch_debugger(struct launch *launch, const char *program,
                    const char *guest, bool has_symbols, struct diag *diag)
{
    int ends[2];
    pid_t child;

    if (pipe2(ends, O_CLOEXEC) < 0)
        return diag_set(diag, -errno, "no pipe: %s", strerror(errno));
    child = fork();
    if (child < 0)
        return diag_set(diag, -errno, "cannot start %s: %s", program,
                        strerror(errno));
    if (child > 0) {
        (void)close(ends[1]);
        return parent(ends[0], child, program, guest, has_symbols, diag);
    }
    (void)close(ends[0]);
    /* Ctrl-C in the terminal is for the debugger alone. */
    (void)setpgid(0, 0);
    /* Nor is `stty tostop` to stop us when the guest prints. */
    (void)signal(SIGTTOU, SIG_IGN);
    launch->ready = ends[1];
    return 0;
}

void launch_ready(struct launch *launch, const char *target)
{
    (void)!write(launch->ready, target, strlen(target));
    (void)close(launch->ready);
}
