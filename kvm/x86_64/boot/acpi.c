/* SPDX-License-Identifier: MIT */
/*
 *   RSDP --> RSDT, XSDT --> FADT --> DSDT, FACS
 *                      '--> MADT
 */
#include "kvm/x86_64/boot/acpi.h"

#include <string.h>

#include "kvm/board/pc.h"
#include "kvm/device/ioapic.h"
#include "kvm/device/lapic_state.h"
#include "kvm/device/pm.h"
#include "kvm/device/rtc.h"
#include "kvm/device/virtio_mmio.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* --- all but RSDP and FACS begin alike (5.2.6) --- */

enum { HEADER_LENGTH = 4, HEADER_CHECKSUM = 9, HEADER_SIZE = 36, ALIGN = 16 };

#define OEM       "KVMGDB"
#define OEM_TABLE "KVMGDBST"
#define CREATOR   "KGDB"

static void acpi_begin(struct table *t, const char *signature,
                       unsigned revision)
{
    *t = (struct table){.n = 0};
    table_add(t, signature, 4);
    table_add_number(t, 0, 4); /* the length */
    table_add_number(t, revision, 1);
    table_add_number(t, 0, 1); /* the checksum */
    table_add(t, OEM, 6);
    table_add(t, OEM_TABLE, 8);
    table_add_number(t, 1, 4); /* its revision */
    table_add(t, CREATOR, 4);
    table_add_number(t, 1, 4);
}

static uint64_t acpi_end(struct table *t, struct info *info)
{
    table_set(t, HEADER_LENGTH, t->n, 4);
    table_seal(t, HEADER_CHECKSUM, t->n);
    return table_put(t, info, ALIGN);
}

/* --- DSDT: AML by hand (20.2) --- */

/* Name (\_S5, Package () {SLP_TYP, SLP_TYP of PM1b, 0, 0}); 7.4.2 */
static const uint8_t aml_off[] = {
    0x08, '_',
    'S',  '5',
    '_', /* NameOp */
    0x12, 7,
    4,                  /* PackageOp, its length, elements */
    0x0a, PM_SLEEP_OFF, /* BytePrefix */
    0x00, 0x00,
    0x00, /* ZeroOp */
};

/* Device (Cnnn) {Name (_HID, "ACPI0007") Name (_UID, n)}: a processor (8.4) */
static const uint8_t aml_cpu[] = {
    0x5b, 0x82, 27,  'C', '0', '0',  '0', /* DeviceOp, its length */
    0x08, '_',  'H', 'I', 'D', 0x0d,      /* StringPrefix */
    'A',  'C',  'P', 'I', '0', '0',  '0',  '7',
    0,    0x08, '_', 'U', 'I', 'D',  0x0a, 0, /* BytePrefix */
};
enum { CPU_DIGITS = 5, CPU_UID = sizeof aml_cpu - 1 };

_Static_assert(sizeof aml_cpu == 2 + 27, "its length, from where it stands");
_Static_assert(sizeof aml_off == 6 + 7, "the same");

/* Device (VR00) {Name (_HID, "LNRO0005") Name (_UID, 0) Name (_CRS, ...)}: a
 * virtio device's registers (6.4.3.4) and its interrupt (6.4.3.6): for the
 * device, a level, active high. LNRO0005 is what Linux and QEMU call it. */
static const uint8_t
    aml_virtio[] =
        {
            0x5b, 0x82, 59,   'V', 'R',  '0', '0',  0x08, '_', 'H',
            'I',  'D',  0x0d, 'L', 'N',  'R', 'O',  '0',  '0', '0',
            '5',  0,    0x08, '_', 'U',  'I', 'D',  0x0a, 0,   0x08,
            '_',  'C',  'R',  'S', 0x11, 26,  0x0a, 23, /* BufferOp, its length
                                                         */
            0x86, 9,    0,    1,   0,    0,   0,    0,    0,   0,
            0,    0, /* Memory32Fixed (ReadWrite, ...) */
            0x89, 6,    0,    1,   1,    0,   0,    0,    0,   0x79,
            0, /* Interrupt (...), the end */
};
enum { VIRTIO_BASE = 42, VIRTIO_SIZE = 46, VIRTIO_INTERRUPT = 55 };

_Static_assert(sizeof aml_virtio == 2 + 59, "its length, from where it stands");

/* Scope (\_SB), its length in two bytes: bits 0 to 3, 4 to 11 (20.2.4). */
static const uint8_t aml_scope[] = {0x10, 0x40, 0, '\\', '_', 'S', 'B', '_'};

