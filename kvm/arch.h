/* SPDX-License-Identifier: MIT */
#ifndef KVM_ARCH_H
#define KVM_ARCH_H

/*
 * What a CPU architecture provides to the machine and to the debugger. Each
 * lives in a folder of its own (kvm/x86_64); nothing else knows which it is.
 * All functions that take a vCPU are for its owner.
 */

#include <stddef.h>
#include <stdint.h>

#include "kvm/image/image.h"
#include "kvm/vm/types.h"

/* --- set-up --- */

/* After KVM_CREATE_VM, before vCPUs and memory: capabilities, TSS address. */
int arch_vm_init(struct vm *vm, struct diag *diag);
/* After KVM_CREATE_VCPU: CPUID and the like; allocates vcpu->arch. */
int arch_vcpu_init(struct vcpu *vcpu, struct diag *diag);
void arch_vcpu_done(struct vcpu *vcpu);
/* Registers, stack and tables for the image's CPU mode. */
int arch_vcpu_boot(struct vcpu *vcpu, const struct image *image,
                   struct diag *diag);

/* --- around KVM_RUN --- */

/* Hands changed registers and then vcpu->debug to KVM, in the order in which
 * neither destroys the other. */
int arch_before_run(struct vcpu *vcpu);
/* KVM_RUN has returned: cached registers are those of the run page. */
void arch_after_run(struct vcpu *vcpu);
/* KVM_EXIT_DEBUG: what trapped. */
void arch_debug_hit(struct vcpu *vcpu, struct debug_hit *ret);

/*
 * KVM has stopped in the midst of an instruction that reads from a device: its
 * emulator will store what was read, and no debug register sees that. Which of
 * debug.hw the instruction touches: bit i for the one at i.
 */
unsigned arch_unseen_hits(struct vcpu *vcpu);

/* What kind of mistake a fault was. */
enum fault_class {
    FAULT_UNKNOWN,
    FAULT_MEMORY,     /* an address */
    FAULT_ILLEGAL,    /* an instruction */
    FAULT_ARITHMETIC, /* a value */
    FAULT_CALL,       /* a call of what is not there */
    FAULT_INPUT,      /* a wait for input that is not there */
};

/* After VCPU_EVENT_SHUTDOWN: KVM has thrown the registers away. */
bool arch_is_reset(struct vcpu *vcpu);
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

/*
 * Around each KVM_RUN of vcpu_run(); without debug.step they do nothing. The
 * first decides how the instruction at pc is stepped, so that the guest sees
 * nothing of it; true when no KVM_RUN is needed, it is done. The second
 * corrects what the guest would see, and the event: an instruction that
 * entered an exception handler, or another kernel entry, is done there. True
 * when the instruction is not done and nothing happened that anybody should
 * know: then again.
 */
bool arch_step_begin(struct vcpu *vcpu, struct vcpu_event *event);
bool arch_step_end(struct vcpu *vcpu, struct vcpu_event *event);
/* The step under way is one of many instructions: an exit among them is not
 * its end. */
bool arch_step_runs(struct vcpu *vcpu);
/*
 * Is the event a debug exception of the guest's own making? Then it will be
 * delivered before the next instruction, as if no debugger were there. For
 * events that are nobody else's.
 */
bool arch_reflect(struct vcpu *vcpu, const struct vcpu_event *event);
/* It still has to be: pc is not what is executed next. */
bool arch_has_reflected(struct vcpu *vcpu);
/* The guest has set breakpoints in its debug registers, which do not work
 * while the debugger uses them. */
bool arch_guest_has_points(struct vcpu *vcpu);

/* Addresses have 64 bits now, not 32. */
bool arch_is_wide(struct vcpu *vcpu);
/* They have 32, and the guest has taken the first step to more. */
bool arch_is_widening(struct vcpu *vcpu);
/* Whether that step ends vcpu_run() as a kick would. -errno: this KVM cannot
 * tell. */
int arch_tell_widening(struct vm *vm, bool on);
/* KVM_EXIT_X86_WRMSR: carries the write out. */
void arch_on_msr_write(struct vcpu *vcpu);

/* A number that changes with every instruction, or element of a repeated
 * one, that the vCPU completes. */
uint64_t arch_progress(struct vcpu *vcpu);
/* The instruction at pc may be there again when it is done: a jump to itself,
 * a repeated one. Of others KVM may make nothing, and begin them anew. */
bool arch_may_stay(struct vcpu *vcpu);
/* It reads more than its operands, and KVM may get nowhere with it again and
 * again. */
bool arch_may_stall(struct vcpu *vcpu);
/* After VCPU_EVENT_STALL: why, as a sentence. */
void arch_explain_stall(struct vcpu *vcpu, char *text, size_t cap);
/* An interrupt could wake a halted vCPU. */
bool arch_interruptible(struct vcpu *vcpu);

/* --- exceptions that the user wants to see --- */

enum { ARCH_VECTORS = 32 };

