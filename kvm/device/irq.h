/* SPDX-License-Identifier: MIT */
#ifndef KVM_DEVICE_IRQ_H
#define KVM_DEVICE_IRQ_H

/*
 * An interrupt line: a wire from one device to whatever it was connected to. A
 * device does not know its number.
 *
 * Threading: one device drives a line, under its own lock, from any thread. The
 * sink is called in there: it may lock itself, but must not call back into the
 * device. The level may be read by anybody.
 */

#include <stdatomic.h>
#include <stdbool.h>

/* The other end: an interrupt controller's input. */
struct irq_sink {
    /* Each change, and only changes. Never NULL in a line. */
    void (*set)(void *context, unsigned number, bool high);
    void *context;
};

struct irq_line {
    unsigned number; /* on the bus */
    atomic_bool high;
    struct irq_sink sink;
};

/* Low, and leads nowhere. */
void irq_init(struct irq_line *line, unsigned number);

/* Before a vCPU runs. sink->set is not NULL. If the line is high already the
 * sink is told at once. */
void irq_connect(struct irq_line *line, const struct irq_sink *sink);
bool irq_is_connected(const struct irq_line *line);

/* For level-triggered interrupts: as long as there is a reason for one. */
void irq_set(struct irq_line *line, bool high);
/* For edge-triggered ones: the line rises, whatever it was, and is low. */
void irq_pulse(struct irq_line *line);

/* As it was when everything was saved: nobody is told. */
void irq_restore(struct irq_line *line, bool high);

bool irq_is_high(const struct irq_line *line);

#endif
