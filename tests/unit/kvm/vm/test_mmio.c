/* SPDX-License-Identifier: MIT */
/* Who answers an access that KVM leaves to us: RAM, a device or nobody; and
 * what the owner of the guards learns of it. */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kvm/vm/mmio.h"
#include "tests/unit/kvm/rows.h"

enum { RAM = 0x10000, DEVICE_SIZE = 0x10 };

#define DEVICE_GPA UINT64_C(0xd0000000)

/* What the device and the owner were asked, in order. */
static char told[128];

static void tell(const char *who, bool is_write, uint64_t at, size_t n,
                 uint64_t value)
{
    size_t used = strlen(told);

    (void)snprintf(told + used, sizeof told - used, "%s %s %llx*%zu=%llx ", who,
                   is_write ? "w" : "r", (unsigned long long)at, n,
                   (unsigned long long)value);
}

static uint64_t device_read(void *device, uint64_t offset, unsigned size)
{
    (void)device;
    tell("device", false, offset, size, 0);
    return 0x55667788;
}

static void device_write(void *device, uint64_t offset, unsigned size,
                         uint64_t value)
{
    (void)device;
    tell("device", true, offset, size, value);
}

/* As the debugger's: RAM is its own to access. Stops at what a row wants. */
static bool owner_access(void *context, struct vcpu *vcpu, uint64_t gpa,
                         void *data, size_t n, bool is_write)
{
    const struct guest_mem *mem = &vcpu->vm->mem;
    uint64_t value = 0;

    if (is_write)
        (void)mem_write(mem, gpa, data, n);
    else
        (void)mem_read(mem, gpa, data, n);
    memcpy(&value, data, n);
    tell("owner", is_write, gpa, n, value);
    return gpa == *(const uint64_t *)context;
}

/* clang-format off */
static const struct mmio_row {
    const char *label;
    bool is_write;
    uint64_t gpa;
    unsigned n;
    uint64_t data;    /* before */
    uint64_t after;
    const char *told; /* with an owner */
} mmio_rows[] = {
    {"RAM is read by its owner", false, 0x1000, 4, 0x77, 0x04030201,
     "owner r 1000*4=4030201 "},
    {"RAM is written by its owner", true, 0x1008, 8, 0x1122334455667788,
     0x1122334455667788, "owner w 1008*8=1122334455667788 "},
    {"a device over RAM is not seen", false, RAM - 4, 4, 0x77, 0,
     "owner r fffc*4=0 "},
    {"a device is read, then its reader is told", false, DEVICE_GPA + 4, 4,
     0x99, 0x55667788, "device r 4*4=0 owner r d0000004*4=55667788 "},
    {"a device is written", true, DEVICE_GPA + 8, 2, 0xabcd, 0xabcd,
     "device w 8*2=abcd owner w d0000008*2=abcd "},
    {"part of it is nobody's", false, DEVICE_GPA + 15, 2, 0, 0xff88,
     "device r f*1=0 owner r d000000f*2=ff88 "},
    {"nobody floats high", false, 0xe0000000, 8, 0, UINT64_MAX,
     "owner r e0000000*8=ffffffffffffffff "},
    {"nobody takes it", true, 0xe0000000, 4, 0x1234, 0x1234,
     "owner w e0000000*4=1234 "},
    {"behind RAM", false, RAM, 1, 0, 0xff, "owner r 10000*1=ff "},
};
/* clang-format on */

static struct vm *machine(void)
{
    static const struct bus_region regions[] = {
        {BUS_MMIO,
         DEVICE_GPA,
         DEVICE_SIZE,
         NULL,
         "device",
         {device_read, device_write, NULL, false}},
        {BUS_MMIO,
         RAM - 4,
         4,
         NULL,
         "below RAM's end",
         {device_read, device_write, NULL, false}},
    };
    static const uint8_t ram[] = {1, 2, 3, 4};
    struct vm *vm = calloc(1, sizeof *vm);

    cr_assert(vm != NULL);
    cr_assert(zero(int, mem_init(&vm->mem, RAM, NULL)));
    cr_assert(zero(int, mem_write(&vm->mem, 0x1000, ram, sizeof ram)));
    bus_init(&vm->board.bus);
    for (size_t i = 0; i < ROWS(regions); i++)
        cr_assert(zero(int, bus_add(&vm->board.bus, &regions[i], NULL)));
    vm->vcpu[0].vm = vm;
    return vm;
}

