/* SPDX-License-Identifier: MIT */
/*
 * The one process, its end and its next life: !, qAttached, D, k, vKill, vRun,
 * R, vAttach. A client in extended mode goes on without a process (GDB manual,
 * "Connecting", target extended-remote); any other is done with its end.
 */
#include <errno.h>

#include "rsp/commands/handlers.h"
#include "rsp/handler.h"
#include "rsp/replies/nonstop.h"
#include "rsp/replies/report.h"
#include "rsp/replies/threads.h"
#include "rsp/wire/hex.h"

int cmd_extended(struct rsp_session *s, struct rsp_args *a, struct rsp_reply *r)
{
    (void)r;
    if (!args_ok(a))
        return REFUSE_MALFORMED;
    s->extended = true;
    return REPLY_OK;
}

/* 1: the guest was there before the client, which then detaches when it quits
 * and does not kill. */
int cmd_attached(struct rsp_session *s, struct rsp_args *a, struct rsp_reply *r)
{
    uint64_t pid = RSP_PROCESS;

    (void)s;
    if (args_try(a, ':'))
        pid = args_num(a);
    if (!args_ok(a))
        return REFUSE_MALFORMED;
    if (pid != RSP_PROCESS)
        return REFUSE_THREAD;
    reply_char(r, '1');
    return REPLY;
}

/* --- the end --- */

/* Nothing, or ";PID". */
static int parse_process(struct rsp_args *a)
{
    uint64_t pid = RSP_PROCESS;

    if (a->at < a->end) {
        args_skip(a, ';');
        pid = args_num(a);
    }
    if (!args_ok(a))
        return REFUSE_MALFORMED;
    return pid == RSP_PROCESS ? 0 : REFUSE_THREAD;
}

/* Nobody waits for a stop any more. */
static void end_process(struct rsp_session *s)
{
    s->no_process = true;
    s->running = s->holding = false;
    nonstop_forget(s);
    s->owed = RSP_OWED_NOTHING;
    s->done = !s->extended;
}

/* D1 is LLDB's: it stays stopped (qSupportsDetachAndStayStopped). */
int cmd_detach(struct rsp_session *s, struct rsp_args *a, struct rsp_reply *r)
{
    bool stay = args_try(a, '1');
    int err = parse_process(a);

    (void)r;
    if (!err && s->no_process)
        err = REFUSE_PROCESS;
    if (!err)
        err = s->ops->detach(s->target, stay);
    if (err)
        return err;
    end_process(s);
    return REPLY_OK;
}

int cmd_kill_process(struct rsp_session *s, struct rsp_args *a,
                     struct rsp_reply *r)
{
    (void)r;
    if (a->at == a->end) /* D may do without, vKill may not */
        return REFUSE_MALFORMED;
    int err = parse_process(a);
    if (!err && s->no_process)
        err = REFUSE_PROCESS;
    if (!err)
        err = s->ops->kill(s->target);
    if (err)
        return err;
    end_process(s);
    return REPLY_OK;
}

/* k has no reply, not even to say that it failed; but LLDB waits for one
 * (ProcessGDBRemote::DoDestroy), and calls silence a failure. */
int cmd_kill(struct rsp_session *s, struct rsp_args *a, struct rsp_reply *r)
{
    static const struct rsp_stop killed = {.kind = RSP_STOP_KILLED,
                                           .signal = RSP_SIGKILL};

    (void)a;
    if (!s->no_process)
        (void)s->ops->kill(s->target);
    end_process(s);
    if (!s->client.lldb)
        return REPLY_NONE;
    session_report(s, &killed, r);
    return REPLY;
}

/* --- the next life --- */

static int process_restart(struct rsp_session *s)
{
    int err = s->ops->restart->restart(s->target);

    if (err)
        return err;
    s->no_process = false;
    session_restarted(s);
    s->owed = RSP_OWED_NOTHING;
    return 0;
}

/* R has no reply either; '?' tells what came of it. */
int cmd_restart(struct rsp_session *s, struct rsp_args *a, struct rsp_reply *r)
{
    (void)r;
    if (!s->ops->restart)
        return -ENOTSUP;
    (void)args_num(a);
    if (!args_ok(a))
        return REFUSE_MALFORMED;
    (void)process_restart(s);
    return REPLY_NONE;
}

/* The answer of vRun and vAttach: there is a process again, and it stands. */
static int begin_process(struct rsp_session *s, struct rsp_reply *r)
{
    struct rsp_stop stop;
    int err = s->ops->why(s->target, &stop);

    if (err)
        return err;
    nonstop_told(s, &stop);
    session_report(s, &stop, r);
    return REPLY;
}

/* ";PID". Whoever has the process may not take it once more, as in gdbserver.
 */
int cmd_attach(struct rsp_session *s, struct rsp_args *a, struct rsp_reply *r)
{
    if (!s->ops->restart)
        return -ENOTSUP;
    if (a->at == a->end)
        return REFUSE_MALFORMED;
    int err = parse_process(a);
    if (!err && !s->no_process)
        err = REFUSE_BUSY;
    if (!err)
        err = s->ops->restart->attach(s->target);
    if (err)
        return err;
    s->no_process = false;
    if (!s->nonstop.on)
        return begin_process(s, r);
    nonstop_halted(s);
    return REPLY_OK;
}

/* ";FILE;ARGUMENT..." in hex. There is one program, and it takes none. */
static void skip_command_line(struct rsp_args *a)
{
    while (!a->bad && a->at < a->end) {
        size_t n;

        args_skip(a, ';');
        char *text = args_until(a, ';', &n);
        if (n % 2 || hex_decode(text, text, n / 2))
            a->bad = true;
    }
}

int cmd_run(struct rsp_session *s, struct rsp_args *a, struct rsp_reply *r)
{
    if (!s->ops->restart)
        return -ENOTSUP;
    skip_command_line(a);
    if (!args_ok(a))
        return REFUSE_MALFORMED;
    if (session_runs(s))
        return REFUSE_BUSY;
    int err = process_restart(s);
    return err ? err : begin_process(s, r);
}
