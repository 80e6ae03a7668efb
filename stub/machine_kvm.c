/* SPDX-License-Identifier: MIT */
#include "stub/machine_kvm.h"

#include <errno.h>

#include "kvm/arch_fault.h"
#include "kvm/arch_run.h"
#include "kvm/board/board.h"
#include "kvm/core/guard.h"
#include "kvm/core/kick.h"
#include "kvm/device/serial.h"
#include "kvm/image/firmware.h"
#include "kvm/image/load.h"
#include "kvm/probe/probe.h"
#include "kvm/probe/trap.h"
#include "kvm/vm/describe.h"
#include "kvm/vm/interrupt.h"
#include "kvm/vm/run.h"
#include "kvm/vm/vm.h"
#include "stub/points/types.h"

static struct machine_kvm *machine_kvm_of(struct machine *machine)
{
    return (struct machine_kvm *)machine; /* its first member */
}

struct vm *machine_kvm_vm(struct machine_kvm *m)
{
    return &m->vm[m->in_use];
}

static struct vm *vm_of(struct machine *machine)
{
    return machine_kvm_vm(machine_kvm_of(machine));
}

/* --- making one --- */

/* What the user says, or what a boot sector comes from; NULL: none. */
static const char *disk_for(const struct options *options,
                            const struct image *image)
{
    if (options->disk)
        return options->disk;
    return image->kind == IMAGE_BOOT_SECTOR ? options->load.path : NULL;
}

static int add_firmware(struct vm *vm, const struct load_options *load,
                        struct diag *diag)
{
    uint64_t size;
    int r = firmware_size(load, &size, diag);

    return r ? r : vm_add_firmware(vm, size, diag);
}

static int load_and_boot(const struct machine_kvm *m, struct vm *vm,
                         struct image *ret, struct diag *diag)
{
    struct load_options load = m->options->load;
    const char *disk;
    int r;

    load.opener = m->opener;
    r = load.is_firmware ? add_firmware(vm, &load, diag) : 0;
    if (!r)
        r = load_image(&vm->mem, &load, ret, diag);
    disk = r ? NULL : disk_for(m->options, ret);
    if (disk)
        r = board_attach_disk(&vm->board, vm->opener, disk,
                              m->options->is_floppy, diag);
    vm->board.has_cd = !r && ret->boot.is_cd;
    return r ? r : vm_boot(vm, ret, diag);
}

static int machine_kvm_make(const struct machine_kvm *m, struct vm *vm,
                            struct image *ret, struct diag *diag)
{
    int r = vm_create(vm, &m->config, diag);

    if (r < 0)
        return r;
    r = load_and_boot(m, vm, ret, diag);
    if (r < 0)
        vm_destroy(vm);
    return r;
}

/* --- vCPUs and memory --- */

static unsigned machine_kvm_cpus(const struct machine *machine)
{
    const struct machine_kvm *m = (const struct machine_kvm *)machine;

    return m->vm[m->in_use].n_vcpus;
}

static struct vcpu *machine_kvm_cpu(struct machine *machine, unsigned cpu)
{
    return &vm_of(machine)->vcpu[cpu];
}

static const struct guest_mem *machine_kvm_memory(struct machine *machine)
{
    return &vm_of(machine)->mem;
}

static bool access_guarded(void *context, struct vcpu *vcpu, uint64_t gpa,
                           void *data, size_t n, bool is_write)
{
    const struct machine_owner *owner = context;

    return owner->access(owner->context, vcpu->index, gpa, data, n, is_write);
}

static bool hear_dma(void *context, struct vcpu *vcpu, uint64_t gpa, void *data,
                     size_t n, bool is_write)
{
    const struct machine_owner *owner = context;

    return owner->dma(owner->context, vcpu->index, gpa, data, n, is_write);
}

static void machine_kvm_own(struct machine *machine,
                            const struct machine_owner *owner)
{
    struct machine_kvm *m = machine_kvm_of(machine);

    m->owner = owner ? *owner : (struct machine_owner){NULL, NULL, NULL};
    vm_of(machine)->guard_owner =
        owner ? (struct guard_owner){access_guarded, hear_dma, &m->owner}
              : (struct guard_owner){NULL, NULL, NULL};
}

/* --- running --- */

/* The only one there is: it runs in wait_for_it(). */
static void machine_kvm_resume(struct machine *machine, unsigned cpu)
{
    (void)machine;
    (void)cpu;
}

