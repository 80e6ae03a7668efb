/* SPDX-License-Identifier: MIT */
/*
 * The page walker against the CPU: random page tables of every mode, random
 * accesses by them, and each must come to what page_check() has said before:
 * the same memory, or the same fault with the same error code. With nested
 * paging the CPU walks, elsewhere KVM does; so this is run on every host.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kvm/board/pc.h"
#include "kvm/core/mem.h"
#include "kvm/probe/host.h"
#include "kvm/vm/types.h"
#include "kvm/vm/vm.h"
#include "kvm/x86_64/state/state.h"
#include "tests/kvm/x86_64/paging_tables.h"

enum {
    SKIP = 77,
    SETS = 12,      /* of tables, a mode */
    TRIES = 3,      /* of an access */
    ACCESSES = 250, /* a set */
    FAILURES_MAX = 20,
    VERDICTS = PAGE_KEY + 1,
};

/* Intel SDM 3A 2.5, 2.2.1. */
#define CR0_WP   (UINT64_C(1) << 16)
#define CR4_SMEP (UINT64_C(1) << 20)
#define CR4_SMAP (UINT64_C(1) << 21)
#define CR4_PKE  (UINT64_C(1) << 22)
#define EFER_NXE (UINT64_C(1) << 11)

/* What is tried on this host. */
static uint64_t cr4_bits;
static bool host_is_pvm, host_is_tcg;

static unsigned failures;
static unsigned seen[VERDICTS], seen_reserved, seen_devices, left_out;

/* --- one access --- */

/* QEMU 10.0's TCG crashes at a fault of the user's below 32-bit paging. */
static struct page_access random_access(const struct paging_mode *mode,
                                        const struct paging_options *options)
{
    unsigned kind = draw() % 3;
    bool user = draw() & 1;

    return (struct page_access){.write = kind == 1,
                                .fetch = kind == 2,
                                .user = user && (mode->is_long || !host_is_tcg),
                                .ac = draw() & 1,
                                .pkru = options->pkru};
}

static bool in_ram(uint64_t gpa)
{
    return gpa < GUEST_RAM;
}

/* A frame buffer is no device, but for those who execute. */
static bool is_data(uint64_t gpa)
{
    return in_ram(gpa) || (gpa >= PC_FRAME_BUFFER && gpa < PC_FRAME_BUFFER_END);
}

/* What may be tried: not what would overwrite or execute the tables, nor what
 * hosts have no common answer to, tables outside of RAM. And where no RAM is to
 * be executed KVM's own walker steps in, which knows PSE-36 with 36 bits, and
 * has PDPTEs of its own. */
static bool is_fair(const struct paging_mode *mode,
                    const struct page_verdict *want, uint64_t gpa,
                    const struct page_access *access)
{
    if (want->refusal == PAGE_NOT_MAPPED)
        return !want->fault.no_memory;
    if (want->refusal != PAGE_ALLOWED)
        return true;
    if (access->fetch && !in_ram(gpa) && (!mode->is_long || is_data(gpa)))
        return false;
    return gpa >= GUEST_DATA || !(access->write || access->fetch);
}

/* The value that the guest must have seen; what it wrote is undone. */
static bool value_is_right(struct vm *vm, const struct page_access *access,
                           uint64_t gpa, uint32_t value)
{
    uint32_t now;

    if (access->fetch)
        return value == guest_word(gpa);
    (void)mem_read(&vm->mem, gpa, &now, sizeof now);
    if (access->write)
        guest_put_data(vm, gpa);
    return now == (access->write ? (uint32_t)WRITTEN : value);
}

/*
 * kvm_pvm runs the user's code by tables of its own, and hands some of its
 * faults on as they come from there: present or not, reserved or not is then a
 * matter of those. PML4 entry 256 it keeps for itself while the user runs. And
 * a fetch from where no RAM is can be refused by SMAP, which is for data.
 */
static bool pvm_may(const struct page_access *access, uint64_t gva,
                    const struct page_verdict *want, const struct outcome *got)
{
    enum { KEPT = 256, PML4_SHIFT = 39, PML4_MASK = 511 };
    const uint64_t own = PAGE_FAULT_P | PAGE_FAULT_RSVD;

    if (!host_is_pvm || got->end != END_FAULT || got->vector != PF ||
        got->cr2 != gva)
        return false;
    if (!access->user)
        return access->fetch && want->refusal == PAGE_ALLOWED;
    return (gva >> PML4_SHIFT & PML4_MASK) == KEPT ||
           (want->code && (want->code | own) == (got->code | own));
}