static void machine_done(struct vm *vm)
{
    mem_done(&vm->mem);
    free(vm);
}

ParameterizedTestParameters(mmio, owner)
{
    return row_numbers(ROWS(mmio_rows));
}

ParameterizedTest(const size_t *i, mmio, owner)
{
    const struct mmio_row *row = &mmio_rows[*i];
    struct vm *vm = machine();
    uint64_t stop_at = row->gpa;
    uint64_t data = row->data;

    vm->guard_owner =
        (struct guard_owner){.access = owner_access, .context = &stop_at};
    cr_expect(mmio_access(&vm->vcpu[0], row->gpa, &data, row->n, row->is_write),
              "%s: a stop", row->label);
    cr_expect(eq(str, told, (char *)(uintptr_t)row->told), "%s", row->label);
    cr_expect(zero(int, memcmp(&data, &row->after, row->n)), "%s: %llx",
              row->label, (unsigned long long)data);
    stop_at = 0;
    cr_expect(
        not(mmio_access(&vm->vcpu[0], row->gpa, &data, row->n, row->is_write)),
        "%s: no stop", row->label);
    machine_done(vm);
}

static bool hear_dma(void *context, struct vcpu *vcpu, uint64_t gpa, void *data,
                     size_t n, bool is_write)
{
    uint64_t value = 0;

    memcpy(&value, data, n);
    tell(vcpu->index == 3 ? "dma" : "?", is_write, gpa, n, value);
    return gpa == *(const uint64_t *)context;
}

/* A device that reads and writes by itself while it is accessed: the vCPU that
 * accesses it stops, if that is wanted. */
static void reads_and_writes(void *device, uint64_t offset, unsigned size,
                             uint64_t value)
{
    const struct vm *vm = device;
    const struct dma dma = {&vm->mem, mmio_tell_dma, device};
    uint8_t bytes[4];

    (void)offset, (void)size, (void)value;
    cr_expect(zero(int, dma_read(&dma, 0x1000, bytes, sizeof bytes)));
    cr_expect(zero(int, dma_write(&dma, 0x2000, bytes, 2)));
    cr_expect(lt(int, dma_write(&dma, RAM - 1, bytes, 2), 0));
}

Test(mmio, of_a_device)
{
    static const struct {
        uint64_t stop_at;
        bool stops;
    } rows[] = {{0x1000, true}, {0x2000, true}, {0x1001, false}};

    for (size_t i = 0; i < ROWS(rows); i++) {
        struct vm *vm = machine();
        uint64_t stop_at = rows[i].stop_at;
        const struct bus_region region = {
            BUS_MMIO, 0xd8000000, 4, vm, "dma", {.write = reads_and_writes}};
        uint32_t data = 1;

        told[0] = '\0';
        cr_assert(zero(int, bus_add(&vm->board.bus, &region, NULL)));
        vm->vcpu[3].vm = vm;
        vm->vcpu[3].index = 3;
        (void)mmio_access(&vm->vcpu[3], region.base, &data, 4, true);
        cr_expect(zero(int, strcmp(told, "")), "nobody listens");
        vm->guard_owner =
            (struct guard_owner){.dma = hear_dma, .context = &stop_at};
        (void)mmio_access(&vm->vcpu[3], region.base, &data, 4, true);
        cr_expect(zero(int, strcmp(told, "dma r 1000*4=4030201 "
                                         "dma w 2000*2=201 ")));
        cr_expect(eq(int, vm->vcpu[3].guard_hit, rows[i].stops));
        cr_expect(not(vm->vcpu[0].guard_hit));
        machine_done(vm);
    }
}

ParameterizedTestParameters(mmio, nobody_watches)
{
    return row_numbers(ROWS(mmio_rows));
}

/* Without an owner RAM is not touched, and nothing stops. */
ParameterizedTest(const size_t *i, mmio, nobody_watches)
{
    const struct mmio_row *row = &mmio_rows[*i];
    struct vm *vm = machine();
    bool is_ram = row->gpa < RAM;
    uint64_t high = UINT64_MAX;
    uint64_t data = row->data;

    cr_expect(
        not(mmio_access(&vm->vcpu[0], row->gpa, &data, row->n, row->is_write)),
        "%s", row->label);
    cr_expect(
        zero(int, memcmp(&data, is_ram && !row->is_write ? &high : &row->after,
                         row->n)),
        "%s", row->label);
    cr_expect(strstr(told, "owner") == NULL, "%s: %s", row->label, told);
    machine_done(vm);
}
