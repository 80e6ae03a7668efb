/* SPDX-License-Identifier: MIT */
#ifndef STUB_FRONT_DEBUGGER_H
#define STUB_FRONT_DEBUGGER_H

#include "stub/front/types.h"

/* d is zeroed; machine and monitor are borrowed, and image is what the machine
 * was booted from. */
void debugger_init(struct debugger *d, struct machine *machine,
                   const struct image *image,
                   const struct rsp_monitor_ops *monitor);
void debugger_done(struct debugger *d);

#endif
