/* SPDX-License-Identifier: MIT */
/* Files that are no guest are refused with what they are, and what only looks
 * like one is run. */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "kvm/core/mem.h"
#include "kvm/device/disk.h"
#include "kvm/image/image.h"
#include "kvm/image/load.h"
#include "tests/unit/kvm/image/load_fixture.h"
#include "tests/unit/kvm/rows.h"

#define RAM  (UINT64_C(2) << 20)
#define B(s) sizeof(s) - 1, s
#define MARK                                                                   \
    {                                                                          \
        510, B("\x55\xaa")                                                     \
    }
#define NOPS                                                                   \
    {                                                                          \
        0, B("\x90\x90\x90\x90")                                               \
    }
#define KIB80 (80 << 10)

/* clang-format off */
static const struct foreign_row {
    const char *label;
    size_t size;        /* of the file; what no part fills is 0 */
    struct {
        size_t at, n;
        const char *bytes;
    } part[4];
    const char *says;   /* NULL: it is run */
} rows[] = {
    {"Image of arm64", KIB80, {{0, B("MZ@\xfa")}, {0x38, B("ARM\x64")}},
     "a Linux kernel for arm64"},

    {"qcow2", KIB80, {{0, B("QFI\xfb\0\0\0\3")}}, "a qcow2 disk image"},
    {"qcow2 with a mark", KIB80, {{0, B("QFI\xfb\0\0\0\3")}, MARK},
     "qemu-img convert -O raw"},
    {"QED", 600, {{0, B("QED\0")}}, "a QED disk image"},
    {"VMDK", 600, {{0, B("KDMV\1")}}, "a VMDK disk image"},
    {"VMDK, older", 600, {{0, B("COWD\1")}}, "a VMDK disk image"},
    {"VMDK, its text", 60, {{0, B("# Disk DescriptorFile\nversion=1\n")}},
     "a VMDK disk's description"},
    {"VHDX", 600, {{0, B("vhdxfileQ\0")}}, "a VHDX disk image"},
    {"VHD", 600, {{0, B("conectix\0\0\0\2")}}, "a VHD disk image"},
    {"VDI", 600, {{0, B("<<< Oracle VM VirtualBox Disk Image >>>\n")},
                  {0x40, B("\x7f\x10\xda\xbe")}}, "a VDI disk image"},
    {"Parallels", 600, {{0, B("WithoutFreeSpace\2")}}, "a Parallels disk"},
    {"Parallels, newer", 600, {{0, B("WithouFreSpacExt\2")}},
     "a Parallels disk"},
    {"Bochs", 600, {{0, B("Bochs Virtual HD Image\0")}}, "a Bochs disk image"},

    {"gzip", 40, {{0, B("\x1f\x8b\x08\0")}}, "compressed (gzip): unpack"},
    {"bzip2", 40, {{0, B("BZh91AY&SY")}}, "compressed (bzip2)"},
    {"xz", 40, {{0, B("\xfd" "7zXZ\0")}}, "compressed (xz)"},
    {"zstd", 40, {{0, B("\x28\xb5\x2f\xfd")}}, "compressed (zstd)"},
    {"lz4", 40, {{0, B("\x04\x22\x4d\x18")}}, "compressed (lz4)"},
    {"lzip", 40, {{0, B("LZIP\1")}}, "compressed (lzip)"},
    {"zip", 40, {{0, B("PK\3\4")}}, "an archive (zip)"},
    {"7z", 40, {{0, B("7z\xbc\xaf\x27\x1c")}}, "an archive (7z)"},
    {"rar", 40, {{0, B("Rar!\x1a\x07")}}, "an archive (rar)"},
    {"ar", 40, {{0, B("!<arch>\n")}}, "a library or package (ar)"},
    {"cpio", 40, {{0, B("0707010000")}}, "an archive (cpio)"},
    {"tar", 1024, {{0, B("name")}, {257, B("ustar")}}, "an archive (tar)"},

    {"PE", 600, {{0, B("MZ")}, {0x3c, B("\x80")}, {0x80, B("PE\0\0")}},
     "a program for DOS, Windows or UEFI"},
    {"DOS", 600, {{0, B("MZ\x50\0\2\0\0\0\4\0")}}, "a program for DOS"},
    {"MZ as code: no header", 600, {{0, B("MZ")}}, NULL},
    {"MZ as code: a header beyond the file", 600,
     {{0, B("MZ\1\0\2\0\0\0\0\1")}}, NULL},
    {"MZ as code: PE out of reach", 600, {{0, B("MZ")}, {0x3c, B("\xff\xff\xff\xff")}},
     NULL},
    {"MZ as code: short", 3, {{0, B("MZ\xf4")}}, NULL},
    {"Mach-O", 40, {{0, B("\xcf\xfa\xed\xfe")}}, "a Mach-O file"},
    {"Mach-O, 32 bit", 40, {{0, B("\xce\xfa\xed\xfe")}}, "a Mach-O file"},
    {"Java", 40, {{0, B("\xca\xfe\xba\xbe")}}, "Java"},
    {"a.out", 100, {{0, B("\x07\x01\x64\0\x20\0\0\0\x10\0\0\0")}},
     "an a.out file"},
    {"a.out, demand-paged", 100, {{0, B("\xcc\0\0\0\x20\0\0\0")}},
     "an a.out file"},
    {"07 01 as code", 100, {{0, B("\x07\x01\xc0\xf4\x20\0\0\0")}}, NULL},
    {"07 01 as code: sizes too large", 100,
     {{0, B("\x07\x01\x64\0\x20\0\0\1")}}, NULL},
    {"07 01 as code: no text", 100, {{0, B("\x07\x01\0\0\0\0\0\0\x10")}}, NULL},
    {"07 01 as code: short", 31, {{0, B("\x07\x01\x64\0\1\0\0\0")}}, NULL},
    {"COFF", 100, {{0, B("\x64\x86\3\0\0\0\0\0\x40\0\0\0\1\0\0\0\0\0")}},
     "a COFF object file"},
    {"COFF, 32 bit", 100, {{0, B("\x4c\1\3\0\0\0\0\0\x40\0\0\0\1\0\0\0\0\0")}},
     "a COFF object file"},
    {"4c 01 as code", 100, {{0, B("\x4c\x01\xc0\xf4")}}, NULL},
    {"bitcode", 40, {{0, B("BC\xc0\xde")}}, "LLVM bitcode"},
    {"WebAssembly", 40, {{0, B("\0asm\1")}}, "a WebAssembly file"},
    {"minidump", 40, {{0, B("MDMP\x93\xa7")}}, "a memory dump"},
    {"kdump", 40, {{0, B("KDUMP   ")}}, "a memory dump"},

    {"uImage", 100, {{0, B("\x27\x05\x19\x56")}}, "a U-Boot image"},
    {"device tree", 100, {{0, B("\xd0\x0d\xfe\xed")}}, "a device tree"},
    {"Android", 100, {{0, B("ANDROID!")}}, "an Android boot image"},
    {"UF2", 512, {{0, B("UF2\nWQ]\x9e")}}, "a UF2 image"},

    {"ISO", KIB80, {{0x8000, B("\1CD001\1")}}, "a CD image (ISO 9660)"},
    {"ISO cut before its mark", 0x8005, {NOPS, {0x8000, B("\1CD0")}}, NULL},
    {"hybrid ISO", KIB80, {{0, B("\x33\xed\x90")}, MARK,
                           {0x8000, B("\1CD001\1")}}, NULL},
    {"UDF", KIB80, {{0x8000, B("\0BEA01\1")}}, "a file system (UDF)"},
    {"squashfs", 600, {{0, B("hsqs")}}, "a file system (squashfs)"},
    {"XFS", 600, {{0, B("XFSB\0")}}, "a file system (XFS)"},
    {"btrfs", KIB80, {{0x10040, B("_BHRfS_M")}}, "a file system (btrfs)"},
    {"ext", 2048, {{0x438, B("\x53\xef\1\0")}}, "a file system (ext)"},
    {"ext with a boot sector", 2048,
     {{0, B("\xeb\x3c")}, MARK, {0x438, B("\x53\xef\1\0")}}, NULL},
    {"GPT", 2048, {MARK, {446, B("\0\0\2\0\xee")}, {512, B("EFI PART")}},
     "a disk without boot code (GPT)"},
    {"GPT with boot code", 2048,
     {{0, B("\xeb\x63")}, MARK, {512, B("EFI PART")}}, NULL},
    {"partitions", 2048, {{446, B("\x80\0\2\0\x83")}, MARK},
     "a disk without boot code"},
    {"a disk id is no boot code", 2048, {{440, B("\1\2\3\4")}, MARK},
     "a disk without boot code"},
    {"the last byte of code counts", 2048, {{439, B("\x90")}, MARK}, NULL},

    {"script", 30, {{0, B("#!/bin/sh\nexec true\n")}}, "a script"},
    {"script with a space", 30, {{0, B("#! /bin/sh\n\xff\xfe")}}, "a script"},
    {"Intel HEX", 44, {{0, B(":10010000214601360121470136007EFE09D2190140\n")}},
     "an Intel HEX file: convert it with `objcopy -O binary`"},
    {"S-record", 22, {{0, B("S00F000068656C6C6F2020\n")}}, "an S-record file"},
    {"S-record, data", 25, {{0, B("S1137AF00A0A0D0000000000\n")}},
     "an S-record file"},
    {"assembler", 24, {{0, B("\t.code16\n_start:\thlt\n\xc3\xa4\n")}}, "text"},
    {"a hex digit short", 11, {{0, B(":0000000fg\n")}}, "text"},
    {"text, short", 5, {{0, B("hlt;\n")}}, "text"},
    {"text without lines", 32, {{0, B("0123456789abcdef0123456789abcdef")}},
     "text"},
    {"printable code", 8, {{0, B("PXPXPXPX")}}, NULL},
    {"text and one byte of code", 24, {{0, B("0123456789\n0123456789\n\x01\n")}},
     NULL},
    {"text in another encoding", 24,
     {{0, B("\x80\x81\x82\x83\x84\x85\n012345678901234\n")}}, NULL},
    {"blank", 4096, {{600, B("\x90")}}, "blank where it would start"},
    {"blank, but short", 511, {{510, B("\0")}}, NULL},
    {"not blank", 4096, {{511, B("\x90")}}, NULL},
};

