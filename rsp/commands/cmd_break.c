/* SPDX-License-Identifier: MIT */
/*
 * Breakpoints and watchpoints: Z and z (GDB manual, "Packets", Z0 to Z4).
 */
#include <errno.h>

#include "rsp/commands/handlers.h"
#include "rsp/handler.h"

typedef int change_fn(void *target, const struct rsp_break *b);

/* "LEN,BYTES" of an expression, which has a byte at least. */
static void skip_bytecode(struct rsp_args *a)
{
    uint64_t len = args_num(a);

    args_skip(a, ',');
    if (len == 0)
        a->bad = true;
    args_skip_digits(a, 2 * (len <= RSP_PACKET_MAX ? len : RSP_PACKET_MAX));
}

/* GDB puts nothing between expressions, and gdbserver takes a ';' as well. */
static struct rsp_expressions take_expressions(struct rsp_args *a)
{
    const char *start = a->at;

    args_skip(a, 'X');
    do
        skip_bytecode(a);
    while (!a->bad && (args_try_text(a, "X") || args_try_text(a, ";X")));
    return (struct rsp_expressions){start, (size_t)(a->at - start)};
}

/* "TYPE,ADDR,SIZE". */
static void parse_break(struct rsp_args *a, struct rsp_break *b)
{
    char type = args_char(a);

    args_skip(a, ',');
    b->addr = args_num(a);
    args_skip(a, ',');
    b->size = args_num(a);
    b->type = (unsigned)(type - '0');
}

/* "[;CONDITIONS][;cmds:PERSIST,COMMANDS]", of which what the target does not
 * take is left over. */
static void parse_expressions(struct rsp_args *a, struct rsp_break *b,
                              const struct rsp_break_ops *ops)
{
    if (ops->takes_conditions && args_next_is(a, ";X")) {
        args_skip(a, ';');
        b->conditions = take_expressions(a);
    }
    if (ops->takes_commands && args_try_text(a, ";cmds:")) {
        b->persist = args_num(a) != 0;
        args_skip(a, ',');
        b->commands = take_expressions(a);
    }
}

static int break_change(struct rsp_session *s, const struct rsp_args *a,
                        const struct rsp_break *b, change_fn *run)
{
    if (!args_ok(a))
        return REFUSE_MALFORMED;
    if (b->type > 4)
        return -ENOTSUP;
    int err = run(s->target, b);
    return err ? err : REPLY_OK;
}

int cmd_insert_breakpoint(struct rsp_session *s, struct rsp_args *a,
                          struct rsp_reply *r)
{
    struct rsp_break b = {.type = 0};

    (void)r;
    if (!s->ops->breaks)
        return -ENOTSUP;
    parse_break(a, &b);
    parse_expressions(a, &b, s->ops->breaks);
    return break_change(s, a, &b, s->ops->breaks->insert);
}

int cmd_remove_breakpoint(struct rsp_session *s, struct rsp_args *a,
                          struct rsp_reply *r)
{
    struct rsp_break b = {.type = 0};

    (void)r;
    if (!s->ops->breaks)
        return -ENOTSUP;
    parse_break(a, &b);
    return break_change(s, a, &b, s->ops->breaks->remove);
}
