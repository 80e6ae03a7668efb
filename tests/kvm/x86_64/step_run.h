/* SPDX-License-Identifier: MIT */
#ifndef TESTS_KVM_X86_64_STEP_RUN_H
#define TESTS_KVM_X86_64_STEP_RUN_H

/*
 * A small guest run freely and in other ways, and what they left compared. For
 * one thread, one VM and one report: failures are printed and counted here.
 */

#include <stdbool.h>
#include <stdint.h>

#include <linux/kvm.h>

#include "kvm/vm/types.h"
#include "tests/kvm/x86_64/step_rows.h"

enum { STEPS_MAX = 4096, GUEST_MEMORY = 0x200000 };

enum how { FREELY, STEPPING, WITH_TRAPS, N_HOWS };

struct result {
    bool halted;
    enum vcpu_event_kind kind; /* of the last event */
    char why[160];             /* if not halted */
    uint64_t path[STEPS_MAX];  /* where steps ended, counted from the code */
    unsigned n;
    struct kvm_regs gp;
    struct kvm_sregs sys;
    uint64_t dr6, dr7;
    uint8_t ram[GUEST_END];
};

/* Before all others: what debug state this host wants. 0, or a process's exit
 * status; 77: there is no KVM. */
int run_prepare(struct vm *vm, struct debug_state *ret_host);

/* Until it halts, or comes to an event that is no step, or computes for longer
 * than limit_us in vain. */
void run_row(struct vm *vm, const struct step_row *row, enum how how,
             const struct debug_state *host, unsigned limit_us,
             struct result *result);

/* What the guest has left: registers and memory. */
void run_read(struct vm *vm, struct result *ret);

extern unsigned run_failures;

void run_fail(const struct step_row *row, enum how how, const char *what,
              uint64_t got, uint64_t want);
void run_fail_text(const struct step_row *row, enum how how, const char *what);

/* That this host cannot do it. */
void run_note(const struct step_row *row, const char *why);

/* The same registers, and the same memory? */
void run_judge(const struct step_row *row, enum how how,
               const struct result *got, const struct result *want);

/* Of the frame that the last handler was called with: ip 0, cs 1, flags 2. */
uint64_t run_frame_element(const struct result *result, unsigned i);
/* Did it end in one? */
bool run_in_handler(const struct result *result);

#endif