static void acpi_add_cpu(struct table *t, unsigned n)
{
    static const char digits[] = "0123456789ABCDEF";
    size_t at = t->n;

    table_add(t, aml_cpu, sizeof aml_cpu);
    table_set(t, at + CPU_DIGITS, (uint8_t)digits[n >> 4 & 0xf], 1);
    table_set(t, at + CPU_DIGITS + 1, (uint8_t)digits[n & 0xf], 1);
    table_set(t, at + CPU_UID, n, 1);
}

static void acpi_add_virtio(struct table *t)
{
    size_t at = t->n;

    table_add(t, aml_virtio, sizeof aml_virtio);
    table_set(t, at + VIRTIO_BASE, PC_VIRTIO, 4);
    table_set(t, at + VIRTIO_SIZE, VIRTIO_MMIO_SIZE, 4);
    table_set(t, at + VIRTIO_INTERRUPT, PC_IRQ_VIRTIO, 4);
}

static uint64_t put_dsdt(struct info *info, const struct x86_platform *platform)
{
    struct table t;
    size_t scope;
    size_t length;

    acpi_begin(&t, "DSDT", 2);
    table_add(&t, aml_off, sizeof aml_off);
    scope = t.n + 1;
    table_add(&t, aml_scope, sizeof aml_scope);
    for (unsigned n = 0; n < platform->n_cpus; n++)
        acpi_add_cpu(&t, n);
    if (platform->has_virtio)
        acpi_add_virtio(&t);
    length = t.n - scope; /* it counts itself */
    table_set(&t, scope, 0x40 | (length & 0xf), 1);
    table_set(&t, scope + 1, length >> 4, 1);
    return acpi_end(&t, info);
}

/* --- FACS (5.2.10): nothing wakes, and nobody shares the global lock --- */

static uint64_t put_facs(struct info *info)
{
    enum { SIZE = 64, AT_VERSION = 32, VERSION = 2 };
    struct table t = {.n = 0};

    table_add(&t, "FACS", 4);
    table_add_number(&t, SIZE, 4);
    t.n = SIZE;
    table_set(&t, AT_VERSION, VERSION, 1);
    return table_put(&t, info, SIZE);
}

/* --- FADT (5.2.9) --- */

enum {
    FADT_SIZE = 276,
    FADT_REVISION = 6,
    FADT_FACS = 36,
    FADT_DSDT = 40,
    FADT_X_DSDT = 140,
};

/* Table 5.10. No buttons, no wake by the clock, no latencies worth a state. */
enum {
    WBINVD = 1 << 0,
    PROC_C1 = 1 << 2,
    NO_POWER_BUTTON = 1 << 4,
    NO_SLEEP_BUTTON = 1 << 5,
    NO_RTC_WAKE = 1 << 6,
    RESET_REG_SUP = 1 << 10,
    NO_C2 = 101, /* us */
    NO_C3 = 1001,
};

/* Table 5.11. VGA and the CMOS clock are there: bits 2 and 5 say if not. */
enum { LEGACY_DEVICES = 1 << 0, HAS_8042 = 1 << 1, NO_MSI = 1 << 3 };

/* A hard reset, by the reset control register. */
enum { RESET_VALUE = 0x06 };

/* Generic addresses (5.2.3.2) of ports. */
enum { IO_SPACE = 1, BYTE_ACCESS = 1, WORD_ACCESS = 2, DWORD_ACCESS = 3 };
#define PORT_AT(at, bits, access, port)                                        \
    {at, 4, IO_SPACE | (bits) << 8 | (access) << 24},                          \
    {                                                                          \
        (at) + 4, 8, port                                                      \
    }

/* clang-format off */
static const struct table_field fadt_fields[] = {
    {46, 2, PC_IRQ_SCI},
    {56, 4, PC_PM_EVENT},   {88, 1, PM_EVENT_SIZE},
    {64, 4, PC_PM_CONTROL}, {89, 1, PM_CONTROL_SIZE},
    {76, 4, PC_PM_TIMER},   {91, 1, PM_TIMER_SIZE},
    {96, 2, NO_C2},         {98, 2, NO_C3},
    {108, 1, RTC_CENTURY},
    {109, 2, LEGACY_DEVICES | HAS_8042 | NO_MSI},
    {112, 4, WBINVD | PROC_C1 | NO_POWER_BUTTON | NO_SLEEP_BUTTON |
             NO_RTC_WAKE | RESET_REG_SUP},
    PORT_AT(116, 8, BYTE_ACCESS, PC_RESET_CONTROL),
    {128, 1, RESET_VALUE},
    {131, 1, 4}, /* of 6.4 */
    PORT_AT(148, 8 * PM_EVENT_SIZE, WORD_ACCESS, PC_PM_EVENT),
    PORT_AT(172, 8 * PM_CONTROL_SIZE, WORD_ACCESS, PC_PM_CONTROL),
    PORT_AT(208, 8 * PM_TIMER_SIZE, DWORD_ACCESS, PC_PM_TIMER),
};
/* clang-format on */