/* "pf" of 14; NULL for a number that is no exception. */
const char *arch_vector_name(unsigned vector);
/* What an exception becomes that cannot be delivered. */
unsigned arch_double_fault(void);
/* Where the guest handles it: the handler's first instruction. -EFAULT when
 * it has no handler (yet). */
int arch_handler(struct vcpu *vcpu, unsigned vector, uint64_t *ret_gva);

/* User code may run: it has an interrupt table of its own to come to. */
bool arch_may_run_user(struct vcpu *vcpu);

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
 * when there is no frame of an exception; then nothing is changed.
 */
int arch_undeliver(struct vcpu *vcpu, unsigned vector, struct fault *ret);
void arch_redeliver(struct vcpu *vcpu);
/* Is the machine's firmware there? To those who step it is one instruction
 * that calls it. */
bool arch_is_firmware(struct vcpu *vcpu, uint64_t gva);
/*
 * After VCPU_EVENT_HALT: was that the firmware, asked for what it has not, or
 * come to by an exception? Then the vCPU is put back to the instruction that
 * led to it, which would do so again.
 */
bool arch_uncall(struct vcpu *vcpu, struct fault *ret);

struct trap;
/* The trap instructions that are worth a try, in order of preference (the first
 * is what debuggers write themselves); NULL after the last. */
const struct trap *arch_trap(unsigned i);

/* --- registers and memory, for the debugger --- */

uint64_t arch_pc(struct vcpu *vcpu); /* linear */
int arch_set_pc(struct vcpu *vcpu, uint64_t pc);
/* The gpa of gva and how many bytes from there on lie in one piece. */
int arch_translate(struct vcpu *vcpu, uint64_t gva, uint64_t *ret_gpa,
                   uint64_t *ret_run);
/* Calls back for each page (its gpa) that holds page tables in use, some of
 * them more than once. -ENOMEM. */
int arch_page_tables(struct vcpu *vcpu,
                     void (*visit)(void *context, uint64_t gpa), void *context);
/* A part of the address space in which all is alike. */
struct gva_region {
    uint64_t start;
    uint64_t size; /* bytes; 0: all of the address space */
    bool mapped;   /* to RAM */
    bool writable, executable, user;
};

/* The region that holds gva. */
void arch_region(struct vcpu *vcpu, uint64_t gva, struct gva_region *ret);
/* How many debug registers there are. */
unsigned arch_hw_points(void);

/* Memory that an instruction reads, writes, or both. */
struct arch_access {
    uint64_t gva, size;
    bool read, write;
};

enum { ARCH_ACCESSES = 4 };

/*
 * What the instruction at pc is about to access by its operands (not: the
 * frame of an exception that it may raise). Returns how many there are in ret.
 */
unsigned arch_accesses(struct vcpu *vcpu,
                       struct arch_access ret[ARCH_ACCESSES]);

/* After a step: where it has left the frame of an event that it came to the
 * handler of. False when it came to none; then the instruction is done. */
bool arch_event_frame(struct vcpu *vcpu, struct arch_access *ret);

/*
 * Some instructions push or pop several values at once. KVM's emulator can do
 * that only in memory that does not leave the guest: elsewhere all stores but
 * the last are lost, and the stack pointer counts values twice (x86.c,
 * emulator_read_write(), and em_pusha() and em_popa() of emulate.c). Is the
 * instruction at pc such a one?
 */
bool arch_stacks_now(struct vcpu *vcpu);
/* Where the stack is: one instruction or event may reach *ret_n bytes up and
 * down from there. */
uint64_t arch_stack(struct vcpu *vcpu, uint64_t *ret_n);
/* Unprivileged code is executing. */
bool arch_is_user(struct vcpu *vcpu);
/* Is it likely that what is at gva will be executed without privileges? */
bool arch_is_user_page(struct vcpu *vcpu, uint64_t gva);

/* A store that KVM's emulator has lost. */
struct arch_store {
    uint64_t gva;
    uint64_t value; /* its lowest size bytes */
    unsigned size;
};

enum { ARCH_STORES = 8 };

/*
 * An instruction that is done has stored n bytes of data at gpa, in memory that
 * leaves the guest: what it stored there before that, if it was one of the
 * above. Returns how many stores are in ret.
 */
unsigned arch_lost_stores(struct vcpu *vcpu, uint64_t gpa, const void *data,
                          size_t n, struct arch_store ret[ARCH_STORES]);

/* An instruction that pops several values has left the guest for one. */
struct arch_pops {
    uint64_t at; /* the stack pointer then, linear */
    unsigned width, n;
};

/*
 * While it is under way, and when it is done with the rest of its values in
 * memory that does not leave the guest. True when KVM's emulator had taken some
 * from the wrong place, which is put right; ret is what it has read then.
 */
void arch_pops_begin(struct vcpu *vcpu, struct arch_pops *ret);
bool arch_pops_end(struct vcpu *vcpu, const struct arch_pops *pops,
                   struct arch_access *ret);

/* Where the vCPU is, in the words of the architecture: "0000:7c3e". */
void arch_where(struct vcpu *vcpu, char *text, size_t cap);

#endif
