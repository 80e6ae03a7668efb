/* SPDX-License-Identifier: MIT */
#include "kvm/x86_64/boot/firmware.h"

#include <string.h>

#include "kvm/arch_boot.h"
#include "kvm/arch_cpu.h"
#include "kvm/board/board.h"
#include "kvm/board/pc.h"
#include "kvm/core/mem.h"
#include "kvm/core/number.h"
#include "kvm/core/trap.h"
#include "kvm/device/floppy.h"
#include "kvm/vm/types.h"
#include "kvm/x86_64/boot/bios.h"
#include "kvm/x86_64/boot/memory_map.h"
#include "kvm/x86_64/insn/insn.h"
#include "kvm/x86_64/state/linear.h"
#include "kvm/x86_64/state/state.h"

/* --- bios.S --- */

/* A service of the BIOS: its vector, and its offset in the segment. */
struct service {
    uint16_t vector, offset;
};

/* Where a CPU begins, in real mode: the last 16 bytes below 1 MiB. */
#define RESET_GPA UINT64_C(0xffff0)
enum { RESET_SIZE = 16 };

extern const uint8_t x86_bios[], x86_bios_end[], x86_bios_facts[];
extern const uint8_t x86_bios_reset[RESET_SIZE];
extern const struct service x86_bios_vectors[];

_Static_assert(BIOS_VBE_PORT == PC_VBE &&
                   BIOS_VBE_FRAME_BUFFER == PC_FRAME_BUFFER &&
                   BIOS_VBE_MEMORY == VBE_MEMORY_SIZE,
               "the BIOS knows where the frame buffer is");

#define BIOS_GPA (UINT64_C(16) * BIOS_SEGMENT + BIOS_OFFSET)

static size_t bios_size(void)
{
    return (size_t)(x86_bios_end - x86_bios);
}

static uint16_t halt_of(unsigned vector)
{
    return (uint16_t)(BIOS_OFFSET + vector * BIOS_HALT_SIZE);
}

/* Where the call of a vector begins. */
static uint16_t entry_of(unsigned vector)
{
    const struct service *s = x86_bios_vectors;

    while (s->offset && s->vector != vector)
        s++;
    return s->offset ? s->offset : halt_of(vector);
}

/* --- what it tells the guest of the machine --- */

/* A struct x86_range in words, since the BIOS has it at an odd place. */
struct range {
    uint32_t base[2], size[2], type;
};

/* As bios.S has it. */
struct facts {
    uint32_t disk_sectors;
    uint16_t base_kib, kib_above_1m, kib_to_16m, blocks_above_16m;
    struct disk_geometry hard_disk, floppy_disk;
    uint16_t floppy_type, n_ranges;
    struct range range[BIOS_RANGES];
    uint16_t awaits_keys;
    uint16_t vbe_mode; /* the BIOS's own */
    uint32_t cd_sectors;
};

#define KIB UINT64_C(1024)
#define MIB (1024 * KIB)

/* How much of what lies above start fits into units of so many bytes. */
static uint16_t units_above(uint64_t end, uint64_t start, uint64_t unit)
{
    return end > start ? (uint16_t)min_u64((end - start) / unit, UINT16_MAX)
                       : 0;
}

static void put_range(struct facts *facts, const struct x86_range *from)
{
    struct range *range = &facts->range[facts->n_ranges++];

    *range = (struct range){.type = from->type};
    memcpy(range->base, &from->start, sizeof from->start);
    memcpy(range->size, &from->size, sizeof from->size);
}

static void describe_memory(struct facts *facts, const struct guest_mem *mem)
{
    uint64_t low = mem_low_end(mem);
    struct x86_range ranges[X86_RANGES_MAX];
    size_t n = x86_memory_map(mem, ranges);

    facts->base_kib = (uint16_t)(x86_base_memory(mem) / KIB);
    facts->kib_above_1m = units_above(low, MIB, KIB);
    facts->kib_to_16m = units_above(min_u64(low, 16 * MIB), MIB, KIB);
    facts->blocks_above_16m = units_above(low, 16 * MIB, 64 * KIB);
    for (size_t i = 0; i < n; i++)
        put_range(facts, &ranges[i]);
}

