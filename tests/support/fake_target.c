/* SPDX-License-Identifier: MIT */
#include "tests/support/fake_target.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static int fail(struct fake_target *fake, int err, const char *text)
{
    fake->error = text;
    return err;
}

static unsigned threads(void *target)
{
    return ((struct fake_target *)target)->n_threads;
}

static int thread_name(void *target, unsigned tid, char *out, size_t cap)
{
    if (snprintf(out, cap, "CPU#%u <&>", tid) < 0)
        return -EINVAL;
    return ((struct fake_target *)target)->fail;
}

static int why(void *target, struct rsp_stop *ret)
{
    *ret = ((struct fake_target *)target)->why;
    return ((struct fake_target *)target)->fail;
}

static int resume(void *target, const struct rsp_action *action, size_t n)
{
    struct fake_target *fake = target;

    if (fake->fail)
        return fake->fail;
    memcpy(fake->action, action, n * sizeof *action);
    fake->resumes++;
    return 0;
}

static int interrupt(void *target)
{
    struct fake_target *fake = target;

    fake->interrupts += !fake->fail;
    return fake->fail;
}

static int set_nonstop(void *target, bool on)
{
    struct fake_target *fake = target;

    if (!fake->fail)
        fake->nonstop = on;
    return fake->fail;
}

static bool running(void *target, unsigned tid)
{
    return ((struct fake_target *)target)->runs[tid - 1];
}

static void stop_thread(void *target, unsigned tid)
{
    ((struct fake_target *)target)->stopping[tid - 1] = 't';
}

static int detach(void *target, bool stay_stopped)
{
    struct fake_target *fake = target;

    fake->detached |= !fake->fail;
    fake->stays |= stay_stopped && !fake->fail;
    return fake->fail;
}

static int kill_target(void *target)
{
    struct fake_target *fake = target;

    fake->killed |= !fake->fail;
    return fake->fail;
}

static const struct rsp_desc *describe(void *target,
                                       const struct rsp_client *client)
{
    struct fake_target *fake = target;

    fake->describes++;
    fake->lldb = client->lldb;
    return &fake_descs[fake->mode];
}

static bool follow(void *target, const struct rsp_desc *known)
{
    (void)known;
    return ((struct fake_target *)target)->follows;
}

static int reg_read(void *target, unsigned tid, const struct rsp_reg *reg,
                    uint8_t *out)
{
    struct fake_target *fake = target;

    if (reg->id == FAKE_HIDDEN)
        return -ENODATA;
    memcpy(out, fake->reg[tid - 1][reg->id], reg->bits / 8u);
    return fake->fail;
}

static int reg_write(void *target, unsigned tid, const struct rsp_reg *reg,
                     const uint8_t *in)
{
    struct fake_target *fake = target;

    if (reg->id == FAKE_HIDDEN)
        return fail(fake, -EINVAL, "hidden is read-only");
    if (!fake->fail)
        memcpy(fake->reg[tid - 1][reg->id], in, reg->bits / 8u);
    return fake->fail;
}

static int reg_begin(void *target, unsigned tid)
{
    struct fake_target *fake = target;

    memcpy(fake->saved, fake->reg[tid - 1], sizeof fake->saved);
    return fake->fail;
}

static void reg_end(void *target, unsigned tid, bool keep)
{
    struct fake_target *fake = target;

    if (!keep)
        memcpy(fake->reg[tid - 1], fake->saved, sizeof fake->saved);
}

static int get_pc(void *target, unsigned tid, uint64_t *ret)
{
    struct fake_target *fake = target;

    memcpy(ret, fake->reg[tid - 1][FAKE_PC], sizeof *ret);
    return fake->fail;
}

static int set_pc(void *target, unsigned tid, uint64_t pc)
{
    struct fake_target *fake = target;

    for (size_t i = 0; i < sizeof pc && !fake->fail; i++)
        fake->reg[tid - 1][FAKE_PC][i] = (uint8_t)(pc >> (8 * i));
    return fake->fail;
}

static ssize_t mem_read(void *target, unsigned tid, uint64_t addr, void *out,
                        size_t n)
{
    struct fake_target *fake = target;

    (void)tid;
    if (addr - FAKE_RAM >= FAKE_RAM_SIZE)
        return fail(fake, -EFAULT, "no memory #there");
    size_t at = (size_t)(addr - FAKE_RAM);
    if (n > FAKE_RAM_SIZE - at)
        n = FAKE_RAM_SIZE - at;
    memcpy(out, fake->ram + at, n);
    return (ssize_t)n;
}

static int mem_write(void *target, unsigned tid, uint64_t addr, const void *in,
                     size_t n)
{
    struct fake_target *fake = target;

    (void)tid;
    if (addr - FAKE_RAM >= FAKE_RAM_SIZE ||
        n > FAKE_RAM_SIZE - (addr - FAKE_RAM))
        return fail(fake, -EFAULT, "no memory #there");
    memcpy(fake->ram + (addr - FAKE_RAM), in, n);
    return 0;
}

