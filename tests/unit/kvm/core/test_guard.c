/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kvm/core/mem.h"
#include "kvm/vm/types.h"
#include "tests/unit/kvm/core/fake_slots.h"
#include "tests/unit/kvm/rows.h"

/*
 * Guards and slots as text, numbers hexadecimal: the guards "w1000+1000
 * a3000+1000" (writes, all accesses) give the slots "0+1000 r1000+1000
 * 2000+1000 4000+c000", r for read-only.
 */

enum { LOW = 0x10000, MANY = 64, TEXT = 1024, MOST_RANGES = 40 };

static struct vm vm; /* large */
static const struct mem_hole hole = {0xc0000000, 0x100000000};

static char *str(const char *text)
{
    union {
        const char *in;
        char *out;
    } same = {text};

    return same.out;
}

static size_t parse(const char *text, struct guard_range *ret)
{
    size_t n = 0;

    while (*text) {
        enum guard kind = *text == 'w' ? GUARD_WRITE : GUARD_ACCESS;
        char *end;
        uint64_t gpa = strtoull(text + 1, &end, 16);

        ret[n++] = (struct guard_range){gpa, strtoull(end + 1, &end, 16), kind};
        text = end + strspn(end, " ");
    }
    return n;
}

static int set(const char *text)
{
    struct guard_range ranges[MOST_RANGES];

    return guards_set(&vm, ranges, parse(text, ranges));
}

/* The slot that begins first at gpa or later. */
static const struct kvm_userspace_memory_region *next_slot(uint64_t gpa)
{
    const struct kvm_userspace_memory_region *best = NULL;

    for (unsigned i = 0; i < fake_slots.n; i++) {
        const struct kvm_userspace_memory_region *slot = &fake_slots.slot[i];

        if (slot->memory_size && slot->guest_phys_addr >= gpa &&
            (!best || slot->guest_phys_addr < best->guest_phys_addr))
            best = slot;
    }
    return best;
}

/* What KVM has; each slot must be backed by the RAM of its address. */
static const char *slots(void)
{
    static char text[TEXT];
    const struct kvm_userspace_memory_region *slot = next_slot(0);
    size_t n = 0;

    text[0] = '\0';
    while (slot) {
        void *hva = mem_ptr(&vm.mem, slot->guest_phys_addr, slot->memory_size);

        cr_assert(eq(ptr, hva, (void *)(uintptr_t)slot->userspace_addr));
        n += (size_t)snprintf(text + n, sizeof text - n, "%s%s%llx+%llx",
                              n ? " " : "", slot->flags ? "r" : "",
                              slot->guest_phys_addr, slot->memory_size);
        cr_assert(n < sizeof text);
        slot = next_slot(slot->guest_phys_addr + 1);
    }
    return text;
}

static void begin(uint64_t memory, unsigned n_slots)
{
    fake_slots.n = n_slots;
    vm = (struct vm){.fd = -1};
    cr_assert(eq(int, mem_init_around(&vm.mem, memory, &hole, NULL), 0));
    cr_assert(eq(int, guards_init(&vm, NULL), 0));
}

static void end(void)
{
    guards_done(&vm);
    mem_done(&vm.mem);
}

/* --- what guards make of RAM --- */

#define GIB3 (UINT64_C(3) << 30)

/* clang-format off */
static const struct cut_row {
    const char *label;
    uint64_t memory;
    const char *guards;
    int err;
    const char *slots;
} cut_rows[] = {
    {"none", LOW, "", 0, "0+10000"},
    {"writes", LOW, "w1000+1000", 0, "0+1000 r1000+1000 2000+e000"},
    {"all", LOW, "a1000+1000", 0, "0+1000 2000+e000"},
    {"first page", LOW, "w0+1000", 0, "r0+1000 1000+f000"},
    {"last page", LOW, "af000+1000", 0, "0+f000"},
    {"neighbours", LOW, "w1000+1000 a2000+1000 w3000+1000", 0,
     "0+1000 r1000+1000 r3000+1000 4000+c000"},
    {"all of it, writes", LOW, "w0+10000", 0, "r0+10000"},
    {"all of it", LOW, "a0+10000", 0, ""},
    {"both regions", GIB3 + LOW, "wbffff000+1000 w100000000+1000", 0,
     "0+bffff000 rbffff000+1000 r100000000+1000 100001000+f000"},
    {"upper region only", GIB3 + LOW, "a100002000+1000", 0,
     "0+c0000000 100000000+2000 100003000+d000"},

    {"no size", LOW, "w1000+0", -EINVAL, "0+10000"},
    {"part of a page", LOW, "w1000+800", -EINVAL, "0+10000"},
    {"not at a page", LOW, "w1800+1000", -EINVAL, "0+10000"},
    {"behind RAM", LOW, "w10000+1000", -EINVAL, "0+10000"},
    {"over the end of RAM", LOW, "wf000+2000", -EINVAL, "0+10000"},
    {"wraps", LOW, "w1000+fffffffffffff000", -EINVAL, "0+10000"},
    {"over the hole", GIB3 + LOW, "wbffff000+40002000", -EINVAL,
     "0+c0000000 100000000+10000"},
    {"not in order", LOW, "w3000+1000 w1000+1000", -EINVAL, "0+10000"},
    {"overlapping", LOW, "w1000+2000 w2000+1000", -EINVAL, "0+10000"},
    {"twice", LOW, "w1000+1000 w1000+1000", -EINVAL, "0+10000"},
};
/* clang-format on */

