/* SPDX-License-Identifier: MIT */
#ifndef TESTS_UNIT_FRONT_FIXTURE_H
#define TESTS_UNIT_FRONT_FIXTURE_H

/* The whole debugger on a fake machine, talked to in packets. */

#include "stub/front/types.h"
#include "tests/support/fake_machine.h"

enum { CODE = 0x3000, PRIVATE = 0x4000, COUNTERS = 0x2000 };

extern struct fake_machine m;
extern struct debugger d;

/* All vCPUs stand at CODE, memory is zero, and a client in no-ack mode has
 * connected. */
void begin(unsigned n);
void begin_without_client(unsigned n);
void end(void);

void code(uint64_t gpa, const char *bytes, size_t n);
#define CODE_AT(gpa, bytes) code((gpa), (bytes), sizeof(bytes) - 1)

/* Sends a packet, lets the guest go on to its next stop or for a while, and
 * returns all replies: one alone without brackets. Static. */
const char *talk(const char *packet);
/* Without a packet. */
const char *go_on(void);
/* The client's Ctrl-C. */
const char *interrupt(void);
/* `monitor` LINE: the text that comes back. Static. */
const char *monitor(const char *line);

/* What was asked, the answer, and what it should be, up to a '*'. */
void expect_said(const char *asked, const char *saw, const char *wanted);

/* A row of a conversation. */
struct exchange {
    const char *packet, *reply;
};
/* Each packet has this reply. */
void converse(const struct exchange *lines, size_t n);
#define CONVERSE(lines) converse(lines, sizeof(lines) / sizeof(lines)[0])

#endif
