/* SPDX-License-Identifier: MIT */
#include "tests/unit/engine/fixture.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include <sys/syscall.h>

#include "kvm/arch_cpu.h"
#include "stub/points/table.h"

struct fake_machine m;
struct engine e;
struct stop last;
unsigned n_told, n_halted;
struct client client;
char halted[ENGINE_TEXT], said[ENGINE_TEXT];
int64_t cpu_ns;

/* Time goes by when a test says so: this one is called in place of libc's. */
int clock_gettime(clockid_t clock, struct timespec *ret)
{
    if (clock != CLOCK_THREAD_CPUTIME_ID)
        return (int)syscall(SYS_clock_gettime, clock, ret);
    ret->tv_sec = cpu_ns / 1000000000;
    ret->tv_nsec = cpu_ns % 1000000000;
    return 0;
}

static void on_stopped(void *context, const struct stop *why)
{
    (void)context;
    for (unsigned i = 0; i < m.n; i++)
        cr_expect(not(m.runs[i]), "vCPU %u runs while a stop is told", i);
    cr_expect(not(e.running));
    last = *why;
    n_told++;
}

static void on_halted(void *context, const char *text)
{
    (void)context;
    (void)snprintf(halted, sizeof halted, "%s", text);
    n_halted++;
}

static void on_said(void *context, const char *text)
{
    (void)context;
    (void)snprintf(said, sizeof said, "%s", text);
}

static bool on_widened(void *context, unsigned tid)
{
    (void)context;
    client.widened_by = tid;
    client.n_widened++;
    return client.stops_widened;
}

static unsigned address_bits(void *context)
{
    (void)context;
    return client.bits;
}

static bool knows_registers(void *context)
{
    (void)context;
    return client.knows_registers;
}

static bool follows(void *context)
{
    (void)context;
    return client.follows;
}

static bool finds_at_pc(void *context)
{
    (void)context;
    return client.finds_at_pc;
}

static const struct engine_listener listener = {
    on_stopped,   on_halted,       on_said, on_widened,
    address_bits, knows_registers, follows, finds_at_pc};

void begin(unsigned n, uint64_t seed)
{
    const struct image image = {.kind = IMAGE_FLAT, .mode = CPU_MODE_LONG};

    fake_begin(&m, n, seed);
    for (unsigned i = 0; i < FAKE_CPUS; i++)
        m.arch[i].pc = CODE;
    e = (struct engine){.running = false};
    n_told = n_halted = 0;
    said[0] = '\0';
    client = (struct client){.bits = 64,
                             .knows_registers = true,
                             .follows = true,
                             .finds_at_pc = true};
    last = (struct stop){.kind = STOP_STEPPED};
    engine_init(&e, &m.machine, &image, &listener, NULL);
    e.attended = true;
}

void end(void)
{
    cr_expect(zero(u32, m.mistakes));
    cr_expect(zero(u32, null_cpu.mistakes));
    engine_done(&e);
    fake_end(&m);
}

void code(uint64_t gpa, const char *bytes, size_t n)
{
    (void)fake_code(&m, gpa, (const uint8_t *)bytes, n);
}

void set(enum bp_kind kind, uint64_t gva, uint64_t size)
{
    cr_assert(zero(int, bp_insert(&e.points, kind, gva, size)));
}

void unset(enum bp_kind kind, uint64_t gva, uint64_t size)
{
    cr_assert(zero(int, bp_remove(&e.points, kind, gva, size)));
}

bool run_on(unsigned kicks)
{
    unsigned told = n_told;

    while (n_told == told && kicks-- > 0 && engine_runnable(&e)) {
        bool goes = engine_prepare(&e);

        cr_expect(eq(int, goes, e.running));
        if (goes)
            engine_run(&e);
    }
    return n_told > told;
}

bool continue_all(void)
{
    engine_continue(&e);
    return run_on(1000000);
}

bool step_alone(unsigned tid)
{
    struct resume_wish wish[ENGINE_CPUS] = {{.kind = RESUME_HOLD}};

    wish[tid - 1].kind = RESUME_STEP;
    engine_resume(&e, wish);
    return run_on(1000);
}

uint64_t pc_of(unsigned tid)
{
    return arch_pc(e.thread[tid - 1].vcpu);
}
