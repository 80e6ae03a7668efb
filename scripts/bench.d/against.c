/* SPDX-License-Identifier: MIT */
#include "scripts/bench.d/against.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The two programs of a pair. */
enum side { OURS, OTHER, SIDES };

/* What became of one figure. */
struct series {
    const char *id, *label, *unit; /* id is NULL behind the last */
    unsigned n;
    double value[SIDES][AGAINST_PAIRS_MAX];
    double ratio[AGAINST_PAIRS_MAX];
};

/* --- options --- */

static bool is_compared(const char *name)
{
    const struct suite *suite;

    for (size_t i = 0; (suite = suite_at(i)); i++)
        if (suite->compared && strcmp(suite->name, name) == 0)
            return true;
    return false;
}

static bool complain(const char *what, const char *word)
{
    (void)fprintf(stderr, "kvmgdb-bench: %s: %s\n", word, what);
    return false;
}

static bool parse_pairs(const char *text, unsigned *ret)
{
    char *end;
    unsigned long n = strtoul(text, &end, 10);

    if (*text < '0' || *text > '9' || *end || n < 1 || n > AGAINST_PAIRS_MAX)
        return complain("from 1 to 1000 pairs can be made", text);
    *ret = (unsigned)n;
    return true;
}

static bool parse_limit(const char *text, double *ret)
{
    char *end;

    *ret = strtod(text, &end);
    if (*text < '0' || *text > '9' || *end || !(*ret > 0))
        return complain("the limit is a ratio such as 1.03", text);
    return true;
}

bool against_parse(struct against *how, const char *pairs, const char *limit)
{
    how->pairs = AGAINST_PAIRS;
    how->limit = 1.03;
    if (pairs && !parse_pairs(pairs, &how->pairs))
        return false;
    if (limit && !parse_limit(limit, &how->limit))
        return false;
    if (how->only && !is_compared(how->only))
        return complain("only step, breakpoint and transfer are compared",
                        how->only);
    if (access(how->other, X_OK))
        return complain("there is no such program", how->other);
    return true;
}

/* --- measuring --- */

/* One run of a suite with one program. */
static int run_once(struct bench *bench, const struct suite *suite,
                    const char *program)
{
    bench->program = program;
    bench->report = (struct report){.peer = program, .quiet = true};
    return suite->run(bench);
}

/* Figures of one program, as many as there are places for. */
static const struct figure *find(const struct report *report, const char *id)
{
    for (size_t i = 0; i < report->n; i++)
        if (strcmp(report->figures[i].id, id) == 0)
            return &report->figures[i];
    return NULL;
}

static void add_pair(struct series *s, const struct figure *ours,
                     const struct figure *other)
{
    s->value[OURS][s->n] = ours->value;
    s->value[OTHER][s->n] = other->value;
    s->ratio[s->n++] =
        ours->rate ? other->value / ours->value : ours->value / other->value;
}

/* Both have it, or it is an error; what neither has, as two CPUs on a machine
 * with one, is none. */
static int add_figure(struct series *s, const struct report report[SIDES])
{
    const struct figure *ours = find(&report[OURS], s->id);
    const struct figure *other = find(&report[OTHER], s->id);

    if (ours && other && !ours->error && !other->error && ours->value > 0 &&
        other->value > 0) {
        add_pair(s, ours, other);
        return 0;
    }
    if (ours && other && ours->error && other->error)
        return 0;
    (void)complain("measured with one of the programs only", s->label);
    return 1;
}

/* That of a figure, or a new one. */
static struct series *series_for(struct series *series, const struct figure *f)
{
    while (series->id && strcmp(series->id, f->id) != 0)
        series++;
    series->id = f->id;
    series->label = f->label;
    if (f->unit)
        series->unit = f->unit;
    return series;
}

static int add_reports(struct series *series, const struct report *report)
{
    int failed = 0;

    for (size_t i = 0; i < report[OURS].n; i++) {
        const struct figure *f = &report[OURS].figures[i];

        if (!f->machine)
            failed |= add_figure(series_for(series, f), report);
    }
    return failed;
}

static int run_pair(struct bench *bench, const struct suite *suite,
                    const char *const program[SIDES], bool other_first,
                    struct report report[SIDES])
{
    int failed = 0;

    for (unsigned i = 0; i < SIDES; i++) {
        enum side side = i == other_first ? OURS : OTHER;

        if (run_once(bench, suite, program[side])) {
            (void)complain("a measurement failed", program[side]);
            failed = 1;
        }
        report[side] = bench->report;
    }
    return failed;
}

/* --- the table --- */

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;

    return (x > y) - (x < y);
}

static double median(double *values, unsigned n)
{
    qsort(values, n, sizeof *values, by_value);
    return n % 2 ? values[n / 2] : (values[n / 2 - 1] + values[n / 2]) / 2;
}

/* 1 when it is worse than it may be. */
static int print_series(struct series *s, double limit)
{
    double ours, other, ratio;

    if (!s->n)
        return 0;
    ours = median(s->value[OURS], s->n);
    other = median(s->value[OTHER], s->n);
    ratio = median(s->ratio, s->n);
    (void)printf("%-30s %10.2f %10.2f %-5s %7.3f   %.3f to %.3f%s\n", s->label,
                 ours, other, s->unit, ratio, s->ratio[s->n / 4],
                 s->ratio[s->n - 1 - s->n / 4],
                 ratio > limit ? "   WORSE" : "");
    (void)fflush(stdout);
    return ratio > limit;
}

static int compare_suite(struct bench *bench, const struct suite *suite,
                         const char *const program[SIDES],
                         const struct against *how)
{
    static struct series series[REPORT_MAX + 1]; /* large, as these are */
    static struct report report[SIDES];
    int failed = 0;

    memset(series, 0, sizeof series);
    for (unsigned i = 0; i < how->pairs; i++) {
        failed |= run_pair(bench, suite, program, i % 2, report);
        failed |= add_reports(series, report);
    }
    for (size_t i = 0; series[i].id; i++)
        failed |= print_series(&series[i], how->limit);
    return failed;
}

int against_run(struct bench *bench, const struct against *how)
{
    const char *const program[SIDES] = {
        bench->program ? bench->program : bench->peer->argv[0], how->other};
    const struct suite *suite;
    int failed = 0;

    (void)printf("%s against %s, medians of %u pairs\n", program[OURS],
                 program[OTHER], how->pairs);
    (void)printf("%-30s %10s %10s %-5s %7s   %s\n", "", "this", "other", "",
                 "ratio", "half of the pairs");
    for (size_t i = 0; (suite = suite_at(i)); i++)
        if (suite->compared && (!how->only || !strcmp(how->only, suite->name)))
            failed |= compare_suite(bench, suite, program, how);
    return failed;
}
