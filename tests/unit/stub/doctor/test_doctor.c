/* SPDX-License-Identifier: MIT */
/* --doctor on reports that are made up, so no KVM is needed. */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "kvm/arch_probe.h"
#include "stub/doctor/doctor.h"
#include "stub/doctor/report.h"
#include "stub/front/ending.h"
#include "tests/unit/kvm/rows.h"
#include "tests/unit/stub/points/bp_fixture.h"

/* --- the option's argument --- */

/* clang-format off */
static const struct arg_row {
    const char *arg;
    int result;
    enum doctor_format format;
} arg_rows[] = {
    {NULL,                          0,       DOCTOR_TEXT},
    {"json",                        0,       DOCTOR_JSON},
    {"needs:step",                  0,       DOCTOR_NEEDS},
    {"needs:data-watchpoint",       0,       DOCTOR_NEEDS},
    {"needs:hw-exec",               0,       DOCTOR_NEEDS},
    {"needs:hw-exec@user",          0,       DOCTOR_NEEDS},
    {"needs:trap-handler@real",     0,       DOCTOR_NEEDS},
    {"",                            -EINVAL, DOCTOR_TEXT},
    {"xml",                         -EINVAL, DOCTOR_TEXT},
    {"json ",                       -EINVAL, DOCTOR_TEXT},
    {"needs",                       -EINVAL, DOCTOR_TEXT},
    {"needs:",                      -EINVAL, DOCTOR_NEEDS},
    {"needs:nonsense",              -EINVAL, DOCTOR_NEEDS},
    {"needs:hw-exec@",              -EINVAL, DOCTOR_NEEDS},
    {"needs:hw-exec@vax",           -EINVAL, DOCTOR_NEEDS},
    {"needs:hw-exe@long",           -EINVAL, DOCTOR_NEEDS},
    {"needs:@long",                 -EINVAL, DOCTOR_NEEDS},
    {"needs:data-watchpoint@long",  -EINVAL, DOCTOR_NEEDS},
};
/* clang-format on */

ParameterizedTestParameters(doctor, arguments)
{
    return row_numbers(ROWS(arg_rows));
}

ParameterizedTest(const size_t *i, doctor, arguments)
{
    const struct arg_row *row = &arg_rows[*i];
    struct doctor_request request;
    struct diag diag = {""};

    cr_expect(eq(int, doctor_parse(row->arg, &request, &diag), row->result));
    cr_expect(eq(int, (int)request.format, (int)row->format));
    cr_expect(eq(int, *diag.text != '\0', row->result < 0), "a sentence");
}

/* --- hosts --- */

/* y or n for real, prot, long, user; no row is yyyy. */
struct host_answers {
    const char *works[PROBE_FEATURES];
};

static const struct trap icebp = {.name = "icebp",
                                  .bytes = {0xf1},
                                  .size = 1,
                                  .feature = PROBE_TRAP + 2};
static const struct trap none = {.name = "none"};

/* clang-format off */
static const struct host_answers perfect = {{0}};
static const struct host_answers emulated = {{
    [PROBE_STEP] = "yyyn",     [PROBE_HW_EXEC] = "yyyn",
    [PROBE_HW_WRITE] = "nnnn", [PROBE_TRAP + 2] = "yyyn",
    [PROBE_PAGING_32] = "nnnn", [PROBE_INT] = "ynnn", [PROBE_IRET] = "yyyy",
}};
/* In what it does not apply to, everything says no. */
static const struct host_answers narrow = {{
    [PROBE_PAGING_32] = "nynn", [PROBE_CMPXCHG16B] = "nnyy",
}};
static const struct host_answers no_step = {{[PROBE_STEP] = "ynyy"}};
static const struct host_answers no_exec = {{[PROBE_HW_EXEC] = "yyny"}};
static const struct host_answers no_irq = {{[PROBE_BLOCK_IRQ] = "nyyy"}};
static const struct host_answers late_watch =
    {{[PROBE_STEP_HW_ACCESS] = "yyyn"}};
/* clang-format on */

static struct doctor_report report;

