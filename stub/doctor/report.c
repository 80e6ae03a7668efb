/* SPDX-License-Identifier: MIT */
/* What follows from what was found: abilities, the verdict, advice. */
#include "stub/doctor/report.h"

#include <errno.h>
#include <string.h>

#include "kvm/arch_probe.h"
#include "kvm/probe/probe.h"
#include "stub/front/ending.h"

/* --- abilities --- */

#define ANOTHER_HOST "nothing: the guest stops there, and needs another host"
#define DONE_HERE    "kvmgdbstub executes such instructions itself, slower"

/* clang-format off */
static const struct doctor_ability abilities[] = {
    {"step", "single-step", IN_KERNEL,
     1, {PROBE_STEP},
     "nothing: stepi, next and finish cannot work"},
    {"quiet-step", "steps without interrupts", IN_KERNEL,
     1, {PROBE_BLOCK_IRQ},
     "nothing: a step may end in the handler of an interrupt"},
    {"breakpoint", "software breakpoints", IN_KERNEL,
     1, {DOCTOR_TRAP},
     "debug registers, so only a few at a time"},
    {"hardware-breakpoint", "hardware breakpoints", IN_KERNEL,
     1, {PROBE_HW_EXEC},
     "the trap instruction of software breakpoints"},
    {"data-watchpoint", "watchpoints in debug registers", IN_BOTH,
     4, {PROBE_HW_WRITE, PROBE_HW_ACCESS,
         PROBE_STEP_HW_WRITE, PROBE_STEP_HW_ACCESS},
     "page-watchpoint: accesses to the watched pages leave the guest"},
    {"page-watchpoint", "watchpoints by memory slots", IN_BOTH,
     3, {PROBE_READONLY_SLOT, PROBE_NO_SLOT_READ, PROBE_NO_SLOT_FETCH},
     "data-watchpoint alone: a few of them, of 1, 2, 4 or 8 bytes"},
    {"user-step", "single-step of user code", IN_USER,
     1, {PROBE_STEP},
     "the step ends in the guest's own handler, and is taken back"},
    {"user-breakpoint", "software breakpoints in user code", IN_USER,
     1, {DOCTOR_TRAP},
     "the trap is an exception, stopped at the guest's handler"},
    {"user-hardware-breakpoint", "hardware breakpoints in user code", IN_USER,
     1, {PROBE_HW_EXEC},
     "the trap instruction of software breakpoints"},
    {"guest-paging-32", "guests with 32-bit paging", IN_KERNEL,
     1, {PROBE_PAGING_32}, ANOTHER_HOST},
    {"guest-pae", "guests with PAE paging", IN_KERNEL,
     1, {PROBE_PAE}, ANOTHER_HOST},
    {"guest-interrupts", "guests that handle interrupts", IN_KERNEL,
     2, {PROBE_INT, PROBE_IRET}, DONE_HERE},
    {"guest-x87", "guest kernels that use the x87 FPU", IN_KERNEL,
     1, {PROBE_X87}, DONE_HERE},
    {"guest-sse", "guest kernels that use SSE", IN_KERNEL,
     1, {PROBE_SSE}, DONE_HERE},
    {"guest-cmpxchg16b", "guest kernels that use cmpxchg16b", IN_KERNEL,
     1, {PROBE_CMPXCHG16B}, DONE_HERE},
};
/* clang-format on */

const struct doctor_ability *doctor_ability_at(unsigned i)
{
    return i < sizeof abilities / sizeof abilities[0] ? &abilities[i] : NULL;
}

static bool report_cell(struct doctor_report *report,
                        enum probe_feature feature, unsigned context,
                        struct doctor_reason *ret_reason)
{
    if (probe_ask(&report->probe, feature, context)->works)
        return true;
    *ret_reason = (struct doctor_reason){feature, context};
    return false;
}

static bool report_in_contexts(struct doctor_report *report, unsigned feature,
                               enum doctor_where where,
                               struct doctor_reason *ret_reason)
{
    const struct probe_name *name;

    if (feature == DOCTOR_TRAP) /* without one, any will do to say no */
        feature = report->trap->size ? report->trap->feature : PROBE_TRAP;
    for (unsigned i = 0; (name = probe_context_name(i)); i++)
        if (where & (name->user ? IN_USER : IN_KERNEL) &&
            probe_applies(feature, i) &&
            !report_cell(report, feature, i, ret_reason))
            return false;
    return true;
}

