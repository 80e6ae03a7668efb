/* SPDX-License-Identifier: MIT */
#include <ucontext.h>

#include "stub/arch.h"

void stub_set_syscall_result(void *context, long value)
{
    ucontext_t *interrupted = context;

    interrupted->uc_mcontext.gregs[REG_RAX] = value;
}
