/* SPDX-License-Identifier: MIT */
/*
 * Finds ACPI's tables and the MP table as an operating system does, by scanning
 * the BIOS's memory; counts the processors in each, sees the PM timer go on,
 * and turns the machine off by what \_S5 says: exit status 0. Otherwise the
 * status is the number of the check that failed.
 */
#include <stdint.h>

#include "guests/include/guest.h"

enum { BIOS_START = 0xe0000, BIOS_END = 0x100000, STEP = 16 };
/* Of ACPI's headers (5.2.6), and the tables (5.2.5.3, 5.2.9, 5.2.12). */
enum { LENGTH = 4, HEADER = 36, RSDP_RSDT = 16, RSDP_OLD_SIZE = 20 };
enum { FADT_DSDT = 40, FADT_CONTROL = 64, FADT_TIMER = 76 };
enum { MADT_ENTRIES = 44, MADT_CPU = 0 };
/* MultiProcessor Specification 1.4, 4.1 to 4.3. */
enum { MP_SIZE = 16, MP_TABLE = 4, MP_ENTRIES = 44, MP_COUNT = 34, MP_CPU = 0 };
enum { SLP_TYP_SHIFT = 10, SLP_EN = 1 << 13, TIMER_MASK = 0xffffff };

/* For who looks at it in a debugger. */
const uint8_t *rsdp, *rsdt, *fadt, *madt, *dsdt, *mp;
unsigned acpi_cpus, mp_cpus, sleep_type;
uint32_t before, after; /* the timer */

static uint32_t number(const uint8_t *at, unsigned size)
{
    uint32_t value = 0;

    while (size--)
        value = value << 8 | at[size];
    return value;
}

static const uint8_t *pointer(const uint8_t *at)
{
    return (const uint8_t *)(uintptr_t)number(at, 4);
}

static int is_at(const uint8_t *at, const char *text)
{
    while (*text)
        if (*at++ != (uint8_t)*text++)
            return 0;
    return 1;
}

static int is_sound(const uint8_t *at, uint32_t n)
{
    uint8_t sum = 0;

    while (n--)
        sum = (uint8_t)(sum + *at++);
    return sum == 0;
}

static const uint8_t *scan(const char *signature, uint32_t size)
{
    for (uintptr_t at = BIOS_START; at < BIOS_END; at += STEP)
        if (is_at((const uint8_t *)at, signature) &&
            is_sound((const uint8_t *)at, size))
            return (const uint8_t *)at;
    return 0;
}

static const uint8_t *find_table(const char *signature)
{
    for (uint32_t at = HEADER; at < number(rsdt + LENGTH, 4); at += 4) {
        const uint8_t *table = pointer(rsdt + at);

        if (is_at(table, signature) &&
            is_sound(table, number(table + LENGTH, 4)))
            return table;
    }
    return 0;
}

static unsigned count_acpi(void)
{
    unsigned n = 0;

    for (uint32_t at = MADT_ENTRIES; at < number(madt + LENGTH, 4);
         at += madt[at + 1])
        n += madt[at] == MADT_CPU;
    return n;
}

/* A processor's entry has 20 bytes, each other one 8. */
static unsigned count_mp(const uint8_t *table)
{
    const uint8_t *at = table + MP_ENTRIES;
    unsigned n = 0;

    for (unsigned i = 0; i < number(table + MP_COUNT, 2); i++) {
        n += *at == MP_CPU;
        at += *at == MP_CPU ? 20 : 8;
    }
    return n;
}

/* NameOp "_S5_" PackageOp, its length and number of elements; a byte. */
static int find_sleep_type(void)
{
    uint32_t n = number(dsdt + LENGTH, 4);

    for (uint32_t at = HEADER; at < n - 9; at++)
        if (is_at(dsdt + at, "\x08_S5_\x12")) {
            sleep_type = dsdt[at + 8] == 0x0a ? dsdt[at + 9] : dsdt[at + 8];
            return 1;
        }
    return 0;
}

static uint32_t read_timer(void)
{
    uint16_t port = (uint16_t)number(fadt + FADT_TIMER, 4);
    uint32_t value;

    __asm__ volatile("inl %1, %0" : "=a"(value) : "Nd"(port));
    return value & TIMER_MASK;
}

void turn_off(void)
{
    uint16_t port = (uint16_t)number(fadt + FADT_CONTROL, 4);
    uint16_t value = (uint16_t)(sleep_type << SLP_TYP_SHIFT | SLP_EN);

    __asm__ volatile("outw %0, %1" : : "a"(value), "Nd"(port));
}

static int find_all(void)
{
    rsdp = scan("RSD PTR ", RSDP_OLD_SIZE);
    if (!rsdp)
        return 1;
    rsdt = pointer(rsdp + RSDP_RSDT);
    if (!is_at(rsdt, "RSDT"))
        return 2;
    fadt = find_table("FACP");
    madt = find_table("APIC");
    if (!fadt || !madt)
        return 3;
    dsdt = pointer(fadt + FADT_DSDT);
    if (!is_at(dsdt, "DSDT") || !find_sleep_type())
        return 4;
    mp = scan("_MP_", MP_SIZE);
    return mp && is_at(pointer(mp + MP_TABLE), "PCMP") ? 0 : 5;
}

int main(void)
{
    int failed = find_all();

    if (failed)
        return failed;
    acpi_cpus = count_acpi();
    mp_cpus = count_mp(pointer(mp + MP_TABLE));
    before = read_timer();
    do
        after = read_timer();
    while (after == before);
    guest_print("processors: ");
    guest_print_number(acpi_cpus);
    guest_print("\n");
    if (!acpi_cpus || acpi_cpus != mp_cpus)
        return 6;
    turn_off();
    return 7;
}
