/* SPDX-License-Identifier: MIT */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "scripts/bench.d/against.h"
#include "scripts/bench.d/bench.h"

/*
 * kvmgdb-bench: measures a GDB stub from the other end of its socket. See
 * scripts/README.md; scripts/bench builds and runs this.
 */

struct options {
    const char *peer, *program, *gdb, *json, *only;
    const char *against, *pairs, *limit;
    unsigned effort;
};

static const char usage[] =
    "Usage: kvmgdb-bench [options]\n"
    "  --peer NAME     kvmgdbstub (default), qemu or gdbserver\n"
    "  --stub PROGRAM  the stub to run\n"
    "  --gdb PROGRAM   the debugger to run (default gdb)\n"
    "  --json FILE     write the figures there too\n"
    "  --only NAME     one of step, breakpoint, interrupt, watch, complete,\n"
    "                  transfer, start, resident, gdb\n"
    "  --quick         a twentieth of the runs: does it work?\n"
    "  --against PROGRAM  compare with this build of the stub, in pairs:\n"
    "                  step, breakpoint, transfer\n"
    "  --pairs N       so many pairs (default 30)\n"
    "  --limit RATIO   fail if a median ratio is worse (default 1.03)\n";

/* Options with a word to keep; getopt_long() tells which by its index. */
static const struct option names[] = {
    {"peer", required_argument, NULL, 'w'},
    {"stub", required_argument, NULL, 'w'},
    {"gdb", required_argument, NULL, 'w'},
    {"json", required_argument, NULL, 'w'},
    {"only", required_argument, NULL, 'w'},
    {"against", required_argument, NULL, 'w'},
    {"pairs", required_argument, NULL, 'w'},
    {"limit", required_argument, NULL, 'w'},
    {"quick", no_argument, NULL, 'q'},
    {"help", no_argument, NULL, 'h'},
    {NULL, 0, NULL, 0},
};

/* 0, or 1 for --help, or -1. */
static int parse(int argc, char **argv, struct options *o)
{
    const char **words[] = {&o->peer, &o->program, &o->gdb,   &o->json,
                            &o->only, &o->against, &o->pairs, &o->limit};
    int index = 0;
    int c;

    /* NOLINTNEXTLINE(concurrency-mt-unsafe): there is one thread */
    while ((c = getopt_long(argc, argv, "", names, &index)) != -1) {
        if (c == 'w')
            *words[index] = optarg;
        else if (c == 'q')
            o->effort = 5;
        else
            return c == 'h' ? 1 : -1;
    }
    return optind == argc ? 0 : -1;
}

/* A suite that fails does not keep the others from being run. */
static unsigned run_suites(struct bench *bench, const char *only)
{
    const struct suite *suite;
    unsigned failed = 0;

    for (size_t i = 0; (suite = suite_at(i)); i++) {
        if (only && strcmp(only, suite->name) != 0)
            continue;
        failed += suite->run(bench) != 0;
    }
    return failed;
}

/* With another build of the stub: 0, 1 when it is too slow, 2 for options that
 * make no sense. */
static int compare(struct bench *bench, const struct options *o)
{
    struct against how = {.other = o->against, .only = o->only};

    if (strcmp(o->peer, "kvmgdbstub") != 0 || o->json) {
        (void)fputs("kvmgdb-bench: --against compares two builds of "
                    "kvmgdbstub, and writes no JSON\n",
                    stderr);
        return 2;
    }
    if (!against_parse(&how, o->pairs, o->limit))
        return 2;
    if (bench->effort > AGAINST_EFFORT)
        bench->effort = AGAINST_EFFORT;
    return against_run(bench, &how);
}

static int run(const struct options *o)
{
    static struct bench bench; /* large */
    unsigned failed;
    int err = 0;

    bench = (struct bench){
        .peer = peer_find(o->peer),
        .program = o->program,
        .gdb = o->gdb,
        .effort = o->effort,
    };
    if (!bench.peer) {
        (void)fprintf(stderr, "kvmgdb-bench: no peer is called %s\n", o->peer);
        return 2;
    }
    if (o->against)
        return compare(&bench, o);
    report_begin(&bench.report, o->peer, strcmp(o->peer, "kvmgdbstub") == 0);
    failed = run_suites(&bench, o->only);
    if (o->json)
        err = report_write_json(&bench.report, o->json);
    if (err)
        (void)fprintf(stderr, "kvmgdb-bench: %s: %s\n", o->json,
                      strerrordesc_np(-err));
    return failed || err ? 1 : 0;
}

int main(int argc, char **argv)
{
    struct options options = {
        .peer = "kvmgdbstub", .gdb = "gdb", .effort = 100};
    int parsed = parse(argc, argv, &options);

    if (parsed) {
        (void)fputs(usage, parsed > 0 ? stdout : stderr);
        return parsed > 0 ? 0 : 2;
    }
    return run(&options);
}
