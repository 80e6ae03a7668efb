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
 * not leave the guest: its kernel gets an exception, and is stopped at its
 * door before it sees it (kvm_pvm, and kvm_amd below QEMU's TCG).
 */

#include <stdbool.h>
#include <stdint.h>

#include "kvm/arch.h"

struct breakpoint;
struct debugger;
struct text;

/* Of a start: a few tenths of a second. Of a gate that is being filled in. */
enum { CATCH_STEPS = 20000, CATCH_SETTLES = 100 };

#define CATCH_MISSING UINT64_MAX

enum door { DOOR_UNKNOWN, DOOR_NEEDLESS, DOOR_NEEDED };

struct catch
{
    bool wanted[ARCH_VECTORS];
    bool has_code[ARCH_VECTORS]; /* only with this error code */
    uint64_t code[ARCH_VECTORS];
    unsigned n;
    bool awaited[ARCH_VECTORS];     /* if the guest has a handler yet, */
    uint64_t handler[ARCH_VECTORS]; /* there, else at CATCH_MISSING */
    unsigned steps_left;            /* to be stepped while one is missing */
    unsigned unsettled_left;        /* ... after one has changed */
    enum door door;                 /* for traps in user code */
    bool behind_door;               /* there may be such traps, */
    unsigned door_vector;           /* which raise this */
    bool door_is_end;               /* ... and would be the guest's end */
    bool written_door;              /* and for what the client wrote there */
    bool taken_back;                /* the vCPU stands at a caught exception */
    bool passing; /* it must get past a handler's first instruction */
};

/* Breakpoints at the handlers as they are now. Returns whether a handler is
 * still missing. */
bool catch_arm(struct debugger *d);

/*
 * No exit tells when the guest loads or changes its interrupt table or switches
 * paging on, and the first fault or the breakpoint may come right after. So
 * while a handler is missing, or memory where a breakpoint waits, the guest is
 * stepped, for as many instructions as a kernel's first steps take, and for a
 * few while gates are being filled in; after that ticks must do.
 */
bool catch_wants_step(const struct debugger *d);
bool catch_wants_ticks(const struct debugger *d);
/* Such a step was made. */
void catch_stepped(struct debugger *d);
/* Is a handler elsewhere than catch_arm() has found it? */
bool catch_moved(struct debugger *d);

enum catch_verdict {
    CATCH_PASS, /* of no interest: the guest goes on */
    CATCH_STOP, /* the exception is shown */
    CATCH_TRAP, /* it was a planted trap's: *ret_bp */
};

/* The vCPU is at the handler of vector: takes the delivery back if that is of
 * interest, and describes the fault. */
enum catch_verdict catch_hit(struct debugger *d, unsigned vector,
                             struct fault *ret,
                             const struct breakpoint **ret_bp);

/* The guest has shut down: because of a planted trap in user code whose
 * exception has no handler at all? Then that one, and the vCPU is at it. */
const struct breakpoint *catch_shutdown(struct debugger *d);

/* The user changed something: the instruction is tried again. */
void catch_changed(struct debugger *d);

/* Before the guest goes on from a caught exception: it is delivered after
 * all. True when there was one; the vCPU is then at its handler. */
bool catch_release(struct debugger *d);

/* `monitor catch`: changes and shows the list. */
void monitor_catch(struct debugger *d, const char *args, struct text *text);

#endif
