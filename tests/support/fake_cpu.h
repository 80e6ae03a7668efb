/* SPDX-License-Identifier: MIT */
#ifndef TESTS_SUPPORT_FAKE_CPU_H
#define TESTS_SUPPORT_FAKE_CPU_H

/* One instruction of tests/support/arch_null, on a fake machine. */

#include "tests/support/fake_machine.h"

enum fake_done {
    FAKE_DONE,
    FAKE_PART,    /* it begins anew, or goes on, at the same pc */
    FAKE_NOWHERE, /* it has not come any further */
    FAKE_EVENT,   /* the event says why it came back */
};

struct fake_access {
    bool guard_hit; /* the owner of the guards wants a stop */
    unsigned hw;    /* debug registers that saw it */
};

enum fake_done fake_execute(struct fake_machine *m, unsigned cpu,
                            struct fake_access *access,
                            struct vcpu_event *event);

#endif
