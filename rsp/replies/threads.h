/* SPDX-License-Identifier: MIT */
#ifndef RSP_REPLIES_THREADS_H
#define RSP_REPLIES_THREADS_H

/* The threads of the target, and their names on the wire. */

#include "rsp/state.h"
#include "rsp/wire/args.h"
#include "rsp/wire/reply.h"

enum { RSP_PROCESS = 1 }; /* the number of the only process */
/* "p1.2", or "2" for a client without multiprocess. */
void reply_thread(const struct rsp_session *s, unsigned tid,
                  struct rsp_reply *r);
/* How many there are: none without a process. */
unsigned thread_count(const struct rsp_session *s);
/* All of them, with commas between. */
void reply_threads(const struct rsp_session *s, struct rsp_reply *r);
/* The thread that id names; the current one for TID_ANY and TID_ALL; 0 when
 * there is none such. */
unsigned thread_find(const struct rsp_session *s, struct rsp_thread_id id);
bool process_is_ours(int pid);
/* Whether it can be asked for registers: 0, REFUSE_THREAD if there is none such
 * (tid is 0), REFUSE_BUSY while it runs and others do not. */
int thread_check(const struct rsp_session *s, unsigned tid);
/* Whether the target runs, or, in non-stop mode, any thread of it. */
bool session_runs(const struct rsp_session *s);

#endif
