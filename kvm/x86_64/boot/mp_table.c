/* SPDX-License-Identifier: MIT */
#include "kvm/x86_64/boot/mp_table.h"

#include "kvm/board/pc.h"
#include "kvm/device/ioapic.h"
#include "kvm/device/lapic_state.h"
#include "kvm/device/pic.h"

/* Version 1.4 of the specification; the only bus. */
enum { REVISION = 4, ISA_BUS = 0, ALIGN = 16 };

/* Table 4-3: what an entry is, in their order; 4.3.1 to 4.3.5. */
enum { CPU = 0, BUS = 1, IO_APIC = 2, IO_INTERRUPT = 3, LOCAL_INTERRUPT = 4 };
enum { CPU_ENABLED = 1 << 0, CPU_FIRST = 1 << 1, IO_APIC_ENABLED = 1 << 0 };

/* Table 4-10 and 4-11: where an interrupt comes from; as the bus has it, which
 * with ISA is an edge, active high. */
enum source { SOURCE_INT = 0, SOURCE_NMI = 1, SOURCE_PIC = 3 };
enum { AS_BUS = 0, LEVEL_HIGH = 0xd };
enum { ALL_CPUS = 0xff };

struct entries {
    struct table table;
    unsigned n;
};

/* How an entry begins. */
static void mp_table_begin(struct entries *e, uint8_t type)
{
    table_add_number(&e->table, type, 1);
    e->n++;
}

static void mp_table_add_cpu(struct entries *e,
                             const struct x86_platform *platform, unsigned n)
{
    mp_table_begin(e, CPU);
    table_add_number(&e->table, n, 1);
    table_add_number(&e->table, LAPIC_VERSION, 1);
    table_add_number(&e->table, CPU_ENABLED | (n ? 0 : CPU_FIRST), 1);
    table_add_number(&e->table, platform->cpu_signature, 4);
    table_add_number(&e->table, platform->cpu_features, 4);
    table_add_number(&e->table, 0, 8);
}

static void add_isa(struct entries *e)
{
    mp_table_begin(e, BUS);
    table_add_number(&e->table, ISA_BUS, 1);
    table_add(&e->table, "ISA   ", 6);
}

static void mp_table_add_io_apic(struct entries *e)
{
    mp_table_begin(e, IO_APIC);
    table_add_number(&e->table, IOAPIC_ID, 1);
    table_add_number(&e->table, IOAPIC_VERSION, 1);
    table_add_number(&e->table, IO_APIC_ENABLED, 1);
    table_add_number(&e->table, PC_IOAPIC, 4);
}

static void add_interrupt(struct entries *e, uint8_t type, enum source source,
                          unsigned flags, unsigned line, unsigned apic,
                          unsigned pin)
{
    mp_table_begin(e, type);
    table_add_number(&e->table, source, 1);
    table_add_number(&e->table, flags, 2);
    table_add_number(&e->table, ISA_BUS, 1);
    table_add_number(&e->table, line, 1);
    table_add_number(&e->table, apic, 1);
    table_add_number(&e->table, pin, 1);
}

/* Lines of ISA, and the output of the older controllers; those that lead to
 * them alone are none of the I/O APIC's. */
static void add_lines(struct entries *e)
{
    add_interrupt(e, IO_INTERRUPT, SOURCE_PIC, AS_BUS, 0, IOAPIC_ID,
                  PC_PIN_PIC);
    for (unsigned n = 0; n < PIC_INPUTS; n++)
        if (n != PIC_CASCADE)
            add_interrupt(e, IO_INTERRUPT, SOURCE_INT,
                          n == PC_IRQ_SCI ? LEVEL_HIGH : AS_BUS, n, IOAPIC_ID,
                          n == PC_IRQ_PIT ? PC_PIN_PIT : n);
}

static void add_local(struct entries *e)
{
    add_interrupt(e, LOCAL_INTERRUPT, SOURCE_PIC, AS_BUS, 0, ALL_CPUS, 0);
    add_interrupt(e, LOCAL_INTERRUPT, SOURCE_NMI, AS_BUS, 0, ALL_CPUS, 1);
}

static void add_entries(struct entries *e, const struct x86_platform *platform)
{
    for (unsigned n = 0; n < platform->n_cpus; n++)
        mp_table_add_cpu(e, platform, n);
    add_isa(e);
    mp_table_add_io_apic(e);
    add_lines(e);
    add_local(e);
}

/* Table 4-2. */
static uint64_t put_configuration(struct info *info,
                                  const struct x86_platform *platform)
{
    enum { LENGTH = 4, CHECKSUM = 7, COUNT = 34 };
    struct entries e = {.n = 0};
    struct table *t = &e.table;

    table_add(t, "PCMP", 4);
    table_add_number(t, 0, 2); /* the length */
    table_add_number(t, REVISION, 1);
    table_add_number(t, 0, 1); /* the checksum */
    table_add(t, "KVMGDB  ", 8);
    table_add(t, "KVMGDBSTUB  ", 12);
    table_add_number(t, 0, 8); /* no OEM table; the number of entries */
    table_add_number(t, LAPIC_BASE_RESET, 4);
    table_add_number(t, 0, 4); /* no extended entries */
    add_entries(&e, platform);
    table_set(t, LENGTH, t->n, 2);
    table_set(t, COUNT, e.n, 2);
    table_seal(t, CHECKSUM, t->n);
    return table_put(t, info, ALIGN);
}

/* Table 4-1: with a configuration table, virtual wire mode. */
static void fill_pointer(struct info *info, uint64_t at, uint64_t table)
{
    enum { CHECKSUM = 10 };
    struct table t = {.n = 0};

    table_add(&t, "_MP_", 4);
    table_add_number(&t, table, 4);
    table_add_number(&t, 1, 1); /* the length in 16 bytes */
    table_add_number(&t, REVISION, 1);
    table_add_number(&t, 0, 6); /* the checksum, features */
    table_seal(&t, CHECKSUM, t.n);
    info_fill(info, at, t.bytes, t.n);
}

uint64_t x86_put_mp_table(struct info *info,
                          const struct x86_platform *platform)
{
    uint64_t pointer = info_reserve(info, 16, ALIGN);

    fill_pointer(info, pointer, put_configuration(info, platform));
    return pointer;
}
