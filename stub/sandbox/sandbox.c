/* SPDX-License-Identifier: MIT */
#include "stub/sandbox/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <seccomp.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

#include <linux/kvm.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>

#include "stub/arch.h"

enum {
    LINE_MAX_BYTES = 200,
    IOCTL_TYPE = 0xff00, /* of a request's number: _IOC_TYPE */
};

static const char *const names[] = {
#include "stub/syscall_names.inc" /* made by CMake */
};

enum { CALLS_MAX = sizeof names / sizeof *names };

/* A signal handler has nothing but the file's variables. */
static atomic_bool told[CALLS_MAX];

/* --- what is allowed --- */

/* One argument of a call, and what it must be under a mask. */
struct condition {
    unsigned arg;
    uint64_t mask, value;
};

struct rule {
    int call;
    bool has_condition; /* without one, whatever the arguments are */
    struct condition condition;
};

#define ANY(name)                                                              \
    {                                                                          \
        .call = SCMP_SYS(name)                                                 \
    }
#define ONLY(name, argument, bits, wanted)                                     \
    {                                                                          \
        .call = SCMP_SYS(name), .has_condition = true, .condition = {          \
            argument,                                                          \
            bits,                                                              \
            wanted                                                             \
        }                                                                      \
    }
#define WHOLE UINT32_MAX

/* A call of several rows is allowed as one of them says. */
static const struct rule rules[] = {
    /* the guest: the first, which is not the VNC server's */
    ONLY(ioctl, 1, IOCTL_TYPE, KVMIO << 8),
    /* a terminal's modes, and whose it is */
    ONLY(ioctl, 1, WHOLE, TCGETS),
    ONLY(ioctl, 1, WHOLE, TCSETS),
    ONLY(ioctl, 1, WHOLE, TIOCGPGRP),
    /* what is open: sockets, terminal, timers, guest images, --result */
    ANY(read),
    ANY(write),
    ANY(pread64),
    ANY(lseek),
    ANY(ftruncate),
    ANY(fstat),
    ONLY(newfstatat, 3, WHOLE, AT_EMPTY_PATH), /* how glibc spells it */
    ANY(close),
    ANY(poll),
    ANY(ppoll),
    ANY(epoll_wait),
    ANY(epoll_pwait),
    ANY(epoll_ctl),
    ANY(timerfd_settime),
    ONLY(fcntl, 1, WHOLE, F_GETFD),
    ONLY(fcntl, 1, WHOLE, F_GETFL),
    ONLY(fcntl, 1, WHOLE, F_SETFL),
    ONLY(fcntl, 1, WHOLE, F_DUPFD_CLOEXEC),
    /* who comes, and the broker */
    ANY(accept4),
    ANY(setsockopt),
    ANY(sendmsg),
    ANY(recvmsg),
    /* memory, none of it executable */
    ONLY(mmap, 2, PROT_EXEC, 0),
    ONLY(mprotect, 2, PROT_EXEC, 0),
    ANY(munmap),
    ANY(mremap),
    ANY(madvise),
    ANY(brk),
    /* threads and signals */
    ANY(futex),
    ANY(set_robust_list), /* of a thread that is just beginning */
    ANY(rseq),
    ANY(rt_sigprocmask),
    ANY(rt_sigaction),
    ANY(rt_sigreturn),
    ANY(sched_yield),
    ANY(gettid),
    ANY(getpid),
    ANY(restart_syscall),
    /* time, chance, and what there is of memory */
    ANY(clock_gettime),
    ANY(gettimeofday),
    ANY(clock_nanosleep),
    ANY(timer_create), /* to call a vCPU back for a device */
    ANY(timer_settime),
    ANY(timer_delete),
    ANY(getrandom),
    ANY(sysinfo),
    ANY(sched_getaffinity),
    /* the end */
    ANY(wait4),
    ANY(exit),
    ANY(exit_group),
};

/* Of the VNC server alone: libvncserver's. */
static const struct rule vnc_rules[] = {
    ANY(pselect6), ANY(select),      ANY(shutdown), ANY(getpeername),
    ANY(sendto),   ANY(getsockname), ANY(recvfrom), ANY(accept),
};

static int add_rule(scmp_filter_ctx filter, const struct rule *rule)
{
    const struct condition *c = &rule->condition;
    const struct scmp_arg_cmp argument = {c->arg, SCMP_CMP_MASKED_EQ, c->mask,
                                          c->value};

    return seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, rule->call,
                                  rule->has_condition ? 1 : 0, &argument);
}

