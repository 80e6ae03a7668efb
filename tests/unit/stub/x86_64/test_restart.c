/* SPDX-License-Identifier: MIT */
/*
 * What a restart and a stop leave behind: of the breakpoints the wishes alone,
 * of the kicks nothing.
 */
#include <errno.h>

#include <linux/kvm.h>

#include "kvm/core/kick.h"
#include "kvm/core/mem.h"
#include "kvm/image/image.h"
#include "kvm/vm/types.h"
#include "stub/engine/engine.h"
#include "stub/front/debugger.h"
#include "stub/front/gdb.h"
#include "stub/points/assign.h"
#include "stub/points/table.h"
#include "stub/points/traps.h"
#include "tests/unit/stub/x86_64/regs_fixture.h"

enum { RAM = 16 * MEM_PAGE, CODE = 0x1100, NOP = 0x90, TRAP = 0xcc };

static const struct trap int3 = {.name = "int3", .bytes = {TRAP}, .size = 1};

static struct debugger d;
static struct engine *const e = &d.engine;
static struct vm next;
static struct vm *now;          /* the one in use */
static uint8_t code_at_restart; /* what is left of a trap when memory goes */
static int result;

static uint8_t *code(const struct vm *of)
{
    return mem_ptr(&of->mem, CODE, 1);
}

/* --- a machine that is not run --- */

static unsigned cpus(const struct machine *machine)
{
    (void)machine;
    return 1;
}

static struct vcpu *cpu_at(struct machine *machine, unsigned i)
{
    (void)machine;
    return &now->vcpu[i];
}

static const struct guest_mem *memory(struct machine *machine)
{
    (void)machine;
    return &now->mem;
}

static void own(struct machine *machine, const struct machine_owner *owner)
{
    (void)machine;
    now->guard_owner.context = owner ? owner->context : NULL;
}

static void forget_kick(struct machine *machine)
{
    (void)machine;
    vcpu_kick_forget(&now->vcpu[0]);
}

/* The next machine: it has at CODE what our trap is made of. */
static int restart(struct machine *machine, struct image *ret,
                   struct diag *diag)
{
    (void)machine;
    (void)ret;
    (void)diag;
    code_at_restart = *code(&vm);
    if (result < 0)
        return result;
    next = vm;
    cr_assert(zero(int, mem_init(&next.mem, RAM, NULL)));
    *code(&next) = TRAP;
    now = &next;
    return 0;
}

static const struct machine_ops machine_ops = {.cpus = cpus,
                                               .cpu = cpu_at,
                                               .memory = memory,
                                               .own = own,
                                               .forget_kick = forget_kick,
                                               .restart = restart};
static struct machine machine = {&machine_ops};

static int translate(void *context, uint64_t gva, uint64_t *ret_gpa,
                     uint64_t *ret_run)
{
    (void)context;
    *ret_gpa = gva;
    *ret_run = MEM_PAGE - gva % MEM_PAGE;
    return 0;
}

static int page_tables(void *context, void (*visit)(void *, uint64_t gpa),
                       void *visit_context)
{
    (void)context;
    (void)visit;
    (void)visit_context;
    return 0;
}

static const struct bp_space space = {.gva = {translate, NULL, &vm.mem},
                                      .page_tables = page_tables};

static uint8_t shown(const struct vm *of)
{
    uint8_t byte = *code(of);

    bp_hide(&e->points, CODE, &byte, 1);
    return byte;
}

/* A guest with a breakpoint in it that no register backs up, and a watchpoint;
 * both are armed. */
static void begin(void)
{
    const struct image image = {.kind = IMAGE_FLAT, .mode = CPU_MODE_REAL};

    begin_cpu(CPU_PLAIN);
    cr_assert(zero(int, mem_init(&vm.mem, RAM, NULL)));
    *code(&vm) = NOP;
    now = &vm;
    debugger_init(&d, &machine, &image, NULL);
    e->points.host = (struct bp_host){&int3, 0, false, false, 0, 0};
    cr_assert(zero(int, bp_insert(&e->points, BP_SOFT, CODE, 1)));
    cr_assert(zero(int, bp_insert(&e->points, BP_WRITE, 0x3000, 4)));
    (void)bp_arm(&e->points, &space);
    cr_assert(eq(u8, *code(&vm), TRAP));
    cr_assert(eq(sz, e->points.n_guards, 2));
}

Test(restart, takes_traps_along)
{
    begin();
    cr_assert(zero(int, debugger_restart(&d, NULL)));
    cr_expect(eq(u8, code_at_restart, NOP), "before the memory goes");
    cr_expect(eq(u8, shown(&next), TRAP), "what the new guest has there");
    cr_expect(zero(sz, e->points.n_guards), "the new machine has none yet");
    cr_expect(zero(sz, e->points.n_pieces));
    cr_expect(eq(sz, e->points.n, 2), "the wishes stay");
    cr_expect(e->points.stale, "and are served before the guest runs");

    (void)bp_arm(&e->points, &space);
    cr_expect(eq(u8, *code(&next), TRAP));
    cr_expect(eq(sz, e->points.n_guards, 2));
    bp_remove_all(&e->points);
    cr_expect(eq(u8, *code(&next), TRAP), "as it was");
    debugger_done(&d);
}

Test(restart, forgets_the_run)
{
    struct thread *t = &e->thread[0];

    begin();
    e->running = e->interrupt = e->ended = d.in_trouble = true;
    hits_note(&t->hits, &e->points.bp[1]);
    e->guards.down = true;
    t->taken_back = t->passing = true;
    t->state = THREAD_STOP_PENDING;
    d.last = (struct rsp_stop){.kind = RSP_STOP_EXITED, .tid = 1};
    cr_assert(zero(int, debugger_restart(&d, NULL)));
    cr_expect(not(e->running || e->interrupt || e->ended || d.in_trouble));
    cr_expect(zero(sz, t->hits.n));
    cr_expect(not(e->guards.down));
    cr_expect(not(t->taken_back || t->passing));
    cr_expect(eq(int, t->state, THREAD_PARKED));
    cr_expect(eq(int, d.last.kind, RSP_STOP_SIGNAL));
    cr_expect(eq(int, d.last.signal, RSP_SIGTRAP));
    cr_expect(t->vcpu == &next.vcpu[0] && e->points.mem == &next.mem);
    cr_expect(next.guard_owner.context == e);
    debugger_done(&d);
}

/* The guest is where it was, with its breakpoints. */
Test(restart, that_fails)
{
    begin();
    e->ended = true;
    result = -ENOENT;
    cr_expect(eq(int, debugger_restart(&d, NULL), -ENOENT));
    cr_expect(e->thread[0].vcpu == &vm.vcpu[0]);
    cr_expect(e->ended);
    cr_expect(eq(u8, shown(&vm), NOP));
    cr_expect(e->points.stale);
    (void)bp_arm(&e->points, &space);
    cr_expect(eq(u8, *code(&vm), TRAP));
    cr_expect(eq(sz, e->points.n_guards, 2));
    debugger_done(&d);
}

/* Or the next run would end before it began. */
Test(stop, uses_up_kicks)
{
    begin();
    debugger_start(&d);
    cr_assert(e->running);
    e->interrupt = true;
    vcpu_kick(cpu);
    cr_assert(eq(u8, cpu->run->immediate_exit, 1));
    engine_settle(e);
    cr_expect(not(e->running));
    cr_expect(zero(u8, cpu->run->immediate_exit));
    cr_expect(not(atomic_load(&cpu->kick_wanted)));
    debugger_done(&d);
}
