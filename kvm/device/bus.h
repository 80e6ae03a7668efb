/* SPDX-License-Identifier: MIT */
#ifndef KVM_DEVICE_BUS_H
#define KVM_DEVICE_BUS_H

/*
 * Which device answers where: ports and guest-physical addresses, two spaces
 * of one kind; and the interrupt lines. Filled at set-up and connected then:
 * once vCPUs run, nothing but the lines' levels changes. A device that keeps
 * state locks itself.
 *
 * What nobody claims reads as all ones and swallows writes, as on a PC.
 * A device sees an access whole when it claims all of it and takes more than
 * bytes; otherwise the access is split into bytes, and each goes to whoever
 * claims it.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kvm/core/diag.h"
#include "kvm/device/irq.h"

enum bus_space {
    BUS_PORTS, /* 0 to 0xffff */
    BUS_MMIO,  /* guest-physical addresses; RAM is none of the bus's business */
    BUS_SPACES
};

enum {
    BUS_MAX_REGIONS = 32, /* in each space */
    BUS_MAX_SIZE = 8,     /* of one access, in bytes */
    BUS_LINES = 24,       /* the pins of an I/O APIC (82093AA, 1.0) */
    BUS_NO_LINE = BUS_LINES,
};

/*
 * What a device does when it is accessed. offset is from the region's base, and
 * offset + size are within the region, but offset need not be a multiple of
 * size. size is 1, 2 or 4 bytes, of MMIO 8, too. Of a value the lowest size
 * bytes count.
 */
struct bus_handlers {
    /* NULL: what is read floats high, as where no device is. */
    uint64_t (*read)(void *device, uint64_t offset, unsigned size);
    /* NULL: what is written goes nowhere. */
    void (*write)(void *device, uint64_t offset, unsigned size, uint64_t value);
    /* n one-byte writes to one port at once (rep outsb); NULL: one by one. */
    void (*write_bytes)(void *device, uint64_t offset, const uint8_t *bytes,
                        size_t n);
    bool bytes_only; /* size is 1, always: an 8-bit chip */
};

struct bus_region {
    enum bus_space space;
    uint64_t base; /* the first port or address */
    uint64_t size; /* how many: at least one */
    void *device;
    const char *name; /* of the device, in sentences; borrowed */
    struct bus_handlers on;
};

/* The regions of a space, in order of base. */
struct bus_map {
    struct bus_region region[BUS_MAX_REGIONS];
    size_t n;
};

struct bus {
    struct bus_map map[BUS_SPACES];
    struct irq_line line[BUS_LINES + 1]; /* the last one leads nowhere */
    const char *driver[BUS_LINES];       /* of each line, its name, or NULL */
};

/* Nothing is on it, and all lines are low and lead nowhere. */
void bus_init(struct bus *bus);

/* Copies region; afterwards all its handlers are there, whatever was NULL.
 * -EEXIST when it overlaps another one, -EINVAL when it is empty or leaves its
 * space, -ENOSPC when the map is full; each with a sentence. */
int bus_add(struct bus *bus, const struct bus_region *region,
            struct diag *diag);

/* Line n; BUS_NO_LINE, and all beyond, are the one that leads nowhere. */
struct irq_line *bus_line(struct bus *bus, unsigned n);

/* The device of that name drives line n from now on. -EEXIST when another does,
 * with a sentence; any number may drive BUS_NO_LINE. */
int bus_drive(struct bus *bus, unsigned n, const char *name, struct diag *diag);

/* sink is what line n leads to: irq_connect(). -EEXIST when it leads somewhere
 * already, -EINVAL when there is no such line; with a sentence. */
int bus_connect(struct bus *bus, unsigned n, const struct irq_sink *sink,
                struct diag *diag);

/* One KVM_EXIT_IO: count accesses of size bytes at data, one after another.
 * For input data is filled, for output it is read. */
void bus_io(const struct bus *bus, bool out, uint16_t port, unsigned size,
            uint32_t count, void *data);

/* One KVM_EXIT_MMIO of 1 to BUS_MAX_SIZE bytes, which need not be a power of
 * two (where an instruction's operand crosses a page). */
void bus_mmio(const struct bus *bus, bool is_write, uint64_t gpa, unsigned size,
              void *data);

#endif
