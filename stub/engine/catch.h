/* SPDX-License-Identifier: MIT */
#ifndef STUB_ENGINE_CATCH_H
#define STUB_ENGINE_CATCH_H

/*
 * Exceptions that stop the guest: `monitor catch`.
 *
 * A caught exception is shown at the instruction that raised it. Resumed, it
 * goes to the guest's handler, as if nothing had been; unless the user has
 * changed a register or memory, for then the instruction is to be tried again.
 *
 * The same way serves breakpoints in user code on hosts where traps there do
 * not leave the guest: its kernel gets an exception, and is stopped at the
 * first instruction of its handler (kvm_pvm, and kvm_amd below QEMU's TCG).
 */

#include "stub/engine/types.h"

/* Of a start: a few tenths of a second. Of a gate that is being filled in. */
enum { CATCH_STEPS = 20000, CATCH_SETTLES = 100 };

/* Breakpoints at the handlers as they are now. Returns whether a handler is
 * still missing. */
bool catch_arm(struct engine *e);

/*
 * No exit tells when the guest loads or changes its interrupt table or switches
 * paging on, and the first fault or the breakpoint may come right after. So
 * while a handler is missing, or memory where a breakpoint waits, the guest is
 * stepped, for as many instructions as a kernel's first steps take, and for a
 * few while gates are being filled in; after that ticks must do.
 */
bool catch_wants_step(const struct engine *e);
bool catch_wants_ticks(const struct engine *e);
/* Such a step was made. */
void catch_stepped(struct engine *e);
/* Is a handler elsewhere than catch_arm() has found it? */
bool catch_moved(struct engine *e, struct thread *t);

enum catch_verdict {
    CATCH_PASS, /* of no interest: the guest goes on */
    CATCH_STOP, /* the exception is shown */
    CATCH_TRAP, /* it was a planted trap's: *ret_bp */
};

/* The vCPU is at the handler of vector: takes the delivery back if that is of
 * interest, and describes the fault. */
enum catch_verdict catch_hit(struct engine *e, struct thread *t,
                             unsigned vector, struct fault *ret,
                             const struct breakpoint **ret_bp);

/* The guest has shut down: because of a planted trap in user code whose
 * exception has no handler at all? Then that one, and the vCPU is at it. */
const struct breakpoint *catch_shutdown(struct engine *e, struct thread *t);

/* The user changed something: the instruction is tried again. */
void catch_changed(struct engine *e, struct thread *t);

/* Before the guest goes on from a caught exception: it is delivered after
 * all. True when there was one; the vCPU is then at its handler. */
bool catch_release(struct engine *e, struct thread *t);

#endif