bool doctor_has(struct doctor_report *report,
                const struct doctor_ability *ability,
                struct doctor_reason *ret_reason)
{
    for (unsigned i = 0; i < ability->n; i++)
        if (!report_in_contexts(report, ability->feature[i], ability->where,
                                ret_reason))
            return false;
    return true;
}

/* --- needs --- */

static bool find_ability(const char *name, struct doctor_need *ret)
{
    for (unsigned i = 0; (ret->ability = doctor_ability_at(i)); i++)
        if (!strcmp(ret->ability->key, name))
            return true;
    return false;
}

static bool find_feature(const char *name, size_t n, struct doctor_need *ret)
{
    const struct probe_name *feature;

    for (unsigned i = 0; (feature = probe_feature_name(i)); i++) {
        ret->feature = i;
        if (strlen(feature->key) == n && !memcmp(feature->key, name, n))
            return true;
    }
    return false;
}

static bool find_context(const char *name, struct doctor_need *ret)
{
    const struct probe_name *context;

    for (unsigned i = 0; (context = probe_context_name(i)); i++) {
        ret->context = (int)i;
        if (!strcmp(context->key, name))
            return true;
    }
    return false;
}

bool doctor_find_need(const char *name, struct doctor_need *ret)
{
    const char *at = strchr(name, '@');
    size_t n = at ? (size_t)(at - name) : strlen(name);

    *ret = (struct doctor_need){.context = -1};
    return find_ability(name, ret) ||
           (find_feature(name, n, ret) && (!at || find_context(at + 1, ret)));
}

bool doctor_meets(struct doctor_report *report, const struct doctor_need *need,
                  struct doctor_reason *ret_reason)
{
    if (need->ability)
        return doctor_has(report, need->ability, ret_reason);
    if (need->context >= 0)
        return report_cell(report, need->feature, (unsigned)need->context,
                           ret_reason);
    return report_in_contexts(report, need->feature, IN_BOTH, ret_reason);
}

/* --- the verdict --- */

/* A debugger must step, and must be able to break somehow. */
int doctor_status(struct doctor_report *report)
{
    if (report->error)
        return EXIT_FAILED;
    if (!probe_in_kernel(&report->probe, PROBE_STEP))
        return EXIT_NO;
    if (!report->trap->size && !probe_in_kernel(&report->probe, PROBE_HW_EXEC))
        return EXIT_NO;
    return 0;
}

/* --- advice --- */

static bool may_not_open(const struct doctor_report *report)
{
    return report->error == -EACCES;
}

static bool module_refuses(const struct doctor_report *report)
{
    return !may_not_open(report) && *report->host.module;
}

static bool no_module(const struct doctor_report *report)
{
    return !may_not_open(report) && !*report->host.module;
}

static bool module_is_missing(const struct doctor_report *report)
{
    return no_module(report) && report->host.cpu_module;
}

static bool nesting_is_off(const struct doctor_report *report)
{
    return no_module(report) && !report->host.cpu_module &&
           report->host.is_virtual;
}

static bool cpu_shows_nothing(const struct doctor_report *report)
{
    return no_module(report) && !report->host.cpu_module &&
           !report->host.is_virtual;
}

/* clang-format off */
static const struct {
    bool (*applies)(const struct doctor_report *report);
    const char *text;
} hints[] = {
    {may_not_open,
     "add yourself to the group that /dev/kvm belongs to (sudo usermod -aG "
     "kvm $USER), then log in again; if ls -l /dev/kvm shows the group root, "
     "sudo chgrp kvm /dev/kvm and sudo chmod 660 /dev/kvm first"},
    {module_is_missing,
     "load KVM: sudo modprobe kvm_intel, or kvm_amd on an AMD CPU"},
    {nesting_is_off,
     "this machine is virtual and its CPU shows no virtualization: turn on "
     "nested virtualization in what runs it (for KVM: modprobe kvm_intel "
     "nested=1 or kvm_amd nested=1 on the host, and the CPU model \"host\")"},
    {cpu_shows_nothing,
     "the CPU shows no virtualization: turn on VT-x or AMD-V (SVM) in the "
     "firmware's setup (BIOS)"},
    {module_refuses,
     "the module is loaded, so in a container, pass the device in (--device "
     "/dev/kvm); else dmesg | grep -i kvm tells why, and often virtualization "
     "is off in the firmware's setup (BIOS)"},
};
/* clang-format on */

const char *doctor_hint(const struct doctor_report *report, unsigned i)
{
    for (size_t at = 0; at < sizeof hints / sizeof hints[0]; at++)
        if (report->error && hints[at].applies(report) && i-- == 0)
            return hints[at].text;
    return NULL;
}
