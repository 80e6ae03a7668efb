/* SPDX-License-Identifier: MIT */
#include "stub/engine/catch.h"

#include <stdlib.h>
#include <string.h>

#include "kvm/probe/probe.h"
#include "stub/engine/engine.h"
#include "stub/engine/written.h"
#include "stub/monitor/monitor.h"
#include "stub/points/table.h"

static struct vcpu *the_vcpu(struct debugger *d)
{
    return debugger_vcpu(d, 1);
}

static bool any_exec(const struct bp_table *table)
{
    for (size_t i = 0; i < table->n; i++)
        if (bp_is_exec(&table->bp[i]))
            return true;
    return false;
}

/* Do traps in user code end up in the guest's kernel? Asked only when there
 * are breakpoints and privileges. */
static bool needs_door(struct debugger *d)
{
    const struct trap *trap = d->bps.host.trap;

    if (!trap->size || !arch_may_run_user(the_vcpu(d)) || !any_exec(&d->bps))
        return false;
    if (d->catch.door == DOOR_UNKNOWN) {
        d->catch.door = probe_in_user(&d->probe, trap->feature) ? DOOR_NEEDLESS
                                                                : DOOR_NEEDED;
        probe_rest(&d->probe);
    }
    return d->catch.door == DOOR_NEEDED;
}

/* A client that is gone wants to see none. */
static bool wants(const struct debugger *d, unsigned vector)
{
    return d->attached && d->catch.wanted[vector];
}

static uint64_t handler_of(struct debugger *d, unsigned vector)
{
    uint64_t gva;

    return arch_handler(the_vcpu(d), vector, &gva) < 0 ? CATCH_MISSING : gva;
}

/* Where traps in user code lead to: an exception without a handler becomes
 * another one. */
static unsigned door_vector(struct debugger *d)
{
    unsigned vector = d->bps.host.trap->user_vector;
    unsigned other = arch_double_fault();

    return handler_of(d, vector) == CATCH_MISSING &&
                   handler_of(d, other) != CATCH_MISSING
               ? other
               : vector;
}

/* Does what the client wrote in user code come this way? */
static bool is_written_door(const struct debugger *d, unsigned vector)
{
    const struct trap *insn = d->bps.written;

    return d->catch.written_door &&
           (vector == insn->user_vector || vector == insn->refused_vector);
}

bool catch_arm(struct debugger *d)
{
    struct catch *catch = &d->catch;
    unsigned door = ARCH_VECTORS;
    bool missing = false;

    bp_remove_kind(&d->bps, BP_CATCH);
    catch->behind_door = needs_door(d);
    if (catch->behind_door)
        door = catch->door_vector = door_vector(d);
    catch->door_is_end = catch->behind_door && d->bps.host.trap->user_is_end &&
                         handler_of(d, door) == CATCH_MISSING;
    catch->written_door = written_needs_door(d);
    for (unsigned vector = 0; vector < ARCH_VECTORS; vector++) {
        catch->awaited[vector] =
            wants(d, vector) || vector == door || is_written_door(d, vector);
        if (!catch->awaited[vector])
            continue;
        catch->handler[vector] = handler_of(d, vector);
        if (catch->handler[vector] == CATCH_MISSING)
            missing = true;
        else if (!catch->passing)
            (void)bp_insert(&d->bps, BP_CATCH, catch->handler[vector], vector);
    }
    return missing;
}

bool catch_wants_step(const struct debugger *d)
{
    return d->catch.unsettled_left || (d->bps_pending && d->catch.steps_left);
}

void catch_stepped(struct debugger *d)
{
    struct catch *catch = &d->catch;

    if (catch->unsettled_left)
        catch->unsettled_left--;
    if (catch->steps_left)
        catch->steps_left--;
}

bool catch_wants_ticks(const struct debugger *d)
{
    for (unsigned vector = 0; vector < ARCH_VECTORS; vector++)
        if (d->catch.awaited[vector])
            return true;
    return false;
}

bool catch_moved(struct debugger *d)
{
    struct catch *catch = &d->catch;
    bool moved = catch->behind_door && door_vector(d) != catch->door_vector;

    for (unsigned vector = 0; vector < ARCH_VECTORS; vector++)
        moved |= catch->awaited[vector] &&
                 handler_of(d, vector) != catch->handler[vector];
    if (moved)
        catch->unsettled_left = CATCH_SETTLES;
    return moved;
}

/* The planted trap that raised the exception in user code, or NULL. The vCPU
 * then stands at it. kvm_pvm reports icebp before the instruction, hardware
 * behind it. */
static const struct breakpoint *trap_behind_door(struct debugger *d)
{
    const struct trap *trap = d->bps.host.trap;
    uint64_t pc = arch_pc(the_vcpu(d));
    const struct breakpoint *bp;

    bp = serve_planted(d, the_vcpu(d), pc);
    if (bp)
        return bp;
    bp = serve_planted(d, the_vcpu(d), pc - trap->user_after);
    if (bp)
        (void)arch_set_pc(the_vcpu(d), pc - trap->user_after);
    return bp;
}

/* Is the vCPU where traps in user code lead to? */
static bool is_at_door(struct debugger *d)
{
    return d->catch.behind_door &&
           handler_of(d, d->catch.door_vector) == arch_pc(the_vcpu(d));
}

const struct breakpoint *catch_shutdown(struct debugger *d)
{
    if (!d->catch.behind_door || arch_is_reset(the_vcpu(d)))
        return NULL;
    return trap_behind_door(d);
}

static bool is_at_written_door(struct debugger *d)
{
    for (unsigned vector = 0; vector < ARCH_VECTORS; vector++)
        if (is_written_door(d, vector) &&
            handler_of(d, vector) == arch_pc(the_vcpu(d)))
            return true;
    return false;
}