uint8_t x86_boot_drive(struct vm *vm)
{
    enum { FLOPPY_DISK = 0, HARD_DISK = 0x80 };

    if (vm->board.has_cd)
        return BIOS_CD_DRIVE;
    return floppy_of(&vm->board.disk) ? FLOPPY_DISK : HARD_DISK;
}

/* The usual one, with more heads where 1024 cylinders would not do. */
static struct disk_geometry hard_geometry(uint64_t sectors)
{
    enum { CYLINDERS = 1024, HEADS = 16, MOST_HEADS = 255, SECTORS = 63 };
    unsigned heads =
        sectors > (uint64_t)CYLINDERS * HEADS * SECTORS ? MOST_HEADS : HEADS;
    uint64_t cylinders = sectors / (heads * SECTORS) + 1;

    return (struct disk_geometry){(uint16_t)min_u64(cylinders, CYLINDERS),
                                  (uint8_t)heads, SECTORS};
}

static struct facts find_facts(struct vm *vm)
{
    uint64_t all = disk_sectors(&vm->board.disk);
    uint64_t sectors = vm->board.has_cd ? 0 : all;
    const struct floppy *found = floppy_of(&vm->board.disk);
    const struct floppy *floppy = found ? found : floppy_usual();
    struct facts facts = {
        .disk_sectors = (uint32_t)min_u64(sectors, UINT32_MAX),
        .hard_disk = hard_geometry(sectors),
        .floppy_disk = floppy->geometry,
        .floppy_type = floppy->drive,
        .awaits_keys = vm->board.expects_keys,
        .cd_sectors = vm->board.has_cd
                          ? (uint32_t)min_u64(all / BIOS_CD_UNIT, UINT32_MAX)
                          : 0,
    };

    describe_memory(&facts, &vm->mem);
    return facts;
}

/* --- putting it there --- */

static void put_vector(uint8_t *table, unsigned vector, uint16_t offset)
{
    const uint16_t entry[] = {offset, BIOS_SEGMENT};

    memcpy(table + vector * sizeof entry, entry, sizeof entry);
}

/* The BIOS's data area, as far as somebody reads it. */
static void put_data(uint8_t *low, const struct facts *facts)
{
    const struct {
        uint16_t at, value;
    } words[] = {
        {BDA_MEMORY_KIB, facts->base_kib},
        {BDA_MODE, BIOS_TEXT_MODE},
        {BDA_COLUMNS, BIOS_COLUMNS},
        {BDA_PAGE_SIZE, BIOS_PAGE_SIZE},
        {BDA_CURSOR_SHAPE, BIOS_CURSOR_SHAPE},
        {BDA_CRTC, PC_VGA_CRTC},
        {BDA_LAST_ROW, BIOS_LINES - 1},
        {BDA_FONT_LINES, BIOS_FONT_LINES},
        {BDA_HARD_DISKS, facts->disk_sectors != 0},
        {BDA_KEYS_HEAD, BIOS_KEYS_START},
        {BDA_KEYS_TAIL, BIOS_KEYS_START},
        {BDA_KEYS_START, BIOS_KEYS_START},
        {BDA_KEYS_END, BIOS_KEYS_END},
        {BDA_KEYBOARD, BIOS_KEYBOARD},
    };

    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        memcpy(low + words[i].at, &words[i].value, sizeof words[i].value);
}

/* In order, without gaps, and how many they are. */
static void put_serial_ports(uint8_t *low, const struct board *board)
{
    static const uint16_t ports[BOARD_SERIAL_PORTS] = {PC_COM1, PC_COM2};
    uint16_t equipment = BIOS_EQUIPMENT;
    unsigned n = 0;

    for (unsigned i = 0; i < BOARD_SERIAL_PORTS; i++) {
        if (!board->has_com[i])
            continue;
        memcpy(low + BDA_COM1 + n * sizeof ports[i], &ports[i],
               sizeof ports[i]);
        low[BDA_COM_TIMEOUTS + n++] = 1;
    }
    equipment |= (uint16_t)(n << BIOS_EQUIPMENT_COMS);
    memcpy(low + BDA_EQUIPMENT, &equipment, sizeof equipment);
}

