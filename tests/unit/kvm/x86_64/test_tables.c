/* SPDX-License-Identifier: MIT */
/* ACPI's and MP's tables, read back as a guest does: found by scanning, at the
 * offsets of the specifications. */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <string.h>

#include "kvm/core/mem.h"
#include "kvm/x86_64/boot/acpi.h"
#include "kvm/x86_64/boot/mp_table.h"
#include "tests/unit/kvm/rows.h"

enum { START = 0xf0000, ROOM = IMAGE_TABLES_ROOM, MIB = 0x100000 };
enum { SIGNATURE = 0x000306c3, FEATURES = 0x078bfbff };

static struct guest_mem mem;

static const uint8_t *at(uint64_t gpa, size_t n)
{
    const uint8_t *ret = mem_ptr(&mem, gpa, n);

    cr_assert(ret && gpa >= START && gpa + n <= START + ROOM, "%#lx",
              (unsigned long)gpa);
    return ret;
}

static uint64_t number(uint64_t gpa, size_t n)
{
    uint64_t value = 0;

    memcpy(&value, at(gpa, n), n);
    return value;
}

static unsigned byte(uint64_t gpa)
{
    return *at(gpa, 1);
}

static void expect_sum(uint64_t gpa, size_t n)
{
    const uint8_t *bytes = at(gpa, n);
    uint8_t sum = 0;

    for (size_t i = 0; i < n; i++)
        sum = (uint8_t)(sum + bytes[i]);
    cr_expect(zero(u8, sum), "%.4s", (const char *)bytes);
}

/* On a 16-byte boundary (ACPI 6.4, 5.2.5.1; MP 1.4, 4). */
static uint64_t scan(const char *signature)
{
    for (uint64_t gpa = START; gpa < START + ROOM; gpa += 16)
        if (!memcmp(at(gpa, strlen(signature)), signature, strlen(signature)))
            return gpa;
    cr_assert(false, "no %s", signature);
    return 0;
}

/* A table of ACPI's: its header is sound. Returns its length. */
static uint32_t expect_table(uint64_t gpa, const char *signature,
                             unsigned revision)
{
    uint32_t length = (uint32_t)number(gpa + 4, 4);

    cr_assert(zero(int, memcmp(at(gpa, 36), signature, 4)), "%s", signature);
    expect_sum(gpa, length);
    cr_expect(eq(uint, byte(gpa + 8), revision), "%s", signature);
    cr_expect(zero(int, memcmp(at(gpa + 10, 6), "KVMGDB", 6)), "%s", signature);
    return length;
}

static uint64_t put(unsigned n_cpus, bool has_virtio)
{
    const struct x86_platform platform = {n_cpus, SIGNATURE, FEATURES,
                                          has_virtio};
    struct info info = {.mem = &mem, .at = START, .end = START + ROOM};
    uint64_t rsdp;

    cr_assert(zero(int, mem_init(&mem, MIB, NULL)));
    rsdp = x86_put_acpi(&info, &platform);
    (void)x86_put_mp_table(&info, &platform);
    cr_assert(not(info.is_full));
    return rsdp;
}

static const struct machine {
    unsigned n_cpus;
    bool has_virtio;
} machines[] = {{1, false}, {1, true},   {2, true}, {16, false},
                {17, true}, {64, false}, {64, true}};

ParameterizedTestParameters(tables, acpi)
{
    return row_numbers(ROWS(machines));
}

ParameterizedTestParameters(tables, mp)
{
    return row_numbers(ROWS(machines));
}

/* --- ACPI --- */

