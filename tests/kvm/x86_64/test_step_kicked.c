/* SPDX-License-Identifier: MIT */
/*
 * A kick that comes at any moment changes nothing of what the guest sees. Each
 * row is a guest full of exceptions of its own (int3, icebp, TF), or user code
 * in which a debugger's #DB finds no handler; the engine lets it go on and
 * steps it while kicks come, and it must leave the same registers and the same
 * memory as when it runs freely: no frame has a TF that is not the guest's (its
 * #DB handler would count the trap that comes of it), and there is no triple
 * fault that is none.
 *
 * tests/kvm/x86_64/test_kick.c and tests/stress show that no kick is lost.
 */
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <linux/kvm.h>
#include <sys/ioctl.h>

#include "kvm/core/clock.h"
#include "kvm/vm/vm.h"
#include "stub/engine/engine.h"
#include "stub/machine_kvm.h"
#include "tests/kvm/x86_64/step_run.h"

enum { LIMIT_US = 500000, RUNS = 40, ENTRIES_MAX = 100000 };

/* ns, for all: as many runs as there is time for. */
#define TIME_MAX UINT64_C(4000000000)

/* mov ecx, N; ...; loop; and what ends it: hlt, ud2 or, with mov al, 2 before
 * it, syscall */
/* clang-format off */
static const struct step_row rows[] = {
    {"int3", LONG, ALONE,
     CODE("\xb9\x08\x00\x00\x00\xcc\x90\xe2\xfc\xf4"), {0}},
    {"int3", PROT, ALONE,
     CODE("\xb9\x08\x00\x00\x00\xcc\x90\xe2\xfc\xf4"), {0}},
    {"int3", REAL, ALONE,
     CODE("\xb9\x08\x00\xcc\x90\xe2\xfc\xf4"), {0}},
    {"int3", USER, ALONE,
     CODE("\xb9\x08\x00\x00\x00\xcc\x90\xe2\xfc\x0f\x0b"), {0}},
    {"int 0x40", USER, ALONE,
     CODE("\xb9\x08\x00\x00\x00\xcd\x40\x90\xe2\xfb\x0f\x0b"), {0}},
    {"int 0x40", COMPAT, ALONE,
     CODE("\xb9\x08\x00\x00\x00\xcd\x40\x90\xe2\xfb\x0f\x0b"), {0}},
    {"into", COMPAT, ALONE,
     CODE("\xb9\x08\x00\x00\x00\xb0\x7f\x04\x01\xce\x90\xe2\xf8\x0f\x0b"), {0}},
    {"icebp", LONG, ALONE,
     CODE("\xb9\x08\x00\x00\x00\xf1\x90\xe2\xfc\xf4"), {0}},
    /* push 0x102; popf; nop; int3; nop; push 2; popf */
    {"TF and int3", LONG, ALONE,
     CODE("\xb9\x04\x00\x00\x00\x68\x02\x01\x00\x00\x9d\x90\xcc\x90\x6a\x02\x9d"
          "\xe2\xf2\xf4"), {0}},
    {"TF and int3", PROT, ALONE,
     CODE("\xb9\x04\x00\x00\x00\x68\x02\x01\x00\x00\x9d\x90\xcc\x90\x6a\x02\x9d"
          "\xe2\xf2\xf4"), {0}},
    {"TF", USER, ALONE,
     CODE("\xb9\x04\x00\x00\x00\x68\x02\x03\x00\x00\x9d\x90\x90\x68\x02\x02\x00"
          "\x00\x9d\xe2\xf0\x0f\x0b"), {0}},
    {"a #DB", USER, ALONE,
     CODE("\xb9\x10\x00\x00\x00\x90\xe2\xfd\x0f\x0b"), {0}},
    {"a #DB", COMPAT, ALONE,
     CODE("\xb9\x10\x00\x00\x00\x90\xe2\xfd\x0f\x0b"), {0}},
    {"no #DB", USER, NO_DB,
     CODE("\xb9\x10\x00\x00\x00\x90\xe2\xfd\x0f\x0b"), {0}},
    {"no #DB nor #DF", USER, NO_DB | NO_DF,
     CODE("\xb9\x10\x00\x00\x00\x90\xe2\xfd\x0f\x0b"), {0}},
    /* to 32-bit code by lretq: push 0x1b; push behind; lretq */
    {"no IDT", USER, NO_IDT,
     CODE("\xb9\x10\x00\x00\x00\x90\xe2\xfd\x6a\x1b\x68\x11\x10\x00\x00\x48\xcb"
          "\xb0\x02\x0f\x05"), {0}},
    {"no IDT", COMPAT, NO_IDT,
     CODE("\xb9\x10\x00\x00\x00\x90\xe2\xfd\xb0\x02\x0f\x05"), {0}},
};
/* clang-format on */

