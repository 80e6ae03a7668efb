/* SPDX-License-Identifier: MIT */
/*
 * A kick between any two instructions of vcpu_run(), on the host's side, is
 * not lost: in each trial it comes at another one. From the kick on the guest
 * may execute nothing before a vcpu_run() has returned VCPU_EVENT_KICK; where
 * it goes on it comes to a port that tells.
 *
 * tests/stress has the kicks from other threads, and those into the guest.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <linux/kvm.h>
#include <sys/ioctl.h>

#include "kvm/arch_cpu.h"
#include "kvm/core/kick.h"
#include "kvm/core/mem.h"
#include "kvm/vm/run.h"
#include "kvm/vm/types.h"
#include "kvm/vm/vm.h"
#include "kvm/x86_64/state/state.h"
#include "tests/kvm/x86_64/host_trace.h"
#include "tests/kvm/x86_64/step_guest.h"

enum { SKIP = 77, MEMORY = 0x200000, WATCHDOG_SECONDS = 120 };
enum { PORT = 0x510, TAIL = 0x512, RUNS_MAX = 9 };
/* Where there are more instructions between two KVM_RUN one is being decoded:
 * every second of them, and so on. */
enum { MANY = 1500 };

/* mov $0x512, dx; out al, dx; jmp back */
#define GO_ON "\x66\xba\x12\x05\xee\xeb\xfd"
#define DX    "\x66\xba\x10\x05"

/* clang-format off */
static const struct row {
    const char *label, *code;
    bool step;
    bool signal; /* KVM_RUN is interrupted once, by a signal of nobody's */
    bool watch;  /* guarded memory: stop at the access */
} rows[] = {
    {"runs freely",     GO_ON,                           false, false, false},
    {"interrupted",     GO_ON,                           false, true,  false},
    {"in",              DX "\xec" GO_ON,                 false, false, false},
    {"out",             DX "\xee" GO_ON,                 false, false, false},
    {"rep insb",        DX "\xf3\x6c" GO_ON,             false, false, false},
    {"load",            "\x8a\x03" GO_ON,                false, false, false},
    {"store",           "\x88\x03" GO_ON,                false, false, false},
    {"load, watched",   "\x8a\x03" GO_ON,                false, false, true},
    {"store, watched",  "\x88\x03" GO_ON,                false, false, true},
    {"step: nop",       "\x90" GO_ON,                    true,  false, false},
    {"step: in",        "\xec" GO_ON,                    true,  false, false},
    {"step: rep insb",  "\xf3\x6c" GO_ON,                true,  false, false},
    {"step: load",      "\x8a\x03" GO_ON,                true,  false, false},
    {"step: watched",   "\x88\x03" GO_ON,                true,  false, true},
    {"halt",            "\xf4" GO_ON,                    false, false, false},
    {"end",             "\xe6\xf4" GO_ON,                false, false, false},
};
/* clang-format on */

static struct vm vm;
static struct vcpu *const vcpu = &vm.vcpu[0];
static const struct row *row;
static unsigned runs;   /* KVM_RUN, in this trial */
static unsigned window; /* between so many and the next */
static bool recording;  /* what is executed there */
static size_t kick_at;  /* else: kick before this instruction of it */
static bool kicked, lost;
static unsigned kicked_after; /* so many KVM_RUN */

/* --- kicks --- */

static void kick(void)
{
    kicked = true;
    kicked_after = runs;
    vcpu_kick(vcpu);
}

static void begin_window(void)
{
    if (recording)
        host_trace_begin();
    else
        host_trace_act_at(kick_at, kick);
}

static size_t end_window(void)
{
    host_trace_forget();
    return host_trace_end();
}

/* Instead of ioctl(2) (ld, --wrap). */
int __real_ioctl(int fd, unsigned long request, ...);
int __wrap_ioctl(int fd, unsigned long request, ...);

static int run_kvm(int fd)
{
    bool interrupt = row->signal && runs == 0;
    int r;

    (void)end_window();
    r = interrupt ? -1 : __real_ioctl(fd, KVM_RUN, 0);
    if (interrupt)
        errno = EINTR;
    if (++runs == window)
        begin_window();
    return r;
}

int __wrap_ioctl(int fd, unsigned long request, ...)
{
    va_list args;
    void *arg;

    if (request == KVM_RUN && row)
        return run_kvm(fd);
    va_start(args, request);
    arg = va_arg(args, void *);
    va_end(args);
    return __real_ioctl(fd, request, arg);
}

/* --- the guest's devices --- */

static uint64_t read_port(void *device, uint64_t offset, unsigned size)
{
    (void)device, (void)offset, (void)size;
    return 0;
}

