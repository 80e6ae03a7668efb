/* SPDX-License-Identifier: MIT */
/*
 * A machine that is saved in the midst of any accesses, and another one that is
 * restored from it: both do the same from then on.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kvm/board/board.h"
#include "kvm/board/pc.h"
#include "kvm/board/pc_states.h"
#include "tests/unit/kvm/device/disk_fixture.h"

enum {
    SECTORS = 9,
    BEFORE = 6000,
    AFTER = 20000,
    DATE = 951782400,
    ROUNDS = 5
};

struct pc {
    struct board board;
    struct file file;
    uint64_t heard; /* of all that can be seen of it */
};

static void see(struct pc *pc, uint64_t value)
{
    pc->heard = (pc->heard ^ value) * UINT64_C(0x100000001b3);
}

static void hear(void *context, const char *text, size_t n)
{
    for (size_t i = 0; i < n; i++)
        see(context, (unsigned char)text[i]);
}

static struct pc *make(uint64_t date)
{
    struct pc *pc = calloc(1, sizeof *pc);
    const struct console_sink console = {hear, pc};
    const struct console_sink serial[BOARD_SERIAL_PORTS] = {console, console};

    cr_assert(pc != NULL);
    cr_assert(zero(int, board_init(&pc->board, console, serial, NULL)));
    pc->file = disk_file(SECTORS * DISK_SECTOR);
    cr_assert(zero(
        int, board_attach_disk(&pc->board, NULL, pc->file.path, false, NULL)));
    board_make_time_virtual(&pc->board, date);
    return pc;
}

static void drop(struct pc *pc)
{
    board_done(&pc->board);
    (void)close(pc->file.fd);
    free(pc);
}

/* --- what happens to it --- */

static uint32_t random_below(uint64_t *seed, uint32_t end)
{
    *seed = *seed * UINT64_C(6364136223846793005) + 1442695040888963407;
    return (uint32_t)(*seed >> 33) % end;
}

/* clang-format off */
static const struct block {
    uint16_t first, ports;
} blocks[] = {
    {PC_PIC_MASTER, 2}, {PC_PIC_SLAVE, 2}, {PC_ELCR, 2}, {PC_PIT, 4},
    {PC_SPEAKER, 1}, {PC_RTC, 2}, {PC_KBC_DATA, 1}, {PC_KBC_COMMAND, 1},
    {PC_PM_EVENT, 4}, {PC_PM_TIMER, 4}, {PC_RESET_CONTROL, 1},
    {PC_DEBUG_CONSOLE, 1}, {PC_ATA_COMMAND, 8}, {PC_ATA_CONTROL, 1},
    {PC_VGA, 16}, {PC_VGA_CRTC, 2}, {PC_VGA_STATUS, 1}, {PC_VBE, 2},
    {PC_COM1, 8}, {PC_COM2, 8},
};
/* clang-format on */

static void access_port(struct pc *pc, uint64_t *seed)
{
    const struct block *block =
        &blocks[random_below(seed, sizeof blocks / sizeof *blocks)];
    uint16_t port = (uint16_t)(block->first + random_below(seed, block->ports));
    bool out = random_below(seed, 2);
    uint8_t value = (uint8_t)random_below(seed, 256);
    uint8_t data[2] = {value, (uint8_t)random_below(seed, 256)};

    if (port == PC_ATA_COMMAND + 7)
        data[0] &= 0xef; /* READ, not WRITE: sectors are not saved */
    bus_io(&pc->board.bus, out, port, block->first == PC_VBE ? 2 : 1, 1, data);
    see(pc, out ? 0 : data[0] | (uint64_t)data[1] << 8);
}

static void access_memory(struct pc *pc, uint64_t *seed)
{
    static const struct {
        uint64_t gpa;
        uint32_t size;
    } places[] = {
        {PC_IOAPIC, 0x44}, {PC_VIRTIO, 0x110}, {LAPIC_BASE_RESET, 0x3f0}};
    unsigned i = random_below(seed, 3);
    uint64_t gpa = places[i].gpa + random_below(seed, places[i].size) / 16 * 16;
    bool write = random_below(seed, 2);
    uint32_t data = random_below(seed, 0x10000);

    if (i < 2)
        gpa += random_below(seed, 4) * 4;
    if (i == 2)
        (void)board_access_own(&pc->board, 0, write, gpa, 4, &data);
    else
        bus_mmio(&pc->board.bus, write, gpa, 4, &data);
    see(pc, write ? 0 : data);
}

static void type(struct pc *pc, uint64_t *seed)
{
    char c = (char)('a' + random_below(seed, 26));

    see(pc, (uint64_t)board_type(&pc->board, c, NULL));
    see(pc, serial_type(&pc->board.com[random_below(seed, 2)], &c, 1));
}

