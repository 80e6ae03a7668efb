/* SPDX-License-Identifier: MIT */
#ifndef KVM_SERIAL_H
#define KVM_SERIAL_H

/*
 * A 16550 UART whose transmitter is always ready (polling only, no
 * interrupts), and the one-port debug console of Bochs and QEMU at 0xe9.
 * Register set: 16550D data sheet, table of registers.
 */

#include <pthread.h>
#include <stddef.h>
#include <stdint.h>

#include "kvm/bus.h"

enum { SERIAL_COM1 = 0x3f8, DEBUG_CONSOLE = 0xe9 };

/* Where guest output goes; called on the vCPU's thread. */
struct console_sink {
    void (*put)(void *context, const char *text, size_t n);
    void *context;
};

struct serial {
    pthread_mutex_t lock;
    struct console_sink sink;
    uint8_t ier, fcr, lcr, mcr, scr, dll, dlm;
};

void serial_init(struct serial *serial, struct console_sink sink);
int serial_attach(struct serial *serial, struct bus *bus, uint16_t port);

/* The debug console: writes go to sink, reads give 0xe9. sink is borrowed. */
int debug_console_attach(const struct console_sink *sink, struct bus *bus);

#endif