/* clang-format off */
static const struct field {
    unsigned at, size;
    uint64_t value;
} fadt[] = {
    {45, 1, 0},         /* profile: unspecified */
    {46, 2, 9},         /* SCI */
    {48, 4, 0},         /* no SMI command: always ACPI */
    {56, 4, 0x600}, {60, 4, 0}, {64, 4, 0x604}, {68, 4, 0}, {72, 4, 0},
    {76, 4, 0x608}, {80, 4, 0}, {84, 4, 0},
    {88, 1, 4}, {89, 1, 2}, {90, 1, 0}, {91, 1, 4}, {92, 1, 0}, {93, 1, 0},
    {96, 2, 101}, {98, 2, 1001},    /* no C2, no C3 */
    {106, 1, 0}, {107, 1, 0}, {108, 1, 0x32},
    {109, 2, 0x000b},   /* devices, 8042, no MSI; a VGA and a CMOS clock */
    {112, 4, 0x0475},   /* WBINVD, C1, no buttons, no RTC wake, reset; the timer
                           has 24 bits */
    {116, 4, 0x01000801}, {120, 8, 0xcf9}, {128, 1, 0x06},
    {131, 1, 4},
    {132, 8, 0},        /* FIRMWARE_CTRL has it */
    {148, 4, 0x02002001}, {152, 8, 0x600},
    {172, 4, 0x02001001}, {176, 8, 0x604},
    {208, 4, 0x03002001}, {212, 8, 0x608},
    {220, 8, 0}, {232, 8, 0}, {244, 8, 0}, {256, 8, 0}, {268, 8, 0},
};

/* What follows the local APICs in the MADT. */
static const uint8_t madt_tail[] = {
    1, 12, 0, 0, 0, 0, 0xc0, 0xfe, 0, 0, 0, 0,  /* I/O APIC at 0xfec00000 */
    2, 10, 0, 0, 2, 0, 0, 0, 0, 0,              /* IRQ 0: pin 2 */
    2, 10, 0, 9, 9, 0, 0, 0, 0x0d, 0,           /* IRQ 9: a level, high */
    4, 6, 0xff, 0, 0, 1,                        /* NMI: LINT1 of all */
};

/* As iasl compiles Name (_S5, Package (4) {...}), and in \_SB
 * Device (C000) {Name (_HID, "ACPI0007") Name (_UID, 0)}; but that it writes
 * ZeroOp for BytePrefix and 0. */
static const uint8_t s5[] = {0x08, '_', 'S', '5', '_', 0x12, 7, 4, 0x0a, 0, 0,
                             0, 0};
static const uint8_t cpu[] = {0x5b, 0x82, 0x1b, 'C', '0', '0', '0', 0x08, '_',
                              'H', 'I', 'D', 0x0d, 'A', 'C', 'P', 'I', '0',
                              '0', '0', '7', 0, 0x08, '_', 'U', 'I', 'D',
                              0x0a, 0};
/* Device (VR00) {Name (_HID, "LNRO0005") Name (_UID, 0) Name (_CRS,
 * ResourceTemplate () {Memory32Fixed (ReadWrite, 0xFEB00000, 0x200)
 * Interrupt (ResourceConsumer, Level, ActiveHigh, Exclusive) {16}})} */
static const uint8_t virtio[] = {
    0x5b, 0x82, 0x3b, 'V', 'R', '0', '0', 0x08, '_', 'H', 'I', 'D', 0x0d, 'L',
    'N', 'R', 'O', '0', '0', '0', '5', 0, 0x08, '_', 'U', 'I', 'D', 0x0a, 0,
    0x08, '_', 'C', 'R', 'S', 0x11, 0x1a, 0x0a, 0x17,
    0x86, 9, 0, 1, 0, 0, 0xb0, 0xfe, 0, 2, 0, 0,
    0x89, 6, 0, 1, 1, 16, 0, 0, 0, 0x79, 0};
/* clang-format on */

/* \_S5, and a scope with a device for each CPU that ends where the table does.
 */
