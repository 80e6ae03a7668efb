/* SPDX-License-Identifier: MIT */
#ifndef KVM_DEVICE_PIC_H
#define KVM_DEVICE_PIC_H

/*
 * The two interrupt controllers of a PC (Intel 8259A) and the register that
 * says which of their inputs are levels (ELCR). The second one's output is
 * input 2 of the first.
 *
 * struct pic_state is all that the chips know. It may be copied to save them
 * and copied back; the functions on it are pure. struct pic is the device: a
 * lock, its inputs as sinks of lines, and whom its output leads to.
 */

#include <stdbool.h>
#include <stdint.h>

#include "kvm/device/chip.h"
#include "kvm/device/device.h"
#include "kvm/device/irq.h"

/* Blocks; a PC has them at 0x20, 0xa0 and 0x4d0. */
enum { PIC_MASTER, PIC_SLAVE, PIC_ELCR, PIC_BLOCKS };
enum { PIC_CHIPS = 2, PIC_INPUTS = 16, PIC_CASCADE = 2 };

/* Of one chip; bit n of a byte is input n. */
struct pic_chip {
    uint8_t inputs; /* the lines that are high */
    uint8_t irr, isr, imr;
    uint8_t elcr;
    uint8_t icw1, icw2, icw3, icw4;
    uint8_t next_icw; /* that the next write to port 1 is; 0: it is OCW1 */
    uint8_t lowest;   /* the input of lowest priority */
    bool ready;       /* it was initialized; before that it asks for nothing */
    bool reads_isr, polled, special_mask, rotates_on_aeoi;
};

struct pic_state {
    struct pic_chip chip[PIC_CHIPS];
};

/* At power-on: everything is masked, and nothing is asked for. */
struct pic_state pic_power_on(void);
/* Input n, 0 to PIC_INPUTS - 1 but PIC_CASCADE, is high or low. */
void pic_set_input(struct pic_state *s, unsigned n, bool high);
/* The chip's port 0 or 1. */
uint8_t pic_read(struct pic_state *s, unsigned chip, unsigned port);
void pic_write(struct pic_state *s, unsigned chip, unsigned port,
               uint8_t value);
uint8_t pic_read_elcr(const struct pic_state *s, unsigned chip);
void pic_write_elcr(struct pic_state *s, unsigned chip, uint8_t value);
/* The output INT. */
bool pic_asks(const struct pic_state *s);
/* The acknowledge cycle (INTA): the vector of the interrupt, which is in
 * service now; of input 7 if there is none any more. */
uint8_t pic_acknowledge(struct pic_state *s);
/* The cycle has not been, if no access was made since: `before` is the state
 * from before it. */
void pic_unacknowledge(struct pic_state *s, const struct pic_state *before);
/* Would a rising edge of input n ask for an interrupt, now or when those in
 * service are done? Not if it is masked, or waits already. */
bool pic_heeds(const struct pic_state *s, unsigned n);

struct pic_host {
    /* Before a register is accessed: inputs that are late are to come now. May
     * be NULL. */
    void (*before_access)(void *context);
    void *context;
};

struct pic {
    struct chip chip;
    struct pic_state state;
    struct pic_state unacknowledged; /* before the last acknowledge cycle */
    struct irq_line out;             /* INT; low, and leads nowhere at first */
    struct pic_host host;
};

/* Its device is a struct pic. */
extern const struct device_kind pic_kind;

/* changes is borrowed. */
void pic_init(struct pic *pic, atomic_uint *changes);
/* Before a vCPU runs. */
void pic_connect(struct pic *pic, struct pic_host host);
/* For bus_connect(): a line's number is its input's. */
struct irq_sink pic_sink(struct pic *pic);

/* --- for the CPU --- */

uint8_t pic_take(struct pic *pic);
/* The CPU has not taken the interrupt of the last pic_take(), nor executed
 * anything since: it waits as before. */
void pic_give_back(struct pic *pic);
bool pic_is_heeding(struct pic *pic, unsigned n);

#endif
