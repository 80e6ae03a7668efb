/* SPDX-License-Identifier: MIT */
#ifndef STUB_SERVER_H
#define STUB_SERVER_H

/*
 * The server: accepts clients, one at a time, and alternates between their
 * packets and the guest until one of them ends it.
 */

#include "kvm/diag.h"
#include "stub/address.h"
#include "stub/debugger.h"

struct server;

/* Listens; the address's port becomes the real one. debugger is borrowed.
 * once: end with the first client (--gdb). -errno with diag. */
int server_create(struct server **ret, struct debugger *debugger,
                  struct address *address, bool once, struct diag *diag);
/* Readable when the server has something to do; for poll(2) only. */
int server_descriptor(const struct server *server);
/* Until the debugger is finished or a signal says so: the exit status. */
int server_run(struct server *server);
void server_free(struct server *server);

#endif
