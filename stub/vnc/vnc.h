/* SPDX-License-Identifier: MIT */
#ifndef STUB_VNC_VNC_H
#define STUB_VNC_VNC_H

/*
 * --vnc: the guest's screen and keyboard for VNC clients. They talk to a
 * process of its own (stub/vnc/child.h); here it is answered: pictures are
 * drawn, keys are pressed. While no client is connected it asks for nothing.
 *
 * The loop's thread.
 */

#include <stdbool.h>
#include <stdint.h>

#include <sys/types.h>

#include "kvm/core/diag.h"
#include "stub/machine.h"
#include "stub/server/address.h"
#include "stub/server/loop.h"

struct vnc {
    struct address address;
    int listen;     /* -1: there is no server */
    bool owns_file; /* of a UNIX socket: until somebody else removes it */
    struct loop *loop;
    struct machine *machine;
    struct loop_source link;  /* fd -1: it has gone */
    struct loop_source pause; /* a timer; fd -1: none */
    uint32_t *dot;            /* shared */
};

/* Listens, and starts the process: before there is a guest or a thread. The
 * address's port becomes the real one. vnc needs no initialization. -errno with
 * a sentence; vnc_end() is due then, too. */
int vnc_start(struct vnc *vnc, const struct address *address, bool sandbox,
              struct diag *diag);
/* Answers it from here on. -errno with a sentence. */
int vnc_attach(struct vnc *vnc, struct loop *loop, struct machine *machine,
               struct diag *diag);
/* ... to here. Before the loop goes; fine when not attached. */
void vnc_detach(struct vnc *vnc);
/* The process ends; fine where there is none. */
void vnc_end(struct vnc *vnc);

#endif
