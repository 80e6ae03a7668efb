/* SPDX-License-Identifier: MIT */
#ifndef KVM_ARCH_FAULT_H
#define KVM_ARCH_FAULT_H

/* What a CPU architecture provides for exceptions: who handles them, and why
 * they come. As kvm/arch_cpu.h has it. */

#include "kvm/arch_cpu.h"

enum { ARCH_VECTORS = 32 };

/* "pf" of 14; NULL for a number that is no exception. */
const char *arch_vector_name(unsigned vector);
/* What an exception becomes that cannot be delivered. */
unsigned arch_double_fault(void);
/* Where the guest handles it: the handler's first instruction. -EFAULT when
 * it has no handler (yet). */
int arch_handler(struct vcpu *vcpu, unsigned vector, uint64_t *ret_gva);

/* What kind of mistake a fault was. */
enum fault_class {
    FAULT_UNKNOWN,
    FAULT_MEMORY,     /* an address */
    FAULT_ILLEGAL,    /* an instruction */
    FAULT_ARITHMETIC, /* a value */
    FAULT_CALL,       /* a call of what is not there */
    FAULT_INPUT,      /* a wait for input that is not there */
};

struct fault {
    enum fault_class kind;
    unsigned vector;
    bool is_explained; /* the instruction would raise it */
    bool is_trap;      /* reported behind its instruction */
    bool is_call;      /* an INT n instruction is before pc: no exception */
    bool has_code;
    uint64_t code; /* the error code */
    char text[640];
};

/*
 * pc is at the first instruction of the vector's handler, which others may
 * share: takes the delivery back, so that the vCPU stands at the faulting
 * instruction, and tells what happened. arch_redeliver() undoes that. -EFAULT
 * when there is no frame of an exception, but of an interrupt, say; then
 * nothing is changed.
 */
int arch_undeliver(struct vcpu *vcpu, unsigned vector, struct fault *ret);
void arch_redeliver(struct vcpu *vcpu);
/* After a step: where it has left the frame of an event that it came to the
 * handler of. False when it came to none; then the instruction is done. */
bool arch_event_frame(struct vcpu *vcpu, struct arch_access *ret);

/* --- why the guest cannot go on --- */

struct probe;
/*
 * After VCPU_EVENT_SHUTDOWN: what happened, as a sentence. Where KVM has
 * thrown the registers away, those of the last entry are put back first. The
 * probe, which may be NULL, is asked what this host cannot do.
 */
enum fault_class arch_explain_shutdown(struct vcpu *vcpu, struct probe *probe,
                                       char *text, size_t cap);
/* After VCPU_EVENT_EMULATION: is it the guest's mistake or the host's limit? */
enum fault_class arch_explain_emulation(struct vcpu *vcpu, char *text,
                                        size_t cap);

/* After VCPU_EVENT_STALL: why, as a sentence. */
void arch_explain_stall(struct vcpu *vcpu, char *text, size_t cap);
/* After VCPU_EVENT_DELIVERY: why, as a sentence. */
void arch_explain_delivery(struct vcpu *vcpu, char *text, size_t cap);
/* After it: KVM would try that event again wherever pc is by then. Now the
 * instruction at pc is begun anew instead, unless it was done (a #DB). */
void arch_drop_undelivered(struct vcpu *vcpu);

#endif
