/* SPDX-License-Identifier: MIT */
/*
 * A device with registers in memory, and a guest that uses them: what arrives
 * at the device is what the instruction does, run freely and in steps, whether
 * somebody watches or not; who watches a register is told, after the device.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kvm/arch_cpu.h"
#include "kvm/board/board.h"
#include "kvm/vm/describe.h"
#include "kvm/vm/run.h"
#include "kvm/vm/vm.h"
#include "kvm/x86_64/state/state.h"
#include "tests/kvm/x86_64/step_guest.h"

/* RAM ends below the first device. */
enum { SKIP = 77, MEMORY = 0x80000, SCREEN = 0xb8000, MOST = 64 };

/* One page and a bit, so that operands can lie across its pages. */
#define DEVICE UINT64_C(0xd0000000)

enum { DEVICE_SIZE = 0x1008, REGISTER_END = 0x10 };

#define CODE(text) (const uint8_t *)(text), sizeof(text) - 1

/* mov eax, DEVICE; mov ecx, 0x44332211 */
#define TO_DEVICE "\xb8\x00\x00\x00\xd0\xb9\x11\x22\x33\x44"

/* clang-format off */
static const struct row {
    const char *name;
    enum context context;
    const uint8_t *code;
    size_t size;
    const char *told;  /* the device: "w offset:size=value", "r offset:size" */
    uint64_t watched;  /* an address that the code accesses */
    uint64_t rbx;      /* afterwards */
    bool ends;         /* the guest, instead of the HLT */
} rows[] = {
    {"mov [rax], cl", LONG, CODE(TO_DEVICE "\x88\x08\xf4"),
     "w0:1=11 ", DEVICE, GUEST_DATA, false},
    {"mov [rax+2], cx", LONG, CODE(TO_DEVICE "\x66\x89\x48\x02\xf4"),
     "w2:2=2211 ", DEVICE + 2, GUEST_DATA, false},
    {"mov [rax+4], ecx", LONG, CODE(TO_DEVICE "\x89\x48\x04\xf4"),
     "w4:4=44332211 ", DEVICE + 4, GUEST_DATA, false},
    {"mov [rax+8], rcx", LONG, CODE(TO_DEVICE "\x48\x89\x48\x08\xf4"),
     "w8:8=44332211 ", DEVICE + 8, GUEST_DATA, false},
    {"mov ebx, [rax]", LONG, CODE(TO_DEVICE "\x8b\x18\xf4"),
     "r0:4 ", DEVICE, 0xb4b3b2b1, false},
    {"mov rbx, [rax]", LONG, CODE(TO_DEVICE "\x48\x8b\x18\xf4"),
     "r0:8 ", DEVICE, 0xb8b7b6b5b4b3b2b1, false},
    {"movzx ebx, byte [rax+3]", LONG, CODE(TO_DEVICE "\x0f\xb6\x58\x03\xf4"),
     "r3:1 ", DEVICE + 3, 0xb1, false},
    {"mov ebx, [eax]", PROT, CODE(TO_DEVICE "\x8b\x18\xf4"),
     "r0:4 ", DEVICE, 0xb4b3b2b1, false},
    {"mov [eax], ecx", PROT, CODE(TO_DEVICE "\x89\x08\xf4"),
     "w0:4=44332211 ", DEVICE, GUEST_DATA, false},
    {"add [rax], ecx", LONG, CODE(TO_DEVICE "\x01\x08\xf4"),
     "r0:4 w0:4=f8e6d4c2 ", DEVICE, GUEST_DATA, false},
    {"rep stosd", LONG,
     CODE(TO_DEVICE "\x89\xc7\x89\xc8\x31\xc9\xb1\x03\xf3\xab\xf4"),
     "w0:4=44332211 w4:4=44332211 w8:4=44332211 ", DEVICE + 4, GUEST_DATA,
     false},
    {"across its pages", LONG, CODE(TO_DEVICE "\x89\x88\xfd\x0f\x00\x00\xf4"),
     "wffd:1=11 wffe:1=22 wfff:1=33 w1000:1=44 ", DEVICE + 0x1000, GUEST_DATA,
     false},
    {"past its end", LONG, CODE(TO_DEVICE "\x89\x88\x06\x10\x00\x00\xf4"),
     "w1006:1=11 w1007:1=22 ", DEVICE + 0x1006, GUEST_DATA, false},
    {"read past its end", LONG, CODE(TO_DEVICE "\x8b\x98\x06\x10\x00\x00\xf4"),
     "r1006:1 r1007:1 ", DEVICE + 0x1006, 0xffffb1b1, false},
    {"beside it", LONG, CODE(TO_DEVICE "\x8b\x98\x00\x20\x00\x00\xf4"),
     "", DEVICE + 0x2000, 0xffffffff, false},
    {"mov byte [0xb8000], 'A'", PROT,
     CODE("\xc6\x05\x00\x80\x0b\x00\x41\xf4"),
     "w0:1=41 ", SCREEN, GUEST_DATA, false},
    {"mov ax, 0xb800; mov es, ax; mov byte [es:2], 'A'", REAL,
     CODE("\xb8\x00\xb8\x8e\xc0\x26\xc6\x06\x02\x00\x41\xf4"),
     "w2:1=41 ", SCREEN + 2, GUEST_DATA, false},
    {"its end of the guest", LONG, CODE(TO_DEVICE "\x89\x48\x10\x31\xdb\xf4"),
     "w10:4=44332211 ", DEVICE + REGISTER_END, GUEST_DATA, true},
};
/* clang-format on */