static int search(void *target, unsigned tid, uint64_t addr, uint64_t n,
                  const void *pattern, size_t n_pattern, uint64_t *ret)
{
    struct fake_target *fake = target;

    (void)tid;
    *ret = addr;
    if (fake->fail)
        return fake->fail;
    for (; n >= n_pattern; n--, ++*ret)
        if (*ret - FAKE_RAM <= FAKE_RAM_SIZE - n_pattern &&
            memcmp(fake->ram + (*ret - FAKE_RAM), pattern, n_pattern) == 0)
            return 1;
    return 0;
}

/* Physical addresses start at ram[0]. */
static ssize_t read_physical(void *target, uint64_t addr, void *out, size_t n)
{
    return mem_read(target, 1, addr + FAKE_RAM, out, n);
}

static int write_physical(void *target, uint64_t addr, const void *in, size_t n)
{
    return mem_write(target, 1, addr + FAKE_RAM, in, n);
}

static int search_physical(void *target, uint64_t addr, uint64_t n,
                           const void *pattern, size_t n_pattern, uint64_t *ret)
{
    int r = search(target, 1, addr + FAKE_RAM, n, pattern, n_pattern, ret);

    *ret -= FAKE_RAM;
    return r;
}

static const char *last_error(void *target)
{
    return ((struct fake_target *)target)->error;
}

static void trace(void *target, char direction, const char *bytes, size_t n)
{
    (void)bytes;
    (void)n;
    ((struct fake_target *)target)->traced[direction == '>']++;
}

static struct fake_point *find_point(struct fake_target *fake,
                                     const struct fake_point *wanted)
{
    for (size_t i = 0; i < FAKE_POINTS; i++) {
        struct fake_point *p = &fake->point[i];

        if (p->used == wanted->used && p->type == wanted->type &&
            p->addr == wanted->addr && p->size == wanted->size)
            return p;
    }
    return NULL;
}

static void note_expressions(char *out, size_t cap,
                             const struct rsp_expressions *from)
{
    size_t n = from->n < cap - 1 ? from->n : cap - 1;

    if (!from->at) {
        (void)snprintf(out, cap, "-");
        return;
    }
    memset(out, 0, cap);
    memcpy(out, from->at, n);
}

static int insert(void *target, const struct rsp_break *b)
{
    const struct fake_point point = {true, b->type, b->addr, b->size};
    const struct fake_point unused = {0};
    struct fake_target *fake = target;

    if (b->type == 3)
        return -ENOTSUP;
    struct fake_point *slot = find_point(fake, &point);
    if (!slot)
        slot = find_point(fake, &unused);
    if (!slot)
        return fail(fake, -ENOSPC, "all breakpoints are taken");
    *slot = point;
    note_expressions(fake->conditions, sizeof fake->conditions, &b->conditions);
    note_expressions(fake->commands, sizeof fake->commands, &b->commands);
    fake->persist = b->persist;
    return 0;
}

static int take_out(void *target, const struct rsp_break *b)
{
    const struct fake_point point = {true, b->type, b->addr, b->size};
    struct fake_point *slot = find_point(target, &point);

    if (slot)
        *slot = (struct fake_point){0};
    return 0;
}

static void clear(void *target)
{
    struct fake_target *fake = target;

    memset(fake->point, 0, sizeof fake->point);
}

/* "echo TEXT" says TEXT, "fill" as much as it may, all else nothing. */
static ssize_t command(void *target, const char *line, char *out, size_t cap)
{
    (void)target;
    if (strcmp(line, "fail") == 0)
        return -EINVAL;
    if (strcmp(line, "fill") == 0) {
        memset(out, 'f', cap);
        return (ssize_t)cap;
    }
    if (strncmp(line, "echo ", 5) != 0)
        return 0;
    memcpy(out, line + 5, strlen(line + 5));
    return (ssize_t)strlen(line + 5);
}

/* Nothing, the ram (half of it read-only), nothing up to the end. */
static int region(void *target, uint64_t addr, struct rsp_region *ret)
{
    /* clang-format off */
    static const struct rsp_region map[] = {
        {0,                        FAKE_RAM,          .mapped = false},
        {FAKE_RAM,                 FAKE_RAM_SIZE / 2, .mapped = true,
         .readable = true, .writable = true},
        {FAKE_RAM + FAKE_RAM_SIZE / 2, FAKE_RAM_SIZE / 2, .mapped = true,
         .rom = true, .readable = true, .executable = true},
        {FAKE_RAM + FAKE_RAM_SIZE, 0,                 .mapped = false},
    };
    /* clang-format on */
    size_t i = 0;

    while (map[i].size && addr - map[i].start >= map[i].size)
        i++;
    *ret = map[i];
    return ((struct fake_target *)target)->fail;
}

