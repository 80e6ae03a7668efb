/* SPDX-License-Identifier: MIT */
#ifndef STUB_SERVER_TERMINAL_H
#define STUB_SERVER_TERMINAL_H

/*
 * The terminal as the guest's: each key goes to its serial port at once, those
 * that mean a signal, too, but for Ctrl-A x, which leaves. However the program
 * ends, unless it is killed (SIGKILL), the terminal is then as it was; also
 * while it is stopped (SIGTSTP).
 *
 * There is one at most. The loop's thread.
 */

#include <stdbool.h>
#include <stddef.h>
#include <termios.h>

#include <sys/types.h>

struct terminal {
    int fd; /* -1: none; borrowed */
    pid_t group;
    struct termios before;
    bool is_raw;
    bool escaped; /* the last key was Ctrl-A */
};

/* False: fd is no terminal. Before anything else looks for signals that end the
 * program: these restore it from now on. It stays as it is until
 * terminal_enter(). */
bool terminal_open(struct terminal *terminal, int fd);

/* The guest's now, unless another program has it (tcgetpgrp(3)); again is
 * fine. */
void terminal_enter(struct terminal *terminal);
/* As it was; again is fine, and without terminal_open(), too. */
void terminal_leave(struct terminal *terminal);
/* SIGTSTP: as it was, and the program stops; then the guest's again. */
void terminal_stop(struct terminal *terminal);

/* What of n typed bytes is the guest's, in their place: returns how many.
 * *ret_left: Ctrl-A x was among them. */
size_t terminal_filter(struct terminal *terminal, char *text, size_t n,
                       bool *ret_left);

#endif
