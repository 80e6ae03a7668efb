/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "scripts/bench.d/bench.h"
#include "scripts/bench.d/net.h"
#include "scripts/bench.d/spawn.h"
#include "scripts/bench.d/vm.h"

/*
 * The stub as a process: how soon it can be connected to, and how much memory
 * it takes. Its floors are a process that does nothing and a bare VM.
 */

/* --- from exec to listening --- */

struct start {
    const struct bench *bench;
    struct stub stub;
    struct vm vm;
};

static int start_true(void *context)
{
    static const char *const argv[] = {"true", NULL};
    pid_t pid;
    int err = spawn_quiet(&pid, argv);

    (void)context;
    return err ? err : spawn_wait(pid);
}

static int end_vm(void *context)
{
    struct start *start = context;

    vm_close(&start->vm);
    return 0;
}

static int start_vm(void *context)
{
    struct start *start = context;

    return vm_open(&start->vm, GUEST_16);
}

static int end_stub(void *context)
{
    struct start *start = context;

    stub_stop(&start->stub);
    return 0;
}

static int start_stub(void *context)
{
    struct start *start = context;
    const struct bench *bench = start->bench;
    int err = stub_start(&start->stub, bench->peer, bench->program,
                         bench_mode(bench));
    int fd = err ? err : net_connect(start->stub.port);

    if (fd < 0)
        return fd;
    close(fd);
    return 0;
}

static void report_start(struct report *report, const struct probe *probes)
{
    struct figure figure = bench_time("start", "exec to listening", &probes[2],
                                      &probes[0], "us exec of true");

    figure.goal = (struct goal){GOAL_AT_MOST, 10000};
    report_add(report, figure);
    report_add(report, bench_time("start_vm", "bare VM, one vCPU", &probes[1],
                                  &probes[0], "us exec of true"));
}

int bench_start(struct bench *bench)
{
    struct start start = {.bench = bench, .vm = VM_NONE};
    struct probe probes[] = {
        {.run = start_true, .context = &start},
        {.prepare = end_vm, .run = start_vm, .context = &start},
        {.prepare = end_stub, .run = start_stub, .context = &start},
    };
    int err = probe_all(probes, 3, bench_runs(bench, 50), 1);

    if (err)
        err = report_error(&bench->report, "start", "exec to listening", err);
    else
        report_start(&bench->report, probes);
    for (size_t i = 0; i < 3; i++)
        probe_done(&probes[i]);
    stub_stop(&start.stub);
    vm_close(&start.vm);
    return err;
}

/* --- resident memory --- */

struct resident {
    unsigned long all, largest; /* KiB */
    unsigned long size;         /* of the largest mapping, KiB */
};

static bool number_after(const char *line, const char *name, unsigned long *ret)
{
    size_t n = strlen(name);

    if (strncmp(line, name, n) != 0)
        return false;
    *ret = strtoul(line + n, NULL, 10);
    return true;
}

/* One line of /proc/PID/smaps; a mapping's Size comes before its Rss. */
static void add_line(struct resident *r, const char *line, unsigned long *size)
{
    unsigned long rss;

    if (number_after(line, "Size:", size) || !number_after(line, "Rss:", &rss))
        return;
    r->all += rss;
    if (*size > r->size) {
        r->size = *size;
        r->largest = rss;
    }
}

static int read_resident(pid_t pid, struct resident *ret)
{
    char path[32];
    char line[512];
    unsigned long size = 0;
    FILE *in;

    (void)snprintf(path, sizeof path, "/proc/%d/smaps", (int)pid);
    in = fopen(path, "r");
    if (!in)
        return -errno;
    *ret = (struct resident){0};
    while (fgets(line, sizeof line, in))
        add_line(ret, line, &size);
    (void)fclose(in);
    return 0;
}

/* Makes the stub use its packet buffers to the full, both ways. */
static int exercise(struct live *live)
{
    size_t n = 1 << 20;
    uint64_t addr = live->peer->base + PEER_DATA_OFFSET;
    uint8_t *bytes = calloc(1, n);
    int err = bytes ? wire_poke(&live->wire, addr, bytes, n) : -ENOMEM;

    if (!err)
        err = wire_peek(&live->wire, addr, bytes, n);
    free(bytes);
    return err;
}

/* Guest memory is taken to be the largest mapping. */
static void report_resident(struct report *report, const struct resident *r)
{
    report_add(report, (struct figure){
                           .id = "resident",
                           .label = "resident beside guest RAM",
                           .unit = "MB",
                           .value = (double)(r->all - r->largest) * 1024 / 1e6,
                           .goal = {GOAL_AT_MOST, 20},
                       });
}

int bench_resident(struct bench *bench)
{
    struct resident r = {0};
    struct live live;
    int err = live_open(&live, bench, bench_mode(bench));

    if (!err)
        err = exercise(&live);
    if (!err)
        err = read_resident(live.stub.pid, &r);
    if (err)
        err = report_error(&bench->report, "resident",
                           "resident beside guest RAM", err);
    else
        report_resident(&bench->report, &r);
    live_close(&live);
    return err;
}
