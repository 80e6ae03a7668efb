/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "scripts/bench.d/bench.h"
#include "scripts/bench.d/echo.h"
#include "scripts/bench.d/spawn.h"

/*
 * A real GDB as the client: how many packets it sends to connect and to
 * detach, and for each stepi. GDB writes down its packets itself (GDB manual,
 * "set remotelogfile"), so this works for any stub. What a stepi costs is the
 * difference of a session with many of them and one with none.
 */

enum {
    STEPS = 200,
    SESSIONS = 5,
    FIXED_ARGS = 14,
    ARGS = FIXED_ARGS + 2 * STEPS,
    ECHOES = 2000,
    /* vCont;s and a stop reply, about */
    REQUEST = 14,
    REPLY = 70,
};

struct session {
    const struct bench *bench;
    struct stub stub;
    unsigned steps;
    unsigned packets;
    char log[32];
};

/* Lines of the log start with "w " for what is written, "r " for what is
 * read; an ack may come before the packet. */
static bool is_packet(const char *line)
{
    return strncmp(line, "w ", 2) == 0 &&
           (line[2] == '$' || (line[2] == '+' && line[3] == '$'));
}

static int count_packets(const char *path, unsigned *ret)
{
    FILE *in = fopen(path, "r");
    char *line = NULL;
    size_t cap = 0;

    if (!in)
        return -errno;
    *ret = 0;
    while (getline(&line, &cap, in) >= 0)
        *ret += is_packet(line);
    free(line);
    (void)fclose(in);
    return 0;
}

static void add_command(const char **argv, const char *command)
{
    while (*argv)
        argv++;
    argv[0] = "-ex";
    argv[1] = command;
}

static int start_session(void *context)
{
    struct session *s = context;

    stub_stop(&s->stub);
    return stub_start(&s->stub, s->bench->peer, s->bench->program,
                      bench_mode(s->bench));
}

static int run_session(void *context)
{
    struct session *s = context;
    char remember[64];
    char target[64];
    const char *argv[ARGS] = {s->bench->gdb, "-nx", "-batch"};
    pid_t pid;
    int err;

    (void)snprintf(remember, sizeof remember, "set remotelogfile %s", s->log);
    (void)snprintf(target, sizeof target, "target remote 127.0.0.1:%u",
                   (unsigned)s->stub.port);
    add_command(argv, remember);
    add_command(argv, target);
    for (unsigned i = 0; i < s->steps; i++)
        add_command(argv, "stepi");
    add_command(argv, "detach");
    err = spawn_quiet(&pid, argv);
    if (!err)
        err = spawn_wait(pid);
    return err ? err : count_packets(s->log, &s->packets);
}

static int open_session(struct session *s, const struct bench *bench,
                        unsigned steps)
{
    int fd;

    *s = (struct session){.bench = bench, .steps = steps};
    strcpy(s->log, "/tmp/kvmgdb-bench-XXXXXX");
    fd = mkstemp(s->log);
    if (fd < 0)
        return -errno;
    close(fd);
    return 0;
}

static void close_session(struct session *s)
{
    stub_stop(&s->stub);
    unlink(s->log);
}

static void report_gdb(struct report *report, const struct session *sessions,
                       const struct probe *probes)
{
    double packets = sessions[1].packets - sessions[0].packets;
    double us = probe_us(&probes[1], 0.5) - probe_us(&probes[0], 0.5);

    report_add(report, (struct figure){.id = "gdb_connect",
                                       .label = "gdb: connect and detach",
                                       .unit = "packets",
                                       .value = sessions[0].packets});
    report_add(report, (struct figure){.id = "gdb_stepi_packets",
                                       .label = "gdb: stepi",
                                       .unit = "packets",
                                       .value = packets / STEPS});
    report_add(report,
               (struct figure){.id = "gdb_stepi",
                               .label = "gdb: stepi",
                               .unit = "us",
                               .value = us / STEPS,
                               .floor = "us TCP echo",
                               .floor_value = probe_us(&probes[2], 0.5)});
}

int bench_gdb(struct bench *bench)
{
    struct session sessions[2] = {0};
    struct echo echo = {0};
    struct probe probes[] = {
        {start_session, run_session, &sessions[0], NULL, 0},
        {start_session, run_session, &sessions[1], NULL, 0},
        {NULL, echo_once, &echo, NULL, 0},
    };
    int err = open_session(&sessions[0], bench, 0);

    if (!err)
        err = open_session(&sessions[1], bench, STEPS);
    if (!err)
        err = echo_open(&echo, REQUEST, REPLY, ECHO_PLAIN);
    if (!err)
        err = probe_all(probes, 2, bench_runs(bench, SESSIONS), 1);
    if (!err)
        err = probe_all(&probes[2], 1, 1, ECHOES);
    if (err)
        err = report_error(&bench->report, "gdb", "gdb", err);
    else
        report_gdb(&bench->report, sessions, probes);
    for (size_t i = 0; i < 3; i++)
        probe_done(&probes[i]);
    close_session(&sessions[0]);
    close_session(&sessions[1]);
    echo_close(&echo);
    return err;
}