static void put_reset(const struct guest_mem *mem)
{
    (void)mem_write(mem, RESET_GPA, x86_bios_reset, RESET_SIZE);
}

static bool is_empty(const uint8_t *bytes, size_t n)
{
    return bytes[0] == 0 && memcmp(bytes, bytes + 1, n - 1) == 0;
}

/* A cleared screen, light grey on black. */
static void firmware_put_screen(const struct guest_mem *mem)
{
    enum { BLANK = 0x0720 };
    struct mem_span span;

    if (!mem_span(mem, BIOS_TEXT_GPA, PC_VGA_END - BIOS_TEXT_GPA, &span) ||
        !is_empty(span.at, span.n))
        return;
    for (size_t at = 0; at + 2 <= span.n; at += 2) {
        span.at[at] = BLANK & 0xff;
        span.at[at + 1] = BLANK >> 8;
    }
}

bool x86_put_firmware(struct vcpu *vcpu)
{
    const struct guest_mem *mem = &vcpu->vm->mem;
    const struct facts facts = find_facts(vcpu->vm);
    struct mem_span bios;
    struct mem_span low;

    if (!mem_span(mem, BIOS_GPA, bios_size(), &bios) || bios.n < bios_size() ||
        !mem_span(mem, 0, X86_FIRMWARE_LOW, &low) || low.n < X86_FIRMWARE_LOW)
        return false;
    if (!is_empty(bios.at, bios_size()))
        return true;
    memcpy(bios.at, x86_bios, bios_size());
    memcpy(bios.at + (x86_bios_facts - x86_bios), &facts, sizeof facts);
    for (unsigned i = 0; i < BIOS_VECTORS; i++)
        put_vector(low.at, i, entry_of(i));
    put_data(low.at, &facts);
    put_serial_ports(low.at, &vcpu->vm->board);
    firmware_put_screen(mem);
    put_reset(mem);
    board_post(&vcpu->vm->board);
    return true;
}

/* --- when it is come to --- */

/* The debugger may have traps in it, which do not make it another's. */
static bool is_code(const struct vcpu *vcpu, const uint8_t *there,
                    const uint8_t *ours, size_t n)
{
    const struct trap *trap = vcpu->debug.trap;

    for (size_t i = 0; i < n; i++)
        if (there[i] != ours[i] &&
            !(trap && trap->size == 1 && there[i] == trap->bytes[0]))
            return false;
    return true;
}

bool x86_is_firmware(struct vcpu *vcpu, uint64_t gva)
{
    const uint64_t size = (uint64_t)(x86_bios_facts - x86_bios);
    uint64_t at = gva - BIOS_GPA;
    uint8_t code[BIOS_HALT_SIZE];
    size_t n;

    if (x86_sys(vcpu)->cr0 & X86_CR0_PE || at >= size)
        return false;
    n = (size_t)min_u64(sizeof code, size - at);
    return x86_read(vcpu, gva, code, n) == n &&
           is_code(vcpu, code, x86_bios + at, n);
}

int x86_firmware_halted(struct vcpu *vcpu)
{
    uint64_t halt = (arch_pc(vcpu) - 1) & ~(uint64_t)(BIOS_HALT_SIZE - 1);
    uint64_t vector = (halt - BIOS_GPA) / BIOS_HALT_SIZE;

    return vector < BIOS_VECTORS && x86_is_firmware(vcpu, halt) ? (int)vector
                                                                : -1;
}

uint16_t x86_firmware_entry(unsigned vector)
{
    return entry_of(vector);
}

bool x86_firmware_serves(unsigned vector)
{
    return entry_of(vector) != halt_of(vector);
}
