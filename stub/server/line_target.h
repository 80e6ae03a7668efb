/* SPDX-License-Identifier: MIT */
#ifndef STUB_SERVER_LINE_TARGET_H
#define STUB_SERVER_LINE_TARGET_H

/* What a serial port is connected to, as --serial has it: stdio, pty,
 * unix:PATH, tcp:PORT, file:PATH or none. */

#include "kvm/core/diag.h"
#include "stub/server/address.h"

enum line_kind {
    LINE_STDIO,
    LINE_PTY,
    LINE_SOCKET, /* address: loopback, or a file */
    LINE_FILE,
    LINE_NONE /* there is no such port */
};

struct line_target {
    enum line_kind kind;
    struct address address;
    const char *path; /* FILE; borrowed from the text */
};

/* -EINVAL with a sentence. */
int line_target_parse(struct line_target *target, const char *text,
                      struct diag *diag);

#endif