ParameterizedTestParameters(guard, cut)
{
    return row_numbers(ROWS(cut_rows));
}

ParameterizedTest(const size_t *i, guard, cut)
{
    const struct cut_row *row = &cut_rows[*i];
    char before[TEXT];

    begin(row->memory, MANY);
    (void)snprintf(before, sizeof before, "%s", slots());
    cr_expect(eq(int, set(row->guards), row->err), "%s", row->label);
    cr_expect(eq(str, str(slots()), str(row->slots)), "%s", row->label);
    cr_expect(eq(int, set(""), 0), "%s", row->label);
    cr_expect(eq(str, str(slots()), before), "%s: taken back", row->label);
    cr_expect(eq(sz, vm.guards.n_guarded, 0), "%s", row->label);
    end();
}

/* --- only what changes is touched --- */

/* clang-format off */
static const struct step_row {
    const char *label, *before, *after;
    unsigned calls;
} step_rows[] = {
    {"nothing to nothing",      "",           "",                       0},
    {"the same",                "w1000+1000", "w1000+1000",             0},
    {"the first",               "",           "w1000+1000",             4},
    {"the last",                "w1000+1000", "",                       4},
    {"another kind",            "w1000+1000", "a1000+1000",             1},
    {"and back",                "a1000+1000", "w1000+1000",             1},
    {"one more behind it",      "w1000+1000", "w1000+1000 w3000+1000",  4},
    {"one of two",  "w1000+1000 w3000+1000",  "w3000+1000",             4},
    {"wider",                   "w1000+1000", "w1000+2000",             4},
};
/* clang-format on */

ParameterizedTestParameters(guard, step)
{
    return row_numbers(ROWS(step_rows));
}

ParameterizedTest(const size_t *i, guard, step)
{
    const struct step_row *row = &step_rows[*i];

    begin(LOW, MANY);
    cr_expect(eq(int, set(row->before), 0), "%s", row->label);
    fake_slots.calls = 0;
    cr_expect(eq(int, set(row->after), 0), "%s", row->label);
    cr_expect(eq(u32, fake_slots.calls, row->calls), "%s", row->label);
    end();
}

/* A write to gpa leaves the guest: KVM has no slot there, or one to read. */
static bool leaves(uint64_t gpa)
{
    const struct slot_list *list = &vm.guards.slots;

    for (size_t i = 0; i < list->n; i++)
        if (gpa - list->slot[i].gpa < list->slot[i].size)
            return list->slot[i].read_only;
    return true;
}

/* Up and down: the guarded pages change, and nothing else. */
Test(guard, lower)
{
    struct guard_range ranges[MOST_RANGES];
    size_t n = parse("w1000+1000 a3000+1000", ranges);

    begin(LOW, MANY);
    cr_expect(eq(int, guards_set(&vm, ranges, n), 0));
    fake_slots.calls = 0;
    cr_expect(eq(int, guards_lower(&vm, ranges, n), 0));
    cr_expect(eq(str, str(slots()),
                 str("0+1000 1000+1000 2000+1000 3000+1000 4000+c000")));
    cr_expect(eq(sz, vm.guards.n_guarded, 0));
    cr_expect(not(leaves(0x1000)));
    cr_expect(eq(int, guards_set(&vm, ranges, n), 0));
    cr_expect(
        eq(str, str(slots()), str("0+1000 r1000+1000 2000+1000 4000+c000")));
    cr_expect(eq(u32, fake_slots.calls, 3 + 3));
    end();
}

