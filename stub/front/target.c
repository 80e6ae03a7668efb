/* SPDX-License-Identifier: MIT */
/* The target that the protocol session sees: thin wrappers over the debugger,
 * each checking its thread. */
#include "stub/front/target.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kvm/arch_run.h"
#include "kvm/core/mem.h"
#include "rsp/session.h"
#include "stub/arch.h"
#include "stub/engine/catch.h"
#include "stub/engine/engine.h"
#include "stub/front/clients.h"
#include "stub/front/gdb.h"
#include "stub/front/target_common.h"
#include "stub/front/target_memory.h"
#include "stub/log.h"
#include "stub/points/table.h"
#include "stub/points/written.h"

/* --- threads and run control --- */

static unsigned target_threads(void *target)
{
    struct debugger *d = target;

    return d->engine.n_threads;
}

static int thread_name(void *target, unsigned tid, char *out, size_t cap)
{
    struct vcpu *vcpu = target_vcpu(target, tid);

    if (!vcpu)
        return -ESRCH;
    (void)snprintf(out, cap, "vCPU %u%s", vcpu->index,
                   vcpu->halted ? " (halted)" : "");
    return 0;
}

static int target_why(void *target, struct rsp_stop *ret)
{
    struct debugger *d = target;

    if (d->engine.running)
        return -EBUSY;
    *ret = d->last;
    return 0;
}

/* As the engine has it: enum resume_kind. */
static const enum resume_kind resume_kinds[] = {
    [RSP_HOLD] = RESUME_HOLD,
    [RSP_CONTINUE] = RESUME_CONTINUE,
    [RSP_STEP] = RESUME_STEP,
    [RSP_STEP_RANGE] = RESUME_STEP_RANGE,
};

static int target_resume(void *target, const struct rsp_action *action,
                         size_t n)
{
    struct debugger *d = target;
    struct resume_wish wish[ENGINE_CPUS];

    if (n != d->engine.n_threads)
        return -EINVAL;
    for (size_t i = 0; i < n; i++)
        wish[i] = (struct resume_wish){resume_kinds[action[i].resume],
                                       action[i].lo, action[i].hi};
    engine_resume(&d->engine, wish);
    d->in_trouble = false;
    return 0;
}

static int target_interrupt(void *target)
{
    struct debugger *d = target;

    d->engine.interrupt = true;
    return 0;
}

static int target_detach(void *target, bool stay_stopped)
{
    debugger_detach(target, stay_stopped);
    return 0;
}

static int kill_guest(void *target)
{
    struct debugger *d = target;
    struct diag diag;
    int r = debugger_kill(d, &diag);

    return r < 0 ? target_fail(d, r, "%s", diag.text) : 0;
}

static int target_restart(void *target)
{
    struct debugger *d = target;
    struct diag diag;
    int r = debugger_restart(d, &diag);

    if (r < 0)
        return target_fail(d, r, "%s", diag.text);
    d->engine.attended = true; /* it may have been killed */
    return 0;
}

static int target_attach(void *target)
{
    struct debugger *d = target;

    if (d->engine.ended)
        return target_fail(d, -ESRCH,
                           "the guest has ended: `run` starts it anew");
    debugger_attach(d);
    return 0;
}

/* --- registers --- */

static int target_host(void *target, struct rsp_host *ret)
{
    struct debugger *d = target;

    *ret = (struct rsp_host){.page_bytes = MEM_PAGE, .watchpoints = BP_MAX};
    stub_cpu(d->engine.image.kind, ret);
    return 0;
}

/* A file with symbols says what the user wants to see; without one, what the
 * CPU does is all there is to go by, and of 16-bit code no file says that. */
static bool follows_all(const struct debugger *d)
{
    bool has_file = d->engine.image.kind == IMAGE_ELF32 ||
                    d->engine.image.kind == IMAGE_ELF64;

    return d->follow_mode == FOLLOW_ON ||
           (d->follow_mode == FOLLOW_AUTO &&
            (d->engine.image.mode == CPU_MODE_REAL ||
             (d->engine.image.mode != CPU_MODE_LONG && !has_file)));
}

/* The mode that a client shall see. */
static enum cpu_mode mode_to_show(struct debugger *d)
{
    if (!follows_all(d) && d->engine.image.mode == CPU_MODE_LONG)
        return CPU_MODE_LONG;
    return stub_code_mode(engine_current(&d->engine)->vcpu);
}

static const struct rsp_desc *target_describe(void *target,
                                              const struct rsp_client *client)
{
    struct debugger *d = target;

    return stub_describe(engine_current(&d->engine)->vcpu, mode_to_show(d),
                         client);
}

/* GDB looks for breakpoints at the address that it sees, so it must see all of
 * it, from the first 64-bit code to the next reset. */
static bool is_outgrown(struct debugger *d, const struct rsp_desc *known)
{
    return stub_address_bits(known) < 64
               ? stub_code_mode(engine_current(&d->engine)->vcpu) ==
                     CPU_MODE_LONG
               : !arch_is_wide(engine_current(&d->engine)->vcpu);
}

static bool target_follow(void *target, const struct rsp_desc *known)
{
    struct debugger *d = target;

    return follows_all(d) ||
           (d->follow_mode == FOLLOW_AUTO &&
            d->engine.image.mode != CPU_MODE_LONG && is_outgrown(d, known));
}

static int reg_read(void *target, unsigned tid, const struct rsp_reg *reg,
                    uint8_t *out)
{
    struct vcpu *vcpu = target_vcpu(target, tid);

    return vcpu ? stub_reg_read(vcpu, reg, out) : -ESRCH;
}