enum { N_ROWS = sizeof rows / sizeof rows[0] };

enum moment {
    NO_KICK,
    BEFORE, /* each entry, by chance: what KVM was told it has not yet done */
    WITHIN, /* by a timer, as long after it as an entry may take */
    ASIDE,  /* the same, from another thread */
    MOMENTS
};

/* A row's share of the time is for so many. */
enum { WAYS = 2 * (MOMENTS - 1) };

static struct machine_kvm machine;
static struct engine engine;
static enum stop_kind stopped; /* the last stop's */
static bool has_stopped;

/* --- kicks --- */

static enum moment moment;
static uint32_t chance = 1; /* of the thread that runs the guest */
static unsigned entries;
static unsigned kicks[MOMENTS];
static uint64_t inside;            /* ns, of all entries of a run */
static atomic_uint_fast64_t range; /* ns that an entry takes, on an average */
static timer_t timer;
static atomic_uint entered, answered; /* entries that are to be kicked */
static atomic_bool over;
static atomic_uint_fast64_t entered_at;

static uint32_t next_random(uint32_t *state)
{
    *state = *state * 1664525 + 1013904223;
    return *state >> 16;
}

static void on_timer(int signal)
{
    (void)signal;
    machine_kick(&machine.machine);
}

/* ns from now; 0: never. */
static void set_timer(uint64_t ns)
{
    const struct itimerspec at = {.it_value.tv_nsec = (long)ns};

    (void)timer_settime(timer, 0, &at, NULL);
}

static bool make_timer(void)
{
    struct sigevent event = {.sigev_notify = SIGEV_THREAD_ID,
                             .sigev_signo = SIGUSR2};

    event._sigev_un._tid = gettid();
    return signal(SIGUSR2, on_timer) != SIG_ERR &&
           timer_create(CLOCK_MONOTONIC, &event, &timer) == 0;
}

static uint64_t delay(uint32_t *state)
{
    return next_random(state) * 2 * atomic_load(&range) >> 16;
}

/* Not with every entry: it would come no further. */
static void before_entry(void)
{
    entries++;
    if (moment == NO_KICK || next_random(&chance) % 2)
        return;
    kicks[moment]++;
    if (moment == BEFORE) {
        machine_kick(&machine.machine);
    } else if (moment == WITHIN) {
        set_timer(1 + delay(&chance));
    } else {
        atomic_store(&entered_at, machine_clock_host());
        atomic_fetch_add(&entered, 1);
    }
}

/* Instead of ioctl(2) (ld, --wrap). */
int __real_ioctl(int fd, unsigned long request, ...);
int __wrap_ioctl(int fd, unsigned long request, ...);

static int run_kvm(int fd)
{
    uint64_t begun;
    int r;

    before_entry();
    begun = machine_clock_host();
    r = __real_ioctl(fd, KVM_RUN, 0);
    inside += machine_clock_host() - begun;
    return r;
}

int __wrap_ioctl(int fd, unsigned long request, ...)
{
    va_list args;
    void *arg;

    va_start(args, request);
    arg = va_arg(args, void *);
    va_end(args);
    if (request == KVM_RUN)
        return run_kvm(fd);
    return __real_ioctl(fd, request, arg);
}

static void *kick_now_and_then(void *context)
{
    uint32_t state = 1;
    unsigned seen = 0;

    (void)context;
    while (!atomic_load(&over)) {
        uint64_t at;

        if (atomic_load(&entered) == seen) {
            (void)sched_yield();
            continue;
        }
        seen = atomic_load(&entered);
        at = atomic_load(&entered_at) + delay(&state);
        while (machine_clock_host() < at)
            continue;
        machine_kick(&machine.machine);
        atomic_store(&answered, seen);
    }
    return NULL;
}

/* None is on its way any more. */
static void end_kicks(void)
{
    set_timer(0);
    while (atomic_load(&answered) != atomic_load(&entered))
        (void)sched_yield();
    machine.machine.ops->forget_kick(&machine.machine);
}

/* --- the engine's listener --- */

static void on_stopped(void *context, const struct stop *why)
{
    (void)context;
    stopped = why->kind;
    has_stopped = true;
}

static void on_halted(void *context, const char *text)
{
    (void)context, (void)text;
}