static void expect_dsdt(uint64_t dsdt, const struct machine *machine)
{
    uint32_t length = expect_table(dsdt, "DSDT", 2);
    uint64_t scope = dsdt + 36 + sizeof s5;
    uint64_t device = scope + 8;

    cr_expect(zero(int, memcmp(at(dsdt + 36, sizeof s5), s5, sizeof s5)));
    cr_expect(eq(uint, byte(scope), 0x10));
    cr_expect(eq(uint, byte(scope + 1) >> 4, 4), "one more byte of length");
    cr_expect(
        eq(u64,
           scope + 1 + (byte(scope + 1) & 0xf) + (uint64_t)byte(scope + 2) * 16,
           dsdt + length));
    cr_expect(zero(int, memcmp(at(scope + 3, 5), "\\_SB_", 5)));
    cr_assert(eq(u64,
                 device + machine->n_cpus * sizeof cpu +
                     machine->has_virtio * sizeof virtio,
                 dsdt + length));
    if (machine->has_virtio)
        cr_expect(
            zero(int, memcmp(at(dsdt + length - sizeof virtio, sizeof virtio),
                             virtio, sizeof virtio)));
    for (unsigned n = 0; n < machine->n_cpus; n++, device += sizeof cpu) {
        uint8_t want[sizeof cpu];
        char name[16];

        memcpy(want, cpu, sizeof want);
        (void)snprintf(name, sizeof name, "C0%02X", n);
        memcpy(want + 3, name, 4);
        want[sizeof want - 1] = (uint8_t)n;
        cr_expect(zero(int, memcmp(at(device, sizeof want), want, sizeof want)),
                  "%u", n);
    }
}

static void expect_fadt(uint64_t gpa, const struct machine *machine)
{
    uint64_t facs = number(gpa + 36, 4);

    cr_expect(eq(u32, expect_table(gpa, "FACP", 6), 276));
    for (size_t i = 0; i < ROWS(fadt); i++)
        cr_expect(
            eq(u64, number(gpa + fadt[i].at, fadt[i].size), fadt[i].value),
            "FADT, %u", fadt[i].at);
    cr_expect(eq(u64, number(gpa + 140, 8), number(gpa + 40, 4)));
    expect_dsdt(number(gpa + 40, 4), machine);
    cr_expect(zero(u64, facs % 64));
    cr_expect(zero(int, memcmp(at(facs, 8), "FACS\x40\0\0", 8)));
    cr_expect(eq(uint, byte(facs + 32), 2));
}

static void expect_madt(uint64_t gpa, unsigned n_cpus)
{
    uint64_t entry = gpa + 44;

    cr_expect(eq(u32, expect_table(gpa, "APIC", 5),
                 44 + 8 * n_cpus + sizeof madt_tail));
    cr_expect(eq(u64, number(gpa + 36, 4), 0xfee00000));
    cr_expect(eq(u64, number(gpa + 40, 4), 1), "8259s, too");
    for (unsigned n = 0; n < n_cpus; n++, entry += 8)
        cr_expect(eq(u64, number(entry, 8),
                     UINT64_C(0x100000800) | n << 16 | n << 24));
    cr_expect(zero(
        int, memcmp(at(entry, sizeof madt_tail), madt_tail, sizeof madt_tail)));
}

ParameterizedTest(const size_t *i, tables, acpi)
{
    const struct machine *machine = &machines[*i];
    uint64_t put_at = put(machine->n_cpus, machine->has_virtio);
    uint64_t rsdp = scan("RSD PTR ");
    uint64_t rsdt = number(rsdp + 16, 4);
    uint64_t xsdt = number(rsdp + 24, 8);

    cr_expect(eq(u64, rsdp, put_at));
    cr_expect(eq(u64, rsdp, START), "who has to know finds it there");
    expect_sum(rsdp, 20);
    expect_sum(rsdp, 36);
    cr_expect(eq(uint, byte(rsdp + 15), 2));
    cr_expect(eq(u64, number(rsdp + 20, 4), 36));
    cr_expect(eq(u32, expect_table(rsdt, "RSDT", 1), 36 + 2 * 4));
    cr_expect(eq(u32, expect_table(xsdt, "XSDT", 1), 36 + 2 * 8));
    cr_expect(eq(u64, number(xsdt + 36, 8), number(rsdt + 36, 4)));
    cr_expect(eq(u64, number(xsdt + 44, 8), number(rsdt + 40, 4)));
    expect_fadt(number(rsdt + 36, 4), machine);
    expect_madt(number(rsdt + 40, 4), machine->n_cpus);
    mem_done(&mem);
}

/* --- MultiProcessor Specification 1.4 --- */

