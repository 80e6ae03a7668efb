/* SPDX-License-Identifier: MIT */
#ifndef STUB_VNC_CHILD_H
#define STUB_VNC_CHILD_H

/* The VNC server's own process: clients on one side, the program on the other.
 * Whatever a client does to it, the guest and the debugger go on. */

#include <stdbool.h>
#include <stdint.h>

struct vnc_child {
    int listen;          /* a listening socket */
    int link;            /* to the program: stub/vnc/link.h */
    const uint32_t *dot; /* shared, of a picture */
    bool sandbox;
};

/* In the new process. It ends with the program. */
_Noreturn void vnc_child_run(const struct vnc_child *child);

#endif
