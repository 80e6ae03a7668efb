/* SPDX-License-Identifier: MIT */
#include "kvm/core/diag.h"

#include <stdarg.h>
#include <stdio.h>

int diag_set(struct diag *diag, int err, const char *format, ...)
{
    va_list args;

    if (!diag)
        return err;
    va_start(args, format);
    (void)vsnprintf(diag->text, sizeof diag->text, format, args);
    va_end(args);
    return err;
}
