/* SPDX-License-Identifier: MIT */
#include "scripts/bench.d/report.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <sys/utsname.h>

enum { CELL = 40 };

static double ratio(const struct figure *f)
{
    double up = f->rate ? f->floor_value : f->value;
    double down = f->rate ? f->value : f->floor_value;

    return down > 0 ? up / down : 0;
}

static bool met(const struct figure *f)
{
    switch (f->goal.kind) {
    case GOAL_RATIO:
        return ratio(f) <= f->goal.number;
    case GOAL_AT_MOST:
        return f->value <= f->goal.number;
    case GOAL_AT_LEAST:
        return f->value >= f->goal.number;
    case GOAL_NONE:
        break;
    }
    return true;
}

static void goal_cell(char cell[CELL], const struct figure *f)
{
    static const char *const words[] = {
        [GOAL_RATIO] = "ratio <=",
        [GOAL_AT_MOST] = "<=",
        [GOAL_AT_LEAST] = ">=",
    };

    *cell = '\0';
    if (f->goal.kind != GOAL_NONE)
        (void)snprintf(cell, CELL, "%s %g: %s", words[f->goal.kind],
                       f->goal.number, met(f) ? "yes" : "NO");
}

static void print_row(const struct figure *f)
{
    char value[CELL];
    char floor[CELL] = "";
    char times[CELL] = "";
    char goal[CELL];

    (void)snprintf(value, sizeof value, "%.1f %s", f->value, f->unit);
    if (f->floor) {
        (void)snprintf(floor, sizeof floor, "%.1f %s", f->floor_value,
                       f->floor);
        (void)snprintf(times, sizeof times, "%.2f", ratio(f));
    }
    goal_cell(goal, f);
    (void)printf("%-30s %16s   %-24s %6s   %s\n", f->label,
                 f->error ? "-" : value, f->error ? f->error : floor, times,
                 goal);
    (void)fflush(stdout);
}

void report_begin(struct report *report, const char *peer, bool goals)
{
    *report = (struct report){.peer = peer, .goals = goals};
    (void)printf("%-30s %16s   %-24s %6s   %s\n", peer, "value", "floor",
                 "ratio", goals ? "goal" : "");
}

void report_add(struct report *report, struct figure figure)
{
    if (!report->goals || figure.error)
        figure.goal.kind = GOAL_NONE;
    if (!report->quiet)
        print_row(&figure);
    if (report->n < REPORT_MAX)
        report->figures[report->n++] = figure;
}

int report_error(struct report *report, const char *id, const char *label,
                 int err)
{
    const char *why = err == -ENOTSUP  ? "not supported"
                      : err == -EAGAIN ? "no reply"
                                       : strerrordesc_np(-err);

    report_add(report, (struct figure){.id = id, .label = label, .error = why});
    return err == -ENOTSUP ? 0 : err;
}

/* --- JSON; no string here needs escaping --- */

static void write_figure(FILE *out, const struct figure *f)
{
    (void)fprintf(out, "{\"id\": \"%s\", \"label\": \"%s\"", f->id, f->label);
    if (f->error)
        (void)fprintf(out, ", \"error\": \"%s\"", f->error);
    else
        (void)fprintf(out, ", \"value\": %.3f, \"unit\": \"%s\"", f->value,
                      f->unit);
    if (f->p99 > 0)
        (void)fprintf(out, ", \"best\": %.3f, \"p99\": %.3f", f->best, f->p99);
    if (f->floor)
        (void)fprintf(out,
                      ", \"floor\": {\"label\": \"%s\", \"value\": %.3f}"
                      ", \"ratio\": %.3f",
                      f->floor, f->floor_value, ratio(f));
    if (f->goal.kind != GOAL_NONE)
        (void)fprintf(out, ", \"goal_met\": %s", met(f) ? "true" : "false");
    (void)fputs("}", out);
}

static void write_machine(FILE *out)
{
    struct utsname u;
    time_t now = time(NULL);
    struct tm utc;
    char date[32];

    uname(&u);
    (void)gmtime_r(&now, &utc);
    (void)strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%SZ", &utc);
    (void)fprintf(out,
                  "  \"date\": \"%s\",\n  \"kernel\": \"%s\",\n"
                  "  \"architecture\": \"%s\",\n",
                  date, u.release, u.machine);
}

int report_write_json(const struct report *report, const char *path)
{
    FILE *out = fopen(path, "w");
    int err;

    if (!out)
        return -errno;
    (void)fprintf(out, "{\n  \"peer\": \"%s\",\n", report->peer);
    write_machine(out);
    (void)fputs("  \"figures\": [", out);
    for (size_t i = 0; i < report->n; i++) {
        (void)fputs(i ? ",\n    " : "\n    ", out);
        write_figure(out, &report->figures[i]);
    }
    (void)fputs("\n  ]\n}\n", out);
    err = ferror(out) ? -EIO : 0;
    return fclose(out) ? -errno : err;
}
