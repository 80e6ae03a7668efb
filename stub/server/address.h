/* SPDX-License-Identifier: MIT */
#ifndef STUB_SERVER_ADDRESS_H
#define STUB_SERVER_ADDRESS_H

/* Where to listen: tcp:HOST:PORT, unix:PATH, stdio; or nowhere: none. */

#include <stdbool.h>

#include <sys/types.h>

#include "kvm/core/diag.h"

enum address_kind { ADDRESS_TCP, ADDRESS_UNIX, ADDRESS_STDIO, ADDRESS_NONE };
/* Who comes there: in words for the user. */
enum address_user { ADDRESS_DEBUGGER, ADDRESS_LINE, ADDRESS_VNC };

struct address {
    enum address_kind kind;
    char host[256]; /* TCP: name or number, "" is loopback */
    char port[16];  /* TCP: decimal; "0" picks a free one */
    char path[108]; /* UNIX; the size is sun_path's */
    enum address_user user;
    mode_t mode;  /* UNIX: who may connect, as of a file; 0600 at first */
    dev_t device; /* UNIX: the socket's file, once it is made */
    ino_t inode;
};

/* -EINVAL with diag. */
int address_parse(struct address *address, const char *text, struct diag *diag);

/*
 * A listening, non-blocking socket; not for STDIO and NONE. With TCP the
 * address's port becomes the real one. A UNIX socket whose program has died is
 * replaced; one in use is not, nor is any other kind of file, nor is it
 * connected to. -errno with diag: port in use, no such host, ...
 */
int address_listen(struct address *address, struct diag *diag);
/* Removes a UNIX socket's file, if it is still the one that address_listen()
 * made; before that socket is closed, or another may have its number. */
void address_unlink(const struct address *address);

/* "tcp:127.0.0.1:1234": a kind, a colon, and what debuggers want of it. Host
 * and port, although ":1234" would do on most machines: that needs a resolver
 * which knows localhost. */
void address_format(const struct address *address, char *text, unsigned cap);

#endif