static int host(void *target, struct rsp_host *ret)
{
    *ret = (struct rsp_host){.triple = "fake-cpu",
                             .pointer_bytes = 8,
                             .page_bytes = 4096,
                             .watchpoints = 12};
    return ((struct fake_target *)target)->fail;
}

static int restart(void *target)
{
    struct fake_target *fake = target;

    if (fake->fail)
        return fake->fail;
    fake->restarts++;
    fake->why = (struct rsp_stop){
        .kind = RSP_STOP_SIGNAL, .signal = RSP_SIGTRAP, .tid = 1};
    return 0;
}

static int attach(void *target)
{
    struct fake_target *fake = target;

    fake->attaches++;
    return fake->fail;
}

static const struct rsp_break_ops breaks = {.insert = insert,
                                            .remove = take_out,
                                            .clear = clear};
static const struct rsp_break_ops scripted = {.takes_conditions = true,
                                              .takes_commands = true,
                                              .insert = insert,
                                              .remove = take_out,
                                              .clear = clear};
static const struct rsp_nonstop_ops nonstop = {set_nonstop, running,
                                               stop_thread};
static const struct rsp_monitor_ops monitor = {command};
static const struct rsp_region_ops regions = {region, region};
static const struct rsp_region_ops ram_only = {.region = region};
static const struct rsp_search_ops search_ops = {search};
static const struct rsp_physical_ops physical = {read_physical, write_physical,
                                                 search_physical};
static const struct rsp_host_ops host_ops = {host};
static const struct rsp_restart_ops restart_ops = {restart, attach};

static const struct rsp_target_ops bare = {
    .threads = threads,
    .thread_name = thread_name,
    .why = why,
    .resume = resume,
    .interrupt = interrupt,
    .detach = detach,
    .kill = kill_target,
    .describe = describe,
    .reg_read = reg_read,
    .reg_write = reg_write,
    .get_pc = get_pc,
    .set_pc = set_pc,
    .reg_begin = reg_begin,
    .reg_end = reg_end,
    .mem_read = mem_read,
    .mem_write = mem_write,
};

static void fill_state(struct fake_target *fake)
{
    for (size_t i = 0; i < FAKE_RAM_SIZE; i++)
        fake->ram[i] = (uint8_t)(FAKE_RAM + i);
    for (size_t t = 0; t < FAKE_THREADS; t++)
        for (size_t i = 0; i < FAKE_REGS; i++)
            for (size_t b = 0; b < RSP_REG_MAX_BYTES; b++)
                fake->reg[t][i][b] = (uint8_t)((t << 4) + (i << 4) + b);
}

void fake_init(struct fake_target *fake, enum fake_kind kind)
{
    /* Made once and copied: a fuzzer does little else. */
    static struct fake_target pristine;

    if (!pristine.n_threads) {
        fill_state(&pristine);
        pristine.n_threads = 1;
        pristine.follows = true;
    }
    *fake = pristine;
    fake->n_threads = kind == FAKE_SMP2 ? 2 : 1;
    memset(fake->stopping, '-', FAKE_THREADS);
    fake->why = (struct rsp_stop){
        .kind = RSP_STOP_SIGNAL, .signal = RSP_SIGTRAP, .tid = 1};
    fake->ops = bare;
    if (kind == FAKE_BARE)
        return;
    fake->ops.last_error = last_error;
    fake->ops.trace = trace;
    fake->ops.follow = follow;
    fake->ops.breaks = kind == FAKE_SMP2 ? &scripted : &breaks;
    fake->ops.nonstop = kind == FAKE_SMP2 ? &nonstop : NULL;
    fake->ops.monitor = &monitor;
    fake->ops.regions = kind == FAKE_RAM_ONLY ? &ram_only : &regions;
    fake->ops.search = &search_ops;
    fake->ops.physical = &physical;
    fake->ops.host = &host_ops;
    fake->ops.restart = &restart_ops;
}

const char *fake_kind_name(enum fake_kind kind)
{
    static const char *const name[FAKE_KINDS] = {"fake", "fake-smp2",
                                                 "fake-bare", "fake-ram"};

    return name[kind];
}

const char *fake_actions(const struct fake_target *fake)
{
    static char text[FAKE_THREADS + 1];

    for (unsigned i = 0; i < fake->n_threads; i++)
        text[i] = "-csr"[fake->action[i].resume];
    text[fake->n_threads] = '\0';
    return text;
}

unsigned fake_points(const struct fake_target *fake)
{
    unsigned n = 0;

    for (size_t i = 0; i < FAKE_POINTS; i++)
        n += fake->point[i].used;
    return n;
}
