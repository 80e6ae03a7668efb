/* SPDX-License-Identifier: MIT */
#include "kvm/core/foreign.h"

/*
 * By magic numbers, as file(1) does, whose database they can be found in; two
 * bytes alone are too little to refuse machine code for, and need a further
 * look.
 */

#include <stddef.h>
#include <string.h>

#include "kvm/core/file.h"

enum { HEAD = 512, MBR_CODE = 440, MAGIC_MAX = 24 };

struct head {
    uint8_t bytes[HEAD];
    size_t n;
    uint64_t size; /* of the file */
};

/* --- further looks --- */

static uint32_t u16(const struct head *head, size_t at)
{
    return (uint32_t)(head->bytes[at] | head->bytes[at + 1] << 8);
}

static uint32_t u32(const struct head *head, size_t at)
{
    return u16(head, at) | u16(head, at + 2) << 16;
}

static bool is_blank(const struct head *head, size_t n)
{
    return head->n >= n && head->bytes[0] == 0 &&
           memcmp(head->bytes, head->bytes + 1, n - 1) == 0;
}

/* An MBR whose code was never written. */
static bool has_no_code(const struct head *head)
{
    return is_blank(head, MBR_CODE);
}

static bool is_all_blank(const struct head *head)
{
    return is_blank(head, HEAD);
}

/* A PE header where the DOS header says so, or a DOS header that makes sense:
 * pages, and paragraphs of header (Microsoft, "PE Format"; Ralf Brown's
 * Interrupt List, table 01594). */
static bool is_exe(const struct head *head)
{
    enum { DOS_HEADER = 0x40, PE_AT = 0x3c };
    uint32_t pe;

    if (head->n < DOS_HEADER)
        return false;
    pe = u32(head, PE_AT);
    if (pe <= head->n - 4 && memcmp(head->bytes + pe, "PE\0\0", 4) == 0)
        return true;
    return u16(head, 4) > 0 && u16(head, 8) >= 2 &&
           u16(head, 8) * 16 <= head->size;
}

/* a.out(5): sizes of text, data, symbols, relocations. */
static bool is_aout(const struct head *head)
{
    enum { HEADER = 32, MACHINE_386 = 100 };
    uint64_t parts = HEADER;

    if (head->n < HEADER || (head->bytes[2] && head->bytes[2] != MACHINE_386))
        return false;
    for (size_t at = 4; at < HEADER; at += 4)
        parts += at == 12 || at == 20 ? 0 : u32(head, at); /* bss, entry */
    return u32(head, 4) > 0 && parts <= head->size;
}

/* An object file (Microsoft, "PE Format", "COFF File Header"): no optional
 * header, a few sections, and a symbol table in the file. */
static bool is_coff(const struct head *head)
{
    return head->n >= 20 && u16(head, 2) - 1 < 96 && u16(head, 16) == 0 &&
           u32(head, 8) >= 20 && u32(head, 8) <= head->size;
}

static bool is_text_byte(uint8_t c)
{
    return c >= 0x80 || (c >= ' ' && c != 0x7f) || (c >= '\t' && c <= '\r');
}

/* Printable, in lines or at some length; of UTF-8 no more is asked than that
 * most is ASCII. */
static bool is_text(const struct head *head)
{
    enum { LEAST = 4, LONG = 32 };
    size_t others = 0;

    for (size_t i = 0; i < head->n; i++) {
        if (!is_text_byte(head->bytes[i]))
            return false;
        others += head->bytes[i] >= 0x80;
    }
    return head->n >= LEAST && others < head->n / 4 &&
           (head->n >= LONG || memchr(head->bytes, '\n', head->n));
}

/* A record's mark, its numbers in hex, the end of its line. */
static bool is_hex_record(const struct head *head)
{
    size_t i = head->bytes[0] == 'S' ? 2 : 1;

    while (i < head->n && strchr("0123456789abcdefABCDEF", head->bytes[i]) &&
           head->bytes[i])
        i++;
    return i >= 10 && i < head->n &&
           (head->bytes[i] == '\r' || head->bytes[i] == '\n');
}

/* --- the kinds --- */

#define CONVERT  "convert it with `qemu-img convert -O raw`"
#define UNPACK   "unpack it first"
#define REBUILD  "link the guest as ELF or as a flat binary"
#define AS_DISK  "it can be the --disk of a guest that starts elsewhere"
#define NAME_IT  "name the image that is made of it"
#define TO_BYTES "convert it with `objcopy -O binary`"

#define MAGIC(s) sizeof(s) - 1, s

/* What may be behind a boot sector's mark is no boot sector all the same. */
enum { EVEN_WITH_MARK = 1, CONTAINER = 2 };

