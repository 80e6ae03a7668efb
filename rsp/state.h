/* SPDX-License-Identifier: MIT */
#ifndef RSP_STATE_H
#define RSP_STATE_H

/* What a session remembers. Types alone: rsp/session.h is how it is used. */

#include "rsp/target.h"
#include "rsp/wire/receiver.h"
#include "rsp/wire/sender.h"

enum rsp_state {
    RSP_STOPPED, /* packets are answered */
    RSP_RUNNING, /* a resume is under way, its stop reply is owed; in non-stop
                    mode: a thread runs */
    RSP_DONE,    /* detached or killed: send the output, then close */
};

/* Who waits for the next stop. */
enum rsp_owed {
    RSP_OWED_NOTHING,
    RSP_OWED_TO_RESUME, /* c, s, vCont: O packets may come before */
    RSP_OWED_TO_QUERY,  /* '?' of a client that found the target running */
    RSP_OWED_TO_MODE,   /* QNonStop:0: OK when all threads have stopped */
};

/* A thread in non-stop mode. */
struct rsp_thread_state {
    bool running;
    bool untold;          /* it has stopped, and is in the queue */
    struct rsp_stop stop; /* why, unless it runs */
};

/* Non-stop mode: rsp/replies/nonstop.h. */
struct rsp_nonstop {
    bool on;
    bool telling; /* the client was told of a stop, and has not asked for the
                     next one yet: of the first in the queue, ... */
    bool stale;   /* ... or of one that is not in there any more */
    /* Of the threads that exist; a later one runs when it appears. */
    struct rsp_thread_state thread[RSP_MAX_THREADS];
    /* The threads whose stops the client does not know of, or has not said that
     * it does: in the order in which they stopped. */
    unsigned n_queued;
    unsigned queue[RSP_MAX_THREADS];
    bool end_untold; /* the same for the end of the process, alone there */
    struct rsp_stop end;
};

/* Embed it; its members are private. */
struct rsp_session {
    const struct rsp_target_ops *ops;
    void *target;
    const struct rsp_desc *desc; /* the one that the client knows */
    struct rsp_client client;
    unsigned features; /* what the client can take: CLIENT_* of handler.h */
    bool no_ack, running, done;
    bool lone_step; /* the resume is a step of one thread and nothing else */
    bool described; /* the client has read the description from us */
    bool holding;   /* a stop is held back: rsp/replies/follow.h */
    struct rsp_stop held;
    bool physical; /* memory is read, written and searched by physical addresses
                    */
    bool polled;   /* ... from a client that does not wait for it */
    bool has_symbols, has_file; /* it has asked for symbols; it may go by the
                                   architecture of a file */
    bool extended;              /* it goes on after the end of the process */
    bool no_process; /* which was killed or left, until it is run again */
    enum rsp_owed owed;
    struct rsp_nonstop nonstop;
    unsigned tid; /* Hg: the thread that g, p, m, ... are about */
    int step_tid; /* Hc: the thread that s steps, or TID_ALL, TID_ANY */
    struct rsp_receiver rx;
    struct rsp_sender tx;
};

#endif
