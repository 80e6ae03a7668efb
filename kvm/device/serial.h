/* SPDX-License-Identifier: MIT */
#ifndef KVM_DEVICE_SERIAL_H
#define KVM_DEVICE_SERIAL_H

/*
 * A 16550 UART whose transmitter is always ready and which receives what
 * serial_type() gives it, with the interrupts of both; and the one-port debug
 * console of Bochs and QEMU. Register set: 16550D data sheet,
 * table of registers.
 */

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kvm/device/device.h"

/* Where guest output goes; called on the vCPU's thread. */
struct console_sink {
    void (*put)(void *context, const char *text, size_t n);
    void *context;
};

enum {
    SERIAL_TYPED_MAX = 1024,
    DEBUG_CONSOLE_ID = 0xe9, /* what it reads as */
};

/* All that it knows; it may be copied to save it and copied back. */
struct serial_state {
    uint8_t ier, fcr, lcr, mcr, scr, dll, dlm;
    bool thr_emptied; /* and nobody has been told, by IIR, or has refilled it */
    /* What waits to be received, a ring. */
    char typed[SERIAL_TYPED_MAX];
    size_t n_typed, next_typed;
};

struct serial {
    pthread_mutex_t lock;
    struct console_sink sink;
    struct irq_line *irq;
    struct serial_state state;
};

/* Its device is a struct serial. */
extern const struct device_kind serial_kind;

void serial_init(struct serial *serial, struct console_sink sink);
/* The other end of the line sends text. Returns how many bytes of it there was
 * room for. Any thread, while vCPUs run, too: the lock guards the registers,
 * and the line's sink is called under it; it is for the sink to kick a vCPU
 * that has to take the interrupt. */
size_t serial_type(struct serial *serial, const char *text, size_t n);

/* Would it interrupt for what it receives? Any thread. */
bool serial_heeds_input(struct serial *serial);

/* The debug console: one port; writes go to its device, a struct console_sink,
 * reads give DEBUG_CONSOLE_ID. */
extern const struct device_kind debug_console_kind;

#endif