static uint64_t put_fadt(struct info *info, uint64_t facs, uint64_t dsdt)
{
    struct table t;

    acpi_begin(&t, "FACP", FADT_REVISION);
    t.n = FADT_SIZE;
    table_set_all(&t, fadt_fields, COUNT(fadt_fields));
    table_set(&t, FADT_FACS, facs, 4);
    table_set(&t, FADT_DSDT, dsdt, 4);
    table_set(&t, FADT_X_DSDT, dsdt, 8);
    return acpi_end(&t, info);
}

/* --- MADT (5.2.12) --- */

enum { PCAT_COMPAT = 1, CPU_ENABLED = 1, ALL_CPUS = 0xff };

/* Interrupt lines that are not what ISA has: edges, active high, at the pin of
 * their number (table 5.26). */
enum { AS_ISA = 0, LEVEL_HIGH = 0xd };

static void add_local_apic(struct table *t, unsigned n)
{
    table_add(t, (const uint8_t[]){0, 8, (uint8_t)n, (uint8_t)n}, 4);
    table_add_number(t, CPU_ENABLED, 4);
}

static void acpi_add_io_apic(struct table *t)
{
    table_add(t, (const uint8_t[]){1, 12, IOAPIC_ID, 0}, 4);
    table_add_number(t, PC_IOAPIC, 4);
    table_add_number(t, 0, 4); /* the interrupt of pin 0 */
}

static void add_override(struct table *t, uint8_t line, unsigned pin,
                         unsigned flags)
{
    table_add(t, (const uint8_t[]){2, 10, 0, line}, 4);
    table_add_number(t, pin, 4);
    table_add_number(t, flags, 2);
}

static uint64_t put_madt(struct info *info, const struct x86_platform *platform)
{
    static const uint8_t nmi[] = {4, 6, ALL_CPUS, 0, 0, 1}; /* LINT1 */
    struct table t;

    acpi_begin(&t, "APIC", 5);
    table_add_number(&t, LAPIC_BASE_RESET, 4);
    table_add_number(&t, PCAT_COMPAT, 4);
    for (unsigned n = 0; n < platform->n_cpus; n++)
        add_local_apic(&t, n);
    acpi_add_io_apic(&t);
    add_override(&t, PC_IRQ_PIT, PC_PIN_PIT, AS_ISA);
    add_override(&t, PC_IRQ_SCI, PC_IRQ_SCI, LEVEL_HIGH);
    table_add(&t, nmi, sizeof nmi);
    return acpi_end(&t, info);
}

/* --- what leads to them --- */

/* RSDT and XSDT (5.2.7, 5.2.8): addresses of 4 and of 8 bytes. */
static uint64_t acpi_put_directory(struct info *info, const char *signature,
                                   size_t size, const uint64_t tables[2])
{
    struct table t;

    acpi_begin(&t, signature, 1);
    for (unsigned i = 0; i < 2; i++)
        table_add_number(&t, tables[i], size);
    return acpi_end(&t, info);
}

/* 5.2.5.3: one checksum for what ACPI 1.0 had, one for all. */
static void fill_rsdp(struct info *info, uint64_t at, uint64_t rsdt,
                      uint64_t xsdt)
{
    enum { CHECKSUM = 8, EXTENDED_CHECKSUM = 32 };
    struct table t = {.n = 0};

    table_add(&t, "RSD PTR ", 8);
    table_add_number(&t, 0, 1);
    table_add(&t, OEM, 6);
    table_add_number(&t, 2, 1); /* the revision */
    table_add_number(&t, rsdt, 4);
    table_add_number(&t, X86_RSDP_SIZE, 4);
    table_add_number(&t, xsdt, 8);
    table_add_number(&t, 0, 4);
    table_seal(&t, CHECKSUM, X86_RSDP_OLD_SIZE);
    table_seal(&t, EXTENDED_CHECKSUM, X86_RSDP_SIZE);
    info_fill(info, at, t.bytes, t.n);
}

uint64_t x86_put_acpi(struct info *info, const struct x86_platform *platform)
{
    uint64_t rsdp = info_reserve(info, X86_RSDP_SIZE, ALIGN);
    uint64_t dsdt = put_dsdt(info, platform);
    uint64_t facs = put_facs(info);
    const uint64_t tables[] = {put_fadt(info, facs, dsdt),
                               put_madt(info, platform)};
    uint64_t rsdt = acpi_put_directory(info, "RSDT", 4, tables);
    uint64_t xsdt = acpi_put_directory(info, "XSDT", 8, tables);

    fill_rsdp(info, rsdp, rsdt, xsdt);
    return rsdp;
}
