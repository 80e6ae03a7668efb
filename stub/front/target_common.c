/* SPDX-License-Identifier: MIT */
#include "stub/front/target_common.h"

#include <stdarg.h>
#include <stdio.h>

#include "rsp/session.h"
#include "stub/arch.h"

int target_fail(struct debugger *d, int err, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    (void)vsnprintf(d->error, sizeof d->error, format, args);
    va_end(args);
    return err;
}

struct vcpu *target_vcpu(struct debugger *d, unsigned tid)
{
    struct thread *t = engine_thread(&d->engine, tid);

    return t ? t->vcpu : NULL;
}

bool target_is_narrow(const struct debugger *d)
{
    return stub_address_bits(rsp_description(&d->session)) < 64;
}