static int machine_kvm_wait_for_it(struct machine *machine,
                                   struct machine_event *ret)
{
    ret->cpu = 0;
    return vcpu_run(machine_kvm_cpu(machine, 0), &ret->event);
}

/* It never runs outside of wait_for_it(). */
static int machine_kvm_park(struct machine *machine, unsigned cpu,
                            struct vcpu_event *ret)
{
    (void)machine;
    (void)cpu;
    *ret = (struct vcpu_event){.kind = VCPU_EVENT_KICK};
    return 0;
}

static void machine_kvm_kick(struct machine *machine)
{
    vcpu_kick(machine_kvm_cpu(machine, 0));
}

static void machine_kvm_forget_kick(struct machine *machine)
{
    vcpu_kick_forget(machine_kvm_cpu(machine, 0));
}

/* --- guards and notices --- */

static int machine_kvm_guard(struct machine *machine,
                             const struct guard_range *ranges, size_t n)
{
    return guards_set(vm_of(machine), ranges, n);
}

static int machine_kvm_lower(struct machine *machine,
                             const struct guard_range *ranges, size_t n)
{
    return guards_lower(vm_of(machine), ranges, n);
}

static void machine_kvm_tell_widening(struct machine *machine, bool on)
{
    if (arch_width)
        (void)arch_width->tell(vm_of(machine), on);
}

static enum fault_class machine_kvm_describe(struct machine *machine,
                                             unsigned cpu,
                                             const struct vcpu_event *event,
                                             char *text, size_t cap)
{
    struct vcpu *vcpu = machine_kvm_cpu(machine, cpu);

    if (event->kind == VCPU_EVENT_SHUTDOWN)
        return arch_explain_shutdown(vcpu, &machine_kvm_of(machine)->probe,
                                     text, cap);
    vcpu_event_describe(vcpu, event, text, cap);
    return FAULT_UNKNOWN;
}

static int machine_kvm_restart(struct machine *machine, struct image *ret,
                               struct diag *diag)
{
    struct machine_kvm *m = machine_kvm_of(machine);
    struct vm *vm = &m->vm[!m->in_use];
    struct image image;
    int r = machine_kvm_make(m, vm, &image, diag);

    if (r < 0)
        return r;
    for (unsigned i = 0; i < BOARD_SERIAL_PORTS; i++)
        atomic_store(&vm->board.expects_input[i],
                     atomic_load(&machine_kvm_vm(m)->board.expects_input[i]));
    vm_destroy(machine_kvm_vm(m));
    m->in_use = !m->in_use;
    *ret = image;
    return 0;
}

/* --- the host --- */

static bool machine_kvm_watches(struct probe *probe)
{
    static const enum probe_feature features[] = {
        PROBE_HW_WRITE,
        PROBE_HW_ACCESS,
        PROBE_STEP_HW_WRITE,
        PROBE_STEP_HW_ACCESS,
    };

    for (size_t i = 0; i < sizeof features / sizeof features[0]; i++)
        if (!probe_in_kernel(probe, features[i]) ||
            !probe_in_user(probe, features[i]))
            return false;
    return true;
}

static int machine_kvm_measure(struct machine *machine, struct bp_host *ret)
{
    struct probe *probe = &machine_kvm_of(machine)->probe;

    ret->watch_registers = machine_kvm_watches(probe);
    ret->user_registers = probe_in_user(probe, PROBE_HW_EXEC);
    ret->trap = trap_of_host(probe);
    return probe->error;
}

static bool machine_kvm_steps_user(struct machine *machine)
{
    struct probe *probe = &machine_kvm_of(machine)->probe;
    bool works = probe_in_user(probe, PROBE_STEP);

    probe_rest(probe);
    return works;
}

static bool machine_kvm_traps_user(struct machine *machine,
                                   const struct trap *trap)
{
    struct probe *probe = &machine_kvm_of(machine)->probe;
    bool works = probe_in_user(probe, trap->feature);

    probe_rest(probe);
    return works;
}

static bool machine_kvm_written_exits(struct machine *machine, unsigned cpu)
{
    struct probe *probe = &machine_kvm_of(machine)->probe;
    bool works = trap_written_exits(probe, machine_kvm_cpu(machine, cpu));

    probe_rest(probe);
    return works;
}

static bool machine_kvm_written_exits_user(struct machine *machine)
{
    struct probe *probe = &machine_kvm_of(machine)->probe;
    bool works = trap_written_exits_user(probe);

    probe_rest(probe);
    return works;
}

