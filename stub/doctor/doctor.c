/* SPDX-License-Identifier: MIT */
#include "stub/doctor/doctor.h"

#include <errno.h>
#include <string.h>

#include "kvm/arch_probe.h"
#include "kvm/core/mem.h"
#include "kvm/probe/host.h"
#include "kvm/probe/probe.h"
#include "kvm/probe/trap.h"
#include "kvm/vm/types.h"
#include "kvm/vm/vm.h"
#include "stub/doctor/report.h"
#include "stub/front/ending.h"
#include "stub/log.h"

/* --- the option --- */

static const char needs[] = "needs:";

int doctor_parse(const char *arg, struct doctor_request *ret, struct diag *diag)
{
    struct doctor_need need;

    *ret = (struct doctor_request){.format = DOCTOR_TEXT};
    if (!arg)
        return 0;
    if (!strcmp(arg, "json")) {
        ret->format = DOCTOR_JSON;
        return 0;
    }
    if (strncmp(arg, needs, sizeof needs - 1) != 0)
        return diag_set(diag, -EINVAL,
                        "--doctor=%s: it is --doctor, --doctor=json or "
                        "--doctor=needs:NAME",
                        arg);
    ret->format = DOCTOR_NEEDS;
    ret->need = arg + sizeof needs - 1;
    if (!doctor_find_need(ret->need, &need))
        return diag_set(diag, -EINVAL,
                        "--doctor does not know '%s': --doctor alone lists "
                        "what can be needed",
                        ret->need);
    return 0;
}

/* --- the examination --- */

static void doctor_discard(void *context, const char *text, size_t n)
{
    (void)context;
    (void)text;
    (void)n;
}

/* A VM as small as can be, made for its failure's sentence. */
static void read_kvm(struct doctor_report *ret)
{
    const struct vm_config config = {
        .memory = MEM_PAGE, .n_vcpus = 1, .console = {doctor_discard, NULL}};
    const struct host_cap *cap;
    struct vm vm;

    ret->error = vm_create(&vm, &config, &ret->diag);
    if (ret->error)
        return;
    ret->api = host_api_version(vm.kvm_fd);
    for (unsigned i = 0; i < DOCTOR_CAPS_MAX && (cap = host_cap_at(i)); i++)
        ret->cap[i] = host_cap_value(vm.fd, cap);
    vm_destroy(&vm);
}

static void ask_everything(struct probe *probe)
{
    for (unsigned f = 0; probe_feature_name(f); f++)
        for (unsigned c = 0; probe_context_name(c); c++)
            (void)probe_ask(probe, f, c);
}

static void examine_host(struct doctor_report *ret)
{
    *ret = (struct doctor_report){.error = 0};
    probe_init(&ret->probe);
    host_read(&ret->host);
    read_kvm(ret);
}

void doctor_examine(struct doctor_report *ret)
{
    examine_host(ret);
    if (ret->error)
        return;
    ask_everything(&ret->probe);
    ret->trap = trap_of_host(&ret->probe);
}

/* --- answers --- */

/* Measures the trap instruction and what the need is about, no more. */
static int answer_need(struct doctor_report *report, const char *name)
{
    struct doctor_reason reason;
    struct doctor_need need;
    bool met;

    (void)doctor_find_need(name, &need);
    report->trap = trap_of_host(&report->probe);
    met = doctor_meets(report, &need, &reason);
    if (met)
        (void)printf("%s: yes\n", name);
    else
        (void)printf(
            "%s: no: %s in %s: %s\n", name,
            probe_feature_name(reason.feature)->text,
            probe_context_name(reason.context)->text,
            probe_ask(&report->probe, reason.feature, reason.context)->saw);
    probe_rest(&report->probe);
    return met ? 0 : EXIT_NO;
}

static int run_needs(struct doctor_report *report, const char *name)
{
    examine_host(report);
    if (!report->error)
        return answer_need(report, name);
    log_user("%s", report->diag.text);
    return EXIT_FAILED;
}

int doctor_run(const struct doctor_request *request)
{
    struct doctor_report report;
    int status;

    if (request->format == DOCTOR_NEEDS) {
        status = run_needs(&report, request->need);
    } else {
        doctor_examine(&report);
        status = doctor_status(&report);
        if (request->format == DOCTOR_JSON)
            doctor_print_json(&report, stdout);
        else
            doctor_print_text(&report, stdout);
    }
    return log_flush_output() ? status : EXIT_FAILED;
}