static const struct load_options told[] = {
    {.mode = CPU_MODE_REAL},
    {.has_load_addr = true},
    {.has_entry = true, .entry = 0x7c00},
};
/* clang-format on */

static struct file make(const struct foreign_row *row)
{
    struct file file = file_new();

    cr_assert(zero(int, ftruncate(file.fd, (off_t)row->size)));
    for (size_t i = 0; i < ROWS(row->part) && row->part[i].n; i++)
        cr_assert(eq(sz,
                     (size_t)pwrite(file.fd, row->part[i].bytes, row->part[i].n,
                                    (off_t)row->part[i].at),
                     row->part[i].n));
    return file;
}

ParameterizedTestParameters(foreign, image)
{
    return row_numbers(ROWS(rows));
}

ParameterizedTest(const size_t *i, foreign, image)
{
    const struct foreign_row *row = &rows[*i];
    struct file file = make(row);
    struct load_options options = {.path = file.path};
    struct image image = {0};
    struct diag diag = {""};
    struct guest_mem mem;

    cr_assert(eq(int, mem_init(&mem, RAM, NULL), 0));
    cr_expect(eq(int, load_image(&mem, &options, &image, &diag),
                 row->says ? -ENOEXEC : 0),
              "%s: %s", row->label, diag.text);
    expect_sentence(row->label, &diag, row->says ? row->says : "");
    for (size_t k = 0; k < ROWS(told); k++) {
        options = told[k];
        options.path = file.path;
        cr_expect(eq(int, load_image(&mem, &options, &image, &diag), 0),
                  "%s, told how %zu: %s", row->label, k, diag.text);
    }
    mem_done(&mem);
    (void)close(file.fd);
}

/* A disk may have anything on it, but be no container. */
ParameterizedTestParameters(foreign, disk)
{
    return row_numbers(ROWS(rows));
}

ParameterizedTest(const size_t *i, foreign, disk)
{
    const struct foreign_row *row = &rows[*i];
    bool refused =
        row->says &&
        (strstr(row->says, " disk image") || strstr(row->says, "qemu-img") ||
         strstr(row->says, "Parallels") || strstr(row->says, "VMDK"));
    struct file file = make(row);
    struct disk disk;
    struct diag diag = {""};

    cr_expect(eq(int, disk_open(&disk, NULL, file.path, &diag),
                 refused ? -EINVAL : 0),
              "%s: %s", row->label, diag.text);
    expect_sentence(row->label, &diag, refused ? "qemu-img convert" : "");
    disk_close(&disk);
    (void)close(file.fd);
}
