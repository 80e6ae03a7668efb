/* SPDX-License-Identifier: MIT */
/*
 * Breakpoints and watchpoints: Z and z (GDB manual, "Packets", Z0 to Z4).
 */
#include <errno.h>

#include "rsp/commands/handlers.h"
#include "rsp/handler.h"

typedef int change_fn(void *target, unsigned type, uint64_t addr,
                      uint64_t size);

/*
 * "TYPE,ADDR,SIZE". Conditions and commands may follow only when we offer
 * ConditionalBreakpoints, which we do not: they are refused with all else
 * that is left over.
 */
static int change(struct rsp_session *s, struct rsp_args *a, change_fn *run)
{
    char type = args_char(a);

    args_skip(a, ',');
    uint64_t addr = args_num(a);
    args_skip(a, ',');
    uint64_t size = args_num(a);
    if (!args_ok(a))
        return REFUSE_MALFORMED;
    if (type < '0' || type > '4')
        return -ENOTSUP;
    int err = run(s->target, (unsigned)(type - '0'), addr, size);
    return err ? err : REPLY_OK;
}

int cmd_insert_breakpoint(struct rsp_session *s, struct rsp_args *a,
                          struct rsp_reply *r)
{
    (void)r;
    return s->ops->breaks ? change(s, a, s->ops->breaks->insert) : -ENOTSUP;
}

int cmd_remove_breakpoint(struct rsp_session *s, struct rsp_args *a,
                          struct rsp_reply *r)
{
    (void)r;
    return s->ops->breaks ? change(s, a, s->ops->breaks->remove) : -ENOTSUP;
}
