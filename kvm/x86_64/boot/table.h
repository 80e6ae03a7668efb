/* SPDX-License-Identifier: MIT */
#ifndef KVM_X86_64_BOOT_TABLE_H
#define KVM_X86_64_BOOT_TABLE_H

/* A table of a PC's firmware while it is put together: bytes, little-endian
 * numbers, and a byte that makes their sum 0. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kvm/x86_64/boot/info.h"

/* The longest one is the DSDT of 64 CPUs. */
enum { TABLE_MAX = 4096 };

/* All zeros: nothing is in it. */
struct table {
    uint8_t bytes[TABLE_MAX];
    size_t n;
    bool is_full; /* something did not fit */
};

/* A number in so many bytes, at most 8, at a place. */
struct table_field {
    uint16_t at, size;
    uint64_t value;
};

/* What the tables tell beyond what is in kvm/board/pc.h and its devices. */
struct x86_platform {
    unsigned n_cpus; /* their local APICs have IDs from 0 */
    uint32_t cpu_signature, cpu_features; /* CPUID.1: EAX, EDX */
    bool has_virtio;                      /* a disk, as pc.h has it */
};

void table_add(struct table *t, const void *bytes, size_t n);
void table_add_number(struct table *t, uint64_t value, size_t size);
/* In what was added: content for reserved bytes. */
void table_set(struct table *t, size_t at, uint64_t value, size_t size);
void table_set_all(struct table *t, const struct table_field *fields, size_t n);
/* The byte at a place is such that the first n bytes sum to 0. */
void table_seal(struct table *t, size_t at, size_t n);

/* Where it goes, at a multiple of align: its gpa. */
uint64_t table_put(const struct table *t, struct info *info, size_t align);

#endif
