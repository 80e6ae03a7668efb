/* SPDX-License-Identifier: MIT */
/*
 * `monitor info mem` on the map of memview_fixture.h.
 */
#include <stdio.h>
#include <string.h>

#include "kvm/core/mem.h"
#include "stub/front/types.h"
#include "stub/monitor/command.h"
#include "tests/unit/stub/x86_64/memview_fixture.h"

static char said[1 << 16];

static char *info(const char *args)
{
    static struct debugger d;
    struct text text = {.at = said, .cap = sizeof said - 1};

    d.engine.n_threads = 1;
    d.engine.thread[0] = (struct thread){.vcpu = cpu, .tid = 1};
    monitor_info(&d, args, &text);
    said[text.n] = '\0';
    return said;
}

/* Criterion wants char *, which it does not write to. */
static char *chars(const char *text)
{
    return (char *)(uintptr_t)text;
}

Test(monitor_memory, is_told_as_qemu_does)
{
    begin_view(false);
    cr_expect(
        eq(str, info("mem"),
           chars("0000000000000000-0000000000003000 0000000000003000 -rwx\n"
                 "0000000000004000-0000000000040000 000000000003c000 -rwx\n"
                 "fffffffffffff000-0000000000000000 0000000000001000 -rwx\n")));
}

Test(monitor_memory, knows_no_other)
{
    begin_view(false);
    cr_expect(eq(str, info("registers"), chars("there is `info mem`\n")));
    cr_expect(eq(str, info(""), chars("there is `info mem`\n")));
}

/* Every other page, in both tables: more than anybody reads. */
Test(monitor_memory, has_an_end)
{
    size_t lines = 0;

    begin_view(false);
    for (unsigned i = 0; i < MAPPED_PAGES; i++)
        map_page(i, i % 2 ? UINT64_MAX : 0x1000);
    for (unsigned i = 0; i < 512; i++)
        cr_assert(eq(int,
                     mem_write(&vm.mem, TABLES + 2 * PAGE + 8 * i,
                               &(uint64_t){(PT) | 3}, 8),
                     0));
    for (const char *at = info("mem"); (at = strchr(at, '\n')); at++)
        lines++;
    cr_expect(eq(sz, lines, 1025));
    cr_expect(strstr(said, "... and more from 0x") != NULL);
}
