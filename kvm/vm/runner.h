/* SPDX-License-Identifier: MIT */
#ifndef KVM_VM_RUNNER_H
#define KVM_VM_RUNNER_H

/*
 * A thread for a vCPU of its own, and the vCPU's hand-over between two owners:
 *
 *               runner_resume()
 *      PARKED ------------------> RUNNING
 *         ^                          |
 *         '--- vcpu_run() returned --'
 *
 * A RUNNING vCPU belongs to the runner's thread, a PARKED one to the thread
 * that calls the functions below (one, and always the same). The state changes
 * under the mutex only, and that is what publishes registers and memory.
 */

#include <pthread.h>

#include "kvm/vm/types.h"

enum runner_state { RUNNER_PARKED, RUNNER_RUNNING, RUNNER_ENDING };

struct runner {
    struct vcpu *vcpu;
    int fd; /* readable when the vCPU has parked, until runner_wait() */
    pthread_t thread;
    pthread_mutex_t lock; /* for all that follows */
    pthread_cond_t changed;
    enum runner_state state;
    struct vcpu_event event;
    int result; /* of vcpu_run() */
};

/* The vCPU is PARKED, and must not move in memory. 0 or -errno. */
int runner_start(struct runner *runner, struct vcpu *vcpu);
/* Parks the vCPU first. Nobody may kick it any more. */
void runner_end(struct runner *runner);

/* Only when PARKED; what came of it is asked with one of the next two. */
void runner_resume(struct runner *runner);

/*
 * Until PARKED, which is at once when fd is readable. What vcpu_run() gave;
 * the same once more when it was parked and asked for before.
 */
int runner_wait(struct runner *runner, struct vcpu_event *ret);

/*
 * The same, and kicks first. The event need not be VCPU_EVENT_KICK: something
 * may have happened before. No kick is left over either way.
 */
int runner_park(struct runner *runner, struct vcpu_event *ret);

#endif
