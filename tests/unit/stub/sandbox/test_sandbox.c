/* SPDX-License-Identifier: MIT */
/* What can be done in the sandbox, and what is refused, with its name. Each
 * test is a process of its own, which never comes out again. */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <linux/kvm.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include "stub/sandbox/sandbox.h"
#include "tests/unit/kvm/rows.h"

static int said; /* what went to standard error */

static void enter(void)
{
    struct diag diag = {""};
    int ends[2];

    if (!sandbox_is_there())
        cr_skip_test("this build has no sandbox");
    cr_assert(zero(int, pipe(ends)));
    cr_assert(zero(int, fcntl(ends[0], F_SETFL, O_NONBLOCK)));
    cr_assert(eq(int, dup2(ends[1], STDERR_FILENO), STDERR_FILENO));
    said = ends[0];
    cr_assert(zero(int, sandbox_enter(&diag)), "%s", diag.text);
}

static const char *hear(void)
{
    static char text[1024];
    ssize_t n = read(said, text, sizeof text - 1);

    text[n > 0 ? n : 0] = '\0';
    return text;
}

/* clang-format off */
static const struct refused_row {
    const char *name;
    long call, args[4];
} refused_rows[] = {
    {"openat",     SYS_openat,     {AT_FDCWD, (long)"/etc/passwd", O_RDONLY}},
    {"open",       SYS_open,       {(long)"/etc/passwd", O_RDONLY}},
    {"openat2",    SYS_openat2,    {AT_FDCWD, (long)"/etc/passwd"}},
    {"unlink",     SYS_unlink,     {(long)"/tmp/kvmgdb-none"}},
    {"execve",     SYS_execve,     {(long)"/bin/true"}},
    {"fork",       SYS_fork,       {0}},
    {"clone",      SYS_clone,      {SIGCHLD}},
    {"clone3",     SYS_clone3,     {0}},
    {"socket",     SYS_socket,     {AF_INET, SOCK_STREAM}},
    {"connect",    SYS_connect,    {0}},
    {"ptrace",     SYS_ptrace,     {0}},
    {"process_vm_readv", SYS_process_vm_readv, {1}},
    {"kill",       SYS_kill,       {0, 0}},
    {"tgkill",     SYS_tgkill,     {1, 1, 0}},
    {"prctl",      SYS_prctl,      {PR_GET_DUMPABLE}},
    {"setuid",     SYS_setuid,     {0}},
    {"ioctl",      SYS_ioctl,      {STDERR_FILENO, TIOCSTI, (long)"x"}},
    {"fcntl",      SYS_fcntl,      {STDERR_FILENO, F_SETOWN, 1}},
    {"mmap",       SYS_mmap,       {0, 4096, PROT_READ | PROT_EXEC}},
    {"mprotect",   SYS_mprotect,   {0, 4096, PROT_EXEC}},
    {"newfstatat", SYS_newfstatat, {AT_FDCWD, (long)"/etc/passwd"}},
    {"bpf",        SYS_bpf,        {0}},
    {"io_uring_setup", SYS_io_uring_setup, {1}},
};
/* clang-format on */

ParameterizedTestParameters(sandbox, refused)
{
    return row_numbers(ROWS(refused_rows));
}

/* An error, and a line once. */
ParameterizedTest(const size_t *i, sandbox, refused)
{
    const struct refused_row *row = &refused_rows[*i];
    char wanted[64];
    const char *line;

    enter();
    for (int again = 0; again < 2; again++) {
        errno = 0;
        cr_expect(eq(long,
                     syscall(row->call, row->args[0], row->args[1],
                             row->args[2], row->args[3]),
                     -1));
        cr_expect(eq(int, errno, ENOSYS), "%s", row->name);
        (void)snprintf(wanted, sizeof wanted, "system call %s (%ld)", row->name,
                       row->call);
        line = hear();
        cr_expect(eq(int, strstr(line, wanted) != NULL, !again), "%s: %s",
                  row->name, line);
    }
}

/* Numbers without a name: a newer kernel's, and one that nobody has. */
Test(sandbox, unknown_calls)
{
    enter();
    cr_expect(eq(long, syscall(511), -1));
    cr_expect(strstr(hear(), "(511)") != NULL);
    cr_expect(eq(long, syscall(100000), -1));
    cr_expect(eq(int, errno, ENOSYS));
    cr_expect(strstr(hear(), "? (100000)") != NULL);
}

Test(sandbox, allowed)
{
    int ends[2], pair[2];
    void *memory;
    char byte = 'x';

    cr_assert(zero(int, pipe(ends)));
    cr_assert(zero(int, socketpair(AF_UNIX, SOCK_STREAM, 0, pair)));
    enter();
    cr_expect(eq(int, (int)write(ends[1], &byte, 1), 1));
    cr_expect(eq(int, (int)read(ends[0], &byte, 1), 1));
    /* KVM decides about its own; here it is no KVM's. */
    cr_expect(eq(int, ioctl(ends[0], KVM_RUN, 0), -1));
    cr_expect(eq(int, errno, ENOTTY));
    cr_expect(zero(int, fcntl(pair[0], F_SETFL, O_NONBLOCK)));
    memory = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE,
                  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    cr_expect(memory != MAP_FAILED);
    cr_expect(zero(int, mprotect(memory, 4096, PROT_READ)));
    cr_expect(zero(int, madvise(memory, 1 << 20, MADV_DONTNEED)));
    memory = malloc(64 << 20); /* by mmap, by brk, and larger */
    memory = realloc(memory, 128 << 20);
    cr_expect(memory != NULL);
    free(memory);
    cr_expect(zero(int, raise(0) | pthread_kill(pthread_self(), 0)));
    cr_expect(strcmp(hear(), "") == 0);
}

static void *wait_and_open(void *context)
{
    int *ends = context;
    char byte;

    (void)!read(ends[0], &byte, 1);
    return (void *)(intptr_t)open("/etc/passwd", O_RDONLY);
}

/* Threads that are there already are in it, too, whatever they block. */
Test(sandbox, all_threads)
{
    sigset_t all;
    pthread_t thread;
    void *result;
    int ends[2];

    cr_assert(zero(int, pipe(ends)));
    (void)sigfillset(&all);
    (void)sigdelset(&all, SIGSYS);
    (void)pthread_sigmask(SIG_SETMASK, &all, NULL);
    cr_assert(zero(int, pthread_create(&thread, NULL, wait_and_open, ends)));
    enter();
    (void)!write(ends[1], "", 1);
    cr_assert(zero(int, pthread_join(thread, &result)));
    cr_expect(eq(int, (int)(intptr_t)result, -1));
    cr_expect(strstr(hear(), "openat") != NULL);
}

Test(sandbox, no_new_privileges)
{
    sandbox_drop_privileges();
    cr_expect(eq(int, prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0), 1));
}
