/* SPDX-License-Identifier: MIT */
#ifndef STUB_SERVER_LINE_H
#define STUB_SERVER_LINE_H

/*
 * A serial port's line: the other end of it, which is a file, a terminal, or
 * whoever connects to a socket, one at a time. Where nobody is there, what the
 * guest sends goes nowhere, as on a wire; what somebody does not read holds it
 * up (stub/server/console.h).
 *
 * The loop's thread.
 */

#include <stdbool.h>

#include "kvm/device/serial.h"
#include "stub/machine.h"
#include "stub/server/console.h"
#include "stub/server/input.h"
#include "stub/server/line_target.h"
#include "stub/server/listener.h"

enum { LINES = BOARD_SERIAL_PORTS, LINE_PEERS = 16 };

struct terminal;

struct line {
    unsigned port;             /* of the machine's serial ports, from 0 */
    struct line_target target; /* its address becomes the real one */
    struct console *console;   /* what the guest sends: standard output's, */
    struct console own;        /* or this one; fd -1: nobody is there */
    struct input input;        /* and what it receives */
    struct listener listener;  /* SOCKET */
    /* SOCKET: who has come, in that order. Only the last may still be there;
     * of the others the guest has yet to read what they have sent. */
    int peer[LINE_PEERS];
    unsigned n_peers;
    struct terminal *terminal;    /* STDIO: whose keys they are; NULL: none */
    void (*ended)(void *context); /* nobody sends any more */
    void (*left)(void *context);  /* Ctrl-A x */
    void *context;
};

/*
 * Before the machine is made: files and pseudo-terminals are opened, and that
 * is said. stdio is that of LINE_STDIO; borrowed. A file is made, or what it
 * has is left there and appended to; it is a regular one. -errno with a
 * sentence, and then there is nothing to close.
 */
int line_open(struct line *line, unsigned port,
              const struct line_target *target, struct console *stdio,
              struct diag *diag);
/* For the machine; put is NULL if there is no such port. */
struct console_sink line_sink(struct line *line);

/* When there is a machine: sockets are listened on, which is said, and input is
 * taken. has_stdin: standard input is that of LINE_STDIO. terminal, ended,
 * left and context are set. The file of a UNIX socket is the caller's. -errno
 * with a sentence. */
int line_attach(struct line *line, struct loop *loop, struct machine *machine,
                bool has_stdin, struct diag *diag);
/* Ends what line_attach() began; fine if it failed, or was not called. */
void line_detach(struct line *line);
/* Ends what line_open() began. */
void line_close(struct line *line);

#endif
