/* SPDX-License-Identifier: MIT */
#ifndef TESTS_UNIT_KVM_DEVICE_IRQ_LOG_H
#define TESTS_UNIT_KVM_DEVICE_IRQ_LOG_H

/* An interrupt controller that writes down what it is told. */

#include "kvm/device/bus.h"

enum { IRQ_LOG_LINE = 5 };

struct irq_log {
    char text[64]; /* "+" a line rose, "-" it fell; "?" it was not that line */
    size_t n;
};

/* On line IRQ_LOG_LINE; log must not move. */
void irq_log_connect(struct irq_log *log, struct bus *bus);

#endif
