/* SPDX-License-Identifier: MIT */
#ifndef KVM_IMAGE_IMAGE_H
#define KVM_IMAGE_IMAGE_H

/*
 * A guest image: what is asked of its loading, and what it turns out to be.
 * Types alone.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct file_opener;

/* The CPU mode that a guest starts in. */
enum cpu_mode {
    CPU_MODE_AUTO, /* a wish only: the image decides */
    CPU_MODE_REAL,
    CPU_MODE_PROT, /* 32-bit, flat segments, paging off */
    CPU_MODE_LONG, /* 64-bit, identity map of the first 4 GiB */
};

enum image_kind {
    IMAGE_FLAT,
    IMAGE_BOOT_SECTOR,
    IMAGE_FIRMWARE,
    IMAGE_ELF32,
    IMAGE_ELF64
};

/* How a guest is told of its machine, beside the registers of its mode: what a
 * boot loader would do. */
enum boot_protocol {
    BOOT_BARE, /* it is told nothing */
    BOOT_MULTIBOOT,
    BOOT_MULTIBOOT2,
    BOOT_PVH,
    BOOT_LINUX,
};

enum { IMAGE_MODULES_MAX = 32 };

/* What the user asked for. The strings are borrowed for as long as the options
 * and each image that comes of them. */
struct load_options {
    const struct file_opener *opener; /* NULL: open(2) */
    const char *path;
    bool is_firmware; /* path is one: kvm/image/firmware.h */
    bool is_cd;       /* and a CD, though it may be a disk as well */
    enum cpu_mode mode;
    bool has_load_addr, has_entry;
    uint64_t load_addr; /* flat images and boot sectors only: gpa */
    uint64_t entry;     /* gpa */
    const char *append; /* to the command line; NULL: nothing */
    const char *initrd; /* a path; NULL: none */
    unsigned n_modules;
    const char *module[IMAGE_MODULES_MAX]; /* a path, or "PATH WORDS" */
};

/* A file that goes along with an image. */
struct image_module {
    uint64_t start, size; /* gpa, bytes */
    const char *text;     /* as the user named it */
};

/* ELF section headers in guest memory; a section's address is a gpa, or 0. */
struct image_sections {
    uint64_t at;
    uint32_t n, entry_size; /* n 0: there are none */
    uint32_t names;         /* the number of the one with names */
};

/* What a Linux kernel says of itself, for its loader. */
struct image_linux {
    uint8_t header[0x290 - 0x1f1]; /* as its boot protocol has it, from 0x1f1 */
    size_t n;                      /* bytes of it; 0: a vmlinux has none */
    uint32_t command_line_max;     /* characters */
    uint32_t initrd_last;          /* gpa: the last byte may be there */
};

/* How many bytes a firmware's tables have at most (<arch>/boot/tables.h). The
 * first of them are those that lead to all others. */
enum { IMAGE_TABLES_ROOM = 8 << 10 };

/* What goes along with an image, most of it with one that a boot protocol
 * starts. */
struct image_boot {
    enum boot_protocol protocol;
    const char *path, *append; /* of the options */
    uint64_t info, info_size;  /* gpa range that is free for what it is told */
    unsigned n_modules;
    struct image_module module[IMAGE_MODULES_MAX];
    struct image_sections sections;
    bool is_relocatable; /* multiboot 2: it wants to know where it is */
    uint64_t base;       /* gpa */
    struct image_linux linux_setup;
    bool is_cd;      /* a boot sector's disk is one: kvm/image/cd.h */
    uint64_t tables; /* of any image: IMAGE_TABLES_ROOM free bytes, a gpa; 0:
                        there is no room */
};

/* Below the end of the RAM below the hole, nothing is put into so many bytes:
 * the start of a mode needs them (<arch>/boot/). */
enum { IMAGE_TOP_ROOM = 64 << 10 };

/* What came of it. */
struct image {
    enum image_kind kind;
    enum cpu_mode mode; /* never AUTO */
    uint64_t entry;     /* gpa */
    uint64_t low, high; /* gpa range that its own bytes occupy: [low, high) */
    uint64_t low_end;   /* and where it ends below the hole (kvm/core/mem.h) */
    struct image_boot boot;
};

#endif