static const struct machine_host_ops host_ops = {
    .measure = machine_kvm_measure,
    .steps_user = machine_kvm_steps_user,
    .traps_user = machine_kvm_traps_user,
    .written_exits = machine_kvm_written_exits,
    .written_exits_user = machine_kvm_written_exits_user,
};

/* --- the guest's surroundings --- */

static bool machine_kvm_can_wake(struct machine *machine, unsigned cpu)
{
    return interrupt_can_wake(machine_kvm_cpu(machine, cpu));
}

static const struct vm_caps *machine_kvm_caps(struct machine *machine)
{
    return &vm_of(machine)->caps;
}

static struct machine_clock_state machine_kvm_clock(struct machine *machine)
{
    return machine_clock_state(&vm_of(machine)->board.clock);
}

static int machine_kvm_type(struct machine *machine, char c, struct diag *diag)
{
    return board_type(&vm_of(machine)->board, c, diag);
}

static int machine_kvm_press(struct machine *machine, const char *keys,
                             struct diag *diag)
{
    return board_press(&vm_of(machine)->board, keys, diag);
}

static int machine_kvm_keysym(struct machine *machine, uint32_t keysym,
                              bool down)
{
    return board_keysym(&vm_of(machine)->board, keysym, down, NULL);
}

static size_t machine_kvm_serial(struct machine *machine, unsigned port,
                                 const char *text, size_t n)
{
    struct board *board = &vm_of(machine)->board;

    return board->has_com[port] ? serial_type(&board->com[port], text, n) : 0;
}

static void machine_kvm_expect_serial(struct machine *machine, unsigned port,
                                      bool on)
{
    atomic_store(&vm_of(machine)->board.expects_input[port], on);
}

static int machine_kvm_screen(struct machine *machine, struct screen_text *ret,
                              struct diag *diag)
{
    struct vm *vm = vm_of(machine);

    return board_screen(&vm->board, &vm->mem, ret, diag);
}

static int machine_kvm_picture(struct machine *machine, struct picture *ret,
                               struct diag *diag)
{
    struct vm *vm = vm_of(machine);

    return board_picture(&vm->board, &vm->mem, ret, diag);
}

static const struct machine_ops ops = {
    .cpus = machine_kvm_cpus,
    .cpu = machine_kvm_cpu,
    .memory = machine_kvm_memory,
    .own = machine_kvm_own,
    .resume = machine_kvm_resume,
    .wait = machine_kvm_wait_for_it,
    .park = machine_kvm_park,
    .kick = machine_kvm_kick,
    .forget_kick = machine_kvm_forget_kick,
    .guard = machine_kvm_guard,
    .lower = machine_kvm_lower,
    .tell_widening = machine_kvm_tell_widening,
    .describe = machine_kvm_describe,
    .restart = machine_kvm_restart,
    .can_wake = machine_kvm_can_wake,
    .caps = machine_kvm_caps,
    .clock = machine_kvm_clock,
    .type = machine_kvm_type,
    .press = machine_kvm_press,
    .keysym = machine_kvm_keysym,
    .serial = machine_kvm_serial,
    .expect_serial = machine_kvm_expect_serial,
    .screen = machine_kvm_screen,
    .picture = machine_kvm_picture,
    .host = &host_ops,
};

/* --- life --- */

void machine_kvm_init(struct machine_kvm *m)
{
    m->machine.ops = &ops;
    m->in_use = 0;
    probe_init(&m->probe);
    m->probe.opener = m->opener;
}

int machine_kvm_create(struct machine_kvm *m, const struct options *options,
                       const struct file_opener *opener,
                       struct console_sink console,
                       const struct console_sink *serial, struct image *ret,
                       struct diag *diag)
{
    m->options = options;
    m->opener = opener;
    m->config = (struct vm_config){.memory = options->memory,
                                   .n_vcpus = 1,
                                   .expects_keys = options->has_vnc,
                                   .virtual_clock = options->virtual_clock,
                                   .date = options->date,
                                   .console = console,
                                   .serial = serial,
                                   .opener = opener};
    machine_kvm_init(m);
    return machine_kvm_make(m, machine_kvm_vm(m), ret, diag);
}

void machine_kvm_destroy(struct machine_kvm *m)
{
    vm_destroy(machine_kvm_vm(m));
}
