/* SPDX-License-Identifier: MIT */
/* The report for programs: JSON (RFC 8259). Keys stay as they are, and all but
 * those of single features and capabilities are always there; null is what
 * there is no such thing as, a feature in a context. */
#include "stub/json.h"

#include "kvm/arch_probe.h"
#include "kvm/probe/host.h"
#include "kvm/probe/probe.h"
#include "stub/doctor/report.h"

/* Members and elements: all but the first have a comma before them. */
static void json_item(FILE *out, unsigned i, const char *indent)
{
    (void)fprintf(out, "%s\n%s", i ? "," : "", indent);
}

static void json_key(FILE *out, const char *name)
{
    json_string(out, name);
    (void)fputs(": ", out);
}

static const char *json_truth(bool value)
{
    return value ? "true" : "false";
}

static void json_print_host(const struct host *host, FILE *out)
{
    const struct {
        const char *key, *value;
    } members[] = {
        {"kernel", host->kernel},         {"machine", host->machine},
        {"module", host->module},         {"nested", host->nested},
        {"hypervisor", host->hypervisor},
    };

    json_key(out, "host");
    (void)fprintf(out, "{\n    \"virtual\": %s", json_truth(host->is_virtual));
    for (unsigned i = 0; i < sizeof members / sizeof members[0]; i++) {
        json_item(out, i + 1, "    ");
        json_key(out, members[i].key);
        json_string(out, members[i].value);
    }
    (void)fputs("\n  }", out);
}

static void print_kvm(const struct doctor_report *report, FILE *out)
{
    const struct host_cap *cap;

    json_key(out, "kvm");
    (void)fprintf(out, "{\n    \"usable\": %s,\n    \"error\": ",
                  json_truth(!report->error));
    json_string(out, report->diag.text);
    (void)fprintf(out, ",\n    \"api\": %d,\n    \"capabilities\": {",
                  report->api);
    for (unsigned i = 0; !report->error && (cap = host_cap_at(i)); i++) {
        json_item(out, i, "      ");
        json_key(out, cap->name);
        (void)fprintf(out, "%d", report->cap[i]);
    }
    (void)fputs("}\n  }", out);
}

static void print_feature(struct doctor_report *report, unsigned feature,
                          FILE *out)
{
    const struct probe_name *context;

    (void)fputc('{', out);
    for (unsigned c = 0; (context = probe_context_name(c)); c++) {
        const struct probe_answer *answer =
            probe_ask(&report->probe, feature, c);

        json_item(out, c, "      ");
        json_key(out, context->key);
        if (!probe_applies(feature, c)) {
            (void)fputs("null", out);
            continue;
        }
        (void)fprintf(out,
                      "{\"works\": %s, \"saw\": ", json_truth(answer->works));
        json_string(out, answer->saw);
        (void)fputc('}', out);
    }
    (void)fputc('}', out);
}

static void print_features(struct doctor_report *report, FILE *out)
{
    const struct probe_name *feature;

    json_key(out, "features");
    (void)fputc('{', out);
    for (unsigned f = 0; !report->error && (feature = probe_feature_name(f));
         f++) {
        json_item(out, f, "    ");
        json_key(out, feature->key);
        print_feature(report, f, out);
    }
    (void)fputc('}', out);
}

static void json_print_abilities(struct doctor_report *report, FILE *out)
{
    const struct doctor_ability *ability;
    struct doctor_reason reason;

    json_key(out, "abilities");
    (void)fputc('{', out);
    for (unsigned i = 0; !report->error && (ability = doctor_ability_at(i));
         i++) {
        json_item(out, i, "    ");
        json_key(out, ability->key);
        (void)fprintf(out, "{\"works\": %s, \"instead\": ",
                      json_truth(doctor_has(report, ability, &reason)));
        json_string(out, ability->instead);
        (void)fputc('}', out);
    }
    (void)fputc('}', out);
}

static void print_hints(const struct doctor_report *report, FILE *out)
{
    const char *hint;

    json_key(out, "hints");
    (void)fputc('[', out);
    for (unsigned i = 0; (hint = doctor_hint(report, i)); i++) {
        json_item(out, i, "    ");
        json_string(out, hint);
    }
    (void)fputc(']', out);
}

void doctor_print_json(struct doctor_report *report, FILE *out)
{
    (void)fputs("{\n  \"version\": \"" KVMGDB_VERSION "\",\n  ", out);
    json_print_host(&report->host, out);
    (void)fputs(",\n  ", out);
    print_kvm(report, out);
    (void)fputs(",\n  ", out);
    print_features(report, out);
    (void)fputs(",\n  ", out);
    json_print_abilities(report, out);
    (void)fputs(",\n  ", out);
    print_hints(report, out);
    (void)fputs(",\n  \"trap\": ", out);
    json_string(out, report->error ? "" : report->trap->name);
    (void)fprintf(out, ",\n  \"status\": %d\n}\n", doctor_status(report));
}
