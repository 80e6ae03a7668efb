/* SPDX-License-Identifier: MIT */
/*
 * Random programs with random breakpoints and watchpoints, on one to eight
 * vCPUs: what is told, of whom and in which order, memory and registers in the
 * end are those of a plain interpretation, which knows neither engine nor fake
 * machine.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <criterion/parameterized.h>
#include <string.h>

#include "tests/unit/engine/fixture.h"

enum {
    BODY = 24,       /* pieces of a program */
    SLICE = 0x40,    /* data of a vCPU, some of it stack, all in one page */
    STACK_AT = 0x30, /* from there downwards */
    DATA = 0x5000,
    CODE_SLICE = 0x200,
    POINTS = 4, /* of each vCPU */
    HITS = 4096,
};

static uint64_t random_state;

static unsigned random_below(unsigned n)
{
    random_state ^= random_state << 13; /* Marsaglia, Xorshift RNGs */
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return (unsigned)(random_state % n);
}

/* --- programs --- */

static uint64_t code_of(unsigned cpu)
{
    return CODE + (uint64_t)cpu * CODE_SLICE;
}

static uint64_t data_of(unsigned cpu)
{
    return DATA + (uint64_t)cpu * SLICE;
}

struct writer {
    unsigned cpu;
    uint64_t at;
    unsigned pushed;
};

static void put_insn(struct writer *w, uint8_t opcode, unsigned operand)
{
    const uint8_t bytes[] = {opcode, (uint8_t)operand, (uint8_t)(operand >> 8)};

    w->at = fake_code(&m, w->at, bytes, null_insn_size(opcode));
}

/* Below the stack. */
static unsigned any_data(const struct writer *w)
{
    return (unsigned)data_of(w->cpu) + random_below(STACK_AT - 4);
}

static void put_transfer(struct writer *w)
{
    static const uint8_t opcodes[] = {I_INC, I_LOAD, I_STORE};

    put_insn(w, opcodes[random_below(3)], any_data(w));
}

static void put_loop(struct writer *w)
{
    uint64_t start;

    put_insn(w, I_SET, 1 + random_below(4));
    start = w->at;
    put_transfer(w);
    put_insn(w, I_LOOP, (unsigned)start);
}

static void put_stack(struct writer *w)
{
    unsigned n = 1 + random_below(4);

    if (w->pushed < n) {
        put_insn(w, I_PUSH, n);
        w->pushed += n;
    } else {
        put_insn(w, I_POP, n);
        w->pushed -= n;
    }
}

static void put_piece(struct writer *w)
{
    switch (random_below(6)) {
    case 0:
        put_insn(w, I_NOP, 0);
        break;
    case 1:
        put_loop(w);
        break;
    case 2:
        put_stack(w);
        break;
    case 3:
        put_insn(w, I_JMP, (unsigned)w->at + 3 + 1);
        put_insn(w, I_NOP, 0);
        break;
    default:
        put_transfer(w);
    }
}

/* Returns where it stays in the end. */
static uint64_t put_program(unsigned cpu)
{
    struct writer w = {.cpu = cpu, .at = code_of(cpu)};

    for (unsigned i = 0; i < BODY; i++)
        put_piece(&w);
    put_insn(&w, I_JMP, (unsigned)w.at);
    return w.at - 3;
}

/* --- points --- */

static struct point {
    enum bp_kind kind;
    uint64_t gva, size;
} points[FAKE_CPUS * POINTS];
static unsigned n_points;

static bool is_exec(const struct point *p)
{
    return p->kind == BP_SOFT || p->kind == BP_HARD;
}

static bool has_exec(uint64_t gva)
{
    for (unsigned i = 0; i < n_points; i++)
        if (is_exec(&points[i]) && points[i].gva == gva)
            return true;
    return false;
}

static void add_point(unsigned cpu, uint64_t end)
{
    struct point *p = &points[n_points];

    p->kind = (enum bp_kind)random_below(5);
    p->size = is_exec(p) ? 1 : 1 + random_below(4);
    p->gva = data_of(cpu) + random_below(STACK_AT);
    if (is_exec(p)) { /* at an instruction, once */
        p->gva = code_of(cpu);
        for (unsigned left = random_below(20); left > 0; left--)
            p->gva += null_insn_size(*fake_byte(&m, p->gva));
        if (p->gva >= end || has_exec(p->gva))
            return;
    }
    n_points++;
}

/* --- a plain interpretation --- */

struct told {
    enum stop_kind kind;
    uint64_t addr, size;
    unsigned group; /* what one instruction has hit is in any order */
};

struct plain {
    uint64_t pc;
    uint16_t sp;
    uint8_t a, n;
    struct told told[HITS];
    unsigned n_told, group;
};

