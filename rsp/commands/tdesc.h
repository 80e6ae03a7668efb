/* SPDX-License-Identifier: MIT */
#ifndef RSP_COMMANDS_TDESC_H
#define RSP_COMMANDS_TDESC_H

/* target.xml (GDB manual, "Target Descriptions") from a description. */

#include "rsp/regs.h"
#include "rsp/wire/xml.h"

void tdesc_write(struct rsp_xml *xml, const struct rsp_desc *desc);

#endif
