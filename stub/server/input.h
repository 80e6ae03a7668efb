/* SPDX-License-Identifier: MIT */
#ifndef STUB_SERVER_INPUT_H
#define STUB_SERVER_INPUT_H

/*
 * What comes to the guest's serial port from a file descriptor. Nothing is
 * lost: what the guest has not read yet waits in the pipe, the file or the
 * terminal. At its end the line is silent.
 *
 * Of a person's keys some may not be the guest's, and those count even if it
 * reads nothing: so with a filter everything is read at once and waits here.
 * Only when there is no room any more the rest of it is lost.
 *
 * The loop's thread.
 */

#include <stdbool.h>
#include <stddef.h>

#include "stub/machine.h"
#include "stub/server/loop.h"

enum { INPUT_MAX = 16384 };

struct input {
    struct loop *loop;
    struct machine *machine;
    unsigned port; /* of the machine's serial ports */
    /* It has come to its end: nobody types any more. */
    void (*ended)(void *context);
    /* NULL, or: what of n bytes is for the guest, moved to the beginning; how
     * many these are. */
    size_t (*filter)(void *context, char *text, size_t n);
    void *context;
    struct loop_source source; /* fd -1: none, or no longer */
    struct loop_source timer;  /* to try again; fd -1: none */
    bool listening;            /* the loop has the source */
    bool is_file;              /* which epoll does not take: always ready */
    char text[INPUT_MAX];
    size_t n, at; /* what was read, and how much of it is sent */
    long pause_ns;
};

/* ended, context and port are set; zeros otherwise. -errno. */
int input_open(struct input *input, struct loop *loop, struct machine *machine);
/* What comes from fd, which is borrowed, until its end. -errno; a descriptor
 * that cannot be read is none. */
int input_take(struct input *input, int fd);
/* No longer; fine where it does not. */
void input_leave(struct input *input);
/* Fine when it is not open. */
void input_close(struct input *input);

#endif
