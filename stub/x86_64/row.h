/* SPDX-License-Identifier: MIT */
#ifndef STUB_X86_64_ROW_H
#define STUB_X86_64_ROW_H

/*
 * THE register table. A row is everything there is to know of a register: its
 * name and type for GDB, the descriptions it is in, and where KVM keeps it.
 * g, G, p, P, target.xml, expedited registers and `monitor registers` all walk
 * it. It is kept as a table of tables, one file a subject: rows_*.c.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <linux/kvm.h>

#include "kvm/core/diag.h"
#include "kvm/image/image.h"
#include "kvm/x86_64/state/state.h"
#include "rsp/target.h"

/*
 * Descriptions that are cut from the table. GDB wants 32-bit names under i386
 * and i8086 and 64-bit names under i386:x86-64, each core feature complete
 * (gdb/i386-tdep.c refuses it otherwise); LLDB wants both in one, unless the
 * guest is a 64-bit one for good. A row that is in none is for `monitor
 * registers` only.
 */
enum {
    IN_NONE = 0,
    IN_16 = 1u << 0,   /* i8086: 16-bit code, 32-bit registers */
    IN_32 = 1u << 1,   /* i386 */
    IN_64 = 1u << 2,   /* i386:x86-64 */
    IN_BOTH = 1u << 3, /* 32- and 64-bit names together, for LLDB */
    NARROW = IN_16 | IN_32 | IN_BOTH,
    WIDE = IN_64 | IN_BOTH,
    ANY = IN_16 | IN_32 | IN_64 | IN_BOTH,
};

struct row;

/* Registers that KVM does not keep as a plain field. The bank is fetched. */
typedef int row_read_fn(struct vcpu *vcpu, const struct row *row,
                        uint64_t *ret);
/* Changes the bank, which is then handed over; or nothing, and returns -errno,
 * with a sentence if there is more to say than that KVM refuses. */
typedef int row_write_fn(struct vcpu *vcpu, const struct row *row,
                         uint64_t value, struct diag *diag);

struct row {
    const char *name, *type, *feature, *group;
    uint16_t bits;     /* on the wire */
    uint8_t in, flags; /* IN_*; RSP_REG_* */
    enum x86_bank bank;
    uint8_t component; /* XSAVE: the guest must have it */
    uint16_t size;     /* bytes in the bank */
    uint32_t offset;   /* in the bank's struct, or in the component from its
                          own start; MSR: its index */
    row_read_fn *read; /* NULL: copy size bytes */
    row_write_fn *write;
};

struct row_table {
    const struct row *rows;
    size_t n;
};

extern const struct row_table x86_rows_general, x86_rows_x87, x86_rows_vector,
    x86_rows_system, x86_rows_msr;

#define ROW_TABLE(name)                                                        \
    const struct row_table name = {rows, sizeof rows / sizeof rows[0]}

/* --- the middle of a row: bank, component, size, offset --- */

#define SIZE_AT(type, field)                                                   \
    sizeof(((struct type *)0)->field), offsetof(struct type, field)
#define GP(field)    X86_BANK_GP, 0, SIZE_AT(kvm_regs, field)
#define SYS(field)   X86_BANK_SYS, 0, SIZE_AT(kvm_sregs, field)
#define DEBUG(field) X86_BANK_DEBUG, 0, SIZE_AT(kvm_debugregs, field)
#define XCR0         X86_BANK_XCR, 0, SIZE_AT(kvm_xcrs, xcrs[0].value)
#define MSR(index)   X86_BANK_MSR, 0, 8, (index)
#define XSAVE(component, offset, size)                                         \
    X86_BANK_XSAVE, (component), (size), (offset)

/* --- and its end: read, write --- */

#define PLAIN NULL, NULL

extern row_read_fn row_read_pc, row_read_sp, row_read_tag, row_read_attr,
    row_read_msr;
extern row_write_fn row_write_pc, row_write_ip, row_write_sp, row_write_tag,
    row_write_attr, row_write_msr, row_write_eflags, row_write_selector,
    row_write_base, row_write_base32, row_write_limit, row_write_cr0,
    row_write_cr8, row_write_efer;

/* --- the table as a whole --- */

enum { X86_ROWS_MAX = 384 };

/* The row of an id, which counts through all tables; NULL past the last. */
const struct row *x86_row(size_t id);
/* Does this guest have the register? */
bool x86_row_present(const struct vcpu *vcpu, const struct row *row);
/* Where the row's register is in its bank, which is fetched. */
uint8_t *x86_row_at(struct vcpu *vcpu, const struct row *row);
/* The value, little endian, bits / 8 bytes. -ENODATA: not to be had. */
int x86_row_read(struct vcpu *vcpu, const struct row *row, uint8_t *out);
/* Chooses the MSRs of the table, once for each vCPU. */
int x86_rows_prepare(struct vcpu *vcpu);
/* Which rows GDB gets in this mode: an IN_*. */
unsigned x86_rows_in(enum cpu_mode mode);

#endif
