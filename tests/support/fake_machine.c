/* SPDX-License-Identifier: MIT */
#include "tests/support/fake_machine.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "kvm/arch_cpu.h"
#include "kvm/arch_fault.h"
#include "kvm/arch_run.h"
#include "kvm/board/board.h"
#include "stub/points/types.h"
#include "tests/support/fake_cpu.h"

static struct fake_machine *from(struct machine *machine)
{
    return (struct fake_machine *)machine; /* its first member */
}

/* Knuth, The Art of Computer Programming 2, 3.3.4 (MMIX). */
static unsigned draw(struct fake_machine *m, unsigned n)
{
    m->seed =
        m->seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (unsigned)((m->seed >> 33) % n);
}

uint8_t *fake_byte(struct fake_machine *m, uint64_t gpa)
{
    return mem_ptr(&m->vm.mem, gpa & (NULL_RAM - 1), 1);
}

uint64_t fake_code(struct fake_machine *m, uint64_t gpa, const uint8_t *bytes,
                   size_t n)
{
    (void)mem_write(&m->vm.mem, gpa, bytes, n);
    return gpa + n;
}

static bool fails(struct fake_machine *m)
{
    return m->fail_in > 0 && --m->fail_in == 0;
}

/* But for the one that is in the midst of an access. */
static bool any_runs(const struct fake_machine *m)
{
    for (unsigned i = 0; i < m->n; i++)
        if (m->runs[i] && i + 1 != m->inside)
            return true;
    return false;
}

/* --- one instruction --- */

/* A breakpoint in a debug register is hit before its instruction, once. */
static unsigned exec_registers(const struct fake_machine *m, unsigned cpu)
{
    const struct vcpu *vcpu = &m->vm.vcpu[cpu];

    for (unsigned i = 0; i < vcpu->debug.n_hw && !m->told[cpu]; i++)
        if (vcpu->debug.hw[i].kind == HW_EXEC &&
            vcpu->debug.hw[i].gva == vcpu->arch->pc)
            return 1u << i;
    return 0;
}

/* An instruction is done, or part of one. True: it comes back with an event. */
static bool end_step(const struct vcpu *vcpu, const struct fake_access *access,
                     bool done, struct vcpu_event *event)
{
    bool stepped = vcpu->debug.step && done && !null_cpu.no_step;

    if (!access->guard_hit && !access->hw && !stepped)
        return false;
    *event = (struct vcpu_event){.kind = access->guard_hit ? VCPU_EVENT_GUARD
                                                           : VCPU_EVENT_DEBUG,
                                 .hit = {.step = stepped, .hw = access->hw},
                                 .stepped = stepped};
    return true;
}

static void count_one(struct fake_machine *m, unsigned cpu, bool done)
{
    m->executed[cpu] += done;
    if (m->kick_in && --m->kick_in == 0)
        m->kicked = true;
}

/* The same. */
static bool step(struct fake_machine *m, unsigned cpu, struct vcpu_event *event)
{
    struct vcpu *vcpu = &m->vm.vcpu[cpu];
    struct fake_access access = {.hw = exec_registers(m, cpu)};
    enum fake_done done;

    if (m->is_done[cpu]) {
        m->is_done[cpu] = false;
        *event = m->done[cpu];
        count_one(m, cpu, true);
        return true;
    }
    if (access.hw) {
        m->told[cpu] = true;
        *event = (struct vcpu_event){.kind = VCPU_EVENT_DEBUG,
                                     .hit = {.hw = access.hw}};
        return true;
    }
    m->told[cpu] = false;
    m->mistakes += m->steps_no_user && vcpu->debug.step &&
                   null_is_user(vcpu->arch->pc) && !vcpu->debug.no_user_step;
    if (m->each)
        m->each(m, cpu);
    done = fake_execute(m, cpu, &access, event);
    if (done == FAKE_EVENT || done == FAKE_NOWHERE)
        return done == FAKE_EVENT;
    count_one(m, cpu, done == FAKE_DONE);
    return end_step(vcpu, &access, done == FAKE_DONE, event);
}

/* --- the machine --- */

static unsigned cpus(const struct machine *machine)
{
    return ((const struct fake_machine *)machine)->n;
}

static struct vcpu *cpu_at(struct machine *machine, unsigned cpu)
{
    return &from(machine)->vm.vcpu[cpu];
}

static const struct guest_mem *memory(struct machine *machine)
{
    return &from(machine)->vm.mem;
}

static void own(struct machine *machine, const struct machine_owner *owner)
{
    from(machine)->owner =
        owner ? *owner : (struct machine_owner){NULL, NULL, NULL};
}

