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
#include "stub/points/assign.h"
#include "stub/points/table.h"
#include "stub/points/traps.h"
#include "tests/unit/stub/x86_64/regs_fixture.h"

enum { RAM = 16 * MEM_PAGE, CODE = 0x1100, NOP = 0x90, TRAP = 0xcc };

static const struct trap int3 = {.name = "int3", .bytes = {TRAP}, .size = 1};

static struct debugger d;
static struct vm next;
static uint8_t code_at_restart; /* what is left of a trap when memory goes */
static int result;

static uint8_t *code(const struct vm *of)
{
    return mem_ptr(&of->mem, CODE, 1);
}

/* The next machine: it has at CODE what our trap is made of. */
static int restart(void *context, struct vm **ret_vm, struct image *ret_image,
                   struct diag *diag)
{
    (void)context;
    (void)ret_image;
    (void)diag;
    code_at_restart = *code(&vm);
    if (result < 0)
        return result;
    next = vm;
    cr_assert(zero(int, mem_init(&next.mem, RAM, NULL)));
    *code(&next) = TRAP;
    *ret_vm = &next;
    return 0;
}

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

static const struct bp_space space = {.translate = translate,
                                      .page_tables = page_tables};

static uint8_t shown(const struct vm *of)
{
    uint8_t byte = *code(of);

    bp_hide(&d.bps, CODE, &byte, 1);
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
    debugger_init(&d, &vm, &image);
    d.machine = (struct machine_maker){restart, NULL};
    d.bps.host = (struct bp_host){&int3, 0, false, false};
    cr_assert(zero(int, bp_insert(&d.bps, BP_SOFT, CODE, 1)));
    cr_assert(zero(int, bp_insert(&d.bps, BP_WRITE, 0x3000, 4)));
    (void)bp_arm(&d.bps, &space);
    cr_assert(eq(u8, *code(&vm), TRAP));
    cr_assert(eq(sz, d.bps.n_guards, 2));
}

Test(restart, takes_traps_along)
{
    begin();
    cr_assert(zero(int, debugger_restart(&d, NULL)));
    cr_expect(eq(u8, code_at_restart, NOP), "before the memory goes");
    cr_expect(eq(u8, shown(&next), TRAP), "what the new guest has there");
    cr_expect(zero(sz, d.bps.n_guards), "the new machine has none yet");
    cr_expect(zero(sz, d.bps.n_pieces));
    cr_expect(eq(sz, d.bps.n, 2), "the wishes stay");
    cr_expect(d.bps.stale, "and are served before the guest runs");

    (void)bp_arm(&d.bps, &space);
    cr_expect(eq(u8, *code(&next), TRAP));
    cr_expect(eq(sz, d.bps.n_guards, 2));
    bp_remove_all(&d.bps);
    cr_expect(eq(u8, *code(&next), TRAP), "as it was");
    debugger_done(&d);
}

Test(restart, forgets_the_run)
{
    begin();
    d.running = d.interrupt = d.ended = d.in_trouble = true;
    hits_note(&d.hits, &d.bps.bp[1]);
    d.guards_down = true;
    d.catch.taken_back = d.catch.passing = true;
    d.last = (struct rsp_stop){.kind = RSP_STOP_EXITED, .tid = 1};
    cr_assert(zero(int, debugger_restart(&d, NULL)));
    cr_expect(not(d.running || d.interrupt || d.ended || d.in_trouble));
    cr_expect(zero(sz, d.hits.n));
    cr_expect(not(d.guards_down));
    cr_expect(not(d.catch.taken_back || d.catch.passing));
    cr_expect(eq(int, d.last.kind, RSP_STOP_SIGNAL));
    cr_expect(eq(int, d.last.signal, RSP_SIGTRAP));
    cr_expect(d.vm == &next && d.bps.mem == &next.mem);
    cr_expect(next.guard_owner.context == &d);
    debugger_done(&d);
}

/* The guest is where it was, with its breakpoints. */
Test(restart, that_fails)
{
    begin();
    d.ended = true;
    result = -ENOENT;
    cr_expect(eq(int, debugger_restart(&d, NULL), -ENOENT));
    cr_expect(d.vm == &vm);
    cr_expect(d.ended);
    cr_expect(eq(u8, shown(&vm), NOP));
    cr_expect(d.bps.stale);
    (void)bp_arm(&d.bps, &space);
    cr_expect(eq(u8, *code(&vm), TRAP));
    cr_expect(eq(sz, d.bps.n_guards, 2));
    debugger_done(&d);
}

/* Or the next run would end before it began. */
Test(stop, uses_up_kicks)
{
    begin();
    debugger_start(&d);
    cr_assert(d.running);
    d.interrupt = true;
    vcpu_kick(cpu);
    cr_assert(eq(u8, cpu->run->immediate_exit, 1));
    debugger_settle(&d);
    cr_expect(not(d.running));
    cr_expect(zero(u8, cpu->run->immediate_exit));
    cr_expect(not(atomic_load(&cpu->kick_wanted)));
    debugger_done(&d);
}