/* A timer's line may be late until somebody looks. */
static void pass_time(struct pc *pc, uint64_t *seed)
{
    static const unsigned prompt[] = {PC_IRQ_COM1, PC_IRQ_COM2, PC_IRQ_ATA,
                                      PC_IRQ_VIRTIO};
    struct board *board = &pc->board;
    uint64_t deadline;

    (void)machine_clock_jump(&board->clock, machine_clock_now(&board->clock) +
                                                random_below(seed, 2000000));
    deadline = board_deadline(board, 0);
    see(pc, deadline);
    see(pc, machine_clock_now(&board->clock));
    if (board_asks(board, 0) && random_below(seed, 2))
        see(pc, board_take(board, 0));
    see(pc, board_asks_nmi(board, 0));
    for (size_t i = 0; i < sizeof prompt / sizeof *prompt; i++)
        see(pc, irq_is_high(bus_line(&board->bus, prompt[i])));
}

static void live(struct pc *pc, uint64_t seed, unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        unsigned what = random_below(&seed, 16);

        if (what == 0)
            type(pc, &seed);
        else if (what < 4)
            pass_time(pc, &seed);
        else if (what < 8)
            access_memory(pc, &seed);
        else
            access_port(pc, &seed);
        see(pc, (uint64_t)atomic_exchange(&pc->board.end_code, GUEST_GOES_ON));
    }
}

/* --- saved, and restored --- */

static uint8_t *save(struct pc *pc)
{
    uint8_t *saved = malloc(board_saved_size(&pc->board));

    cr_assert(saved != NULL);
    board_save(&pc->board, saved);
    return saved;
}

static uint64_t live_on(struct pc *pc, uint64_t seed)
{
    pc->heard = 0;
    live(pc, seed, AFTER);
    return pc->heard;
}

Test(saved, goes_on_alike)
{
    for (uint64_t seed = 1; seed <= ROUNDS; seed++) {
        struct pc *pc = make(DATE);
        struct pc *twin = make(0);
        uint8_t *saved;

        live(pc, seed, BEFORE);
        live(twin, seed + ROUNDS, BEFORE);
        saved = save(pc);
        cr_assert(zero(int, board_restore(&twin->board, saved,
                                          board_saved_size(&pc->board), NULL)));
        cr_expect(eq(u64, live_on(twin, seed), live_on(pc, seed)), "seed %llu",
                  (unsigned long long)seed);
        free(saved);
        drop(twin);
        drop(pc);
    }
}

/* Back in time on the same machine. */
Test(saved, goes_on_twice)
{
    struct pc *pc = make(DATE);
    uint8_t *saved;
    uint64_t heard;

    live(pc, 1, BEFORE);
    saved = save(pc);
    heard = live_on(pc, 2);
    cr_assert(zero(int, board_restore(&pc->board, saved,
                                      board_saved_size(&pc->board), NULL)));
    cr_expect(eq(u64, live_on(pc, 2), heard));
    free(saved);
    drop(pc);
}

/* With one piece of it of another machine: does the twin go on otherwise? */
static bool counts(const struct pc_state *states, unsigned piece, uint64_t seed)
{
    struct pc *pc = make(DATE);
    struct pc *twin = make(DATE);
    uint8_t *other = save(twin);
    size_t size = board_saved_size(&pc->board);
    struct pc_state mine[PC_STATES_MAX];
    size_t at = size;
    bool differs;
    uint8_t *saved;

    live(pc, seed, BEFORE);
    saved = save(pc);
    for (unsigned n = pc_states(&pc->board, mine); n-- > piece;)
        at -= states[n].size;
    memcpy(saved + at, other + at, states[piece].size);
    cr_assert(zero(int, board_restore(&twin->board, saved, size, NULL)));
    differs = live_on(twin, seed) != live_on(pc, seed);
    free(saved);
    free(other);
    drop(twin);
    drop(pc);
    return differs;
}

/* Not each time: much of what a device knows is soon overwritten. */
Test(saved, all_of_it_counts)
{
    struct pc_state states[PC_STATES_MAX];
    struct pc *pc = make(DATE);
    unsigned n = pc_states(&pc->board, states);

    for (unsigned piece = 0; piece < n; piece++) {
        bool differs = false;

        for (uint64_t seed = 1; !differs && seed <= 20; seed++)
            differs = counts(states, piece, seed);
        cr_expect(differs, "piece %u", piece);
    }
    drop(pc);
}

Test(saved, of_another_machine)
{
    struct pc *pc = make(DATE);
    struct pc *twin = make(DATE);
    struct diag diag = {""};
    size_t size = board_saved_size(&pc->board);
    uint8_t *saved = save(pc);
    uint64_t heard = live_on(pc, 1);

    cr_expect(
        eq(int, board_restore(&twin->board, saved, size - 1, &diag), -EINVAL));
    cr_expect(ne(int, diag.text[0], 0));
    cr_expect(eq(int, board_restore(&twin->board, saved, 3, NULL), -EINVAL));
    saved[0] ^= 1;
    cr_expect(eq(int, board_restore(&twin->board, saved, size, NULL), -EINVAL));
    cr_expect(eq(u64, live_on(twin, 1), heard), "it has not changed");
    free(saved);
    drop(twin);
    drop(pc);
}
