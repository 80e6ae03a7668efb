/* SPDX-License-Identifier: MIT */
#ifndef STUB_SERVER_SERVER_H
#define STUB_SERVER_SERVER_H

/*
 * The server: accepts clients, one at a time, and alternates between their
 * packets and the guest until one of them ends it.
 */

#include "kvm/core/diag.h"
#include "stub/front/types.h"
#include "stub/server/address.h"
#include "stub/server/lines.h"

struct loop;
struct server;
struct terminal;

struct server_config {
    struct address address;
    bool once;                 /* end with the first client (--gdb) */
    int debugger;              /* borrowed; readable when the debugger that was
                                  started has ended: if nobody connects soon
                                  after it, nobody will. 0 or less: none */
    uint64_t timeout_ns;       /* end after this time; 0: none */
    struct lines lines;        /* where the guest's text goes */
    bool has_input;            /* standard input is the guest's */
    struct terminal *terminal; /* opened, and one of the lines'; or NULL */
};

/* Listens; the address's port becomes the real one, and the file of a UNIX
 * socket is the caller's (address_unlink()). debugger is borrowed.
 * -errno with diag. */
int server_create(struct server **ret, struct debugger *debugger,
                  struct server_config *config, struct diag *diag);
/* For who else waits for a descriptor; until the server goes. */
struct loop *server_loop(struct server *server);
/* Until the debugger is finished: by itself, by a signal or by the timeout. */
void server_run(struct server *server);
void server_free(struct server *server);

#endif
