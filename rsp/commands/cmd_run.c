/* SPDX-License-Identifier: MIT */
/*
 * Run control: ?, c, C, s, S, vCont, vCtrlC. A resume is answered by the stop
 * that ends it, in rsp_stopped().
 */
#include <errno.h>
#include <string.h>

#include "rsp/commands/handlers.h"
#include "rsp/handler.h"
#include "rsp/replies/follow.h"
#include "rsp/replies/nonstop.h"
#include "rsp/replies/report.h"
#include "rsp/replies/threads.h"

/* --- why it is stopped --- */

int cmd_why(struct rsp_session *s, struct rsp_args *a, struct rsp_reply *r)
{
    struct rsp_stop stop;

    if (!args_ok(a))
        return REFUSE_MALFORMED;
    if (s->nonstop.on)
        return nonstop_again(s, r);
    if (s->running) {
        if (s->owed != RSP_OWED_NOTHING)
            return REFUSE_BUSY;
        s->owed = RSP_OWED_TO_QUERY;
        return REPLY_NONE;
    }
    if (s->no_process) {
        reply_text(r, "W00");
        return REPLY;
    }
    int err = s->ops->why(s->target, &stop);
    if (err)
        return err;
    session_answer(s, &stop, r);
    return REPLY;
}

/* --- resuming --- */

struct plan {
    size_t n;
    struct rsp_action action[RSP_MAX_THREADS]; /* of thread i + 1 */
    bool chosen[RSP_MAX_THREADS];              /* there was an action for it */
    size_t n_actions;                          /* of the packet */
    bool lone_step;                            /* just one, and it steps */
};

static void plan_init(const struct rsp_session *s, struct plan *plan)
{
    memset(plan, 0, sizeof *plan); /* all RSP_HOLD */
    plan->n = s->ops->threads(s->target);
}

/* The first action that matches a thread is the one (GDB manual, "vCont"). */
static void plan_thread(struct plan *plan, size_t i,
                        const struct rsp_action *action)
{
    if (plan->chosen[i])
        return;
    plan->chosen[i] = true;
    plan->action[i] = *action;
}

static void plan_all(struct plan *plan, const struct rsp_action *action)
{
    for (size_t i = 0; i < plan->n; i++)
        plan_thread(plan, i, action);
}

static bool plan_resumes(const struct plan *plan)
{
    for (size_t i = 0; i < plan->n; i++)
        if (plan->action[i].resume != RSP_HOLD)
            return true;
    return false;
}

/* Action t: it was chosen, and not to run. */
static bool plan_stops(const struct plan *plan, size_t i)
{
    return plan->chosen[i] && plan->action[i].resume == RSP_HOLD;
}

/* Nobody to resume means that nothing will stop: it is answered at once. */
static int cmd_run_stay(struct rsp_session *s, struct rsp_reply *r)
{
    const struct rsp_stop stop = {
        .kind = RSP_STOP_SIGNAL, .signal = RSP_SIGNAL_0, .tid = s->tid};

    session_report(s, &stop, r);
    return REPLY;
}

static int cmd_run_start(struct rsp_session *s, const struct plan *plan)
{
    int err = s->ops->resume(s->target, plan->action, plan->n);

    if (err)
        return err;
    s->lone_step = plan->lone_step;
    session_resumed(s);
    return REPLY_NONE;
}

/*
 * In non-stop mode, where the answer comes at once. Who runs already is not
 * resumed, and who stands is not stopped (GDB manual, "Packets", vCont).
 */
static int start_threads(struct rsp_session *s, const struct plan *plan)
{
    struct rsp_action action[RSP_MAX_THREADS] = {{.resume = RSP_HOLD}};
    bool any = false;

    for (unsigned i = 0; i < plan->n; i++) {
        if (!nonstop_can_resume(s, i + 1))
            continue;
        action[i] = plan->action[i];
        any |= action[i].resume != RSP_HOLD;
    }
    int err = any ? s->ops->resume(s->target, action, plan->n) : 0;
    if (err)
        return err;
    for (unsigned i = 0; i < plan->n; i++) {
        struct rsp_thread_state *thread = &s->nonstop.thread[i];

        if (action[i].resume != RSP_HOLD)
            thread->running = true;
        else if (plan_stops(plan, i) && thread->running)
            s->ops->nonstop->stop(s->target, i + 1);
    }
    return REPLY_OK;
}

static int carry_out(struct rsp_session *s, const struct plan *plan,
                     struct rsp_reply *r)
{
    const struct rsp_stop *held = follow_end(s);

    if (held) {
        session_report(s, held, r);
        return REPLY;
    }
    if (s->no_process)
        return REFUSE_PROCESS;
    if (s->nonstop.on)
        return start_threads(s, plan);
    return plan_resumes(plan) ? cmd_run_start(s, plan) : cmd_run_stay(s, r);
}

/* From elsewhere: a stop that is held back is of the past then. */
static int jump_and_start(struct rsp_session *s, const struct plan *plan,
                          unsigned tid, uint64_t pc)
{
    if (s->no_process)
        return REFUSE_PROCESS;
    if (s->nonstop.on && !nonstop_can_resume(s, tid))
        return REFUSE_BUSY;
    int result = s->ops->reg_begin(s->target, tid);
    if (result)
        return result;
    result = s->ops->set_pc(s->target, tid, pc);
    if (!result)
        result =
            s->nonstop.on ? start_threads(s, plan) : cmd_run_start(s, plan);
    s->ops->reg_end(s->target, tid, result >= 0);
    if (result >= 0)
        (void)follow_end(s);
    return result;
}

