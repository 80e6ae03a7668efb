/* SPDX-License-Identifier: MIT */
#include "tests/kvm/x86_64/hosts.h"

#include <string.h>

/* clang-format off */
static const struct known_host hosts[] = {
    /* Kernel code is emulated, user code runs natively. */
    {"kvm_pvm", NULL, {
        [PROBE_STEP]           = "yyyn",
        [PROBE_BLOCK_IRQ]      = "yyyn",
        [PROBE_HW_EXEC]        = "yyyn",
        [PROBE_HW_RESUME]      = "nnnn",
        [PROBE_HW_WRITE]       = "nnnn",
        [PROBE_HW_ACCESS]      = "nnnn",
        [PROBE_STEP_HW_WRITE]  = "nnnn",
        [PROBE_STEP_HW_ACCESS] = "nnnn",
        [PROBE_READONLY_SLOT]  = "yyyy",
        [PROBE_READONLY_PC]    = "yyyy",
        [PROBE_NO_SLOT_READ]   = "yyyy",
        [PROBE_NO_SLOT_FETCH]  = "yyyy",
        [PROBE_TRAP_HANDLER]   = "ynny",
        [PROBE_STEP_HANDLER]   = "yyyy",
        [PROBE_PAGING_32]      = "-n--",
        [PROBE_PAE]            = "-n--",
        [PROBE_GIB_PAGES]      = "--n-",
        [PROBE_INT]            = "ynnn",
        [PROBE_IRET]           = "ynyy",
        [PROBE_X87]            = "nnny",
        [PROBE_SSE]            = "nnny",
        [PROBE_CMPXCHG16B]     = "--ny",
        [PROBE_BIT_COUNTS]     = "nnny",
        [PROBE_TRAP + 0]       = "nnnn",
        [PROBE_TRAP + 1]       = "nyyn",
        [PROBE_TRAP + 2]       = "yyyn",
        [PROBE_TRAP + 3]       = "yyyn",
    }},
    /* QEMU's TCG emulates SVM, but for the intercept of int3. */
    {"kvm_amd", "TCGTCGTCGTCG", {
        [PROBE_STEP]           = "yyyy",
        [PROBE_BLOCK_IRQ]      = "yyyy",
        [PROBE_HW_EXEC]        = "yyyy",
        [PROBE_HW_RESUME]      = "yyyy",
        [PROBE_HW_WRITE]       = "yyyy",
        [PROBE_HW_ACCESS]      = "yyyy",
        [PROBE_STEP_HW_WRITE]  = "yyyy",
        [PROBE_STEP_HW_ACCESS] = "yyyy",
        [PROBE_READONLY_SLOT]  = "yyyy",
        [PROBE_READONLY_PC]    = "yyyy",
        [PROBE_NO_SLOT_READ]   = "yyyy",
        [PROBE_NO_SLOT_FETCH]  = "yyyy",
        [PROBE_TRAP_HANDLER]   = "yyyy",
        [PROBE_STEP_HANDLER]   = "nnnn",
        [PROBE_PAGING_32]      = "-y--",
        [PROBE_PAE]            = "-y--",
        [PROBE_GIB_PAGES]      = "--y-",
        [PROBE_INT]            = "yyyy",
        [PROBE_IRET]           = "yyyy",
        [PROBE_X87]            = "yyyy",
        [PROBE_SSE]            = "yyyy",
        [PROBE_CMPXCHG16B]     = "--yy",
        [PROBE_BIT_COUNTS]     = "yyyy",
        [PROBE_TRAP + 0]       = "nnnn",
        [PROBE_TRAP + 1]       = "nnnn",
        [PROBE_TRAP + 2]       = "nnnn",
        [PROBE_TRAP + 3]       = "yyyn",
    }},
    /* As Bochs emulates it; hardware should do the same. */
    {"kvm_intel", "", {
        [PROBE_STEP]           = "yyyy",
        [PROBE_BLOCK_IRQ]      = "yyyy",
        [PROBE_HW_EXEC]        = "yyyy",
        [PROBE_HW_RESUME]      = "yyyy",
        [PROBE_HW_WRITE]       = "yyyy",
        [PROBE_HW_ACCESS]      = "yyyy",
        [PROBE_STEP_HW_WRITE]  = "yyyy",
        [PROBE_STEP_HW_ACCESS] = "yyyy",
        [PROBE_READONLY_SLOT]  = "yyyy",
        [PROBE_READONLY_PC]    = "yyyy",
        [PROBE_NO_SLOT_READ]   = "yyyy",
        [PROBE_NO_SLOT_FETCH]  = "yyyy",
        [PROBE_TRAP_HANDLER]   = "nnnn",
        [PROBE_STEP_HANDLER]   = "nnnn",
        [PROBE_PAGING_32]      = "-y--",
        [PROBE_PAE]            = "-y--",
        [PROBE_GIB_PAGES]      = "--y-",
        [PROBE_INT]            = "yyyy",
        [PROBE_IRET]           = "yyyy",
        [PROBE_X87]            = "yyyy",
        [PROBE_SSE]            = "yyyy",
        [PROBE_CMPXCHG16B]     = "--yy",
        [PROBE_BIT_COUNTS]     = "yyyy",
        [PROBE_TRAP + 0]       = "yyyy",
        [PROBE_TRAP + 1]       = "nnnn",
        [PROBE_TRAP + 2]       = "nnnn",
        [PROBE_TRAP + 3]       = "yyyn",
    }},
};
/* clang-format on */

const struct known_host *known_host(const struct host *host)
{
    for (size_t i = 0; i < sizeof hosts / sizeof hosts[0]; i++)
        if (!strcmp(hosts[i].module, host->module) &&
            (!hosts[i].hypervisor ||
             !strcmp(hosts[i].hypervisor, host->hypervisor)))
            return &hosts[i];
    return NULL;
}
