/* SPDX-License-Identifier: MIT */
#include "tests/unit/stub/x86_64/memview_fixture.h"

#include "kvm/arch_cpu.h"
#include "kvm/core/mem.h"
#include "kvm/x86_64/state/state.h"
#include "stub/points/assign.h"
#include "stub/points/table.h"

enum {
    ENTRIES = 512,
    LAST_PT = TABLES + 6 * PAGE, /* of the last 2 MiB; two tables before */
    LAST_GPA = 6 * PAGE,
};

#define PRESENT UINT64_C(3) /* and writable */

static const struct trap int3 = {.name = "int3", .bytes = {0xcc}, .size = 1};

struct bp_table traps;
struct memview view;

static void entry(uint64_t gpa, unsigned i, uint64_t to)
{
    cr_assert(eq(int, mem_write(&vm.mem, gpa + 8 * i, &to, 8), 0));
}

void map_page(unsigned page, uint64_t to)
{
    entry(PT, page, to == UINT64_MAX ? 0 : to | PRESENT);
}

static void build_tables(void)
{
    for (unsigned i = 0; i < 3; i++)
        entry(TABLES + i * PAGE, 0, (TABLES + (i + 1) * PAGE) | PRESENT);
    entry(TABLES, ENTRIES - 1, (TABLES + 4 * PAGE) | PRESENT);
    entry(TABLES + 4 * PAGE, ENTRIES - 1, (TABLES + 5 * PAGE) | PRESENT);
    entry(TABLES + 5 * PAGE, ENTRIES - 1, LAST_PT | PRESENT);
    entry(LAST_PT, ENTRIES - 1, LAST_GPA | PRESENT);
    for (unsigned i = 0; i < MAPPED_PAGES; i++)
        map_page(i, (uint64_t)i * PAGE);
    map_page(2, 5 * PAGE);
    map_page(3, UINT64_MAX);
    map_page(5, 3 * PAGE);
}

static void start_paging(void)
{
    struct kvm_sregs *sys = x86_sys(cpu);

    build_tables();
    sys->cr0 = X86_CR0_PE | X86_CR0_PG;
    sys->cr3 = TABLES;
    sys->cr4 = 0x20; /* PAE */
    sys->efer = X86_EFER_LME | X86_EFER_LMA;
    sys->cs.l = 1;
    cpu->arch->maxphyaddr = 40;
}

/* Above 4 GiB, without the 3 GiB that would come before on a machine. */
static void add_high_ram(void)
{
    struct guest_mem high;

    cr_assert(eq(int, mem_init(&high, HIGH_SIZE, NULL), 0));
    vm.mem.region[1] =
        (struct mem_region){HIGH_GPA, HIGH_SIZE, high.region[0].hva, false};
    vm.mem.n = 2;
}

uint8_t byte_at(uint64_t gpa)
{
    return (uint8_t)(1 + gpa % 251);
}

void begin_view(bool physical)
{
    const struct bp_host host = {.trap = &int3, .registers = 0};

    begin_cpu(CPU_PLAIN);
    cr_assert(eq(int, mem_init(&vm.mem, LOW_SIZE, NULL), 0));
    for (uint64_t gpa = 0; gpa < LOW_SIZE; gpa++)
        *(uint8_t *)mem_ptr(&vm.mem, gpa, 1) = byte_at(gpa);
    add_high_ram();
    start_paging();
    bp_init(&traps, &host, &vm.mem);
    view = (struct memview){cpu, &traps, physical};
}

uint8_t *host_bytes(uint64_t gpa)
{
    return mem_ptr(&vm.mem, gpa, 1);
}

static int no_tables(void *context, void (*visit)(void *, uint64_t gpa),
                     void *visit_context)
{
    (void)context;
    (void)visit;
    (void)visit_context;
    return 0;
}

void plant(uint64_t gva)
{
    struct bp_space here = {
        .gva = arch_space(cpu), .page_tables = no_tables, .wide = true};

    cr_assert(eq(int, bp_insert(&traps, BP_SOFT, gva, 1), 0));
    (void)bp_arm(&traps, &here);
}
