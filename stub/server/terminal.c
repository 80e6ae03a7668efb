/* SPDX-License-Identifier: MIT */
#include "stub/server/terminal.h"

#include <errno.h>
#include <signal.h>
#include <unistd.h>

#include "stub/log.h"

enum { CTRL_A = 1 };

/* A signal handler has nothing but the file's variables. */
static struct terminal *volatile ours;
static struct sigaction others[NSIG]; /* what was done at a signal before */

/* --- its modes --- */

static bool is_in_foreground(const struct terminal *terminal)
{
    return tcgetpgrp(terminal->fd) == terminal->group;
}

/* Lines that are printed still begin at the left: output is as it was. */
void terminal_enter(struct terminal *terminal)
{
    struct termios raw = terminal->before;

    if (terminal->fd < 0 || !is_in_foreground(terminal))
        return;
    cfmakeraw(&raw);
    raw.c_oflag = terminal->before.c_oflag;
    terminal->is_raw = true; /* before it is: a signal may come between */
    if (tcsetattr(terminal->fd, TCSANOW, &raw) < 0)
        terminal->is_raw = false;
}

void terminal_leave(struct terminal *terminal)
{
    if (terminal->fd >= 0 && terminal->is_raw)
        (void)tcsetattr(terminal->fd, TCSANOW, &terminal->before);
    terminal->is_raw = false;
}

/* To us alone the signal is known, so we do what it asks for. */
void terminal_stop(struct terminal *terminal)
{
    terminal_leave(terminal);
    (void)raise(SIGSTOP);
    terminal_enter(terminal);
}

/* --- signals that end the program --- */

/* Then what was done before is: mostly the end, by the same signal. */
static void on_deadly_signal(int number)
{
    int saved = errno;

    if (ours)
        terminal_leave(ours);
    (void)sigaction(number, &others[number], NULL);
    (void)raise(number);
    errno = saved;
}

static void terminal_watch_signals(void)
{
    static const int numbers[] = {SIGQUIT, SIGILL,  SIGTRAP, SIGABRT,
                                  SIGBUS,  SIGFPE,  SIGSEGV, SIGALRM,
                                  SIGUSR1, SIGUSR2, SIGXCPU, SIGVTALRM};
    const struct sigaction action = {.sa_handler = on_deadly_signal};

    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        struct sigaction *other = &others[numbers[i]];

        if (sigaction(numbers[i], NULL, other) == 0 &&
            other->sa_handler != SIG_IGN)
            (void)sigaction(numbers[i], &action, NULL);
    }
}

bool terminal_open(struct terminal *terminal, int fd)
{
    *terminal = (struct terminal){.fd = -1};
    if (tcgetattr(fd, &terminal->before) < 0)
        return false;
    terminal->fd = fd;
    terminal->group = getpgrp();
    ours = terminal;
    terminal_watch_signals();
    return true;
}

/* --- keys --- */

/* Of a key behind Ctrl-A: it is the guest's. */
static bool is_for_guest(char key, bool *left)
{
    *left |= key == 'x';
    if (key == 'h' || key == '?')
        log_user("Ctrl-A x: leave; Ctrl-A Ctrl-A: a Ctrl-A for the guest");
    return key == CTRL_A;
}

size_t terminal_filter(struct terminal *terminal, char *text, size_t n,
                       bool *ret_left)
{
    size_t kept = 0;

    *ret_left = false;
    for (size_t i = 0; i < n; i++) {
        bool goes = terminal->escaped ? is_for_guest(text[i], ret_left)
                                      : text[i] != CTRL_A;

        terminal->escaped = !terminal->escaped && text[i] == CTRL_A;
        if (goes)
            text[kept++] = text[i];
    }
    return kept;
}
