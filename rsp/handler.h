/* SPDX-License-Identifier: MIT */
#ifndef RSP_HANDLER_H
#define RSP_HANDLER_H

/*
 * Inside the library: what answers a packet, and what a client can take. Types
 * alone.
 */

#include "rsp/state.h"
#include "rsp/wire/args.h"
#include "rsp/wire/reply.h"

/*
 * What a handler returns: one of these, or -errno of the target. Our own
 * refusals are positive, so that the target's last_error() is never quoted for
 * a failure that it has nothing to do with.
 */
enum rsp_result {
    REPLY,      /* the payload as written */
    REPLY_OK,   /* "OK" */
    REPLY_NONE, /* nothing now, maybe later */
    REFUSE_MALFORMED,
    REFUSE_THREAD,
    REFUSE_PROCESS,
    REFUSE_BUSY,
    REFUSE_SUM,
    REFUSE_LONG,
    RSP_RESULTS
};

/* When a packet is answered by its handler, and not by EBUSY. In non-stop mode
 * nothing is refused for the whole target: who asks a thread for its registers
 * looks whether it runs, the rest is for the target to say. */
enum rsp_when {
    WHEN_ANY,
    WHEN_STOPPED, /* refused while the target runs */
    WHEN_PROCESS, /* and without a process: killed, left, or ended */
};

typedef int rsp_handler(struct rsp_session *s, struct rsp_args *a,
                        struct rsp_reply *r);

/* A packet name is one character, except that q, Q and v packets are named up
 * to the first of ":;,": so "qCRC:" is never mistaken for "qC". */
struct rsp_command {
    const char *name;
    rsp_handler *run;
    enum rsp_when when;
};

/* What the client says it understands in qSupported and later. */
enum {
    CLIENT_MULTIPROCESS = 1 << 0,
    CLIENT_SWBREAK = 1 << 1,
    CLIENT_HWBREAK = 1 << 2,
    CLIENT_ERROR_TEXT = 1 << 3,    /* E.text */
    CLIENT_ERROR_STRINGS = 1 << 4, /* Exx;hex: QEnableErrorStrings */
    CLIENT_THREAD_SUFFIX = 1 << 5, /* g;thread:1; QThreadSuffixSupported */
    CLIENT_LIST_THREADS = 1 << 6,  /* threads: in T: QListThreadsInStopReply */
};

static inline bool client_has(const struct rsp_session *s, unsigned feature)
{
    return s->features & feature;
}

#endif