/* The guest goes on: rightly, if it was not kicked before it was entered. */
static void write_port(void *device, uint64_t offset, unsigned size,
                       uint64_t value)
{
    (void)device, (void)size, (void)value;
    if (offset != TAIL - PORT)
        return;
    (void)end_window();
    lost |= kicked && runs > kicked_after;
    vcpu_kick(vcpu);
}

static bool on_access(void *context, struct vcpu *by, uint64_t gpa, void *data,
                      size_t n, bool is_write)
{
    (void)context, (void)by, (void)gpa, (void)data, (void)n, (void)is_write;
    return row->watch;
}

/* --- trials --- */

static struct kvm_regs first_regs;
static struct kvm_sregs first_sregs;

static bool prepare(void)
{
    int r = guest_start(&vm, LONG, 0, (const uint8_t *)row->code,
                        strlen(row->code) + 1);

    x86_gp(vcpu)->rdx = PORT;
    first_regs = *x86_gp(vcpu);
    first_sregs = *x86_sys(vcpu);
    return r == 0;
}

/* As guest_start() does, with fewer ioctls. */
static void start(void)
{
    *x86_gp(vcpu) = first_regs;
    x86_touch(vcpu, X86_BANK_GP);
    if (memcmp(x86_sys(vcpu), &first_sregs, sizeof first_sregs) != 0) {
        *x86_sys(vcpu) = first_sregs;
        x86_touch(vcpu, X86_BANK_SYS);
    }
    vcpu->debug = (struct debug_state){.step = row->step};
    vcpu_kick_forget(vcpu);
    runs = 0;
    kicked = lost = false;
}

/* Runs until a kick is answered: this one or, where none comes, the device's.
 * -errno. */
static int run_until_kick(void)
{
    struct vcpu_event event = {.kind = VCPU_EVENT_UNKNOWN};
    int r = 0;

    start();
    if (window == 0)
        begin_window();
    for (unsigned i = 0; !r && event.kind != VCPU_EVENT_KICK; i++) {
        r = i < RUNS_MAX ? vcpu_run(vcpu, &event) : -ELOOP;
        vcpu->debug.step = false;
        atomic_store(&vm.board.end_code, -1);
    }
    return r;
}

static bool trial(void)
{
    int r = run_until_kick();

    (void)end_window();
    if (!r && !lost)
        return true;
    (void)printf("FAIL  %s: kicked after %u KVM_RUN, at instruction %zu: %s "
                 "(%d)\n",
                 row->label, window, kick_at,
                 r ? "vcpu_run() failed" : "the guest went on", r);
    return false;
}

/* How many instructions there are between this KVM_RUN and the next. */
static size_t record(void)
{
    size_t n;

    recording = true;
    (void)run_until_kick();
    n = end_window();
    recording = false;
    return runs < window ? 0 : n;
}

static bool try_row(void)
{
    unsigned kicks = 0;
    unsigned trials = 0;
    bool good = prepare();
    size_t n;

    for (window = 0; good && (n = record()) > 0; window++) {
        for (kick_at = 0; good && kick_at < n; kick_at += 1 + n / MANY) {
            if (host_trace_passes(kick_at) > 0) /* a loop */
                continue;
            good = trial();
            trials++;
            kicks += kicked;
        }
    }
    (void)printf("%-16s %u of %u kicks, %u KVM_RUN\n", row->label, kicks,
                 trials, window);
    return good && kicks > trials / 2;
}

static int set_up(struct diag *diag)
{
    static const struct guard_range data = {GUEST_DATA, MEM_PAGE, GUARD_ACCESS};
    static const struct bus_region ports = {
        BUS_PORTS, PORT,    4,
        NULL,      "ports", {read_port, write_port, NULL, false}};
    const struct vm_config config = {.memory = MEMORY, .n_vcpus = 1};
    int r = vm_create(&vm, &config, diag);

    if (!r)
        r = bus_add(&vm.board.bus, &ports, diag);
    vm.guard_owner = (struct guard_owner){.access = on_access};
    if (!r)
        r = guards_set(&vm, &data, 1);
    if (!r)
        r = vcpu_kick_setup();
    if (!r)
        r = host_trace_setup();
    return r;
}

int main(void)
{
    struct diag diag = {""};
    bool good = true;
    int r = set_up(&diag);

    (void)setvbuf(stdout, NULL, _IOLBF, 0);
    if (r < 0) {
        (void)printf("%s\n", diag.text);
        return r == -ENODEV || r == -EACCES ? SKIP : 1;
    }
    (void)alarm(WATCHDOG_SECONDS); /* a kick that is lost for good */
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        row = &rows[i];
        good &= try_row();
    }
    row = NULL;
    vm_destroy(&vm);
    return good ? 0 : 1;
}
