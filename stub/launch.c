/* SPDX-License-Identifier: MIT */
#include "stub/launch.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <sys/syscall.h>
#include <sys/wait.h>

#include "stub/front/ending.h"

enum { WHERE_MAX = 300, COMMAND_MAX = WHERE_MAX + 64 };

static bool is_lldb(const char *program)
{
    const char *slash = strrchr(program, '/');

    return strstr(slash ? slash : program, "lldb") != NULL;
}

/* where: as address_format() says it. */
static void connect_command(char *text, size_t cap, const char *where,
                            bool lldb)
{
    bool is_unix = !strncmp(where, "unix:", 5);

    (void)snprintf(text, cap, "%s%s",
                   !lldb     ? LAUNCH_GDB_CONNECT
                   : is_unix ? LAUNCH_LLDB_CONNECT_UNIX
                             : LAUNCH_LLDB_CONNECT,
                   strchr(where, ':') + 1);
}

static int become_debugger(const char *program, const char *guest,
                           bool has_symbols, const char *where,
                           struct diag *diag)
{
    char command[COMMAND_MAX];
    bool lldb = is_lldb(program);

    connect_command(command, sizeof command, where, lldb);
    (void)execlp(program, program, lldb ? "-O" : "-iex",
                 lldb ? LAUNCH_LLDB_NO_HOST : LAUNCH_GDB_NO_HOST,
                 lldb ? "-o" : "-ex", command,
                 has_symbols ? guest : (char *)NULL, (char *)NULL);
    return diag_set(diag, -errno, "cannot start %s: %s", program,
                    strerror(errno));
}

/* A word as the shell takes it: in quotes unless it needs none. */
static void launch_quote(char *to, size_t cap, const char *word)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyz"
                                "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./+-";
    static const char quoted[] = "'\\''";
    size_t n = 0;

    if (*word && !word[strspn(word, plain)]) {
        (void)snprintf(to, cap, "%s", word);
        return;
    }
    to[n++] = '\'';
    for (; *word && n + sizeof quoted + 1 < cap; word++) {
        if (*word == '\'') {
            memcpy(to + n, quoted, sizeof quoted - 1);
            n += sizeof quoted - 1;
        } else {
            to[n++] = *word;
        }
    }
    to[n++] = '\'';
    to[n] = '\0';
}

void launch_line(char *text, size_t cap, const struct address *address,
                 const char *guest)
{
    char where[WHERE_MAX];
    char command[COMMAND_MAX];
    char connect[2 * COMMAND_MAX];
    char file[LAUNCH_LINE] = "";

    address_format(address, where, sizeof where);
    connect_command(command, sizeof command, where, false);
    launch_quote(connect, sizeof connect, command);
    if (guest)
        launch_quote(file, sizeof file, guest);
    (void)snprintf(text, cap, "gdb -iex '" LAUNCH_GDB_NO_HOST "' -ex %s%s%s",
                   connect, guest ? " " : "", file);
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

static int launch_parent(int ready, pid_t child, const char *program,
                         const char *guest, bool has_symbols, struct diag *diag)
{
    char where[WHERE_MAX];
    ssize_t n = read(ready, where, sizeof where - 1);
    int r;

    (void)close(ready);
    if (n <= 0)
        return child_status(child);
    where[n] = '\0';
    r = become_debugger(program, guest, has_symbols, where, diag);
    (void)kill(child, SIGTERM);
    (void)waitpid(child, NULL, 0);
    return r;
}

/* Linux 5.3; without it nothing tells of the debugger's end. */
static int open_parent(void)
{
    return (int)syscall(SYS_pidfd_open, getppid(), 0);
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
        return launch_parent(ends[0], child, program, guest, has_symbols, diag);
    }
    (void)close(ends[0]);
    /* Ctrl-C in the terminal is for the debugger alone. */
    (void)setpgid(0, 0);
    /* Nor is `stty tostop` to stop us when the guest prints. */
    (void)signal(SIGTTOU, SIG_IGN);
    launch->ready = ends[1];
    launch->debugger = open_parent();
    return 0;
}

void launch_ready(struct launch *launch, const struct address *address)
{
    char where[WHERE_MAX];

    address_format(address, where, sizeof where);
    (void)!write(launch->ready, where, strlen(where));
    (void)close(launch->ready);
}
