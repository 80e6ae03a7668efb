/* SPDX-License-Identifier: MIT */
#ifndef STUB_MONITOR_MONITOR_H
#define STUB_MONITOR_MONITOR_H

/* For debugger_init(); the target is a debugger. */

#include "rsp/target.h"

extern const struct rsp_monitor_ops monitor_ops;

#endif
