/* SPDX-License-Identifier: MIT */
#include "stub/front/ending.h"

#include <stdarg.h>
#include <stdio.h>

/* clang-format off */
static const struct {
    const char *name;
    int status; /* to which the value of EXITED and SIGNAL is added */
} kinds[ENDING_KINDS] = {
    [ENDING_NONE]    = {"none",    0},
    [ENDING_EXITED]  = {"exited",  0},
    [ENDING_STOPPED] = {"stopped", EXIT_STOPPED},
    [ENDING_TIMEOUT] = {"timeout", EXIT_TIMEOUT},
    [ENDING_SIGNAL]  = {"signal",  EXIT_SIGNAL},
    [ENDING_KILLED]  = {"killed",  0},
    [ENDING_LEFT]    = {"left",    0},
    [ENDING_QUIT]    = {"quit",    0},
    [ENDING_FAILED]  = {"failed",  EXIT_FAILED},
};
/* clang-format on */

void ending_set(struct ending *ending, enum ending_kind kind, int value,
                const char *format, ...)
{
    va_list args;

    if (ending->kind != ENDING_NONE)
        return;
    ending->kind = kind;
    ending->value = value;
    va_start(args, format);
    (void)vsnprintf(ending->reason, sizeof ending->reason, format, args);
    va_end(args);
}

const char *ending_name(enum ending_kind kind)
{
    return kinds[kind].name;
}

int ending_status(const struct ending *ending)
{
    return kinds[ending->kind].status + ending->value;
}
