/* SPDX-License-Identifier: MIT */
/*
 * usage: stress-kick GUEST [CYCLES]
 * No kick is lost: a guest that spins is resumed and kicked CYCLES times, and
 * each time its vcpu_run() must return because of that kick. It is kicked at
 * three moments (below), by another thread than the one that runs it. The first
 * vCPU runs on the program's first thread, as the stub has it; each further one
 * on a thread of its own.
 *
 * GUEST counts for ever in the last four bytes of its image. A lost kick is a
 * guest that never stops, so the watchdog is the verdict then.
 */
#include "kvm/core/kick.h"

#include <errno.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <linux/kvm.h>
#include <sys/ioctl.h>

#include "kvm/arch_boot.h"
#include "kvm/core/mem.h"
#include "kvm/image/image.h"
#include "kvm/image/load.h"
#include "kvm/vm/run.h"
#include "kvm/vm/types.h"
#include "kvm/vm/vm.h"

enum { SKIP = 77, WATCHDOG_SECONDS = 240, VCPUS = 2, CYCLES = 100000 };

enum moment {
    AT_ONCE, /* with nothing known of where the other thread is */
    WINDOW,  /* behind all checks, before KVM_RUN: every kick hits the gap */
    INSIDE,  /* the guest has been seen to execute (slow: it takes a CPU) */
};

static const struct row {
    const char *label;
    enum moment moment;
    unsigned n_vcpus;
    unsigned percent; /* of CYCLES */
} rows[] = {
    {"one, at once", AT_ONCE, 1, 45},     {"one, in the window", WINDOW, 1, 45},
    {"one, inside", INSIDE, 1, 2},        {"two, at once", AT_ONCE, 2, 4},
    {"two, in the window", WINDOW, 2, 3}, {"two, inside", INSIDE, 2, 1},
};

struct stress {
    struct vm vm;
    struct image image;
    const struct row *row;
    unsigned cycles;
    atomic_uint failures;
};

/* How far things are: numbers of cycles, from 1. */
static atomic_bool widened;
static atomic_uint resumed[VCPUS];
static atomic_uint kicked;
static atomic_uint in_window[VCPUS];
static atomic_int vcpu_fd[VCPUS];

/* Instead of ioctl(2) (ld, --wrap): keeps KVM_RUN waiting for the kick. */
int __real_ioctl(int fd, unsigned long request, ...);
int __wrap_ioctl(int fd, unsigned long request, ...);

static void wait_for_kick(unsigned cycle)
{
    while (atomic_load(&kicked) < cycle)
        (void)sched_yield();
}

static void wait_in_window(int fd)
{
    for (unsigned i = 0; i < VCPUS; i++)
        if (fd == atomic_load(&vcpu_fd[i])) {
            atomic_store(&in_window[i], atomic_load(&resumed[i]));
            wait_for_kick(atomic_load(&resumed[i]));
        }
}

int __wrap_ioctl(int fd, unsigned long request, ...)
{
    va_list args;
    void *arg;

    va_start(args, request);
    arg = va_arg(args, void *);
    va_end(args);
    if (request == KVM_RUN && atomic_load(&widened))
        wait_in_window(fd);
    return __real_ioctl(fd, request, arg);
}

/* --- the kicking side --- */

static uint32_t count(struct stress *stress)
{
    uint32_t *counter = mem_ptr(&stress->vm.mem, stress->image.high - 4, 4);

    return __atomic_load_n(counter, __ATOMIC_RELAXED);
}

static void wait_for_all(const struct stress *stress, atomic_uint *progress,
                         unsigned cycle)
{
    for (unsigned i = 0; i < stress->row->n_vcpus; i++)
        while (atomic_load(&progress[i]) < cycle)
            (void)sched_yield();
}

static void wait_for_moment(struct stress *stress, unsigned cycle)
{
    uint32_t before;

    wait_for_all(stress, resumed, cycle);
    before = count(stress);
    if (stress->row->moment == INSIDE)
        while (count(stress) == before)
            (void)sched_yield();
    if (stress->row->moment == WINDOW)
        wait_for_all(stress, in_window, cycle);
}

static void kick(struct stress *stress, unsigned cycle)
{
    wait_for_moment(stress, cycle);
    for (unsigned i = 0; i < stress->row->n_vcpus; i++)
        vcpu_kick(&stress->vm.vcpu[i]);
    atomic_store(&kicked, cycle);
}

