/* SPDX-License-Identifier: MIT */
#ifndef STUB_MACHINE_H
#define STUB_MACHINE_H

/*
 * What the engine asks of a machine, whoever runs it: KVM in this process
 * (stub/machine_kvm.h), or a fake one in tests.
 *
 * A vCPU is parked or it runs. machine_resume() lets a parked one go, and
 * machine_wait() tells of one that has come back and is parked again; so
 * does machine_park(), for the one that it names. Only of a parked vCPU may
 * registers be read, and memory only while all are parked. A machine with one
 * vCPU runs it inside machine_wait(), on the caller's thread: that saves two
 * changes of thread for each step.
 *
 * All functions are for one thread, the owner's, but for machine_kick().
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kvm/arch_fault.h"
#include "kvm/core/diag.h"
#include "kvm/core/guard.h"
#include "kvm/core/mem.h"
#include "kvm/core/trap.h"
#include "kvm/image/image.h"
#include "kvm/vm/types.h"

struct machine;
struct bp_host;
struct screen_text;
struct picture;

struct machine_event {
    unsigned cpu;
    struct vcpu_event event;
};

/* Who performs accesses to guarded pages: struct guard_owner, by the vCPU's
 * number. */
struct machine_owner {
    bool (*access)(void *context, unsigned cpu, uint64_t gpa, void *data,
                   size_t n, bool is_write);
    bool (*dma)(void *context, unsigned cpu, uint64_t gpa, void *data, size_t n,
                bool is_write);
    void *context;
};

/* Experiments (kvm/probe/probe.h): some milliseconds when first asked. */
struct machine_host_ops {
    /* What traps, and how. -errno: it could not be tried out, and may be
     * tried again; ret is then the least that there can be. */
    int (*measure)(struct machine *machine, struct bp_host *ret);
    /* Is unprivileged code stepped, and does this trap leave the guest there?
     */
    bool (*steps_user)(struct machine *machine);
    bool (*traps_user)(struct machine *machine, const struct trap *trap);
    /* Does the instruction that debuggers write into memory leave the guest,
     * in the kernel of the vCPU's mode, in user code? */
    bool (*written_exits)(struct machine *machine, unsigned cpu);
    bool (*written_exits_user)(struct machine *machine);
};

struct machine_ops {
    unsigned (*cpus)(const struct machine *machine);
    /* Borrowed until the machine is restarted. */
    struct vcpu *(*cpu)(struct machine *machine, unsigned cpu);
    const struct guest_mem *(*memory)(struct machine *machine);
    void (*own)(struct machine *machine, const struct machine_owner *owner);

    /* By its vcpu->debug. */
    void (*resume)(struct machine *machine, unsigned cpu);
    /* One of those that run, as vcpu_run() tells of it; one that was kicked
     * comes back with VCPU_EVENT_KICK. -errno: the vCPU cannot be run at all,
     * and is parked. */
    int (*wait)(struct machine *machine, struct machine_event *ret);
    int (*park)(struct machine *machine, unsigned cpu, struct vcpu_event *ret);
    /* All that run come back soon, or the next ones that do. Any thread. */
    void (*kick)(struct machine *machine);
    /* A kick that has not been used up is void. */
    void (*forget_kick)(struct machine *machine);

    /* kvm/core/guard.h: guards_set(), guards_lower(). All are parked. */
    int (*guard)(struct machine *machine, const struct guard_range *ranges,
                 size_t n);
    int (*lower)(struct machine *machine, const struct guard_range *ranges,
                 size_t n);
    /* struct arch_width_ops, tell(), where there is such a thing. */
    void (*tell_widening)(struct machine *machine, bool on);
    /* A parked vCPU that is halted: there is, or there will be, an interrupt
     * that wakes it. */
    bool (*can_wake)(struct machine *machine, unsigned cpu);

    /* Why the guest cannot go on from an event, or what it is, in a sentence of
     * at most cap bytes; what kind of mistake that is. */
    enum fault_class (*describe)(struct machine *machine, unsigned cpu,
                                 const struct vcpu_event *event, char *text,
                                 size_t cap);

    /* From the image as it is now, at the first instruction, in place of what
     * there was. -errno with a sentence: it is as it was. */
    int (*restart)(struct machine *machine, struct image *ret,
                   struct diag *diag);

    /* What this host's KVM can do. */
    const struct vm_caps *(*caps)(struct machine *machine);
    /* How the machine's clock stands. */
    struct machine_clock_state (*clock)(struct machine *machine);
    /* The guest's keyboard: the key that types c; keys by name, held together
     * (board_type(), board_press()). May raise an interrupt line; vCPUs may
     * run. 0 or -errno with a sentence; -ENOSPC: the guest has not read what
     * was typed before. */
    int (*type)(struct machine *machine, char c, struct diag *diag);
    int (*press)(struct machine *machine, const char *keys, struct diag *diag);
    /* One key by X11's number, down or up: board_keysym(). Otherwise as above,
     * without a sentence. */
    int (*keysym)(struct machine *machine, uint32_t keysym, bool down);
    /* The other end of a serial port's line, from 0, sends text: how many bytes
     * there was room for. Otherwise as above. */
    size_t (*serial)(struct machine *machine, unsigned port, const char *text,
                     size_t n);
    /* More may come there at any time, or no longer: so a guest that waits for
     * its interrupt can be woken. */
    void (*expect_serial)(struct machine *machine, unsigned port, bool on);
    /* What is on the guest's screen: board_screen(). */
    int (*screen)(struct machine *machine, struct screen_text *ret,
                  struct diag *diag);
    /* The same in dots: board_picture(). */
    int (*picture)(struct machine *machine, struct picture *ret,
                   struct diag *diag);

    const struct machine_host_ops *host;
};

/* Embed it. */
struct machine {
    const struct machine_ops *ops;
};

static inline unsigned machine_cpus(const struct machine *machine)
{
    return machine->ops->cpus(machine);
}

static inline struct vcpu *machine_cpu(struct machine *machine, unsigned cpu)
{
    return machine->ops->cpu(machine, cpu);
}

static inline const struct guest_mem *machine_memory(struct machine *machine)
{
    return machine->ops->memory(machine);
}

static inline void machine_kick(struct machine *machine)
{
    machine->ops->kick(machine);
}

#endif
