/* SPDX-License-Identifier: MIT */
#include "kvm/core/guard.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <linux/kvm.h>

#include "kvm/core/sys.h"
#include "kvm/vm/types.h"

enum { FEWEST_SLOTS = 32 };

/* --- lists --- */

static int guard_append(struct slot_list *list, const struct slot *slot)
{
    if (list->n == list->cap) {
        size_t cap = list->cap ? 2 * list->cap : 8;
        struct slot *grown = realloc(list->slot, cap * sizeof *grown);

        if (!grown)
            return -ENOMEM;
        list->slot = grown;
        list->cap = cap;
    }
    list->slot[list->n++] = *slot;
    return 0;
}

static int append_piece(struct slot_list *list, const struct mem_region *region,
                        uint64_t gpa, uint64_t end, bool read_only)
{
    const struct slot slot = {
        .gpa = gpa,
        .size = end - gpa,
        .hva = region->hva + (gpa - region->gpa),
        .read_only = read_only,
    };

    return gpa < end ? guard_append(list, &slot) : 0;
}

/* The slots of one RAM region with the guards that lie in it cut out. */
static int cut_region(struct slot_list *list, const struct mem_region *region,
                      const struct guard_range *ranges, size_t n, bool lowered)
{
    uint64_t region_end = region->gpa + region->size;
    uint64_t at = region->gpa;
    int r = 0;

    for (size_t i = 0; i < n && !r; i++) {
        uint64_t end = ranges[i].gpa + ranges[i].size;

        if (ranges[i].gpa < at || ranges[i].gpa >= region_end)
            continue;
        r = append_piece(list, region, at, ranges[i].gpa, false);
        if (!r && (lowered || ranges[i].kind == GUARD_WRITE))
            r = append_piece(list, region, ranges[i].gpa, end, !lowered);
        at = end;
    }
    return r ? r : append_piece(list, region, at, region_end, false);
}

static bool is_valid(const struct guest_mem *mem,
                     const struct guard_range *ranges, size_t n)
{
    uint64_t end = 0;

    for (size_t i = 0; i < n; i++) {
        const struct guard_range *range = &ranges[i];

        if (range->gpa < end || !range->size || range->gpa % MEM_PAGE ||
            range->size % MEM_PAGE || !mem_ptr(mem, range->gpa, range->size))
            return false;
        end = range->gpa + range->size;
    }
    return true;
}

static bool guard_same(const struct slot *a, const struct slot *b)
{
    return a->gpa == b->gpa && a->size == b->size &&
           a->read_only == b->read_only;
}

/* The first slot that does not end before gpa, or NULL. */
static struct slot *guard_first_from(const struct slot_list *list, uint64_t gpa)
{
    size_t lo = 0;
    size_t hi = list->n;

    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;

        if (list->slot[mid].gpa + list->slot[mid].size <= gpa)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo < list->n ? &list->slot[lo] : NULL;
}

/* The slot of the list that is like this one, or NULL. */
static struct slot *guard_find(const struct slot_list *list,
                               const struct slot *what)
{
    struct slot *slot = guard_first_from(list, what->gpa);

    return slot && guard_same(slot, what) ? slot : NULL;
}

/* --- KVM --- */

static int tell_kvm(struct vm *vm, const struct slot *slot, uint64_t size)
{
    struct kvm_userspace_memory_region region = {
        .slot = slot->id,
        .flags = slot->read_only ? KVM_MEM_READONLY : 0,
        .guest_phys_addr = slot->gpa,
        .memory_size = size,
        .userspace_addr = (uintptr_t)slot->hva,
    };

    return sys_ioctl(vm->fd, KVM_SET_USER_MEMORY_REGION, &region);
}

/* There is a free one: build() has counted. */
static unsigned lowest_free(struct guards *guards)
{
    while (guards->id_used[guards->lowest_id])
        guards->lowest_id++;
    return guards->lowest_id;
}

