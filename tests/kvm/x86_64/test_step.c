/* SPDX-License-Identifier: MIT */
/*
 * Steps leave no trace. Each row is a few instructions that end in HLT, run
 * freely and then step by step: every step must end where it should, and both
 * must leave the same registers and the same memory, stacks with their frames
 * and pushed flags included. What a host cannot run freely it need not step.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kvm/vm/types.h"
#include "kvm/vm/vm.h"
#include "kvm/x86_64/state/state.h"
#include "tests/kvm/x86_64/step_run.h"

enum {
    LIMIT_US = 500000,
    PROGRAMS = 20, /* a context */
    PARTS = 10,    /* a program */
    PROGRAM_MAX = 512,
};

/* --- judging --- */

static void judge_path(const struct step_row *row, const struct result *got)
{
    unsigned n = 0;

    for (unsigned i = 0; i < PATH_MAX_STEPS && row->path[i]; i++) {
        uint64_t at = n < got->n ? got->path[n] : UINT64_MAX;
        uint64_t want = (uint64_t)(row->path[i] & 0xffff);

        if (row->path[i] == LAST)
            return;
        if (row->path[i] < 0) /* beyond the code */
            want = UINT64_C(0x200000000) - GUEST_CODE;
        else if (row->path[i] & MAYBE && at != want)
            continue;
        if (at != want) {
            run_fail(row, STEPPING, "the end of a step", at, want);
            return;
        }
        n++;
    }
    if (got->n != n + 1) /* and the HLT */
        run_fail(row, STEPPING, "the number of steps", got->n, n + 1);
}

static void judge(const struct step_row *row, enum how how,
                  const struct result *got, const struct result *want)
{
    if (how == STEPPING)
        judge_path(row, got);
    run_judge(row, how, got, want);
}

/* --- what the host cannot do --- */

/* The last end of a step that the path tells, UNKNOWN if it leaves that open,
 * and the one before: there the instruction is that led to a handler. */
enum { UNKNOWN = -2 };

static void last_ends(const struct step_row *row, int *ret_end, int *ret_from)
{
    int before[3] = {UNKNOWN, UNKNOWN, 0};

    for (unsigned i = 0; i < PATH_MAX_STEPS && row->path[i]; i++) {
        if (row->path[i] == LAST) {
            *ret_end = UNKNOWN;
            *ret_from = i + 1 < PATH_MAX_STEPS && row->path[i + 1]
                            ? row->path[i + 1]
                            : UNKNOWN;
            return;
        }
        before[0] = before[1];
        before[1] = before[2];
        before[2] = row->path[i] < 0 ? UNKNOWN : row->path[i] & 0xffff;
    }
    *ret_end = before[2];
    *ret_from = before[0];
}

/* Did it end otherwise than the row says? Then the host is to blame. (Where
 * SYSRET is stepped without KVM it is as on that host.) */
static void judge_host(const struct step_row *row,
                       const struct debug_state *host, struct result *result)
{
    int end;
    int from;
    uint64_t rip = result->gp.rip;

    if (!result->halted)
        return;
    last_ends(row, &end, &from);
    if (end != UNKNOWN && rip != GUEST_CODE + (uint64_t)end + 1)
        (void)snprintf(result->why, sizeof result->why, "it ends at 0x%llx",
                       (unsigned long long)rip);
    else if (run_in_handler(result) && from != UNKNOWN &&
             run_frame_element(result, 0) != GUEST_CODE + (uint64_t)from)
        (void)snprintf(result->why, sizeof result->why,
                       "it ends at 0x%llx, because of 0x%llx",
                       (unsigned long long)rip,
                       (unsigned long long)run_frame_element(result, 0));
    else if (row->with & TWO_TRAPS && !host->no_user_step &&
             result->ram[GUEST_LOG] != 2)
        (void)snprintf(result->why, sizeof result->why,
                       "SYSRET does not trap at once");
    else if (result->sys.cs.l && result->sys.cs.db)
        (void)snprintf(result->why, sizeof result->why,
                       "it leaves a CS with both L and D");
    else if (row->context == V86 && run_in_handler(result) &&
             !(run_frame_element(result, 2) & X86_RFLAGS_VM))
        (void)snprintf(result->why, sizeof result->why,
                       "it leaves virtual-8086 mode without a trace");
}