static void make_report(const struct host_answers *host,
                        const struct trap *trap)
{
    report = (struct doctor_report){.trap = trap};
    for (unsigned f = 0; probe_feature_name(f); f++)
        for (unsigned c = 0; probe_context_name(c); c++)
            report.probe.answer[f][c] = (struct probe_answer){
                .known = true,
                .works = !host->works[f] || host->works[f][c] == 'y',
                .saw = "\"seen\\\n"};
}

/* clang-format off */
static const struct need_row {
    const struct host_answers *host;
    const struct trap *trap;
    const char *need;
    const char *reason; /* feature@context; NULL: it is met */
} need_rows[] = {
    {&perfect,    &icebp, "step",                     NULL},
    {&perfect,    &icebp, "breakpoint",               NULL},
    {&perfect,    &icebp, "user-breakpoint",          NULL},
    {&perfect,    &icebp, "data-watchpoint",          NULL},
    {&perfect,    &icebp, "hw-exec",                  NULL},
    {&emulated,   &icebp, "step",                     NULL},
    {&emulated,   &icebp, "breakpoint",               NULL},
    {&emulated,   &icebp, "hardware-breakpoint",      NULL},
    {&emulated,   &icebp, "user-step",                "step@user"},
    {&emulated,   &icebp, "user-breakpoint",          "icebp-emulation@user"},
    {&emulated,   &icebp, "user-hardware-breakpoint", "hw-exec@user"},
    {&emulated,   &icebp, "data-watchpoint",          "hw-write@real"},
    {&emulated,   &icebp, "page-watchpoint",          NULL},
    {&emulated,   &icebp, "hw-exec@long",             NULL},
    {&emulated,   &icebp, "hw-exec@user",             "hw-exec@user"},
    {&emulated,   &icebp, "hw-exec",                  "hw-exec@user"},
    {&emulated,   &icebp, "guest-paging-32",          "paging-32@prot"},
    {&emulated,   &icebp, "guest-pae",                NULL},
    {&emulated,   &icebp, "guest-interrupts",         "int@prot"},
    {&emulated,   &icebp, "iret@prot",                NULL},
    {&narrow,     &icebp, "guest-paging-32",          NULL},
    {&narrow,     &icebp, "paging-32",                NULL},
    {&narrow,     &icebp, "guest-cmpxchg16b",         NULL},
    {&narrow,     &icebp, "cmpxchg16b@real",          "cmpxchg16b@real"},
    {&no_irq,     &icebp, "quiet-step",               "block-irq@real"},
    {&late_watch, &icebp, "data-watchpoint",          "step-hw-access@user"},
};

static const struct status_row {
    const struct host_answers *host;
    const struct trap *trap;
    int error, status;
} status_rows[] = {
    {&perfect,  &icebp, 0,       0},
    {&emulated, &icebp, 0,       0},
    {&perfect,  &none,  0,       0}, /* debug registers */
    {&no_exec,  &icebp, 0,       0}, /* traps */
    {&no_exec,  &none,  0,       EXIT_NO},
    {&no_step,  &icebp, 0,       EXIT_NO},
    {&perfect,  &icebp, -ENODEV, EXIT_FAILED},
    {&perfect,  &icebp, -EACCES, EXIT_FAILED},
};
/* clang-format on */

ParameterizedTestParameters(doctor, needs)
{
    return row_numbers(ROWS(need_rows));
}

ParameterizedTest(const size_t *i, doctor, needs)
{
    const struct need_row *row = &need_rows[*i];
    struct doctor_reason reason;
    struct doctor_need need;
    static char got[64];

    make_report(row->host, row->trap);
    cr_assert(eq(int, doctor_find_need(row->need, &need), true));
    if (doctor_meets(&report, &need, &reason))
        (void)strcpy(got, "met");
    else
        (void)snprintf(got, sizeof got, "%s@%s",
                       probe_feature_name(reason.feature)->key,
                       probe_context_name(reason.context)->key);
    cr_expect(eq(str, got, str(row->reason ? row->reason : "met")), "%s",
              row->need);
}

ParameterizedTestParameters(doctor, verdict)
{
    return row_numbers(ROWS(status_rows));
}

ParameterizedTest(const size_t *i, doctor, verdict)
{
    const struct status_row *row = &status_rows[*i];

    make_report(row->host, row->trap);
    report.error = row->error;
    cr_expect(eq(int, doctor_status(&report), row->status));
}