/* A caught exception is not delivered then: the instruction is tried again. */
static void target_changed(struct debugger *d, unsigned tid)
{
    catch_changed(&d->engine, engine_thread(&d->engine, tid));
}

static int reg_write(void *target, unsigned tid, const struct rsp_reg *reg,
                     const uint8_t *in)
{
    struct vcpu *vcpu = target_vcpu(target, tid);
    struct diag diag;
    int r;

    if (!vcpu)
        return -ESRCH;
    r = stub_reg_write(vcpu, reg, in, &diag);
    if (r < 0)
        return target_fail(target, r, "%s", diag.text);
    target_changed(target, tid);
    return 0;
}

/* What a write of a register changes. */
static int reg_begin(void *target, unsigned tid)
{
    struct debugger *d = target;
    const struct thread *t = engine_thread(&d->engine, tid);

    if (!t)
        return -ESRCH;
    d->saved.taken_back = t->taken_back;
    d->saved.passing = t->passing;
    d->saved.regs = stub_regs_save(t->vcpu);
    return d->saved.regs ? 0 : target_fail(d, -ENOMEM, "no memory to do it in");
}

static void reg_end(void *target, unsigned tid, bool keep)
{
    struct debugger *d = target;
    struct thread *t = engine_thread(&d->engine, tid);

    if (!keep) {
        stub_regs_restore(t->vcpu, d->saved.regs);
        t->taken_back = d->saved.taken_back;
        t->passing = d->saved.passing;
    }
    free(d->saved.regs);
    d->saved.regs = NULL;
}

static int get_pc(void *target, unsigned tid, uint64_t *ret)
{
    struct vcpu *vcpu = target_vcpu(target, tid);

    if (!vcpu)
        return -ESRCH;
    *ret = arch_pc(vcpu);
    return 0;
}

static int set_pc(void *target, unsigned tid, uint64_t pc)
{
    struct vcpu *vcpu = target_vcpu(target, tid);
    struct diag diag;
    int r;

    if (!vcpu)
        return -ESRCH;
    r = stub_set_pc(vcpu, pc, &diag);
    if (r < 0)
        return target_fail(target, r, "%s", diag.text);
    target_changed(target, tid);
    return 0;
}

/* --- breakpoints --- */

static int bp_fail(struct debugger *d, int err, uint64_t addr)
{
    if (err == -ENOSPC)
        return target_fail(d, err, "there is room for %d breakpoints, no more",
                           BP_MAX);
    return target_fail(
        d, err,
        "cannot watch this range at 0x%llx: its length must be from "
        "1 to %llu bytes, and it may not wrap",
        (unsigned long long)addr, (unsigned long long)BP_WATCH_MAX);
}

/* An address without memory is fine: the breakpoint waits for it. */
static int target_insert(void *target, const struct rsp_break *wanted)
{
    struct debugger *d = target;
    int r;

    if (wanted->type > BP_ACCESS)
        return -ENOTSUP;
    r = (target_is_narrow(d) ? bp_insert_narrow : bp_insert)(
        &d->engine.points, (enum bp_kind)wanted->type, wanted->addr,
        wanted->size);
    log_trace(LOG_BP, "bp: insert type %u at 0x%llx, %llu: %d", wanted->type,
              (unsigned long long)wanted->addr,
              (unsigned long long)wanted->size, r);
    return r < 0 ? bp_fail(d, r, wanted->addr) : 0;
}

static int remove_bp(void *target, const struct rsp_break *gone)
{
    struct debugger *d = target;

    if (gone->type > BP_ACCESS)
        return -ENOTSUP;
    log_trace(LOG_BP, "bp: remove type %u at 0x%llx", gone->type,
              (unsigned long long)gone->addr);
    return (target_is_narrow(d) ? bp_remove_narrow : bp_remove)(
        &d->engine.points, (enum bp_kind)gone->type, gone->addr, gone->size);
}

static void target_clear(void *target)
{
    struct debugger *d = target;

    log_trace(LOG_BP, "bp: the client has forgotten all of them");
    bp_remove_wishes(&d->engine.points);
    bp_forget_written(&d->engine.points);
}

/* --- the rest --- */

static const char *target_last_error(void *target)
{
    struct debugger *d = target;

    return d->error[0] ? d->error : NULL;
}

static void target_trace(void *target, char direction, const char *bytes,
                         size_t n)
{
    (void)target;
    log_packet(direction, bytes, n);
}

static const struct rsp_break_ops break_ops = {.insert = target_insert,
                                               .remove = remove_bp,
                                               .clear = target_clear};
static const struct rsp_host_ops host_ops = {target_host};
static const struct rsp_restart_ops restart_ops = {target_restart,
                                                   target_attach};

const struct rsp_target_ops target_ops = {
    .threads = target_threads,
    .thread_name = thread_name,
    .why = target_why,
    .resume = target_resume,
    .interrupt = target_interrupt,
    .detach = target_detach,
    .kill = kill_guest,
    .describe = target_describe,
    .follow = target_follow,
    .reg_read = reg_read,
    .reg_write = reg_write,
    .get_pc = get_pc,
    .set_pc = set_pc,
    .reg_begin = reg_begin,
    .reg_end = reg_end,
    .mem_read = target_mem_read,
    .mem_write = target_mem_write,
    .last_error = target_last_error,
    .trace = target_trace,
    .breaks = &break_ops,
    .regions = &target_region_ops,
    .search = &target_search_ops,
    .physical = &target_physical_ops,
    .host = &host_ops,
    .restart = &restart_ops,
};