static struct vm vm;
static char told[256];
static uint64_t seen; /* accesses that the guards' owner was told of */

static uint64_t device_read(void *device, uint64_t offset, unsigned size)
{
    size_t n = strlen(told);

    (void)device;
    (void)snprintf(told + n, sizeof told - n, "r%llx:%u ",
                   (unsigned long long)offset, size);
    return 0xb8b7b6b5b4b3b2b1;
}

static void device_write(void *device, uint64_t offset, unsigned size,
                         uint64_t value)
{
    size_t n = strlen(told);

    (void)snprintf(told + n, sizeof told - n, "w%llx:%u=%llx ",
                   (unsigned long long)offset, size, (unsigned long long)value);
    if (device && offset == REGISTER_END)
        atomic_store((atomic_int *)device, 5);
}

/* Wants a stop where a row says so. */
static bool on_access(void *context, struct vcpu *vcpu, uint64_t gpa,
                      void *data, size_t n, bool is_write)
{
    const struct row *row = context;

    (void)vcpu, (void)data, (void)is_write;
    seen++;
    return row->watched >= gpa && row->watched - gpa < n;
}

enum how { FREELY, IN_STEPS, WATCHED, HOWS };

static const char *const how_names[HOWS] = {"freely", "in steps", "watched"};

/* What the events of a run to its end amount to. */
struct outcome {
    int r;
    bool ended, halted;
    unsigned watched;
};

/* False: that was the last event. */
static bool take_event(const struct vcpu_event *event, struct outcome *outcome)
{
    outcome->watched += event->kind == VCPU_EVENT_GUARD;
    outcome->halted = event->kind == VCPU_EVENT_HALT;
    outcome->ended = event->kind == VCPU_EVENT_END && event->code == 5;
    return event->kind == VCPU_EVENT_GUARD ||
           (event->kind == VCPU_EVENT_DEBUG && event->stepped);
}

static struct outcome run(const struct row *row, enum how how)
{
    struct vcpu *vcpu = &vm.vcpu[0];
    struct outcome outcome = {0};
    struct vcpu_event event;

    told[0] = '\0';
    seen = 0;
    atomic_store(&vm.board.end_code, -1);
    vm.guard_owner = (struct guard_owner){.access = NULL};
    if (how == WATCHED)
        vm.guard_owner = (struct guard_owner){
            .access = on_access, .context = (void *)(uintptr_t)row};
    outcome.r = guest_start(&vm, row->context, 0, row->code, row->size);
    vcpu->debug = (struct debug_state){.step = how == IN_STEPS};
    for (unsigned i = 0; !outcome.r && i < MOST; i++) {
        outcome.r = vcpu_run(vcpu, &event);
        if (!outcome.r && !take_event(&event, &outcome))
            break;
    }
    return outcome;
}

static bool try_row(const struct row *row, enum how how)
{
    struct outcome outcome = run(row, how);
    uint64_t rbx = x86_gp(&vm.vcpu[0])->rbx;

    if (!outcome.r && outcome.ended == row->ends &&
        outcome.halted == !row->ends && strcmp(told, row->told) == 0 &&
        rbx == row->rbx &&
        (how == WATCHED) == (outcome.watched > 0 || (row->ends && seen > 0)))
        return true;
    (void)printf("FAIL  %s, context %d, %s: %d, %s, %u stops, rbx %llx, "
                 "device: %s\n",
                 row->name, (int)row->context, how_names[how], outcome.r,
                 outcome.ended    ? "ended"
                 : outcome.halted ? "halted"
                                  : "?",
                 outcome.watched, (unsigned long long)rbx, told);
    return false;
}

static int make(struct diag *diag)
{
    const struct bus_region regions[] = {
        {BUS_MMIO,
         DEVICE,
         DEVICE_SIZE,
         &vm.board.end_code,
         "device",
         {device_read, device_write, NULL, false}},
        {BUS_MMIO,
         SCREEN,
         0x8000,
         NULL,
         "screen",
         {device_read, device_write, NULL, false}},
    };
    const struct vm_config config = {.memory = MEMORY, .n_vcpus = 1};
    int r = vm_create(&vm, &config, diag);

    for (size_t i = 0; !r && i < sizeof regions / sizeof *regions; i++)
        r = bus_add(&vm.board.bus, &regions[i], diag);
    return r;
}

int main(void)
{
    struct diag diag = {""};
    bool good = true;

    (void)setvbuf(stdout, NULL, _IOLBF, 0);
    if (access(VM_DEVICE, R_OK | W_OK) < 0) {
        (void)printf("SKIP: needs " VM_DEVICE "\n");
        return SKIP;
    }
    if (make(&diag) < 0) {
        (void)printf("FAIL  %s\n", diag.text);
        return EXIT_FAILURE;
    }
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        for (int how = FREELY; how < HOWS; how++)
            good &= try_row(&rows[i], (enum how)how);
    vm_destroy(&vm);
    return good ? EXIT_SUCCESS : EXIT_FAILURE;
}
