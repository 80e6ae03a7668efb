/* SPDX-License-Identifier: MIT */
/*
 * `monitor info mem`: what is mapped, in the words of QEMU, which GEF and
 * pwndbg read: "START-END SIZE -rw", the first letter u where the user may.
 * An x follows where code may be executed.
 */
#include <string.h>

#include "kvm/arch_cpu.h"
#include "stub/monitor/command.h"

/* More than that is no reading, and takes time. */
enum { LINES_MAX = 1024, REGIONS_MAX = 4 * LINES_MAX };

static void say_region(struct text *text, const struct gva_region *r)
{
    say(text, "%016llx-%016llx %016llx %cr%c%c\n", (unsigned long long)r->start,
        (unsigned long long)(r->start + r->size), (unsigned long long)r->size,
        r->user ? 'u' : '-', r->writable ? 'w' : '-',
        r->executable ? 'x' : '-');
}

static void info_mem(struct debugger *d, struct text *text)
{
    struct gva_region region = {0};
    unsigned lines = 0;

    for (unsigned i = 0; i < REGIONS_MAX && lines < LINES_MAX; i++) {
        uint64_t at = region.start + region.size;

        arch_region(engine_current(&d->engine)->vcpu, at, &region);
        region.size -= at - region.start; /* a long one may begin before */
        region.start = at;
        if (region.mapped) {
            say_region(text, &region);
            lines++;
        }
        if (region.start + region.size <= at)
            return;
    }
    say(text, "... and more from 0x%llx on\n",
        (unsigned long long)(region.start + region.size));
}

void monitor_info(struct debugger *d, const char *args, struct text *text)
{
    if (is_word("mem", args, strlen(args)))
        info_mem(d, text);
    else
        say(text, "there is `info mem`\n");
}
