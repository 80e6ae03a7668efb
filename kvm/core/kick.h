/* SPDX-License-Identifier: MIT */
#ifndef KVM_CORE_KICK_H
#define KVM_CORE_KICK_H

/*
 * Calling a vCPU back from its guest.
 *
 * immediate_exit makes KVM_RUN return -EINTR before it enters the guest, a
 * signal makes it return from inside, so setting the first and then sending the
 * second leaves no gap (KVM api.rst, "immediate_exit").
 */

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

struct vcpu;

/* Makes a vcpu_run() under way, or else the next one, return soon. Any
 * thread, any time; several kicks may become one. */
void vcpu_kick(struct vcpu *vcpu);

/* Drops a kick that has not been used up; the owner calls it. */
void vcpu_kick_forget(struct vcpu *vcpu);

/* For who makes and destroys it. */
void vcpu_kick_init(struct vcpu *vcpu);
void vcpu_kick_done(struct vcpu *vcpu);

/* Once for each process, before any vcpu_run(): the kick's signal, which a
 * thread that runs a vCPU must not block. */
enum { VCPU_KICK_SIGNAL = SIGUSR1 };
int vcpu_kick_setup(void);

/* Makes it look whether there is something to do before it goes on, an
 * interrupt for one; vcpu_run() goes on. Any thread, any time. */
void vcpu_poke(struct vcpu *vcpu);

/* --- for the exit loop --- */

/* The calling thread is inside vcpu_run() from here to there. */
void vcpu_enter_run(struct vcpu *vcpu);
void vcpu_leave_run(struct vcpu *vcpu);

/* When the time comes (ns, CLOCK_MONOTONIC) the vCPU is poked. One time at
 * most: another one replaces it. It may be poked before, too. 0 or -errno. */
int vcpu_poke_at(struct vcpu *vcpu, uint64_t when);
/* Waits until then, or until somebody kicks or pokes it. CLOCK_NEVER: as long
 * as it takes. */
void vcpu_sleep(struct vcpu *vcpu, uint64_t when);

/* The wish is used up: was there one? */
bool vcpu_kick_take(struct vcpu *vcpu);
/* KVM_RUN returns at once, before the guest executes anything, or no longer. A
 * kick that is wanted is not lost by it. */
void vcpu_stay_out(struct vcpu *vcpu, bool on);

#endif
