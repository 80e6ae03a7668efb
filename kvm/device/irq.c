/* SPDX-License-Identifier: MIT */
#include "kvm/device/irq.h"

#include <stddef.h>

static void go_nowhere(void *context, unsigned number, bool high)
{
    (void)context, (void)number, (void)high;
}

void irq_init(struct irq_line *line, unsigned number)
{
    line->number = number;
    line->sink = (struct irq_sink){go_nowhere, NULL};
    atomic_store(&line->high, false);
}

void irq_connect(struct irq_line *line, const struct irq_sink *sink)
{
    line->sink = *sink;
    if (irq_is_high(line))
        line->sink.set(line->sink.context, line->number, true);
}

bool irq_is_connected(const struct irq_line *line)
{
    return line->sink.set != go_nowhere;
}

void irq_set(struct irq_line *line, bool high)
{
    if (high == irq_is_high(line))
        return;
    atomic_store(&line->high, high);
    line->sink.set(line->sink.context, line->number, high);
}

void irq_pulse(struct irq_line *line)
{
    irq_set(line, false);
    irq_set(line, true);
    irq_set(line, false);
}

void irq_restore(struct irq_line *line, bool high)
{
    atomic_store(&line->high, high);
}

bool irq_is_high(const struct irq_line *line)
{
    return atomic_load(&line->high);
}