/* --- advice --- */

/* clang-format off */
static const struct hint_row {
    const char *label;
    int error;
    struct host host;
    const char *words; /* of the one hint; NULL: there is none */
} hint_rows[] = {
    {"all is well",   0,       {.module = "kvm_amd"},             NULL},
    {"no permission", -EACCES, {.module = "kvm_amd"},             "group"},
    {"no module",     -ENODEV, {.cpu_module = "kvm_intel"},       "modprobe"},
    {"no nesting",    -ENODEV, {.is_virtual = true},              "nested"},
    {"nothing",       -ENODEV, {.is_virtual = false},             "BIOS"},
    {"no device",     -ENODEV, {.module = "kvm_amd", .cpu_module = "kvm_amd"},
                                                                  "container"},
    {"other module",  -ENODEV, {.module = "kvm_pvm", .is_virtual = true},
                                                                  "container"},
};
/* clang-format on */

ParameterizedTestParameters(doctor, hints)
{
    return row_numbers(ROWS(hint_rows));
}

ParameterizedTest(const size_t *i, doctor, hints)
{
    const struct hint_row *row = &hint_rows[*i];
    const char *hint;

    make_report(&perfect, &icebp);
    report.host = row->host;
    report.error = row->error;
    hint = doctor_hint(&report, 0);
    cr_assert(eq(int, hint != NULL, row->words != NULL), "%s", row->label);
    if (!hint)
        return;
    cr_expect(eq(int, strstr(hint, row->words) != NULL, true), "%s: %s",
              row->label, hint);
    cr_expect(eq(ptr, str(doctor_hint(&report, 1)), NULL), "%s", row->label);
}

/* --- print-outs --- */

typedef void print_function(struct doctor_report *report, FILE *out);

static char *printed(print_function *print)
{
    char *text = NULL;
    size_t n;
    FILE *out = open_memstream(&text, &n);

    print(&report, out);
    (void)fclose(out);
    return text;
}

/* clang-format off */
static const struct print_row {
    print_function *print;
    int error;
    const char *words;
} print_rows[] = {
    {doctor_print_text, 0,       "\n  hw-exec         yes  yes  yes  no "},
    {doctor_print_text, 0,       "\n  data-watchpoint           no "},
    {doctor_print_text, 0,       "\n      instead: page-watchpoint"},
    {doctor_print_text, 0,       "\n      the trap planted is icebp\n"},
    {doctor_print_text, 0,       "\n  paging-32       -    no   -    - "},
    {doctor_print_text, 0,       "\n  guest-paging-32           no "},
    {doctor_print_text, 0,       "\nDebugging is possible"},
    {doctor_print_text, -EBUSY,  "\nKVM cannot be used: \"no\"\n"},
    {doctor_print_text, -ENODEV, "\nKVM cannot be used: there is no usable "},
    {doctor_print_text, -ENODEV, "\nwhat to do: "},
    {doctor_print_json, 0,       "\"user\": {\"works\": false, "},
    {doctor_print_json, 0,       "\"real\": null,\n      \"prot\": {"},
    {doctor_print_json, 0,       "\"saw\": \"\\\"seen\\\\\\u000a\"}"},
    {doctor_print_json, 0,       "\"trap\": \"icebp\""},
    {doctor_print_json, 0,       "\"hints\": []"},
    {doctor_print_json, 0,       "\"status\": 0\n}\n"},
    {doctor_print_json, -ENODEV, "\"error\": \"\\\"no\\\"\""},
    {doctor_print_json, -ENODEV, "\"features\": {}"},
    {doctor_print_json, -ENODEV, "\"status\": 125\n}\n"},
};
/* clang-format on */

ParameterizedTestParameters(doctor, prints)
{
    return row_numbers(ROWS(print_rows));
}

ParameterizedTest(const size_t *i, doctor, prints)
{
    const struct print_row *row = &print_rows[*i];
    char *text;

    make_report(&emulated, &icebp);
    report.error = row->error;
    (void)strcpy(report.diag.text, "\"no\"");
    text = printed(row->print);
    cr_expect(eq(int, strstr(text, row->words) != NULL, true),
              "%s is not in %s", row->words, text);
    free(text);
}
