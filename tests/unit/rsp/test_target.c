/* SPDX-License-Identifier: MIT */
/* What a target must have: rsp/target.h. */
#include <stddef.h>
#include <string.h>

#include "rsp/session.h"
#include "tests/unit/rsp/bench.h"

/* A pointer of the target's, or of one of its groups. */
struct member {
    const char *name;
    size_t at;
};

#define OF(type, name)                                                         \
    {                                                                          \
#name, offsetof(struct type, name)                                     \
    }
#define OF_TARGET(name) OF(rsp_target_ops, name)

static const struct member required[] = {
    OF_TARGET(threads),   OF_TARGET(thread_name), OF_TARGET(why),
    OF_TARGET(resume),    OF_TARGET(interrupt),   OF_TARGET(detach),
    OF_TARGET(kill),      OF_TARGET(describe),    OF_TARGET(reg_read),
    OF_TARGET(reg_write), OF_TARGET(get_pc),      OF_TARGET(set_pc),
    OF_TARGET(reg_begin), OF_TARGET(reg_end),     OF_TARGET(mem_read),
    OF_TARGET(mem_write),
};

static const struct member optional[] = {
    OF_TARGET(breaks),     OF_TARGET(nonstop), OF_TARGET(monitor),
    OF_TARGET(restart),    OF_TARGET(host),    OF_TARGET(search),
    OF_TARGET(physical),   OF_TARGET(regions), OF_TARGET(follow),
    OF_TARGET(last_error), OF_TARGET(trace),
};

/* One of a group's: where the group is, its size, and the place in it. */
static const struct {
    const char *name;
    size_t group, size, at;
    bool required;
} grouped[] = {
#define GROUPED(group, type, name, required)                                   \
    {                                                                          \
#group "->" #name, offsetof(struct rsp_target_ops, group),             \
            sizeof(struct type), offsetof(struct type, name), required         \
    }
    GROUPED(breaks, rsp_break_ops, insert, true),
    GROUPED(breaks, rsp_break_ops, remove, true),
    GROUPED(breaks, rsp_break_ops, clear, true),
    GROUPED(nonstop, rsp_nonstop_ops, set, true),
    GROUPED(nonstop, rsp_nonstop_ops, running, true),
    GROUPED(nonstop, rsp_nonstop_ops, stop, true),
    GROUPED(monitor, rsp_monitor_ops, command, true),
    GROUPED(restart, rsp_restart_ops, restart, true),
    GROUPED(restart, rsp_restart_ops, attach, true),
    GROUPED(host, rsp_host_ops, host, true),
    GROUPED(search, rsp_search_ops, search, true),
    GROUPED(physical, rsp_physical_ops, read, true),
    GROUPED(physical, rsp_physical_ops, write, true),
    GROUPED(physical, rsp_physical_ops, search, true),
    GROUPED(regions, rsp_region_ops, region, true),
    GROUPED(regions, rsp_region_ops, rom, false),
};

enum { GROUP_MAX = 256 };

/* With all that is optional. */
static void begin_whole(void)
{
    begin(FAKE_SMP2, "");
    cr_assert(rsp_is_complete(&fake.ops));
    cr_assert(fake.ops.breaks && fake.ops.nonstop && fake.ops.monitor &&
              fake.ops.restart && fake.ops.host && fake.ops.search &&
              fake.ops.physical && fake.ops.regions);
}

static void clear_pointer(void *of, size_t at)
{
    static const void *const none = NULL;

    memcpy((char *)of + at, &none, sizeof none);
}

Test(target, has_what_each_must_have)
{
    for (size_t i = 0; i < COUNT(required); i++) {
        begin_whole();
        clear_pointer(&fake.ops, required[i].at);
        cr_expect(not(rsp_is_complete(&fake.ops)), "%s", required[i].name);
    }
}

Test(target, may_lack_the_rest)
{
    for (size_t i = 0; i < COUNT(optional); i++) {
        begin_whole();
        clear_pointer(&fake.ops, optional[i].at);
        cr_expect(rsp_is_complete(&fake.ops), "%s", optional[i].name);
    }
}

Test(target, has_all_of_a_group_or_nothing)
{
    for (size_t i = 0; i < COUNT(grouped); i++) {
        _Alignas(max_align_t) char group[GROUP_MAX];
        const void *ops;

        begin_whole();
        memcpy(&ops, (char *)&fake.ops + grouped[i].group, sizeof ops);
        cr_assert(le(sz, grouped[i].size, sizeof group));
        memcpy(group, ops, grouped[i].size);
        ops = group;
        memcpy((char *)&fake.ops + grouped[i].group, &ops, sizeof ops);
        cr_expect(rsp_is_complete(&fake.ops), "%s", grouped[i].name);
        clear_pointer(group, grouped[i].at);
        cr_expect(eq(int, rsp_is_complete(&fake.ops), !grouped[i].required),
                  "%s", grouped[i].name);
    }
}
