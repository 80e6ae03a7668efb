/* SPDX-License-Identifier: MIT */
#include "tests/unit/kvm/device/irq_log.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

static void note(void *context, unsigned number, bool high)
{
    struct irq_log *log = context;

    if (log->n + 1 < sizeof log->text)
        log->text[log->n++] = number != IRQ_LOG_LINE ? '?' : high ? '+' : '-';
}

void irq_log_connect(struct irq_log *log, struct bus *bus)
{
    const struct irq_sink sink = {note, log};
    struct diag diag = {""};

    *log = (struct irq_log){.n = 0};
    cr_assert(zero(int, bus_connect(bus, IRQ_LOG_LINE, &sink, &diag)), "%s",
              diag.text);
}
