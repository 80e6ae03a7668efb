/* SPDX-License-Identifier: MIT */
#include "tests/kvm/x86_64/host_trace.h"

#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <ucontext.h>
#include <unistd.h>

#include <sys/mman.h>

enum { TRACE_MAX = 1 << 16, PAGES_MAX = 256, TF = 0x100, INT3 = 0xcc };

static uintptr_t trace[TRACE_MAX]; /* where each instruction is */
static size_t n_trace;
static bool recording;

static uint8_t *planted; /* NULL: nowhere */
static uint8_t saved;
static bool stepping_over;
static size_t passes_left; /* the program comes there more than once */
static void (*action)(void);

static void set_tf(bool on)
{
    uint64_t flags = __builtin_ia32_readeflags_u64();

    __builtin_ia32_writeeflags_u64(on ? flags | TF : flags & ~(uint64_t)TF);
}

static void record(ucontext_t *context)
{
    if (n_trace < TRACE_MAX)
        trace[n_trace++] = (uintptr_t)context->uc_mcontext.gregs[REG_RIP];
}

/* RIP is behind the int3: the instruction under it is next. */
static void on_int3(ucontext_t *context)
{
    context->uc_mcontext.gregs[REG_RIP]--;
    *planted = saved;
    if (passes_left-- > 0) {
        stepping_over = true;
        context->uc_mcontext.gregs[REG_EFL] |= TF;
        return;
    }
    planted = NULL;
    action();
}

static void on_trap(int signal, siginfo_t *info, void *data)
{
    ucontext_t *context = data;

    (void)signal;
    (void)info;
    if (recording) {
        record(context);
    } else if (stepping_over) {
        stepping_over = false;
        context->uc_mcontext.gregs[REG_EFL] &= ~TF;
        *planted = INT3;
    } else if (planted) {
        on_int3(context);
    }
}

int host_trace_setup(void)
{
    struct sigaction handler = {.sa_sigaction = on_trap,
                                .sa_flags = SA_SIGINFO};

    (void)sigemptyset(&handler.sa_mask);
    return sigaction(SIGTRAP, &handler, NULL) < 0 ? -errno : 0;
}

void host_trace_begin(void)
{
    n_trace = 0;
    recording = true;
    set_tf(true);
}

size_t host_trace_end(void)
{
    set_tf(false);
    recording = false;
    return n_trace;
}

/* Pages stay writable, since it takes long. */
static bool make_writable(uint8_t *code)
{
    static uint8_t *known[PAGES_MAX];
    static size_t n_known;
    uintptr_t size = (uintptr_t)sysconf(_SC_PAGESIZE);
    uint8_t *page = code - (uintptr_t)code % size;

    for (size_t i = 0; i < n_known; i++)
        if (known[i] == page)
            return true;
    if (n_known == PAGES_MAX ||
        mprotect(page, size, PROT_READ | PROT_WRITE | PROT_EXEC) < 0)
        return false;
    known[n_known++] = page;
    return true;
}

static uint8_t *code_at(uintptr_t address)
{
    union {
        uintptr_t number;
        uint8_t *pointer;
    } code = {address};

    return code.pointer;
}

size_t host_trace_passes(size_t i)
{
    size_t passes = 0;

    for (size_t k = 0; k < i && k < n_trace; k++)
        passes += trace[k] == trace[i];
    return passes;
}

void host_trace_act_at(size_t i, void (*act)(void))
{
    uint8_t *code = i < n_trace ? code_at(trace[i]) : NULL;
    int kept = errno;
    bool writable = code && make_writable(code);

    errno = kept;
    if (!writable)
        return;
    passes_left = host_trace_passes(i);
    action = act;
    saved = *code;
    planted = code;
    *code = INT3;
}

void host_trace_forget(void)
{
    if (planted)
        *planted = saved;
    planted = NULL;
    stepping_over = false;
}
