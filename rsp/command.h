/* SPDX-License-Identifier: MIT */
#ifndef RSP_COMMAND_H
#define RSP_COMMAND_H

/*
 * Inside the library: what the session, the command table and the handlers
 * know of each other. Handlers live in cmd_*.c, one file a topic.
 */

#include "rsp/session.h"
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

/* When a packet is answered by its handler, and not by EBUSY. */
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

/* The command table, for the tests that walk it; NULL after the last. */
const struct rsp_command *command_at(size_t i);

/* Answers one packet; the payload is overwritten. */
void command_run(struct rsp_session *s, char *payload, size_t n);
/* Answers a packet that could not be read. */
void command_refuse(struct rsp_session *s, int why);
/* A failure in words for a packet of which GDB took E.text before it offered
 * to (gdb/remote.c, packet_check_result: P): what the handler returns. */
int command_explain(const struct rsp_session *s, struct rsp_reply *r, int err);

/* Turns the result into a payload, if need be, and sends the packet that was
 * begun with tx_begin(). */
void command_send(struct rsp_session *s, struct rsp_reply *r, int result);

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

/* --- session.c --- */
/* The target runs now; its stop answers the client. */
void session_resumed(struct rsp_session *s);
/* Asks the target for its description. */
void session_describe(struct rsp_session *s);
/* Writes why the target is stopped and makes that thread the current one. */
void session_report(struct rsp_session *s, const struct rsp_stop *stop,
                    struct rsp_reply *r);
/* The same for a client that has asked with '?'. */
void session_answer(struct rsp_session *s, const struct rsp_stop *stop,
                    struct rsp_reply *r);

/* --- threads.c --- */
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

/* --- handlers --- */
rsp_handler cmd_insert_breakpoint, cmd_remove_breakpoint;
rsp_handler cmd_read_memory, cmd_write_memory, cmd_read_binary,
    cmd_write_binary, cmd_search;
rsp_handler cmd_monitor;
rsp_handler cmd_get_physical, cmd_set_physical, cmd_step_bits;
rsp_handler cmd_host_info, cmd_process_info, cmd_watchpoint_info,
    cmd_can_stay_stopped, cmd_region_info;
rsp_handler cmd_supported, cmd_no_ack, cmd_symbol, cmd_error_strings,
    cmd_thread_suffix, cmd_list_threads;
rsp_handler cmd_read_registers, cmd_write_registers, cmd_read_register,
    cmd_write_register;
rsp_handler cmd_why, cmd_continue, cmd_continue_signal, cmd_step,
    cmd_step_signal, cmd_resume, cmd_resume_actions, cmd_interrupt;
rsp_handler cmd_extended, cmd_attached, cmd_detach, cmd_kill, cmd_kill_process,
    cmd_restart, cmd_run, cmd_attach;
rsp_handler cmd_set_thread, cmd_thread_alive, cmd_current_thread,
    cmd_first_threads, cmd_next_threads, cmd_thread_info;
rsp_handler cmd_transfer;

#endif