static bool on_widened(void *context, unsigned tid)
{
    (void)context, (void)tid;
    return false;
}

static unsigned address_bits(void *context)
{
    (void)context;
    return 64;
}

static bool is_false(void *context)
{
    (void)context;
    return false;
}

static const struct engine_listener listener = {
    .stopped = on_stopped,
    .halted = on_halted,
    .told = on_halted,
    .widened = on_widened,
    .address_bits = address_bits,
    .knows_registers = is_false,
    .follows = is_false,
    .finds_at_pc = is_false,
};

/* --- one run --- */

static struct vm *the_vm(void)
{
    return machine_kvm_vm(&machine);
}

/* To the next stop. */
static void run_on(enum resume_kind kind)
{
    const struct resume_wish wish[ENGINE_CPUS] = {{.kind = kind}};

    has_stopped = false;
    engine_resume(&engine, wish);
    while (!has_stopped && entries < ENTRIES_MAX) {
        if (engine_prepare(&engine))
            engine_run(&engine);
        engine_settle(&engine);
    }
}

/* Until it halts. NULL, or what it comes to instead. */
static const char *run_to_halt(const struct step_row *row, bool step)
{
    if (guest_start(the_vm(), row->context, row->with, row->code, row->size) <
        0)
        return "no start";
    entries = 0;
    inside = 0;
    do
        run_on(step ? RESUME_STEP : RESUME_CONTINUE);
    while (stopped == STOP_STEPPED && entries < ENTRIES_MAX);
    end_kicks();
    if (entries >= ENTRIES_MAX)
        return "it never comes to an end";
    return stopped == STOP_HALTED || stopped == STOP_DEAD_HALT ? NULL
                                                               : engine.text;
}

static bool run_and_judge(const struct step_row *row, bool step,
                          const struct result *want)
{
    static struct result got;
    const char *trouble = run_to_halt(row, step);
    unsigned before = run_failures;

    if (trouble)
        run_fail_text(row, step ? STEPPING : FREELY, trouble);
    the_vm()->vcpu[0].debug = (struct debug_state){.step = false};
    run_read(the_vm(), &got);
    if (!trouble)
        run_judge(row, step ? STEPPING : FREELY, &got, want);
    return run_failures == before;
}

/* --- all of them --- */

/* So many times, or as long as its share of the time is. */
static void try_moment(const struct step_row *row, bool step,
                       const struct result *want, uint64_t until)
{
    unsigned n = 0;

    do
        (void)run_and_judge(row, step, want);
    while (++n < RUNS && machine_clock_host() < until);
}

static void try_row(const struct step_row *row, bool step,
                    const struct result *want, uint64_t share)
{
    moment = NO_KICK;
    if (!run_and_judge(row, step, want))
        return;
    atomic_store(&range, 1 + inside / entries);
    for (moment = BEFORE; moment < MOMENTS; moment++)
        try_moment(row, step, want, machine_clock_host() + share);
    moment = NO_KICK;
}

static void try_rows(const struct debug_state *host)
{
    static struct result want;

    for (unsigned i = 0; i < N_ROWS; i++) {
        const struct step_row *row = &rows[i];

        if (guest_ends_host(row->context, row->with))
            continue;
        run_row(the_vm(), row, FREELY, host, LIMIT_US, &want);
        if (!want.halted) {
            run_note(row, want.why);
            continue;
        }
        for (int step = 0; step < 2; step++)
            try_row(row, step, &want, TIME_MAX / (N_ROWS * WAYS));
    }
}

static void start_engine(void)
{
    static const struct image image = {.mode = CPU_MODE_LONG};

    machine_kvm_init(&machine);
    engine_init(&engine, &machine.machine, &image, &listener, NULL);
}

int main(void)
{
    struct debug_state host;
    pthread_t kicker;
    int r = run_prepare(the_vm(), &host);

    if (r)
        return r;
    start_engine();
    if (!make_timer() || pthread_create(&kicker, NULL, kick_now_and_then, NULL))
        return EXIT_FAILURE;
    try_rows(&host);
    atomic_store(&over, true);
    (void)pthread_join(kicker, NULL);
    engine_done(&engine);
    vm_destroy(the_vm());
    (void)printf("%d rows, %u, %u and %u kicks, %u failures\n", N_ROWS,
                 kicks[BEFORE], kicks[WITHIN], kicks[ASIDE], run_failures);
    for (moment = BEFORE; moment < MOMENTS; moment++)
        run_failures += !kicks[moment];
    return run_failures ? EXIT_FAILURE : EXIT_SUCCESS;
}