static int guard_add(struct vm *vm, struct slot *slot)
{
    struct guards *guards = &vm->guards;
    int r;

    slot->id = lowest_free(guards);
    r = tell_kvm(vm, slot, slot->size);
    if (r < 0)
        return r;
    slot->live = true;
    guards->id_used[slot->id] = 1;
    return 0;
}

static int guard_drop(struct vm *vm, struct slot *slot)
{
    struct guards *guards = &vm->guards;
    int r = tell_kvm(vm, slot, 0);

    if (r < 0)
        return r;
    slot->live = false;
    guards->id_used[slot->id] = 0;
    if (slot->id < guards->lowest_id)
        guards->lowest_id = slot->id;
    return 0;
}

/*
 * Slots may not overlap, so the old go before the new come; what is in both
 * lists stays. Half-way through, a slot is live in one of the lists, so that
 * the way back is the same with the lists exchanged.
 */
static int guard_change(struct vm *vm, struct slot_list *from,
                        struct slot_list *to)
{
    int r = 0;

    for (size_t i = 0; i < from->n && !r; i++) {
        struct slot *old = &from->slot[i];
        struct slot *kept = guard_find(to, old);

        if (!old->live)
            continue;
        if (kept) {
            kept->id = old->id;
            kept->live = true;
            old->live = false;
        } else {
            r = guard_drop(vm, old);
        }
    }
    for (size_t i = 0; i < to->n && !r; i++)
        if (!to->slot[i].live)
            r = guard_add(vm, &to->slot[i]);
    return r;
}

static int guard_build(const struct vm *vm, const struct guard_range *ranges,
                       size_t n, bool lowered, struct slot_list *ret)
{
    int r = 0;

    for (unsigned i = 0; i < vm->mem.n && !r; i++)
        r = cut_region(ret, &vm->mem.region[i], ranges, n, lowered);
    if (!r && ret->n > vm->guards.n_ids)
        r = -ENOSPC;
    return r;
}

static int guard_set(struct vm *vm, const struct guard_range *ranges, size_t n,
                     bool lowered)
{
    struct guards *guards = &vm->guards;
    struct slot_list wanted = {NULL, 0, 0};
    int r = is_valid(&vm->mem, ranges, n) ? 0 : -EINVAL;

    if (!r)
        r = guard_build(vm, ranges, n, lowered, &wanted);
    if (!r) {
        r = guard_change(vm, &guards->slots, &wanted);
        if (r < 0)
            (void)guard_change(vm, &wanted, &guards->slots);
    }
    if (r < 0) {
        free(wanted.slot);
        return r;
    }
    free(guards->slots.slot);
    guards->slots = wanted;
    guards->n_guarded = lowered ? 0 : n;
    return 0;
}

int guards_set(struct vm *vm, const struct guard_range *ranges, size_t n)
{
    return guard_set(vm, ranges, n, false);
}

int guards_lower(struct vm *vm, const struct guard_range *ranges, size_t n)
{
    return guard_set(vm, ranges, n, true);
}

bool guards_let(const struct vm *vm, uint64_t gpa, bool write)
{
    const struct slot *slot = guard_first_from(&vm->guards.slots, gpa);

    return slot && slot->gpa <= gpa && !(write && slot->read_only);
}

int guards_init(struct vm *vm, struct diag *diag)
{
    int most = sys_check_extension(vm->fd, KVM_CAP_NR_MEMSLOTS);
    int r;

    vm->guards.n_ids = most > FEWEST_SLOTS ? (unsigned)most : FEWEST_SLOTS;
    vm->guards.id_used = calloc(vm->guards.n_ids, 1);
    if (!vm->guards.id_used)
        return diag_set(diag, -ENOMEM, "out of memory");
    r = guards_set(vm, NULL, 0);
    if (r < 0)
        return diag_set(diag, r,
                        "KVM refuses the guest's memory: %s; try a smaller "
                        "-m",
                        strerror(-r));
    return 0;
}

void guards_done(struct vm *vm)
{
    free(vm->guards.slots.slot);
    free(vm->guards.id_used);
    vm->guards = (struct guards){.n_ids = 0};
}
