/* SPDX-License-Identifier: MIT */
#include "kvm/probe/probe.h"

#include <stdio.h>
#include <string.h>

#include "kvm/arch_probe.h"
#include "kvm/vm/vm.h"

enum { SCRATCH_MEMORY = 0x40000 };

void probe_init(struct probe *probe)
{
    *probe = (struct probe){.open = false};
}

void probe_rest(struct probe *probe)
{
    if (probe->open)
        vm_destroy(&probe->scratch);
    probe->open = false;
}

static void probe_discard(void *context, const char *text, size_t n)
{
    (void)context;
    (void)text;
    (void)n;
}

static int open_scratch(struct probe *probe)
{
    const struct vm_config config = {.memory = SCRATCH_MEMORY,
                                     .n_vcpus = 1,
                                     .console = {probe_discard, NULL},
                                     .opener = probe->opener};
    int r = vm_create(&probe->scratch, &config, NULL);

    if (r < 0)
        return r;
    probe->open = true;
    r = arch_probe_prepare(&probe->scratch);
    if (r < 0)
        probe_rest(probe);
    return r;
}

static void find_out(struct probe *probe, enum probe_feature feature,
                     unsigned context, struct probe_answer *ret)
{
    int r = probe->open ? 0 : open_scratch(probe);

    if (r < 0)
        (void)snprintf(ret->saw, sizeof ret->saw, "no scratch VM: %s",
                       strerror(-r));
    else
        arch_probe_try(&probe->scratch, feature, context, ret);
    probe->error = r;
    ret->known = r == 0;
}

const struct probe_answer *probe_ask(struct probe *probe,
                                     enum probe_feature feature,
                                     unsigned context)
{
    struct probe_answer *answer = &probe->answer[feature][context];

    if (!answer->known)
        find_out(probe, feature, context, answer);
    return answer;
}

static bool probe_in_contexts(struct probe *probe, enum probe_feature feature,
                              bool user)
{
    const struct probe_name *name;

    for (unsigned i = 0; (name = probe_context_name(i)); i++)
        if (name->user == user && probe_applies(feature, i) &&
            !probe_ask(probe, feature, i)->works)
            return false;
    return true;
}

bool probe_in_kernel(struct probe *probe, enum probe_feature feature)
{
    return probe_in_contexts(probe, feature, false);
}

bool probe_in_user(struct probe *probe, enum probe_feature feature)
{
    return probe_in_contexts(probe, feature, true);
}