/* clang-format off */
static const struct kind {
    uint64_t offset;
    size_t n;
    const char *magic;
    bool (*is)(const struct head *head); /* a further look, or NULL */
    unsigned flags;
    struct foreign foreign;
} kinds[] = {
    {0x38, MAGIC("ARM\x64"), NULL, 0,
     {"a Linux kernel for arm64", "name a guest for x86"}},

    {0, MAGIC("QFI\xfb"), NULL, EVEN_WITH_MARK | CONTAINER,
     {"a qcow2 disk image", CONVERT}},
    {0, MAGIC("QED\0"), NULL, EVEN_WITH_MARK | CONTAINER,
     {"a QED disk image", CONVERT}},
    {0, MAGIC("KDMV"), NULL, EVEN_WITH_MARK | CONTAINER,
     {"a VMDK disk image", CONVERT}},
    {0, MAGIC("COWD"), NULL, EVEN_WITH_MARK | CONTAINER,
     {"a VMDK disk image", CONVERT}},
    {0, MAGIC("# Disk DescriptorFile"), NULL, EVEN_WITH_MARK | CONTAINER,
     {"a VMDK disk's description", CONVERT}},
    {0, MAGIC("vhdxfile"), NULL, EVEN_WITH_MARK | CONTAINER,
     {"a VHDX disk image", CONVERT}},
    {0, MAGIC("conectix"), NULL, EVEN_WITH_MARK | CONTAINER,
     {"a VHD disk image", CONVERT}},
    {0x40, MAGIC("\x7f\x10\xda\xbe"), NULL, EVEN_WITH_MARK | CONTAINER,
     {"a VDI disk image", CONVERT}},
    {0, MAGIC("WithoutFreeSpace"), NULL, EVEN_WITH_MARK | CONTAINER,
     {"a Parallels disk image", CONVERT}},
    {0, MAGIC("WithouFreSpacExt"), NULL, EVEN_WITH_MARK | CONTAINER,
     {"a Parallels disk image", CONVERT}},
    {0, MAGIC("Bochs Virtual HD Image"), NULL, EVEN_WITH_MARK | CONTAINER,
     {"a Bochs disk image", CONVERT}},

    {0, MAGIC("\x1f\x8b\x08"), NULL, EVEN_WITH_MARK,
     {"compressed (gzip)", UNPACK}},
    {4, MAGIC("1AY&SY"), NULL, EVEN_WITH_MARK, {"compressed (bzip2)", UNPACK}},
    {0, MAGIC("\xfd" "7zXZ"), NULL, EVEN_WITH_MARK,
     {"compressed (xz)", UNPACK}},
    {0, MAGIC("\x28\xb5\x2f\xfd"), NULL, EVEN_WITH_MARK,
     {"compressed (zstd)", UNPACK}},
    {0, MAGIC("\x04\x22\x4d\x18"), NULL, EVEN_WITH_MARK,
     {"compressed (lz4)", UNPACK}},
    {0, MAGIC("LZIP"), NULL, EVEN_WITH_MARK, {"compressed (lzip)", UNPACK}},
    {0, MAGIC("PK\x03\x04"), NULL, EVEN_WITH_MARK,
     {"an archive (zip)", UNPACK}},
    {0, MAGIC("7z\xbc\xaf\x27\x1c"), NULL, EVEN_WITH_MARK,
     {"an archive (7z)", UNPACK}},
    {0, MAGIC("Rar!\x1a\x07"), NULL, EVEN_WITH_MARK,
     {"an archive (rar)", UNPACK}},
    {0, MAGIC("!<arch>\n"), NULL, EVEN_WITH_MARK,
     {"a library or package (ar)", NAME_IT}},
    {0, MAGIC("07070"), NULL, EVEN_WITH_MARK, {"an archive (cpio)", UNPACK}},
    {257, MAGIC("ustar"), NULL, 0, {"an archive (tar)", UNPACK}},

    {0, MAGIC("MZ"), is_exe, 0, {"a program for DOS, Windows or UEFI", REBUILD}},
    {0, MAGIC("\xce\xfa\xed\xfe"), NULL, 0, {"a Mach-O file", REBUILD}},
    {0, MAGIC("\xcf\xfa\xed\xfe"), NULL, 0, {"a Mach-O file", REBUILD}},
    {0, MAGIC("\xca\xfe\xba\xbe"), NULL, 0,
     {"a Mach-O or Java file", REBUILD}},
    {0, MAGIC("\x07\x01"), is_aout, 0, {"an a.out file", REBUILD}},
    {0, MAGIC("\x08\x01"), is_aout, 0, {"an a.out file", REBUILD}},
    {0, MAGIC("\x0b\x01"), is_aout, 0, {"an a.out file", REBUILD}},
    {0, MAGIC("\xcc\0"), is_aout, 0, {"an a.out file", REBUILD}},
    {0, MAGIC("\x4c\x01"), is_coff, 0, {"a COFF object file", REBUILD}},
    {0, MAGIC("\x64\x86"), is_coff, 0, {"a COFF object file", REBUILD}},
    {0, MAGIC("BC\xc0\xde"), NULL, 0, {"LLVM bitcode", REBUILD}},
    {0, MAGIC("\0asm"), NULL, 0, {"a WebAssembly file", REBUILD}},
    {0, MAGIC("MDMP"), NULL, 0, {"a memory dump (minidump)", NAME_IT}},
    {0, MAGIC("KDUMP "), NULL, 0, {"a memory dump (kdump)", NAME_IT}},

    {0, MAGIC("\x27\x05\x19\x56"), NULL, 0,
     {"a U-Boot image", "name the file that it was made of"}},
    {0, MAGIC("\xd0\x0d\xfe\xed"), NULL, 0, {"a device tree", NAME_IT}},
    {0, MAGIC("ANDROID!"), NULL, 0, {"an Android boot image", UNPACK}},
    {0, MAGIC("UF2\n"), NULL, 0, {"a UF2 image", "convert it to a flat binary"}},

    {0x8001, MAGIC("CD001"), NULL, 0,
     {"a CD image (ISO 9660) that no disk drive can boot",
      "make it hybrid, with grub-mkrescue or isohybrid"}},
    {0x8001, MAGIC("BEA01"), NULL, 0, {"a file system (UDF)", AS_DISK}},
    {0, MAGIC("hsqs"), NULL, 0, {"a file system (squashfs)", AS_DISK}},
    {0, MAGIC("XFSB"), NULL, 0, {"a file system (XFS)", AS_DISK}},
    {0x10040, MAGIC("_BHRfS_M"), NULL, 0, {"a file system (btrfs)", AS_DISK}},
    /* Its magic, and the state of one that is in order; linux/ext4.h. */
    {0x438, MAGIC("\x53\xef\x01\0"), NULL, 0, {"a file system (ext)", AS_DISK}},
    {0x200, MAGIC("EFI PART"), has_no_code, EVEN_WITH_MARK,
     {"a disk without boot code (GPT)", AS_DISK}},
    {510, MAGIC("\x55\xaa"), has_no_code, EVEN_WITH_MARK,
     {"a disk without boot code", AS_DISK}},

    {0, MAGIC("#!/"), NULL, 0, {"a script", NAME_IT}},
    {0, MAGIC("#! /"), NULL, 0, {"a script", NAME_IT}},
    {0, MAGIC(":"), is_hex_record, 0, {"an Intel HEX file", TO_BYTES}},
    {0, MAGIC("S0"), is_hex_record, 0, {"an S-record file", TO_BYTES}},
    {0, MAGIC("S1"), is_hex_record, 0, {"an S-record file", TO_BYTES}},
    {0, MAGIC("S2"), is_hex_record, 0, {"an S-record file", TO_BYTES}},
    {0, MAGIC("S3"), is_hex_record, 0, {"an S-record file", TO_BYTES}},
    {0, MAGIC(""), is_text, 0, {"text", NAME_IT}},
    {0, MAGIC(""), is_all_blank, 0,
     {"blank where it would start", "give --entry, or name what fills it"}},
};
/* clang-format on */

