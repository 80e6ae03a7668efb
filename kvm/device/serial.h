/* SPDX-License-Identifier: MIT */
#ifndef KVM_DEVICE_SERIAL_H
#define KVM_DEVICE_SERIAL_H

/*
 * A 16550 UART whose transmitter is always ready (polling only, no
 * interrupts) and which receives what serial_type() gives it, and the one-port
 * debug console of Bochs and QEMU at 0xe9. Register set: 16550D data sheet,
 * table of registers.
 */

#include <pthread.h>
#include <stddef.h>
#include <stdint.h>

#include "kvm/device/bus.h"

enum { SERIAL_COM1 = 0x3f8, DEBUG_CONSOLE = 0xe9 };

/* Where guest output goes; called on the vCPU's thread. */
struct console_sink {
    void (*put)(void *context, const char *text, size_t n);
    void *context;
};

enum { SERIAL_TYPED_MAX = 1024 };

struct serial {
    pthread_mutex_t lock;
    struct console_sink sink;
    uint8_t ier, fcr, lcr, mcr, scr, dll, dlm;
    /* What waits to be received, a ring. */
    char typed[SERIAL_TYPED_MAX];
    size_t n_typed, next_typed;
};

void serial_init(struct serial *serial, struct console_sink sink);
int serial_attach(struct serial *serial, struct bus *bus, uint16_t port);
/* The other end of the line sends text. Returns how many bytes of it there was
 * room for. Any thread. */
size_t serial_type(struct serial *serial, const char *text, size_t n);

/* The debug console: writes go to sink, reads give 0xe9. sink is borrowed. */
int debug_console_attach(const struct console_sink *sink, struct bus *bus);

#endif