/* A step's traps are in memory while another vCPU runs. */
static bool traps_in_the_way(const struct fake_machine *m)
{
    unsigned running = 0;
    bool planted = false;

    for (unsigned i = 0; i < m->n; i++) {
        running += m->runs[i];
        planted |= m->runs[i] && m->arch[i].step.on;
    }
    return planted && running > 1;
}

static void resume(struct machine *machine, unsigned cpu)
{
    struct fake_machine *m = from(machine);

    m->mistakes += m->runs[cpu] || m->vm.vcpu[cpu].halted;
    m->runs[cpu] = true;
    m->is_done[cpu] = arch_step_begin(&m->vm.vcpu[cpu], &m->done[cpu]);
    m->mistakes += traps_in_the_way(m);
}

/* As vcpu_run() does it. */
static void come_back(struct fake_machine *m, unsigned cpu,
                      struct vcpu_event *event)
{
    m->runs[cpu] = m->is_done[cpu] = false;
    m->mistakes += arch_step_end(&m->vm.vcpu[cpu], event);
    m->told[cpu] &= !event->stepped;
}

static unsigned pick(struct fake_machine *m)
{
    unsigned cpu = draw(m, m->n);

    while (!m->runs[cpu])
        cpu = (cpu + 1) % m->n;
    return cpu;
}

static int wait_for_one(struct machine *machine, struct machine_event *ret)
{
    struct fake_machine *m = from(machine);

    if (!any_runs(m)) {
        m->mistakes++;
        return -EDEADLK;
    }
    ret->cpu = pick(m);
    ret->event = (struct vcpu_event){.kind = VCPU_EVENT_KICK};
    if (fails(m)) {
        come_back(m, ret->cpu, &ret->event);
        return -EIO;
    }
    while (!m->kicked && !step(m, ret->cpu, &ret->event))
        ret->cpu = pick(m);
    come_back(m, ret->cpu, &ret->event);
    if (ret->event.kind == VCPU_EVENT_KICK)
        m->kicked = false;
    return 0;
}

/* Both may have come to something at the same time. */
static int park(struct machine *machine, unsigned cpu, struct vcpu_event *ret)
{
    struct fake_machine *m = from(machine);
    unsigned left = m->slack ? draw(m, m->slack + 1) : 0;
    bool came = false;

    m->mistakes += !m->runs[cpu];
    *ret = (struct vcpu_event){.kind = VCPU_EVENT_KICK};
    if (fails(m)) {
        come_back(m, cpu, ret);
        return -EIO;
    }
    while (left-- > 0 && !came)
        came = step(m, cpu, ret);
    if (!came)
        *ret = (struct vcpu_event){.kind = VCPU_EVENT_KICK};
    come_back(m, cpu, ret);
    return 0;
}

static void kick(struct machine *machine)
{
    from(machine)->kicked = true;
}

static void forget_kick(struct machine *machine)
{
    from(machine)->kicked = false;
}

static int set_guards(struct fake_machine *m, const struct guard_range *ranges,
                      size_t n, bool lowered)
{
    m->mistakes += any_runs(m);
    if (n > FAKE_GUARDS)
        return -ENOSPC;
    if (fails(m))
        return -EIO;
    if (n)
        memcpy(m->guard, ranges, n * sizeof *ranges);
    m->n_guards = n;
    m->lowered = lowered;
    return 0;
}

static int guard(struct machine *machine, const struct guard_range *ranges,
                 size_t n)
{
    return set_guards(from(machine), ranges, n, false);
}

static int lower(struct machine *machine, const struct guard_range *ranges,
                 size_t n)
{
    return set_guards(from(machine), ranges, n, true);
}

static void tell_widening(struct machine *machine, bool on)
{
    from(machine)->tells_widening = on;
}

static enum fault_class describe(struct machine *machine, unsigned cpu,
                                 const struct vcpu_event *event, char *text,
                                 size_t cap)
{
    (void)machine;
    (void)snprintf(text, cap, "event %d of vCPU %u", (int)event->kind, cpu);
    return event->kind == VCPU_EVENT_SHUTDOWN ? FAULT_MEMORY : FAULT_UNKNOWN;
}

static int restart(struct machine *machine, struct image *ret,
                   struct diag *diag)
{
    struct fake_machine *m = from(machine);

    (void)ret;
    m->mistakes += any_runs(m);
    if (fails(m))
        return diag_set(diag, -EIO, "it does not start");
    (void)mem_write(&m->vm.mem, 0, m->ram_at_start, NULL_RAM);
    memcpy(m->arch, m->arch_at_start, sizeof m->arch);
    for (unsigned i = 0; i < m->n; i++)
        m->vm.vcpu[i].halted = false;
    m->n_guards = 0;
    return 0;
}

