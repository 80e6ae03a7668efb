/* SPDX-License-Identifier: MIT */
#ifndef KVM_IMAGE_IMAGE_H
#define KVM_IMAGE_IMAGE_H

/*
 * A guest image: what is asked of its loading, and what it turns out to be.
 * Types alone.
 */

#include <stdbool.h>
#include <stdint.h>

struct file_opener;

/* The CPU mode that a guest starts in. */
enum cpu_mode {
    CPU_MODE_AUTO, /* a wish only: the image decides */
    CPU_MODE_REAL,
    CPU_MODE_PROT, /* 32-bit, flat segments, paging off */
    CPU_MODE_LONG, /* 64-bit, identity map of the first 4 GiB */
};

enum image_kind { IMAGE_FLAT, IMAGE_BOOT_SECTOR, IMAGE_ELF32, IMAGE_ELF64 };

/* What the user asked for. */
struct load_options {
    const struct file_opener *opener; /* NULL: open(2) */
    const char *path;
    enum cpu_mode mode;
    bool has_load_addr, has_entry;
    uint64_t load_addr; /* flat images and boot sectors only: gpa */
    uint64_t entry;     /* gpa */
};

/* What came of it. */
struct image {
    enum image_kind kind;
    enum cpu_mode mode; /* never AUTO */
    uint64_t entry;     /* gpa */
    uint64_t low, high; /* gpa range that the image occupies: [low, high) */
    uint64_t low_end;   /* and where it ends below the hole (kvm/core/mem.h) */
};

#endif