static bool is_refused(const struct debugger *d, const struct fault *fault)
{
    return fault->vector == d->bps.written->refused_vector &&
           fault->code == d->bps.written->refused_code;
}

/* What the client wrote in user code, or NULL. The vCPU then stands at it. */
static const struct breakpoint *written_behind_door(struct debugger *d,
                                                    const struct fault *fault)
{
    uint64_t pc = arch_pc(the_vcpu(d));
    const struct breakpoint *bp = NULL;

    if (!fault->has_code && !fault->is_explained)
        pc -= d->bps.written->user_after;
    else if (!fault->has_code || !is_refused(d, fault))
        return NULL;
    bp = written_at(d, the_vcpu(d), pc);
    if (bp)
        (void)arch_set_pc(the_vcpu(d), pc);
    return bp;
}

/* Others may come through the same one. */
static bool may_be_trap(const struct debugger *d, const struct fault *fault)
{
    return !fault->is_explained ||
           fault->vector == d->bps.host.trap->user_vector;
}

/* A step can come to a handler without an exception, and an old frame may lie
 * there; but then it is not that of the instruction stepped. */
static bool is_stale_frame(struct debugger *d, const struct fault *fault)
{
    return d->action.resume != RSP_CONTINUE && !fault->is_trap &&
           arch_pc(the_vcpu(d)) != d->resumed_at;
}

static bool is_wanted(const struct debugger *d, const struct fault *fault)
{
    unsigned vector = fault->vector;

    if (!wants(d, vector) || fault->is_call)
        return false;
    return !d->catch.has_code[vector] ||
           (fault->has_code && fault->code == d->catch.code[vector]);
}

/* The guest goes on behind the breakpoint that stopped it. */
static enum catch_verdict pass(struct debugger *d)
{
    d->catch.passing = true;
    d->bps.stale = true;
    return CATCH_PASS;
}

enum catch_verdict catch_hit(struct debugger *d, unsigned vector,
                             struct fault *ret,
                             const struct breakpoint **ret_bp)
{
    bool at_door = is_at_door(d);
    bool at_written_door = is_at_written_door(d);

    if (arch_undeliver(the_vcpu(d), vector, ret) < 0)
        return pass(d);
    *ret_bp = at_door && may_be_trap(d, ret) ? trap_behind_door(d) : NULL;
    if (!*ret_bp && at_written_door)
        *ret_bp = written_behind_door(d, ret);
    if (*ret_bp)
        return CATCH_TRAP;
    if (is_wanted(d, ret) && !is_stale_frame(d, ret)) {
        d->catch.taken_back = true;
        return CATCH_STOP;
    }
    arch_redeliver(the_vcpu(d));
    return pass(d);
}

void catch_changed(struct debugger *d)
{
    if (!d->catch.taken_back && !d->catch.passing)
        return;
    d->catch.taken_back = false;
    d->catch.passing = false;
    d->bps.stale = true;
}

bool catch_release(struct debugger *d)
{
    if (!d->catch.taken_back)
        return false;
    d->catch.taken_back = false;
    d->catch.passing = true;
    d->bps.stale = true;
    arch_redeliver(the_vcpu(d));
    return true;
}

/* --- monitor catch --- */

static void forget_all(struct catch *catch)
{
    memset(catch->wanted, 0, sizeof catch->wanted);
    memset(catch->has_code, 0, sizeof catch->has_code);
    catch->n = 0;
}

static void want(struct catch *catch, unsigned vector)
{
    if (!catch->wanted[vector])
        catch->n++;
    catch->wanted[vector] = true;
    catch->has_code[vector] = false;
}

static void want_all(struct catch *catch)
{
    for (unsigned vector = 0; vector < ARCH_VECTORS; vector++)
        if (arch_vector_name(vector))
            want(catch, vector);
}

/* "pf" or "pf:2" */
static bool want_word(struct catch *catch, const char *word, size_t n)
{
    size_t name = strcspn(word, ": ");

    for (unsigned vector = 0; vector < ARCH_VECTORS; vector++) {
        const char *known = arch_vector_name(vector);

        if (!known || strlen(known) != name || strncmp(known, word, name) != 0)
            continue;
        want(catch, vector);
        if (name < n) {
            char *end;

            catch->code[vector] = strtoull(word + name + 1, &end, 0);
            catch->has_code[vector] = true;
            return end == word + n && end != word + name + 1;
        }
        return true;
    }
    return false;
}

static void show(const struct catch *catch, struct text *text)
{
    say(text, "%s", catch->n ? "caught:" : "no exception is caught");
    for (unsigned vector = 0; vector < ARCH_VECTORS; vector++) {
        if (!catch->wanted[vector])
            continue;
        say(text, " %s", arch_vector_name(vector));
        if (catch->has_code[vector])
            say(text, ":0x%llx", (unsigned long long)catch->code[vector]);
    }
    say(text, "\n");
}

void monitor_catch(struct debugger *d, const char *args, struct text *text)
{
    struct catch *catch = &d->catch;

    while (*args) {
        size_t n = strcspn(args, " ");

        if (n == 4 && !strncmp(args, "none", n))
            forget_all(catch);
        else if (n == 3 && !strncmp(args, "all", n))
            want_all(catch);
        else if (!want_word(catch, args, n))
            say(text,
                "'%.*s' is no exception: try pf, gp, ud, de, "
                "df, or pf:2 for one error code\n",
                (int)n, args);
        args += n + strspn(args + n, " ");
    }
    d->bps.stale = true;
    catch->steps_left = CATCH_STEPS;
    show(catch, text);
}
