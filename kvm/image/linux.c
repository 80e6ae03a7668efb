/* SPDX-License-Identifier: MIT */
#include "kvm/image/linux.h"

#include <errno.h>
#include <string.h>

#include "kvm/core/file.h"
#include "kvm/image/elf.h"
#include "kvm/image/elf_note.h"

/* Linux, Documentation/arch/x86/boot.rst, "The Real-Mode Kernel Header": where
 * what is in the file. */
enum {
    SETUP_SECTORS = 0x1f1,
    BOOT_FLAG = 0x1fe,
    JUMP = 0x200, /* its second byte tells the header's end */
    MAGIC = 0x202,
    VERSION = 0x206,
    LOAD_FLAGS = 0x211,
    CODE32_START = 0x214,
    INITRD_ADDR_MAX = 0x22c,  /* since 2.03 */
    KERNEL_ALIGNMENT = 0x230, /* 2.05 */
    RELOCATABLE = 0x234,
    COMMAND_LINE_SIZE = 0x238, /* 2.06 */
    PREF_ADDRESS = 0x258,      /* 2.10 */
    INIT_SIZE = 0x260,
    HEADER_END = 0x290, /* at most */
};

enum { LOADED_HIGH = 1 << 0, OLD_COMMAND_LINE = 255 };

#define HIGH_GPA        UINT64_C(0x100000)
#define OLD_INITRD_LAST UINT32_C(0x37ffffff)

static int linux_read_header(const struct load_job *job, uint8_t *header)
{
    ssize_t got = file_read(job->fd, header, HEADER_END, 0);

    if (got < 0)
        return load_refuse(job, (int)got, "cannot read it: %s",
                           strerror((int)-got));
    memset(header + got, 0, HEADER_END - (size_t)got);
    return load_u16(header + BOOT_FLAG) == 0xaa55 &&
                   memcmp(header + MAGIC, "HdrS", 4) == 0
               ? 0
               : LOAD_NOT_MINE;
}

static int check_header(const struct load_job *job, const uint8_t *header)
{
    unsigned version = load_u16(header + VERSION);

    if (version < 0x202)
        return load_refuse(job, -ENOEXEC,
                           "is a Linux kernel with boot protocol %u.%02u: "
                           "build one with 2.02 or newer (Linux 2.4)",
                           version >> 8, version & 0xff);
    if (!(header[LOAD_FLAGS] & LOADED_HIGH))
        return load_refuse(job, -ENOEXEC,
                           "is a Linux kernel for low memory (zImage): build "
                           "it as bzImage");
    if (load_u32(header + CODE32_START) == 0)
        return load_refuse(job, -ENOEXEC,
                           "looks like a Linux kernel, but starts in real mode "
                           "alone: name a disk with a boot loader for it");
    return 0;
}

/* Since 2.10 the kernel says how much memory it needs from where it unpacks
 * itself to, before it looks at a memory map ("init_size"). */
static int take_room(const struct load_job *job, const uint8_t *header)
{
    uint64_t start = load_u64(header + PREF_ADDRESS);
    uint64_t align = load_u32(header + KERNEL_ALIGNMENT);
    uint64_t size = load_u32(header + INIT_SIZE);

    if (load_u16(header + VERSION) < 0x20a)
        return 0;
    if (header[RELOCATABLE] && start < HIGH_GPA)
        start = align ? (HIGH_GPA + align - 1) / align * align : HIGH_GPA;
    if (!mem_has(job->mem, start, size))
        return load_refuse(job, -E2BIG,
                           "needs %llu KiB of memory from %#llx on to unpack "
                           "itself, and the guest has %llu KiB: give it more "
                           "with -m",
                           (unsigned long long)(size >> 10),
                           (unsigned long long)start,
                           (unsigned long long)(mem_size(job->mem) >> 10));
    (void)places_take(job->places, start, size);
    return 0;
}

static int load_kernel(const struct load_job *job, const uint8_t *header,
                       struct image *ret)
{
    uint64_t sectors = header[SETUP_SECTORS] ? header[SETUP_SECTORS] : 4;
    uint64_t offset = (sectors + 1) * DISK_SECTOR;
    uint64_t n = job->size > offset ? job->size - offset : 0;
    int err;

    if (!n)
        return load_refuse(job, -ENOEXEC,
                           "is cut short: it ends within its %llu sectors of "
                           "setup: build or copy it again",
                           (unsigned long long)sectors);
    err = load_take(job, offset, HIGH_GPA, n, n);
    *ret = (struct image){.kind = IMAGE_FLAT,
                          .entry = HIGH_GPA,
                          .low = HIGH_GPA,
                          .high = HIGH_GPA + n,
                          .low_end = HIGH_GPA + n};
    return err ? err : take_room(job, header);
}

/* What else the header says, and itself, for the guest. */
static struct image_linux describe(const uint8_t *header)
{
    unsigned version = load_u16(header + VERSION);
    struct image_linux linux = {
        .command_line_max = version >= 0x206
                                ? load_u32(header + COMMAND_LINE_SIZE)
                                : OLD_COMMAND_LINE,
        .initrd_last = version >= 0x203 ? load_u32(header + INITRD_ADDR_MAX)
                                        : OLD_INITRD_LAST,
    };
    size_t end = MAGIC + header[JUMP + 1];

    linux.n = (end < HEADER_END ? end : HEADER_END) - SETUP_SECTORS;
    memcpy(linux.header, header + SETUP_SECTORS, linux.n);
    return linux;
}

int load_bzimage(const struct load_job *job, struct image *ret)
{
    uint8_t header[HEADER_END];
    int err = load_is_elf(job) ? LOAD_NOT_MINE : linux_read_header(job, header);

    if (!err)
        err = check_header(job, header);
    if (!err)
        err = load_kernel(job, header, ret);
    if (err)
        return err;
    ret->boot.protocol = BOOT_LINUX;
    ret->boot.linux_setup = describe(header);
    return 0;
}

/* --- vmlinux --- */

/* Linux, include/linux/elfnote-lto.h and build-salt.h; since 4.19. */
static bool is_vmlinux(const struct load_job *job)
{
    static const struct elf_note_name notes[] = {{"Linux", 0x100},
                                                 {"Linux", 0x101}};
    uint8_t content[1];

    for (size_t i = 0; i < sizeof notes / sizeof *notes; i++)
        if (elf_find_note(job, &notes[i], content, sizeof content))
            return true;
    return false;
}

int load_vmlinux(const struct load_job *job, struct image *ret)
{
    const struct elf_start start = {.has_entry = false};
    int err;

    /* The 64-bit protocol starts it in long mode, and nothing else does. */
    if (job->options->mode != CPU_MODE_AUTO || !is_vmlinux(job))
        return LOAD_NOT_MINE;
    err = load_elf(job, &start, ret);
    ret->boot.protocol = BOOT_LINUX;
    ret->boot.linux_setup = (struct image_linux){
        .command_line_max = 2047, /* COMMAND_LINE_SIZE of x86, less the 0 */
        .initrd_last = UINT32_MAX};
    return err;
}