/* A kick is a signal to a thread of this process; others get none. */
static int add_kick(scmp_filter_ctx filter)
{
    const struct scmp_arg_cmp us = {0, SCMP_CMP_MASKED_EQ, WHOLE,
                                    (uint64_t)getpid()};

    return seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 1,
                                  &us);
}

static int add_rules(scmp_filter_ctx filter, const struct rule *first, size_t n)
{
    int r = 0;

    for (size_t i = 0; !r && i < n; i++)
        r = add_rule(filter, &first[i]);
    return r;
}

/* The first rule is KVM's. */
static int add_profile(scmp_filter_ctx filter, bool vnc)
{
    const size_t n = sizeof rules / sizeof *rules;
    int r = add_rules(filter, rules + vnc, n - vnc);

    if (!r && vnc)
        return add_rules(filter, vnc_rules,
                         sizeof vnc_rules / sizeof *vnc_rules);
    return r ? r : add_kick(filter);
}

static int sandbox_load(scmp_filter_ctx filter, bool vnc)
{
    int r = seccomp_attr_set(filter, SCMP_FLTATR_CTL_TSYNC, 1);

    /* No code of others runs in here that could read what it may not: without
     * this kernels before 5.16 slow the program and its guest down (prctl(2),
     * PR_SPEC_STORE_BYPASS). */
    if (!r)
        r = seccomp_attr_set(filter, SCMP_FLTATR_CTL_SSB, 1);
    /* Steps are KVM ioctls: theirs is the first question that is asked. */
    if (!r && !vnc)
        r = seccomp_syscall_priority(filter, SCMP_SYS(ioctl), UINT8_MAX);
    if (!r)
        r = add_profile(filter, vnc);
    return r ? r : seccomp_load(filter);
}

/* --- what is not --- */

static size_t sandbox_append(char *line, size_t at, const char *text)
{
    while (*text && at < LINE_MAX_BYTES - 1)
        line[at++] = *text++;
    return at;
}

static size_t append_number(char *line, size_t at, unsigned number)
{
    char digits[12];
    size_t first = sizeof digits - 1;

    digits[first] = '\0';
    do {
        digits[--first] = (char)('0' + number % 10);
        number /= 10;
    } while (number);
    return sandbox_append(line, at, digits + first);
}

/* In a signal handler: nothing but write(2) (signal-safety(7)). */
static void sandbox_tell(unsigned call)
{
    const char *name = call < CALLS_MAX ? names[call] : NULL;
    char line[LINE_MAX_BYTES];
    size_t n = sandbox_append(line, 0,
                              "kvmgdbstub: the sandbox refused the system "
                              "call ");

    n = sandbox_append(line, n, name ? name : "?");
    n = sandbox_append(line, n, " (");
    n = append_number(line, n, call);
    n = sandbox_append(line, n,
                       "), which is a mistake in kvmgdbstub: please report "
                       "it; --no-sandbox runs without\n");
    (void)!write(STDERR_FILENO, line, n);
}

static void sandbox_on_refused(int number, siginfo_t *info, void *context)
{
    int saved = errno;
    unsigned call = (unsigned)info->si_syscall;

    (void)number;
    if (call >= CALLS_MAX || !atomic_exchange(&told[call], true))
        sandbox_tell(call);
    stub_set_syscall_result(context, -ENOSYS);
    errno = saved;
}

/* --- entering --- */

bool sandbox_is_there(void)
{
#ifdef KVMGDB_NO_SANDBOX
    return false;
#else
    return true;
#endif
}

void sandbox_drop_privileges(void)
{
    (void)prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}

static int sandbox_filter_enter(bool vnc, struct diag *diag)
{
    struct sigaction action = {.sa_sigaction = sandbox_on_refused,
                               .sa_flags = SA_SIGINFO | SA_RESTART};
    scmp_filter_ctx filter;
    int r;

    if (!sandbox_is_there())
        return 0;
    (void)sigaction(SIGSYS, &action, NULL);
    filter = seccomp_init(SCMP_ACT_TRAP);
    r = filter ? sandbox_load(filter, vnc) : -ENOMEM;
    seccomp_release(filter);
    if (r < 0)
        return diag_set(diag, r,
                        "this system does not let kvmgdbstub filter its system "
                        "calls (%s): --no-sandbox runs without a sandbox",
                        strerror(-r));
    return 0;
}

int sandbox_enter(struct diag *diag)
{
    return sandbox_filter_enter(false, diag);
}

int sandbox_enter_vnc(struct diag *diag)
{
    return sandbox_filter_enter(true, diag);
}
