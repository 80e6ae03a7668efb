/* SPDX-License-Identifier: MIT */
/*
 * A guest at every port of the ISA bus, where all devices are, and at both
 * ends of the port space: bytes, words and longs, in and out, one and three at
 * a time. However often one of them ends the guest, it goes on here, and comes
 * to its end. Run freely, and in steps.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sys/mman.h>

#include "kvm/arch_cpu.h"
#include "kvm/board/board.h"
#include "kvm/board/pc.h"
#include "kvm/vm/describe.h"
#include "kvm/vm/run.h"
#include "kvm/vm/types.h"
#include "kvm/vm/vm.h"
#include "kvm/x86_64/state/state.h"
#include "tests/kvm/x86_64/step_guest.h"

enum { SKIP = 77, MEMORY = 0x200000, FIRST = 0xfff0, SECTORS = 9 };

/* The same in 16, 32 and 64-bit code. A string of three: push rdi; push 3;
 * pop rcx; rep ins; pop rdi (rsi and outs for output). */
#define INS(op)  "\x57\x6a\x03\x59" op "\x5f"
#define OUTS(op) "\x56\x6a\x03\x59" op "\x5e"

static const char code[] =
    "\xec\xed\x66\xed" /* in al, dx; in eax, dx; in ax, dx */
    INS("\xf3\x6c") INS("\xf3\x6d")
        INS("\xf3\x66\x6d") "\x31\xc0"         /* xor eax, eax */
                            "\xee\xef\x66\xef" /* out dx, al; out dx, eax; out
                                                  dx, ax */
    OUTS("\xf3\x6e") OUTS("\xf3\x6f")
        OUTS("\xf3\x66\x6f") "\x83\xc2\x01" /* add edx, 1 */
                             "\x80\xfe\x04" /* cmp dh, 4 */
                             "\x75\xc2"     /* jne code: up to port 0x3ff */
                             "\xf4";

/* The port space begins anew in 16 bits. */
static uint64_t first_port(enum context context, bool step)
{
    if (step)
        return PC_EXIT - 4;
    return context == REAL ? FIRST : 0;
}

/* Steps are slow on emulated hosts: some devices have to do. */
static void skip_ports(struct vcpu *vcpu)
{
    if (x86_gp(vcpu)->rdx == PC_EXIT + 4)
        x86_gp(vcpu)->rdx = PC_COM1 - 8;
}

/* 0: go on; 1: the guest is at its end; -1: something else. */
static int classify(struct vcpu *vcpu, const struct vcpu_event *event,
                    unsigned *ends)
{
    if (event->kind == VCPU_EVENT_HALT)
        return 1;
    if (event->kind == VCPU_EVENT_END || event->kind == VCPU_EVENT_RESET ||
        event->kind == VCPU_EVENT_ASKS) {
        (*ends)++;
        atomic_store(&vcpu->vm->board.end_code, -1);
        return 0;
    }
    return event->kind == VCPU_EVENT_DEBUG && event->stepped ? 0 : -1;
}

static bool try_context(struct vm *vm, enum context context, bool step)
{
    struct vcpu *vcpu = &vm->vcpu[0];
    struct vcpu_event event;
    char why[160] = "";
    unsigned ends = 0;
    int state = 0;
    int r = guest_start(vm, context, 0, (const uint8_t *)code, sizeof code - 1);

    x86_gp(vcpu)->rdx = first_port(context, step);
    vcpu->debug = (struct debug_state){.step = step};
    while (!r && !state) {
        if (step)
            skip_ports(vcpu);
        r = vcpu_run(vcpu, &event);
        state = r ? -1 : classify(vcpu, &event, &ends);
    }
    if (state < 0 && !r)
        vcpu_event_describe(vcpu, &event, why, sizeof why);
    if (state == 1 && ends && (x86_gp(vcpu)->rdx & 0xffff) == 0x400)
        return true;
    (void)printf("FAIL  context %d, %s: at port 0x%llx after %u ends: %d %s\n",
                 (int)context, step ? "in steps" : "freely",
                 (unsigned long long)x86_gp(vcpu)->rdx, ends, r, why);
    return false;
}

static void discard(void *context, const char *text, size_t n)
{
    (void)context, (void)text, (void)n;
}

static int make(struct vm *vm, struct diag *diag)
{
    const struct vm_config config = {
        .memory = MEMORY, .n_vcpus = 1, .console = {discard, NULL}};
    char path[32];
    int disk = memfd_create("disk", MFD_CLOEXEC);
    int r = vm_create(vm, &config, diag);

    (void)snprintf(path, sizeof path, "/proc/self/fd/%d", disk);
    if (!r && ftruncate(disk, SECTORS * DISK_SECTOR) == 0)
        r = board_attach_disk(&vm->board, NULL, path, false, diag);
    (void)close(disk);
    return r;
}

int main(void)
{
    struct diag diag = {""};
    struct vm vm;
    bool good = true;

    (void)setvbuf(stdout, NULL, _IOLBF, 0);
    if (access(VM_DEVICE, R_OK | W_OK) < 0) {
        (void)printf("SKIP: needs " VM_DEVICE "\n");
        return SKIP;
    }
    if (make(&vm, &diag) < 0) {
        (void)printf("FAIL  %s\n", diag.text);
        return EXIT_FAILURE;
    }
    for (int context = REAL; context <= LONG; context++) {
        good &= try_context(&vm, (enum context)context, false);
        good &= try_context(&vm, (enum context)context, true);
    }
    vm_destroy(&vm);
    return good ? EXIT_SUCCESS : EXIT_FAILURE;
}