static struct plain plain[FAKE_CPUS];
static uint8_t memory[NULL_RAM];

static void plain_tells(struct plain *p, const struct point *point)
{
    static const enum stop_kind kinds[] = {STOP_SOFT, STOP_HARD, STOP_WRITE,
                                           STOP_READ, STOP_ACCESS};

    for (unsigned i = 0; i < p->n_told; i++)
        if (p->told[i].group == p->group && p->told[i].addr == point->gva &&
            p->told[i].size == point->size &&
            p->told[i].kind == kinds[point->kind])
            return; /* the same twice */
    cr_assert(lt(u32, p->n_told, HITS));
    p->told[p->n_told++] =
        (struct told){kinds[point->kind], point->gva, point->size, p->group};
}

static bool sees(const struct point *point, bool is_write)
{
    return point->kind == BP_ACCESS ||
           point->kind == (is_write ? BP_WRITE : BP_READ);
}

static void plain_touches(struct plain *p, uint64_t gva, bool is_write)
{
    for (unsigned i = 0; i < n_points; i++)
        if (sees(&points[i], is_write) && gva - points[i].gva < points[i].size)
            plain_tells(p, &points[i]);
}

static void plain_store(struct plain *p, uint64_t gva, uint8_t value)
{
    memory[gva] = value;
    plain_touches(p, gva, true);
}

static uint8_t plain_load(struct plain *p, uint64_t gva)
{
    plain_touches(p, gva, false);
    return memory[gva];
}

static void plain_arrives(struct plain *p)
{
    p->group++;
    for (unsigned i = 0; i < n_points; i++)
        if (is_exec(&points[i]) && points[i].gva == p->pc)
            plain_tells(p, &points[i]);
    p->group++;
}

static void plain_step(struct plain *p)
{
    uint8_t opcode = memory[p->pc];
    uint8_t k = memory[p->pc + 1];
    uint64_t address = k | (uint64_t)memory[p->pc + 2] << 8;
    uint64_t next = p->pc + null_insn_size(opcode);

    if (opcode == I_INC)
        plain_store(p, address, (uint8_t)(plain_load(p, address) + 1));
    else if (opcode == I_LOAD)
        p->a = plain_load(p, address);
    else if (opcode == I_STORE)
        plain_store(p, address, p->a);
    else if (opcode == I_SET)
        p->n = k;
    else if (opcode == I_JMP || (opcode == I_LOOP && --p->n))
        next = address;
    for (unsigned i = 0; opcode == I_PUSH && i < k; i++)
        plain_store(p, --p->sp, (uint8_t)(p->a + i));
    for (unsigned i = 0; opcode == I_POP && i < k; i++)
        p->a = plain_load(p, p->sp++);
    p->pc = next;
}

static void interpret(unsigned cpu, uint64_t end)
{
    struct plain *p = &plain[cpu];

    memset(p, 0, sizeof *p);
    p->pc = code_of(cpu);
    p->sp = m.arch[cpu].sp;
    for (; p->pc != end; plain_step(p))
        plain_arrives(p);
}

/* --- with the engine --- */

static struct told seen[FAKE_CPUS][HITS];
static unsigned n_seen[FAKE_CPUS];

static void note_stop(void)
{
    unsigned cpu = last.tid - 1;
    bool exec = last.kind == STOP_SOFT || last.kind == STOP_HARD;

    cr_assert(lt(u32, n_seen[cpu], HITS));
    seen[cpu][n_seen[cpu]++] =
        (struct told){last.kind, exec ? pc_of(last.tid) : last.addr, 0, 0};
}

static void change(uint64_t gva, bool on)
{
    for (unsigned i = 0; i < n_points; i++)
        if (is_exec(&points[i]) && points[i].gva == gva)
            (on ? set : unset)(points[i].kind, gva, 1);
}

/* As GDB does it. */
static void step_off(unsigned tid)
{
    uint64_t gva = pc_of(tid);

    change(gva, false);
    cr_assert(step_alone(tid));
    cr_assert(eq(u32, last.tid, tid));
    if (last.kind != STOP_STEPPED)
        note_stop();
    change(gva, true);
}

static void kick_at_times(struct fake_machine *machine, unsigned cpu)
{
    (void)cpu;
    machine->kicked |= random_below(40) == 0;
}

static bool all_are_at(const uint64_t *end, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        if (pc_of(i + 1) != end[i])
            return false;
    return true;
}

/* Twice nothing where all are at their ends: a stop that had to wait is told
 * when they go on. */