/* QEMU's TCG reports reserved bits as those of a page that is not present. */
static bool tcg_may(uint64_t gva, const struct page_verdict *want,
                    const struct outcome *got)
{
    return host_is_tcg && got->end == END_FAULT && got->vector == PF &&
           got->cr2 == gva && want->fault.reserved &&
           got->code == (want->code & ~(uint64_t)PAGE_FAULT_P);
}

static bool is_right(struct vm *vm, const struct page_access *access,
                     uint64_t gva, const struct page_verdict *want,
                     const struct outcome *got)
{
    uint64_t gpa = want->page.gpa + (gva - want->page.gva);

    switch (want->refusal) {
    case PAGE_ALLOWED:
        if (access->fetch ? in_ram(gpa) : is_data(gpa))
            return got->end == END_DONE &&
                   value_is_right(vm, access, gpa, got->value);
        return access->fetch ? got->end == END_FETCH
                             : got->end == END_DEVICE && got->gpa == gpa;
    case PAGE_NOT_CANONICAL:
        return got->end == END_FAULT && got->vector == GP && !got->code;
    default:
        return got->end == END_FAULT && got->vector == PF &&
               got->code == want->code && got->cr2 == gva;
    }
}

static void tell(const struct paging_mode *mode, const struct paging *paging,
                 const struct page_access *a, uint64_t gva,
                 const struct page_verdict *want, const struct outcome *got)
{
    static const char *const ends[] = {"done", "device", "fetch", "fault",
                                       "other"};

    failures++;
    (void)printf("FAIL  %s: cr0 %llx cr4 %llx efer %llx, %s%s%s of %llx\n",
                 mode->name, (unsigned long long)paging->cr0,
                 (unsigned long long)paging->cr4,
                 (unsigned long long)paging->efer, a->user ? "user's " : "",
                 a->write   ? "write"
                 : a->fetch ? "fetch"
                            : "read",
                 a->ac ? " with AC" : "", (unsigned long long)gva);
    (void)printf("      want: refusal %d, code %x, gpa %llx, level %u, entry "
                 "%llx at %llx%s\n",
                 (int)want->refusal, want->code,
                 (unsigned long long)(want->page.gpa + (gva - want->page.gva)),
                 want->fault.level, (unsigned long long)want->fault.entry,
                 (unsigned long long)want->fault.entry_gpa,
                 want->fault.reserved ? ", reserved" : "");
    (void)printf("      got:  %s, value %x, gpa %llx, vector %u, code %llx, "
                 "cr2 %llx, exit %u\n",
                 ends[got->end], got->value, (unsigned long long)got->gpa,
                 got->vector, (unsigned long long)got->code,
                 (unsigned long long)got->cr2, got->exit);
}

static void count(const struct page_verdict *want, uint64_t gpa)
{
    seen[want->refusal]++;
    seen_reserved += want->refusal == PAGE_NOT_MAPPED && want->fault.reserved;
    seen_devices += want->refusal == PAGE_ALLOWED && !is_data(gpa);
}

/* False: walker and CPU disagree, which is told if this was the last try. */
static bool judge(struct vm *vm, const struct paging_mode *mode,
                  const struct page_access *access, uint64_t gva, bool is_last)
{
    const struct paging paging = x86_paging(&vm->vcpu[0]);
    struct page_verdict want;
    struct outcome got;
    uint64_t gpa;

    page_check(&paging, &vm->mem, gva, access, &want);
    gpa = want.page.gpa + (gva - want.page.gva);
    if (!is_fair(mode, &want, gpa, access)) {
        left_out++;
        return true;
    }
    if (want.refusal == PAGE_ALLOWED && gpa >= GUEST_DATA && in_ram(gpa))
        guest_put_data(vm, gpa);
    if (guest_go(vm, access, &got) == 0 &&
        (is_right(vm, access, gva, &want, &got) ||
         pvm_may(access, gva, &want, &got) || tcg_may(gva, &want, &got))) {
        count(&want, gpa);
        return true;
    }
    if (is_last)
        tell(mode, &paging, access, gva, &want, &got);
    return false;
}

/* --- many --- */

static struct paging_options random_options(const struct paging_mode *mode)
{
    struct paging_options options = {
        .cr0 = draw() & CR0_WP,
        .cr4 = draw() & cr4_bits,
        .efer = draw() % 4 ? EFER_NXE : 0,
        .pkru = draw() & draw(),
    };

    if (!mode->is_long)
        options.cr4 &= ~CR4_PKE;
    return options;
}

