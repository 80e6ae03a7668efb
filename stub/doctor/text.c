/* SPDX-License-Identifier: MIT */
/* The report for a person. */
#include <errno.h>

#include "kvm/arch_probe.h"
#include "kvm/probe/host.h"
#include "kvm/probe/probe.h"
#include "stub/doctor/report.h"

static const char *or_unknown(const char *text)
{
    return *text ? text : "(not known)";
}

static void text_print_host(const struct doctor_report *report, FILE *out)
{
    const struct host *host = &report->host;

    (void)fprintf(out, "kernel          %s, %s\n", or_unknown(host->kernel),
                  or_unknown(host->machine));
    (void)fprintf(out, "this machine    is %svirtual%s%s%s\n",
                  host->is_virtual ? "" : "not ", *host->hypervisor ? " (" : "",
                  host->hypervisor, *host->hypervisor ? ")" : "");
    (void)fprintf(out, "KVM module      %s%s%s\n",
                  *host->module ? host->module : "(none)",
                  *host->nested ? ", nested=" : "", host->nested);
}

static void print_caps(const struct doctor_report *report, FILE *out)
{
    const struct host_cap *cap;

    (void)fprintf(out, "API version     %d\n\ncapabilities\n", report->api);
    for (unsigned i = 0; (cap = host_cap_at(i)); i++)
        (void)fprintf(out,
                      cap->is_mask ? "  %-26s%#-9x %s\n" : "  %-26s%-9u %s\n",
                      cap->name, (unsigned)report->cap[i], cap->use);
}

static void print_matrix(struct doctor_report *report, FILE *out)
{
    const struct probe_name *context;
    const struct probe_name *feature;

    (void)fprintf(out, "\n%-17s", "what works");
    for (unsigned c = 0; (context = probe_context_name(c)); c++)
        (void)fprintf(out, " %-4s", context->key);
    for (unsigned f = 0; (feature = probe_feature_name(f)); f++) {
        (void)fprintf(out, "\n  %-15s", feature->key);
        for (unsigned c = 0; probe_context_name(c); c++) {
            bool works = probe_ask(&report->probe, f, c)->works;

            (void)fprintf(out, " %-4s",
                          !probe_applies(f, c) ? "-"
                          : works              ? "yes"
                                               : "no");
        }
        (void)fprintf(out, "  %s", feature->text);
    }
    (void)fputc('\n', out);
    for (unsigned c = 0; (context = probe_context_name(c)); c++)
        (void)fprintf(out, "  %s is %s\n", context->key, context->text);
}

static bool print_ability(struct doctor_report *report,
                          const struct doctor_ability *ability, FILE *out)
{
    struct doctor_reason reason;
    bool has = doctor_has(report, ability, &reason);

    (void)fprintf(out, "  %-24s  %-3s  %s\n", ability->key, has ? "yes" : "no",
                  ability->text);
    if (!has)
        (void)fprintf(out, "      instead: %s\n", ability->instead);
    else if (ability->feature[0] == DOCTOR_TRAP)
        (void)fprintf(out, "      the trap planted is %s\n",
                      report->trap->name);
    return has;
}

static bool text_print_abilities(struct doctor_report *report, FILE *out)
{
    const struct doctor_ability *ability;
    bool all = true;

    (void)fputs("\nwhat the debugger can do\n", out);
    for (unsigned i = 0; (ability = doctor_ability_at(i)); i++)
        all = print_ability(report, ability, out) && all;
    return all;
}

static void print_verdict(struct doctor_report *report, bool all, FILE *out)
{
    (void)fprintf(out, "\nDebugging is %spossible on this host%s.\n",
                  doctor_status(report) ? "not " : "",
                  all ? "" : ", within the limits above");
}

/* Where the diagnosis gives general advice too, the hints know better. */
static const char *what_is_wrong(const struct doctor_report *report)
{
    switch (report->error) {
    case -ENODEV:
        return "there is no usable /dev/kvm";
    case -EACCES:
        return "no permission to open /dev/kvm";
    default:
        return report->diag.text;
    }
}

static void print_cure(const struct doctor_report *report, FILE *out)
{
    const char *hint;

    (void)fprintf(out, "\nKVM cannot be used: %s\n", what_is_wrong(report));
    for (unsigned i = 0; (hint = doctor_hint(report, i)); i++)
        (void)fprintf(out, "what to do: %s\n", hint);
}

void doctor_print_text(struct doctor_report *report, FILE *out)
{
    text_print_host(report, out);
    if (report->error) {
        print_cure(report, out);
        return;
    }
    print_caps(report, out);
    print_matrix(report, out);
    print_verdict(report, text_print_abilities(report, out), out);
}
