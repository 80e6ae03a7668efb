/* SPDX-License-Identifier: MIT */
#ifndef STUB_VNC_LINK_H
#define STUB_VNC_LINK_H

/*
 * What the program and its VNC server, two processes, say to each other, over a
 * socket that keeps messages apart; and the memory of a picture that they
 * share. The program writes to that between a FRAME and its answer, and the
 * server reads it at other times, so it needs no lock. Types alone.
 */

#include <stdint.h>

#include "kvm/core/diag.h"
#include "kvm/device/picture.h"

enum vnc_request_kind {
    VNC_FRAME, /* draw; the answer is a struct vnc_frame */
    VNC_KEY,   /* no answer */
};

struct vnc_request {
    uint32_t kind;
    uint32_t keysym; /* KEY: X11's number */
    uint32_t down;
};

struct vnc_frame {
    uint32_t columns, rows; /* 0: a mode that is not shown */
};

/* The server's first message: it has begun, or why not. */
struct vnc_hello {
    int32_t result; /* 0 or -errno, */
    struct diag diag;
};

#endif