static void expect_cpu(uint64_t gpa, unsigned n)
{
    cr_expect(eq(u64, number(gpa, 4),
                 UINT64_C(0x01140000) | n << 8 | (n ? 0 : 2 << 24)));
    cr_expect(eq(u64, number(gpa + 4, 4), SIGNATURE));
    cr_expect(eq(u64, number(gpa + 8, 4), FEATURES));
    cr_expect(zero(u64, number(gpa + 12, 8)));
}

/* Type and kind, flags, bus and line, APIC and pin. */
static void expect_interrupt(uint64_t gpa, const uint8_t want[8])
{
    cr_expect(zero(int, memcmp(at(gpa, 8), want, 8)), "type %u, line %u",
              want[0], want[5]);
}

/* All lines but the cascade, in order. */
static uint64_t expect_lines(uint64_t gpa)
{
    expect_interrupt(gpa, (const uint8_t[]){3, 3, 0, 0, 0, 0, 0, 0});
    for (uint8_t n = 0; n < 16; n++)
        if (n != 2)
            expect_interrupt(gpa += 8,
                             (const uint8_t[]){3, 0, n == 9 ? 0x0d : 0, 0, 0, n,
                                               0, n == 0 ? 2 : n});
    return gpa + 8;
}

ParameterizedTest(const size_t *i, tables, mp)
{
    unsigned n_cpus = machines[*i].n_cpus;
    uint64_t pointer;
    uint64_t table;
    uint64_t entry;

    (void)put(n_cpus, false);
    pointer = scan("_MP_");
    expect_sum(pointer, 16);
    cr_expect(eq(u64, number(pointer + 8, 2), 0x0401));
    cr_expect(zero(u64, number(pointer + 11, 5)), "virtual wire mode");
    table = number(pointer + 4, 4);
    cr_expect(zero(int, memcmp(at(table, 4), "PCMP", 4)));
    expect_sum(table, number(table + 4, 2));
    cr_expect(eq(uint, byte(table + 6), 4));
    cr_expect(eq(u64, number(table + 34, 2), n_cpus + 1 + 1 + 16 + 2));
    cr_expect(eq(u64, number(table + 36, 4), 0xfee00000));
    entry = table + 44;
    for (unsigned n = 0; n < n_cpus; n++, entry += 20)
        expect_cpu(entry, n);
    cr_expect(zero(int, memcmp(at(entry, 8), "\1\0ISA   ", 8)));
    cr_expect(eq(u64, number(entry + 8, 8), UINT64_C(0xfec0000001200002)));
    entry = expect_lines(entry + 16);
    expect_interrupt(entry, (const uint8_t[]){4, 3, 0, 0, 0, 0, 0xff, 0});
    expect_interrupt(entry + 8, (const uint8_t[]){4, 1, 0, 0, 0, 0, 0xff, 1});
    cr_expect(eq(u64, entry + 16, table + number(table + 4, 2)));
    mem_done(&mem);
}

/* --- what does not fit --- */

static bool is_anywhere(const char *text, uint64_t room)
{
    return room && memmem(at(START, room), room, text, strlen(text));
}

/* Nothing leads to tables that are not whole, and nothing is written behind the
 * end. */
Test(tables, no_room)
{
    bool fits = false;

    for (uint64_t room = 0; !fits; room += 0x3d) {
        const struct x86_platform platform = {64, SIGNATURE, FEATURES, true};
        struct info info = {.mem = &mem, .at = START, .end = START + room};
        const uint8_t *end;
        bool acpi_fits;

        cr_assert(zero(int, mem_init(&mem, MIB, NULL)));
        end = mem_ptr(&mem, START + room, 0x1000);
        (void)x86_put_acpi(&info, &platform);
        acpi_fits = !info.is_full;
        (void)x86_put_mp_table(&info, &platform);
        fits = !info.is_full;
        cr_assert(lt(u64, room, ROOM));
        cr_assert(zero(int, end[0] | memcmp(end, end + 1, 0xfff)));
        cr_expect(eq(int, is_anywhere("RSD PTR ", room), acpi_fits));
        cr_expect(eq(int, is_anywhere("_MP_", room), fits));
        mem_done(&mem);
    }
}