static void *kick_all(void *context)
{
    struct stress *stress = context;

    for (unsigned cycle = 1; cycle <= stress->cycles; cycle++)
        kick(stress, cycle);
    return NULL;
}

/* --- the running side --- */

static void check(struct stress *stress, int r, const struct vcpu_event *event)
{
    if (r == 0 && event->kind == VCPU_EVENT_KICK)
        return;
    if (atomic_fetch_add(&stress->failures, 1) == 0)
        (void)printf("FAIL  %s: vcpu_run() gave %d, event %d\n",
                     stress->row->label, r, (int)event->kind);
}

static void run_vcpu(struct stress *stress, unsigned i)
{
    struct vcpu_event event;

    for (unsigned cycle = 1; cycle <= stress->cycles; cycle++) {
        int r;

        atomic_store(&resumed[i], cycle);
        r = vcpu_run(&stress->vm.vcpu[i], &event);
        check(stress, r, &event);
        /* The next cycle's run is not for this cycle's kick to end. */
        wait_for_kick(cycle);
    }
}

static void *run_second(void *context)
{
    run_vcpu(context, 1);
    return NULL;
}

static void start_thread(void *(*run)(void *), struct stress *stress,
                         pthread_t *ret)
{
    if (pthread_create(ret, NULL, run, stress) == 0)
        return;
    (void)printf("FAIL  no thread\n");
    exit(1);
}

static void run_cycles(struct stress *stress)
{
    bool two = stress->row->n_vcpus > 1;
    pthread_t kicker;
    pthread_t second;

    start_thread(kick_all, stress, &kicker);
    if (two)
        start_thread(run_second, stress, &second);
    run_vcpu(stress, 0);
    if (two)
        (void)pthread_join(second, NULL);
    (void)pthread_join(kicker, NULL);
}

/* --- the whole --- */

static void run_row(struct stress *stress, const struct row *row,
                    unsigned cycles)
{
    stress->row = row;
    stress->cycles = cycles / 100 * row->percent;
    atomic_store(&kicked, 0);
    for (unsigned i = 0; i < VCPUS; i++) {
        atomic_store(&resumed[i], 0);
        atomic_store(&in_window[i], 0);
        atomic_store(&vcpu_fd[i], stress->vm.vcpu[i].fd);
    }
    atomic_store(&widened, row->moment == WINDOW);
    run_cycles(stress);
    atomic_store(&widened, false);
    (void)printf("%-28s %u cycles\n", row->label, stress->cycles);
}

static int set_up(struct stress *stress, const char *guest, struct diag *diag)
{
    const struct vm_config config = {.memory = 4 << 20, .n_vcpus = VCPUS};
    const struct load_options load = {.path = guest};
    int r = vm_create(&stress->vm, &config, diag);

    if (r < 0)
        return r;
    r = load_image(&stress->vm.mem, &load, &stress->image, diag);
    for (unsigned i = 0; i < VCPUS && !r; i++)
        r = arch_vcpu_boot(&stress->vm.vcpu[i], &stress->image, diag);
    if (!r)
        r = vcpu_kick_setup();
    if (r < 0)
        vm_destroy(&stress->vm);
    return r;
}

static void on_watchdog(int signal)
{
    static const char text[] = "FAIL  a kick was lost: the guest goes on\n";

    (void)signal;
    (void)!write(STDOUT_FILENO, text, sizeof text - 1);
    _exit(1);
}

int main(int argc, char **argv)
{
    struct stress stress = {.failures = 0};
    unsigned cycles = argc > 2 ? (unsigned)strtoul(argv[2], NULL, 0) : CYCLES;
    struct diag diag = {""};
    int r;

    if (argc < 2)
        return 2;
    (void)setvbuf(stdout, NULL, _IOLBF, 0);
    r = set_up(&stress, argv[1], &diag);
    if (r < 0) {
        (void)printf("%s\n", diag.text);
        return r == -ENODEV || r == -EACCES ? SKIP : 1;
    }
    (void)signal(SIGALRM, on_watchdog);
    (void)alarm(WATCHDOG_SECONDS);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        run_row(&stress, &rows[i], cycles);
    vm_destroy(&stress.vm);
    return stress.failures ? 1 : 0;
}
