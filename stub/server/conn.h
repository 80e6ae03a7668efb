/* SPDX-License-Identifier: MIT */
#ifndef STUB_SERVER_CONN_H
#define STUB_SERVER_CONN_H

/*
 * One client's byte stream: moves bytes between descriptors and a session and
 * knows nothing of either's meaning, but that a stream which does not begin as
 * the protocol does must not reach the session. While that does not take bytes
 * none are read, so a slow client slows itself.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rsp/state.h"
#include "stub/server/loop.h"

enum { CONN_BUFFER = 0x40000 };

struct conn {
    struct loop *loop;
    struct rsp_session *session;
    /* Before the first packet goes in, after bytes went in, and when the stream
     * has ended. */
    void (*began)(void *context);
    void (*fed)(void *context);
    void (*ended)(void *context);
    /* It has begun with these bytes, which no debugger sends; it ends now. */
    void (*refused)(void *context, const char *bytes, size_t n);
    void *context;

    bool open, failed;
    bool begun; /* the session is this client's: it has sent a packet */
    struct loop_source in, out;     /* the same descriptor but with stdio */
    uint32_t in_events, out_events; /* what the loop watches now */
    size_t pending; /* bytes read that the session has not taken */
    char buffer[CONN_BUFFER];
};

/* Takes the descriptors over and makes them non-blocking; in and out may be
 * the same. -errno, and then they are closed. */
int conn_open(struct conn *conn, int in, int out);
void conn_close(struct conn *conn);

/*
 * Somebody else has come: whether there is no room. First what the peer has
 * sent, and the loop has not got to yet, is taken; if it has hung up its stream
 * ends now, and one that has not sent a packet is closed. (Browsers connect in
 * advance and say nothing.)
 */
bool conn_is_taken(struct conn *conn);

/* Sends what the session has, as far as it goes now. Closes the stream when
 * the session is done and all is sent, or when the peer is gone. */
void conn_flush(struct conn *conn);

#endif