static void try_access(struct vm *vm, const struct paging_mode *mode)
{
    const struct paging_options options = random_options(mode);
    const struct page_access access = random_access(mode, &options);
    uint64_t gva = tables_address(mode);
    bool scramble = mode == &paging_modes[MODE_PAE] && draw() & 1;
    bool agreed = false;
    uint64_t old[4];

    /* On a busy machine kvm_pvm now and then tells of a page that is not there
     * where one is: two of 3700 accesses, and not when they are repeated. A
     * wrong walker is wrong each time. */
    for (unsigned left = TRIES; left-- > 0 && !agreed;) {
        if (guest_prepare(vm, mode, &options, &access, gva) < 0) {
            (void)printf("FAIL  %s: KVM refuses the registers\n", mode->name);
            failures++;
            return;
        }
        if (scramble)
            guest_scramble_pdptes(vm, old);
        agreed = judge(vm, mode, &access, gva, left == 0);
        if (scramble)
            guest_restore_pdptes(vm, old);
    }
}

/* A read of the guest's own code, which every host that has the mode can do. */
static bool has_mode(struct vm *vm, const struct paging_mode *mode)
{
    static const struct paging_options plain = {0};
    static const struct page_access read = {0};
    struct outcome got;

    return guest_fill(vm, mode) == 0 &&
           guest_prepare(vm, mode, &plain, &read, 0x1000) == 0 &&
           guest_go(vm, &read, &got) == 0 && got.end == END_DONE;
}

static void try_mode(struct vm *vm, const struct paging_mode *mode)
{
    if (!has_mode(vm, mode)) {
        (void)printf("note  %s: this host cannot\n", mode->name);
        return;
    }
    for (unsigned set = 0; set < SETS && failures < FAILURES_MAX; set++) {
        if (guest_fill(vm, mode) < 0)
            failures++;
        for (unsigned i = 0; i < ACCESSES && failures < FAILURES_MAX; i++)
            try_access(vm, mode);
    }
}

/* Those that KVM takes. kvm_pvm takes CR4.PKE of a guest without PKRU. */
static void find_bits(struct vm *vm)
{
    static const uint64_t bits[] = {CR4_SMEP, CR4_SMAP, CR4_PKE};
    static const struct page_access read = {0};

    for (unsigned i = 0; i < 3; i++) {
        const struct paging_options options = {.cr4 = bits[i]};

        if (guest_prepare(vm, &paging_modes[MODE_4], &options, &read, 0) == 0)
            cr4_bits |= bits[i];
    }
    if (!vm->vcpu[0].arch->layout.part[X86_PKRU].size)
        cr4_bits &= ~CR4_PKE;
}

static void report(const char *name)
{
    (void)printf("%s: allowed %u, of these devices %u; not canonical %u, not "
                 "mapped %u, of these reserved %u; supervisor %u, read-only "
                 "%u, no execute %u, SMEP %u, SMAP %u, key %u; left out %u\n",
                 name, seen[PAGE_ALLOWED], seen_devices,
                 seen[PAGE_NOT_CANONICAL], seen[PAGE_NOT_MAPPED], seen_reserved,
                 seen[PAGE_SUPERVISOR], seen[PAGE_READ_ONLY],
                 seen[PAGE_NO_EXECUTE], seen[PAGE_SMEP], seen[PAGE_SMAP],
                 seen[PAGE_KEY], left_out);
    memset(seen, 0, sizeof seen);
    seen_reserved = seen_devices = left_out = 0;
}

static void discard(void *context, const char *text, size_t n)
{
    (void)context;
    (void)text;
    (void)n;
}

int main(int argc, char **argv)
{
    const struct vm_config config = {
        .memory = GUEST_RAM, .n_vcpus = 1, .console = {discard, NULL}};
    struct diag diag;
    struct host host;
    static struct vm vm;

    (void)setvbuf(stdout, NULL, _IOLBF, 0);
    if (access(VM_DEVICE, R_OK | W_OK) < 0) {
        (void)printf("SKIP: needs " VM_DEVICE "\n");
        return SKIP;
    }
    if (vm_create(&vm, &config, &diag) < 0) {
        (void)printf("FAIL  %s\n", diag.text);
        return EXIT_FAILURE;
    }
    host_read(&host);
    host_is_pvm = !strcmp(host.module, "kvm_pvm");
    host_is_tcg = !strcmp(host.hypervisor, "TCGTCGTCGTCG");
    tables_free_bit_8 = host_is_tcg; /* it does not know that AMD reserves it */
    draw_seed(argc > 1 ? strtoull(argv[1], NULL, 0) : 1);
    find_bits(&vm);
    for (unsigned i = 0; i < N_MODES && failures < FAILURES_MAX; i++) {
        try_mode(&vm, &paging_modes[i]);
        report(paging_modes[i].name);
    }
    vm_destroy(&vm);
    (void)printf("CR4 bits 0x%llx, %u failures\n", (unsigned long long)cr4_bits,
                 failures);
    return failures ? EXIT_FAILURE : EXIT_SUCCESS;
}
