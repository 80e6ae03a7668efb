/* SPDX-License-Identifier: MIT */
#include "stub/front/debugger.h"

#include "rsp/session.h"
#include "stub/engine/engine.h"
#include "stub/front/gdb.h"
#include "stub/front/target.h"

void debugger_init(struct debugger *d, struct machine *machine,
                   const struct image *image,
                   const struct rsp_monitor_ops *monitor)
{
    d->on_detach = GONE_RUN;
    d->on_disconnect = GONE_STOP;
    engine_init(&d->engine, machine, image, &gdb_listener, d);
    debugger_forget_run(d);
    d->ops = target_ops;
    d->ops.monitor = monitor;
    rsp_init(&d->session, &d->ops, d);
}

void debugger_done(struct debugger *d)
{
    engine_done(&d->engine);
}