/* clang-format off */
static const struct cover_row {
    uint64_t gpa;
    bool covered;
} cover_rows[] = {
    {0, false}, {0xfff, false}, {0x1000, true}, {0x1fff, true},
    {0x2000, false}, {0x3000, true}, {0x3fff, true}, {0x4000, false},
    {0xffff, false}, {0x10000, true /* no RAM */},
};
/* clang-format on */

ParameterizedTestParameters(guard, cover)
{
    return row_numbers(ROWS(cover_rows));
}

ParameterizedTest(const size_t *i, guard, cover)
{
    const struct cover_row *row = &cover_rows[*i];

    begin(LOW, MANY);
    cr_expect(eq(int, set("w1000+1000 a3000+1000"), 0));
    cr_expect(eq(int, leaves(row->gpa), row->covered), "%#llx",
              (unsigned long long)row->gpa);
    end();
}

/* --- when KVM refuses --- */

static const char *const refused_from = "w1000+1000 a3000+1000 w7000+2000";
static const char *const refused_to = "a1000+1000 w3000+1000 w7000+1000";

enum { CALLS = 6 }; /* from the one to the other */

ParameterizedTestParameters(guard, refused)
{
    return row_numbers(CALLS + 1);
}

/* Whichever call it is, all is as before, and the next attempt succeeds. */
ParameterizedTest(const size_t *i, guard, refused)
{
    unsigned number = (unsigned)*i; /* 0: none is */
    char before[TEXT];

    begin(LOW, MANY);
    cr_assert(eq(int, set(refused_from), 0));
    (void)snprintf(before, sizeof before, "%s", slots());
    fake_slots.calls = 0;
    fake_slots.fail_at = number;
    fake_slots.fail_with = -ENOMEM;
    cr_expect(eq(int, set(refused_to), number ? -ENOMEM : 0), "call %u",
              number);
    if (number) {
        cr_expect(eq(str, str(slots()), before), "call %u", number);
        cr_expect(eq(sz, vm.guards.n_guarded, 3), "call %u", number);
    } else {
        cr_expect(eq(u32, fake_slots.calls, CALLS));
    }
    cr_expect(eq(int, set(refused_to), 0), "call %u", number);
    cr_expect(eq(int, set(""), 0), "call %u", number);
    cr_expect(eq(str, str(slots()), str("0+10000")), "call %u", number);
    end();
}

/* --- too many --- */

/* With 32 slots: 15 guarded pages apart, each with a plain one before it, and
 * the rest of RAM make 31. A second region takes the last. */
Test(guard, full)
{
    struct guard_range ranges[17];

    for (size_t k = 0; k < 17; k++)
        ranges[k] =
            (struct guard_range){(2 * k + 1) * MEM_PAGE, MEM_PAGE, GUARD_WRITE};
    begin(GIB3 + LOW, 32);
    cr_expect(eq(int, guards_set(&vm, ranges, 16), -ENOSPC));
    cr_expect(eq(int, guards_set(&vm, ranges, 15), 0));
    cr_expect(eq(int, guards_set(&vm, ranges, 17), -ENOSPC));
    cr_expect(eq(sz, vm.guards.n_guarded, 15));
    cr_expect(eq(int, guards_set(&vm, ranges + 1, 15), 0));
    for (size_t k = 0; k < 17; k++)
        ranges[k].kind = GUARD_ACCESS; /* no slot at all for these */
    cr_expect(eq(int, guards_set(&vm, ranges, 17), 0));
    cr_expect(eq(int, guards_set(&vm, NULL, 0), 0));
    cr_expect(eq(str, str(slots()), str("0+c0000000 100000000+10000")));
    end();
}

/* KVM_CAP_NR_MEMSLOTS is old, but not as old as KVM. */
Test(guard, no_number_of_slots)
{
    fake_slots.n = FAKE_SLOTS_MAX;
    vm = (struct vm){.fd = -1};
    cr_assert(eq(int, mem_init(&vm.mem, LOW, NULL), 0));
    fake_slots.n = 1;
    cr_expect(eq(int, guards_init(&vm, NULL), 0));
    cr_expect(eq(u32, vm.guards.n_ids, 32));
    end();
}

Test(guard, no_memory_at_the_start)
{
    struct diag diag = {""};

    fake_slots =
        (struct fake_slots){.n = MANY, .fail_at = 1, .fail_with = -ENOMEM};
    vm = (struct vm){.fd = -1};
    cr_assert(eq(int, mem_init(&vm.mem, LOW, NULL), 0));
    cr_expect(eq(int, guards_init(&vm, &diag), -ENOMEM));
    cr_expect(strstr(diag.text, "-m") != NULL, "%s", diag.text);
    end();
}