static bool has_magic(int fd, const struct head *head, const struct kind *kind)
{
    uint8_t bytes[MAGIC_MAX];

    if (kind->offset + kind->n <= head->n)
        return memcmp(head->bytes + kind->offset, kind->magic, kind->n) == 0;
    return kind->offset + kind->n <= head->size &&
           file_read(fd, bytes, kind->n, kind->offset) == (ssize_t)kind->n &&
           memcmp(bytes, kind->magic, kind->n) == 0;
}

/* The first kind that has the flags and is the file's. */
static const struct foreign *foreign_find(int fd, uint64_t size, unsigned flags)
{
    struct head head = {.size = size};
    ssize_t got = file_read(fd, head.bytes, sizeof head.bytes, 0);

    head.n = got > 0 ? (size_t)got : 0;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        const struct kind *kind = &kinds[i];

        if ((kind->flags & flags) == flags && has_magic(fd, &head, kind) &&
            (!kind->is || kind->is(&head)))
            return &kind->foreign;
    }
    return NULL;
}

const struct foreign *foreign_image(int fd, uint64_t size, bool has_boot_sector)
{
    return foreign_find(fd, size, has_boot_sector ? EVEN_WITH_MARK : 0);
}

const struct foreign *foreign_disk(int fd, uint64_t size)
{
    return foreign_find(fd, size, CONTAINER);
}
