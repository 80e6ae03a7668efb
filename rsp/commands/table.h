/* SPDX-License-Identifier: MIT */
#ifndef RSP_COMMANDS_TABLE_H
#define RSP_COMMANDS_TABLE_H

/* Inside the library: the packets, and who answers each. */

#include "rsp/handler.h"

/* The command table, for the tests that walk it; NULL after the last. */
const struct rsp_command *command_at(size_t i);

/* Answers one packet; the payload is overwritten. */
void command_run(struct rsp_session *s, char *payload, size_t n);
/* Answers a packet that could not be read. */
void command_refuse(struct rsp_session *s, int why);

#endif