static void run_all(const uint64_t *end, unsigned n)
{
    unsigned quiet = 0;

    for (unsigned i = 0; quiet < 2;) {
        m.kick_in = 400;
        engine_continue(&e);
        if (!run_on(1)) {
            engine_interrupt(&e);
            quiet = all_are_at(end, n) ? quiet + 1 : 0;
            cr_assert(lt(u32, ++i, 1000));
            continue;
        }
        quiet = 0;
        note_stop();
        if (last.kind == STOP_SOFT || last.kind == STOP_HARD)
            step_off(last.tid);
    }
}

/* --- compared --- */

/* Is one of the same group told there? It is crossed out. */
static bool cross_out(struct plain *p, unsigned from, const struct told *what)
{
    for (unsigned i = from; i < p->n_told; i++) {
        struct told *told = &p->told[i];

        if (told->group != p->told[from].group)
            return false;
        if (told->addr == what->addr && told->kind == what->kind) {
            *told = p->told[from];
            return true;
        }
    }
    return false;
}

static void compare(unsigned cpu, unsigned seed)
{
    struct plain *p = &plain[cpu];

    cr_assert(eq(u32, n_seen[cpu], p->n_told), "seed %u, vCPU %u", seed, cpu);
    for (unsigned i = 0; i < p->n_told; i++)
        cr_assert(cross_out(p, i, &seen[cpu][i]),
                  "seed %u, vCPU %u, stop %u: kind %d at 0x%llx, not %d at "
                  "0x%llx",
                  seed, cpu, i, (int)seen[cpu][i].kind,
                  (unsigned long long)seen[cpu][i].addr, (int)p->told[i].kind,
                  (unsigned long long)p->told[i].addr);
    cr_expect(eq(u16, m.arch[cpu].sp, p->sp), "seed %u", seed);
    cr_expect(eq(u8, m.arch[cpu].a, p->a), "seed %u", seed);
    cr_expect(eq(u8, m.arch[cpu].n, p->n), "seed %u", seed);
}

static void compare_memory(unsigned seed)
{
    for (unsigned i = 0; i < n_points; i++)
        unset(points[i].kind, points[i].gva, points[i].size);
    engine_continue(&e);
    m.kick_in = 100;
    (void)run_on(1);
    engine_interrupt(&e);
    for (unsigned gpa = 0; gpa < NULL_RAM; gpa++)
        cr_assert(eq(u8, *fake_byte(&m, gpa), memory[gpa]), "seed %u, 0x%x",
                  seed, gpa);
}

static void begin_random(unsigned n, unsigned seed, uint64_t *end)
{
    begin(n, seed);
    random_state = seed * UINT64_C(0x9e3779b97f4a7c15) + 1;
    m.slack = random_below(6);
    m.watches_in_pages = random_below(2);
    null_cpu.no_step = random_below(2);
    m.each = random_below(2) ? kick_at_times : NULL;
    n_points = 0;
    for (unsigned cpu = 0; cpu < n; cpu++) {
        end[cpu] = put_program(cpu);
        m.arch[cpu].pc = code_of(cpu);
        m.arch[cpu].sp =
            (uint16_t)(data_of(cpu) + STACK_AT + random_below(2) * 0x1000);
        for (unsigned i = 0; i < POINTS; i++)
            add_point(cpu, end[cpu]);
    }
    (void)mem_read(&m.vm.mem, 0, memory, sizeof memory);
    memset(n_seen, 0, sizeof n_seen);
}

static unsigned told_in_all(unsigned n)
{
    unsigned sum = 0;

    for (unsigned cpu = 0; cpu < n; cpu++)
        sum += plain[cpu].n_told;
    return sum;
}

struct crowd {
    unsigned n, seeds;
};

static struct crowd crowds[] = {{1, 400}, {2, 150}, {3, 80}, {5, 30}, {8, 20}};

ParameterizedTestParameters(random_programs, as_interpreted)
{
    return cr_make_param_array(struct crowd, crowds,
                               sizeof crowds / sizeof crowds[0]);
}

ParameterizedTest(struct crowd *crowd, random_programs, as_interpreted)
{
    unsigned n = 0;

    for (unsigned seed = 1; seed <= crowd->seeds; seed++) {
        uint64_t end_of[FAKE_CPUS];

        begin_random(crowd->n, seed, end_of);
        for (unsigned cpu = 0; cpu < crowd->n; cpu++)
            interpret(cpu, end_of[cpu]);
        for (unsigned i = 0; i < n_points; i++)
            set(points[i].kind, points[i].gva, points[i].size);
        run_all(end_of, crowd->n);
        for (unsigned cpu = 0; cpu < crowd->n; cpu++)
            compare(cpu, seed);
        n += told_in_all(crowd->n);
        compare_memory(seed);
        end();
    }
    cr_assert(gt(u32, n, crowd->seeds), "the programs come to nothing");
}
