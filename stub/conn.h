/* SPDX-License-Identifier: MIT */
#ifndef STUB_CONN_H
#define STUB_CONN_H

/*
 * One client's byte stream: moves bytes between descriptors and a session and
 * knows nothing of either's meaning. While the session does not take bytes
 * none are read, so a slow client slows itself.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rsp/session.h"
#include "stub/loop.h"

enum { CONN_BUFFER = 0x40000 };

struct conn {
    struct loop *loop;
    struct rsp_session *session;
    /* After bytes went in, and when the stream has ended. */
    void (*fed)(void *context);
    void (*ended)(void *context);
    void *context;

    bool open, failed;
    struct loop_source in, out;     /* the same descriptor but with stdio */
    uint32_t in_events, out_events; /* what the loop watches now */
    size_t pending; /* bytes read that the session has not taken */
    char buffer[CONN_BUFFER];
};

/* Takes the descriptors over and makes them non-blocking; in and out may be
 * the same. -errno, and then they are closed. */
int conn_open(struct conn *conn, int in, int out);
void conn_close(struct conn *conn);

/* When the peer has hung up and the loop has not got to it yet: takes what it
 * still sent and ends the stream now. */
void conn_end_if_hung_up(struct conn *conn);

/* Sends what the session has, as far as it goes now. Closes the stream when
 * the session is done and all is sent, or when the peer is gone. */
void conn_flush(struct conn *conn);

#endif