/* True if the host could run it. */
static bool try_row(struct vm *vm, const struct step_row *row,
                    const struct debug_state *host)
{
    static struct result want;
    static struct result got;

    if (guest_ends_host(row->context, row->with)) {
        run_note(row, "QEMU ends at such a TSS");
        return false;
    }
    run_row(vm, row, FREELY, host, LIMIT_US, &want);
    judge_host(row, host, &want);
    if (want.why[0]) {
        run_note(row, want.why);
        return false;
    }
    for (enum how how = STEPPING; how < N_HOWS; how++) {
        run_row(vm, row, how, host, LIMIT_US, &got);
        if (got.halted)
            judge(row, how, &got, &want);
        else
            run_fail_text(row, how, got.why);
    }
    return true;
}

/* --- programs of many rows --- */

static uint32_t next_random(uint32_t *state)
{
    *state = *state * 1664525 + 1013904223;
    return *state >> 16;
}

enum { ROWS_MAX = 512 };

/* Those that this host can run. */
static const struct step_row *runs[ROWS_MAX];
static unsigned n_runs;

static unsigned try_table(struct vm *vm, const struct step_table *table,
                          const struct debug_state *host)
{
    unsigned done = 0;

    for (size_t i = 0; i < table->n; i++) {
        if (!try_row(vm, &table->rows[i], host))
            continue;
        done++;
        if (n_runs < ROWS_MAX)
            runs[n_runs++] = &table->rows[i];
    }
    return done;
}

/* A row without its HLT, behind a new count for string instructions. */
static size_t append(uint8_t *code, size_t at, const struct step_row *row)
{
    static const uint8_t wide[] = {0xb9, 5, 0, 0, 0}; /* mov ecx, 5 */
    size_t n = row->context == REAL ? 3 : sizeof wide;

    memcpy(code + at, wide, n);
    memcpy(code + at + n, row->code, row->size - 1);
    return at + n + row->size - 1;
}

static size_t join(enum context context, uint32_t *state,
                   uint8_t code[PROGRAM_MAX])
{
    size_t n = 0;

    for (unsigned parts = 0; n_runs && parts < PARTS;) {
        const struct step_row *row = runs[next_random(state) % n_runs];

        if (!(row->with & JOINS) || row->context != context)
            continue;
        n = append(code, n, row);
        parts++;
    }
    code[n] = 0xf4; /* hlt */
    return n + 1;
}

static void try_programs(struct vm *vm, const struct debug_state *host)
{
    uint32_t state = 1;

    for (unsigned i = 0; i < PROGRAMS * USER; i++) {
        uint8_t code[PROGRAM_MAX];
        char name[32];
        struct step_row row = {
            .name = name, .context = i % USER, .code = code, .path = {LAST}};

        (void)snprintf(name, sizeof name, "program %u", i);
        row.size = join(row.context, &state, code);
        if (!try_row(vm, &row, host))
            run_failures++; /* each of its parts ran */
    }
}

int main(void)
{
    struct debug_state host;
    struct vm vm;
    unsigned done;
    int r = run_prepare(&vm, &host);

    if (r)
        return r;
    done = try_table(&vm, &step_rows_plain, &host);
    done += try_table(&vm, &step_rows_levels, &host);
    try_programs(&vm, &host);
    vm_destroy(&vm);
    (void)printf("%u of %zu rows, %d programs of them, %u failures\n", done,
                 step_rows_plain.n + step_rows_levels.n, PROGRAMS * USER,
                 run_failures);
    return run_failures ? EXIT_FAILURE : EXIT_SUCCESS;
}
