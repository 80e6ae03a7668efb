/* SPDX-License-Identifier: MIT */
/* What an experiment showed: compared with what was wanted, and in words. */
#include "kvm/x86_64/probe/observation.h"

#include <stdio.h>

#include <linux/kvm.h>

static bool observation_is(uint64_t want, uint64_t saw)
{
    return !want || want == saw;
}

static bool hit_is(const struct debug_hit *want, const struct debug_hit *saw)
{
    return observation_is(want->step, saw->step) &&
           observation_is(want->trap, saw->trap) &&
           observation_is(want->hw, saw->hw);
}

bool probe_observation_is(const struct probe_observation *want,
                          const struct probe_observation *saw)
{
    return observation_is(want->exit, saw->exit) &&
           observation_is(want->suberror, saw->suberror) &&
           observation_is(want->pc, saw->pc) && hit_is(&want->hit, &saw->hit) &&
           observation_is(want->opcode, saw->opcode) &&
           observation_is(want->al, saw->al) &&
           observation_is(want->frame, saw->frame) &&
           observation_is(want->then, saw->then) &&
           observation_is(want->done, saw->done) &&
           observation_is(want->read.gpa, saw->read.gpa) &&
           observation_is(want->read.size, saw->read.size) &&
           observation_is(want->write.gpa, saw->write.gpa) &&
           observation_is(want->write.pc, saw->write.pc) &&
           observation_is(want->write.size, saw->write.size) &&
           observation_is(want->write.value, saw->write.value);
}

/* --- words --- */

struct text {
    char *at;
    size_t cap;
};

static void observation_debug_exit(const struct probe_observation *saw,
                                   struct text text)
{
    (void)snprintf(text.at, text.cap, "debug exit:%s%s%s%s",
                   saw->hit.step ? " step" : "", saw->hit.trap ? " int3" : "",
                   saw->hit.hw ? " debug register" : "",
                   saw->hit.foreign ? " unasked" : "");
}

/* The guest halted: in its code, or in the handler of an exception. */
static void observation_halt(const struct probe_observation *saw,
                             struct text text)
{
    unsigned long long vector = (saw->pc - PROBE_HANDLER(1)) / 2;

    if (!saw->done && saw->pc >= PROBE_HANDLER(1) && vector < 256)
        (void)snprintf(text.at, text.cap,
                       "the guest's handler of exception %llu ran", vector);
    else
        (void)snprintf(text.at, text.cap, "the guest ran to its HLT");
}

static void internal_error(const struct probe_observation *saw,
                           struct text text)
{
    if (saw->suberror == KVM_INTERNAL_ERROR_EMULATION)
        (void)snprintf(text.at, text.cap, "KVM cannot emulate it");
    else
        (void)snprintf(text.at, text.cap, "KVM internal error %u",
                       saw->suberror);
}

static void observation_other(const struct probe_observation *saw,
                              struct text text)
{
    static const char *const names[] = {
        [KVM_EXIT_SHUTDOWN] = "triple fault",
        [KVM_EXIT_FAIL_ENTRY] = "the CPU refused the state",
    };
    const char *name = NULL;

    if (saw->exit < sizeof names / sizeof names[0])
        name = names[saw->exit];
    if (name)
        (void)snprintf(text.at, text.cap, "%s", name);
    else
        (void)snprintf(text.at, text.cap, "exit reason %u", saw->exit);
}

static const struct {
    uint32_t exit;
    void (*describe)(const struct probe_observation *saw, struct text text);
} descriptions[] = {
    {KVM_EXIT_DEBUG, observation_debug_exit},
    {KVM_EXIT_HLT, observation_halt},
    {KVM_EXIT_INTERNAL_ERROR, internal_error},
};

static void describe_exit(const struct probe_observation *saw, struct text text)
{
    for (size_t i = 0; i < sizeof descriptions / sizeof descriptions[0]; i++) {
        if (descriptions[i].exit == saw->exit) {
            descriptions[i].describe(saw, text);
            return;
        }
    }
    observation_other(saw, text);
}

void probe_observation_describe(const struct probe_observation *saw, char *text,
                                size_t cap)
{
    char exit[64];

    describe_exit(saw, (struct text){exit, sizeof exit});
    (void)snprintf(text, cap, "%s%s%s, pc 0x%llx",
                   saw->read.size ? "MMIO read, " : "",
                   saw->write.size ? "MMIO write, " : "", exit,
                   (unsigned long long)saw->pc);
}
