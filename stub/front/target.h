/* SPDX-License-Identifier: MIT */
#ifndef STUB_FRONT_TARGET_H
#define STUB_FRONT_TARGET_H

/* How the session reaches the debugger, all but its `monitor` commands. */

#include "rsp/target.h"

extern const struct rsp_target_ops target_ops;

#endif
