/* SPDX-License-Identifier: MIT */
#ifndef STUB_VNC_RFB_H
#define STUB_VNC_RFB_H

/*
 * The RFB protocol (RFC 6143), server side: by libvncserver, if its headers are
 * there when the program is built (rfb.c), and else not at all (rfb_none.c).
 * It is loaded when it is wanted, for it and what it needs in turn take longer
 * to load than all else that the program does before it listens.
 *
 * A client may take up to two seconds of any of these functions. One thread,
 * and one such server in a process.
 */

#include <stdbool.h>
#include <stdint.h>

#include "kvm/core/diag.h"
#include "kvm/device/picture.h"

/* A key, by its X11 number, went down or up at a client. */
typedef void rfb_on_key(void *context, uint32_t keysym, bool down);

/* Loads it; a black screen. -errno with a sentence. */
int rfb_open(rfb_on_key *on_key, void *context, struct diag *diag);
/* A connected stream socket, which is the callee's. */
void rfb_accept(int fd);
/* How many clients there are. */
unsigned rfb_clients(void);
/* What clients have sent, and what is to be sent to them; waits for something
 * to do, but so many us at most. */
void rfb_process(long us);
/* What is to be seen from now on. */
void rfb_show(const struct picture *picture);

#endif