/* --- its surroundings --- */

/* No device interrupts. */
static bool can_wake(struct machine *machine, unsigned cpu)
{
    (void)machine, (void)cpu;
    return false;
}

static const struct vm_caps *machine_caps(struct machine *machine)
{
    return &from(machine)->vm.caps;
}

static struct machine_clock_state fake_clock(struct machine *machine)
{
    return from(machine)->clock;
}

static int machine_type(struct machine *machine, char c, struct diag *diag)
{
    return board_type(&from(machine)->vm.board, c, diag);
}

static int machine_press(struct machine *machine, const char *keys,
                         struct diag *diag)
{
    return board_press(&from(machine)->vm.board, keys, diag);
}

static int machine_keysym(struct machine *machine, uint32_t keysym, bool down)
{
    return board_keysym(&from(machine)->vm.board, keysym, down, NULL);
}

static size_t machine_serial(struct machine *machine, unsigned port,
                             const char *text, size_t n)
{
    return serial_type(&from(machine)->vm.board.com[port], text, n);
}

/* --- what it can do --- */

static int measure(struct machine *machine, struct bp_host *ret)
{
    if (fails(from(machine)))
        return -EIO;
    ret->trap = arch_trap(from(machine)->written_stays ? 1 : 0);
    ret->watch_registers = !from(machine)->watches_in_pages;
    ret->user_registers = true;
    from(machine)->measured++;
    return 0;
}

static bool steps_user(struct machine *machine)
{
    return !from(machine)->steps_no_user;
}

static bool traps_user(struct machine *machine, const struct trap *trap)
{
    (void)trap;
    return !from(machine)->user_raises;
}

static bool written_exits(struct machine *machine, unsigned cpu)
{
    (void)cpu;
    return !from(machine)->written_stays;
}

static bool written_exits_user(struct machine *machine)
{
    return !from(machine)->user_raises;
}

static const struct machine_host_ops host_ops = {
    measure, steps_user, traps_user, written_exits, written_exits_user};

static void machine_expect_serial(struct machine *machine, unsigned port,
                                  bool on)
{
    atomic_store(&from(machine)->vm.board.expects_input[port], on);
}

static int machine_screen(struct machine *machine, struct screen_text *ret,
                          struct diag *diag)
{
    struct vm *vm = &from(machine)->vm;

    return board_screen(&vm->board, &vm->mem, ret, diag);
}

static int machine_picture(struct machine *machine, struct picture *ret,
                           struct diag *diag)
{
    struct vm *vm = &from(machine)->vm;

    return board_picture(&vm->board, &vm->mem, ret, diag);
}

static const struct machine_ops ops = {
    .cpus = cpus,
    .cpu = cpu_at,
    .memory = memory,
    .own = own,
    .resume = resume,
    .wait = wait_for_one,
    .park = park,
    .kick = kick,
    .forget_kick = forget_kick,
    .guard = guard,
    .lower = lower,
    .tell_widening = tell_widening,
    .describe = describe,
    .restart = restart,
    .can_wake = can_wake,
    .caps = machine_caps,
    .clock = fake_clock,
    .type = machine_type,
    .press = machine_press,
    .keysym = machine_keysym,
    .serial = machine_serial,
    .expect_serial = machine_expect_serial,
    .screen = machine_screen,
    .picture = machine_picture,
    .host = &host_ops,
};

/* --- life --- */

static void put_nowhere(void *context, const char *text, size_t n)
{
    (void)context, (void)text, (void)n;
}

void fake_begin(struct fake_machine *m, unsigned n, uint64_t seed)
{
    memset(m, 0, sizeof *m);
    null_cpu_plain();
    m->machine.ops = &ops;
    m->n = n;
    m->seed = seed;
    (void)mem_init(&m->vm.mem, NULL_RAM, NULL);
    (void)board_init(&m->vm.board, (struct console_sink){put_nowhere, NULL},
                     NULL, NULL);
    for (unsigned i = 0; i < FAKE_CPUS; i++)
        m->vm.vcpu[i] =
            (struct vcpu){.vm = &m->vm, .index = i, .arch = &m->arch[i]};
}

void fake_end(struct fake_machine *m)
{
    mem_done(&m->vm.mem);
}

void fake_keep(struct fake_machine *m)
{
    (void)mem_read(&m->vm.mem, 0, m->ram_at_start, NULL_RAM);
    memcpy(m->arch_at_start, m->arch, sizeof m->arch);
}