/* The thread that c and s are about: Hc's, or the current one. */
static unsigned step_thread(const struct rsp_session *s)
{
    struct rsp_thread_id id = {RSP_PROCESS, s->step_tid};

    return thread_find(s, id);
}

/* c and s with what is left of their arguments: an address or nothing. The one
 * thread does as told, the others run along, but in non-stop mode. */
static int resume_at(struct rsp_session *s, struct rsp_args *a,
                     struct rsp_reply *r, enum rsp_resume how)
{
    struct rsp_action action = {.resume = how};
    struct rsp_action run = {.resume = RSP_CONTINUE};
    struct plan plan;
    unsigned tid = step_thread(s);
    bool jump = a->at < a->end;
    uint64_t pc = jump ? args_num(a) : 0;

    if (!args_ok(a))
        return REFUSE_MALFORMED;
    if (!tid)
        return REFUSE_THREAD;
    plan_init(s, &plan);
    plan_thread(&plan, tid - 1, &action);
    if (!s->nonstop.on)
        plan_all(&plan, &run);
    plan.lone_step = how == RSP_STEP;
    return jump ? jump_and_start(s, &plan, tid, pc) : carry_out(s, &plan, r);
}

/* The signal to deliver: a machine has none, so it is only checked. */
static void skip_signal(struct rsp_args *a)
{
    if (args_num(a) > UINT8_MAX)
        a->bad = true;
}

static int resume_with_signal(struct rsp_session *s, struct rsp_args *a,
                              struct rsp_reply *r, enum rsp_resume how)
{
    skip_signal(a);
    if (args_try(a, ';') && a->at == a->end)
        a->bad = true; /* the address is missing */
    return a->bad ? REFUSE_MALFORMED : resume_at(s, a, r, how);
}

int cmd_continue(struct rsp_session *s, struct rsp_args *a, struct rsp_reply *r)
{
    return resume_at(s, a, r, RSP_CONTINUE);
}

int cmd_step(struct rsp_session *s, struct rsp_args *a, struct rsp_reply *r)
{
    return resume_at(s, a, r, RSP_STEP);
}

int cmd_continue_signal(struct rsp_session *s, struct rsp_args *a,
                        struct rsp_reply *r)
{
    return resume_with_signal(s, a, r, RSP_CONTINUE);
}

int cmd_step_signal(struct rsp_session *s, struct rsp_args *a,
                    struct rsp_reply *r)
{
    return resume_with_signal(s, a, r, RSP_STEP);
}

/* --- vCont --- */

static void no_operand(struct rsp_args *a, struct rsp_action *action)
{
    (void)a;
    (void)action;
}

static void signal_operand(struct rsp_args *a, struct rsp_action *action)
{
    (void)action;
    skip_signal(a);
}

static void range_operand(struct rsp_args *a, struct rsp_action *action)
{
    action->lo = args_num(a);
    args_skip(a, ',');
    action->hi = args_num(a);
}

/* clang-format off */
static const struct {
    char letter;
    enum rsp_resume resume;
    void (*operand)(struct rsp_args *a, struct rsp_action *action);
} verbs[] = {
    {'c', RSP_CONTINUE,   no_operand},
    {'C', RSP_CONTINUE,   signal_operand},
    {'s', RSP_STEP,       no_operand},
    {'S', RSP_STEP,       signal_operand},
    {'t', RSP_HOLD,       no_operand},
    {'r', RSP_STEP_RANGE, range_operand},
};
/* clang-format on */

int cmd_resume_actions(struct rsp_session *s, struct rsp_args *a,
                       struct rsp_reply *r)
{
    (void)s;
    if (!args_ok(a))
        return REFUSE_MALFORMED;
    reply_text(r, "vCont");
    for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++) {
        reply_char(r, ';');
        reply_char(r, verbs[i].letter);
    }
    return REPLY;
}

static void parse_action(struct rsp_args *a, struct rsp_action *ret_action)
{
    char letter = args_char(a);

    *ret_action = (struct rsp_action){.resume = RSP_HOLD};
    for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++) {
        if (verbs[i].letter != letter)
            continue;
        ret_action->resume = verbs[i].resume;
        verbs[i].operand(a, ret_action);
        return;
    }
    a->bad = true;
}

/* One ";ACTION[:THREAD]". */
static int plan_next(const struct rsp_session *s, struct rsp_args *a,
                     struct plan *plan)
{
    struct rsp_thread_id id = {TID_ALL, TID_ALL};
    struct rsp_action action;

    args_skip(a, ';');
    parse_action(a, &action);
    if (args_try(a, ':'))
        id = args_thread(a);
    if (a->bad)
        return REFUSE_MALFORMED;
    unsigned tid = thread_find(s, id);
    if (!tid)
        return REFUSE_THREAD;
    if (id.tid == TID_ALL)
        plan_all(plan, &action);
    else
        plan_thread(plan, tid - 1, &action);
    plan->lone_step = plan->n_actions++ == 0 && action.resume == RSP_STEP;
    return 0;
}

int cmd_resume(struct rsp_session *s, struct rsp_args *a, struct rsp_reply *r)
{
    struct plan plan;
    int err = 0;

    if (a->at == a->end)
        return REFUSE_MALFORMED;
    plan_init(s, &plan);
    while (a->at < a->end && !err)
        err = plan_next(s, a, &plan);
    return err ? err : carry_out(s, &plan, r);
}

/* --- stopping --- */

int cmd_interrupt(struct rsp_session *s, struct rsp_args *a,
                  struct rsp_reply *r)
{
    (void)r;
    if (!args_ok(a))
        return REFUSE_MALFORMED;
    int err = session_runs(s) ? s->ops->interrupt(s->target) : 0;
    return err ? err : REPLY_OK;
}
