/* SPDX-License-Identifier: MIT */
#ifndef KVM_BOARD_BOARD_H
#define KVM_BOARD_BOARD_H

/*
 * What a machine asks of its board. It needs no KVM and knows no machine. The
 * one that there is is a PC: kvm/board/pc.c.
 */

#include "kvm/board/types.h"
#include "kvm/core/diag.h"
#include "kvm/core/file.h"
#include "kvm/core/mem.h"
#include "kvm/device/picture.h"

/* Where a machine with this board has no RAM. */
extern const struct mem_hole board_hole;
/* Where in there a device has memory of its own: mem_add_device(). */
extern const struct mem_hole board_memory;

/* All devices but the disk are on the bus. serial: what each of
 * BOARD_SERIAL_PORTS leads to; without a put there is no such port. NULL: there
 * is the first one, which leads to the console. -errno with a sentence:
 * bus_add(). */
int board_init(struct board *board, struct console_sink console,
               const struct console_sink *serial, struct diag *diag);
/* Fine on zeros, too. */
void board_done(struct board *board);

/* Once, before a vCPU runs: the file is the first disk. It is a floppy disk if
 * that is said, or if the file says so itself (floppy_of()). opener as in
 * struct vm_config. -errno with a sentence: disk_open(), floppy_make(),
 * bus_add(). */
int board_attach_disk(struct board *board, const struct file_opener *opener,
                      const char *path, bool is_floppy, struct diag *diag);

/* Once, before a vCPU runs: what a firmware says of itself goes to the console.
 * -errno with a sentence: bus_add(). */
int board_attach_firmware(struct board *board, struct diag *diag);

/* The memory that devices have of their own is in there, and what they read and
 * write by themselves. What it refers to is borrowed. */
void board_connect_memory(struct board *board, const struct dma *dma);
/* How much RAM there is below the hole, and above it, in bytes: the CMOS memory
 * says so. Before a vCPU runs. */
void board_describe_memory(struct board *board, uint64_t low, uint64_t high);
/* Time is virtual (kvm/core/clock.h) and begins with a date: seconds since
 * 1970-01-01, UTC. Before a vCPU runs. */
void board_make_time_virtual(struct board *board, uint64_t unix_time);
/* What a BIOS leaves behind: interrupts at the vectors that it uses, and a
 * timer that ticks. For a guest that has one. */
void board_post(struct board *board);

/* "by the keyboard controller (port 0x64)": who has reset the machine, of enum
 * guest_end. */
const char *board_reset_by(int end);
/* Where a guest calls the debugger: "port 0x8a00". */
extern const char board_debug_port[];

/* --- what a person types; any thread, while vCPUs run, too --- */

/* The key that types c. -ENOSPC: the guest has read too little of what was
 * typed before. -EINVAL: no key does, with a sentence. */
int board_type(struct board *board, char c, struct diag *diag);
/* Keys by their names, "-" between those that are held together:
 * "ctrl-alt-delete". Errors as above. */
int board_press(struct board *board, const char *names, struct diag *diag);

/* A key by X11's number (kvm/device/keysym.h) goes down, or up; what wants
 * shift, and none is held so, is typed with it. Errors as above. One thread. */
int board_keysym(struct board *board, uint32_t keysym, bool down,
                 struct diag *diag);

/* --- and sees --- */

/* Any thread. -ENOTSUP with a sentence: there is no text on it, but so many
 * dots. */
int board_screen(struct board *board, const struct guest_mem *mem,
                 struct screen_text *ret, struct diag *diag);
/* The same as dots, text or not; ret->dot is the caller's. -ENOTSUP with a
 * sentence: it is a mode that this machine cannot show. */
int board_picture(struct board *board, const struct guest_mem *mem,
                  struct picture *ret, struct diag *diag);

/* --- interrupts, for the CPU that gets them: its index, from 0 --- */

/* Before a vCPU runs, one after the other: interrupt(context) is called when
 * board_asks() or board_asks_nmi() becomes true, on whichever thread it was.
 * CPU 0 is there without. */
void board_connect_cpu(struct board *board, unsigned cpu,
                       void (*interrupt)(void *context), void *context);
/* There is an interrupt to be taken; an NMI. */
static inline bool board_asks(const struct board *board, unsigned cpu)
{
    return lapic_is_asking(&board->of_cpu[cpu].lapic) & LAPIC_INTERRUPT;
}
static inline bool board_asks_nmi(const struct board *board, unsigned cpu)
{
    return lapic_is_asking(&board->of_cpu[cpu].lapic) & LAPIC_NMI;
}
/* There would be one, but for CR8. */
static inline bool board_holds_back(const struct board *board, unsigned cpu)
{
    return lapic_is_asking(&board->of_cpu[cpu].lapic) & LAPIC_HELD;
}
/* It is taken: its vector. */
uint8_t board_take(struct board *board, unsigned cpu);
void board_take_nmi(struct board *board, unsigned cpu);
/* The CPU has not taken it, and has executed nothing since: it waits again. */
void board_give_back(struct board *board, unsigned cpu);
void board_give_back_nmi(struct board *board, unsigned cpu);
/* Somebody who may type at any time could ask for one so. */
bool board_awaits_input(struct board *board);
/* What is due by now happens. Returns when a device will ask for an interrupt
 * that nobody holds off, in ns of the board's clock; CLOCK_NEVER, on zeros,
 * too. It costs next to nothing as long as no device was accessed and none has
 * a deadline. For the CPU's owner; devices that all CPUs share are CPU 0's
 * business. */
uint64_t board_deadline(struct board *board, unsigned cpu);

/* --- what a CPU has of its own, for its owner; nothing on zeros --- */

/* False: it is nothing of the CPU's own, but of the bus or of nobody. As
 * bus_mmio(). */
bool board_access_own(struct board *board, unsigned cpu, bool is_write,
                      uint64_t gpa, unsigned size, void *data);
/* CR8, and the MSR IA32_APIC_BASE: as the CPU has them now ... */
void board_hear_cpu(struct board *board, unsigned cpu, uint8_t cr8,
                    uint64_t apic_base);
/* ... and what CR8 is to be, by what it has written to its APIC. */
static inline uint8_t board_cr8(const struct board *board, unsigned cpu)
{
    return lapic_cr8(&board->of_cpu[cpu].lapic);
}

/* --- saved and restored --- */

/*
 * All that the devices know, the clock and the wires between them, as bytes;
 * not the sectors of disks, nor any memory, nor what waits on the host's side.
 * Into the same board or one that was put together alike, in this process: the
 * bytes are the structs'. All vCPUs are parked, and nobody types meanwhile.
 */
size_t board_saved_size(struct board *board);
/* board_saved_size() bytes. */
void board_save(struct board *board, void *ret);
/* -EINVAL with a sentence: it is none of such a board. Nothing has changed
 * then. */
int board_restore(struct board *board, const void *from, size_t size,
                  struct diag *diag);

#endif
