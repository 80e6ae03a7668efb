/* SPDX-License-Identifier: MIT */
/*
 *   lines --+--> pic --INT--+--> LINT0 of each CPU's local APIC --> the CPU
 *           |               '--> pin 0 \\                      ^
 *           '-------------------------> ioapic --messages-----'
 *                       (line 0: pin 2)
 *
 * Locks are taken in this order: a device's, pic, ioapic, lapic. What a local
 * APIC has for others goes out when it is unlocked.
 */
#include "kvm/board/pc_interrupt.h"

#include "kvm/board/board.h"
#include "kvm/board/pc.h"

/* --- lines --- */

static void pc_interrupt_hear_line(void *context, unsigned line, bool high)
{
    struct board *board = context;

    if (line < PIC_INPUTS) {
        const struct irq_sink pic = pic_sink(&board->pic);

        pic.set(pic.context, line, high);
    }
    ioapic_drive_pin(&board->ioapic, line == PC_IRQ_PIT ? PC_PIN_PIT : line,
                     high);
}

static void hear_pic(void *context, unsigned line, bool high)
{
    struct board *board = context;

    (void)line;
    for (unsigned i = 0; i < board->n_cpus; i++)
        lapic_drive_pin(&board->of_cpu[i].lapic, 0, high);
    ioapic_drive_pin(&board->ioapic, PC_PIN_PIC, high);
}

int pc_interrupt_connect(struct board *board, struct diag *diag)
{
    const struct irq_sink sink = {pc_interrupt_hear_line, board};
    int err = 0;

    for (unsigned n = 0; !err && n < BUS_LINES; n++)
        if (n != PIC_CASCADE)
            err = bus_connect(&board->bus, n, &sink, diag);
    return err;
}

/* --- messages --- */

/* Of those that it is for, the one that does what matters least (Intel SDM 3A
 * 11.6.2.4). */
static struct lapic *least_busy(struct board *board,
                                const struct apic_message *message,
                                const struct board_cpu *sender)
{
    struct lapic *found = NULL;

    for (unsigned i = 0; i < board->n_cpus; i++) {
        struct board_cpu *cpu = &board->of_cpu[i];

        if (lapic_is_meant(&cpu->lapic, message, cpu == sender) &&
            (!found ||
             lapic_get_priority(&cpu->lapic) < lapic_get_priority(found)))
            found = &cpu->lapic;
    }
    return found;
}

/* True: somebody has taken it. */
static bool post(struct board *board, const struct apic_message *message,
                 const struct board_cpu *sender)
{
    bool taken = false;

    if (message->mode == APIC_LOWEST) {
        struct lapic *to = least_busy(board, message, sender);

        return to && lapic_get(to, message);
    }
    for (unsigned i = 0; i < board->n_cpus; i++) {
        struct board_cpu *cpu = &board->of_cpu[i];

        if (lapic_is_meant(&cpu->lapic, message, cpu == sender))
            taken |= lapic_get(&cpu->lapic, message);
    }
    return taken;
}

static bool send_of_ioapic(void *context, const struct apic_message *message)
{
    return post(context, message, NULL);
}

static void send_of_cpu(void *context, const struct apic_message *message)
{
    struct board_cpu *cpu = context;

    (void)post(cpu->board, message, cpu);
}

static void end_of_cpu(void *context, uint8_t vector)
{
    struct board_cpu *cpu = context;

    ioapic_hear_end(&cpu->board->ioapic, vector);
}

/* INIT makes the first CPU begin at the reset vector (11.6.1): the machine is
 * reset, as by the keyboard controller. */
static void more_for_cpu(void *context)
{
    struct board_cpu *cpu = context;

    if (cpu == &cpu->board->of_cpu[0] &&
        lapic_is_asking(&cpu->lapic) & LAPIC_INIT &&
        lapic_take_init(&cpu->lapic))
        atomic_store(&cpu->board->end_code, GUEST_RESET_BY_INIT);
    if (cpu->interrupt)
        cpu->interrupt(cpu->cpu);
}

/* --- time --- */

static bool heeds_message(struct board *board,
                          const struct apic_message *message)
{
    for (unsigned i = 0; i < board->n_cpus; i++) {
        struct lapic *lapic = &board->of_cpu[i].lapic;

        if (lapic_is_meant(lapic, message, false) &&
            lapic_is_heeding(lapic, message))
            return true;
    }
    return false;
}

static bool heeds_pin(struct board *board, unsigned pin)
{
    struct apic_message message;

    return ioapic_is_heeding(&board->ioapic, pin, &message) &&
           heeds_message(board, &message);
}

static bool heeds_pic(struct board *board)
{
    for (unsigned i = 0; i < board->n_cpus; i++)
        if (lapic_is_heeding_pin(&board->of_cpu[i].lapic))
            return true;
    return heeds_pin(board, PC_PIN_PIC);
}

/* Would a CPU be asked for an interrupt if the line rose? */
static bool heeds_line(struct board *board, unsigned line)
{
    return (pic_is_heeding(&board->pic, line) && heeds_pic(board)) ||
           heeds_pin(board, line == PC_IRQ_PIT ? PC_PIN_PIT : line);
}

bool board_awaits_input(struct board *board)
{
    static const unsigned lines[BOARD_SERIAL_PORTS] = {PC_IRQ_COM1,
                                                       PC_IRQ_COM2};

    for (unsigned i = 0; i < BOARD_SERIAL_PORTS; i++)
        if (atomic_load(&board->expects_input[i]) &&
            serial_heeds_input(&board->com[i]) && heeds_line(board, lines[i]))
            return true;
    return board->expects_keys && kbc_heeds_keys(&board->kbc) &&
           heeds_line(board, PC_IRQ_KBC);
}

static uint64_t earlier(struct board *board, unsigned line, uint64_t deadline,
                        uint64_t than)
{
    return deadline < than && heeds_line(board, line) ? deadline : than;
}

/* A deadline of a line that is held off is none. */
static uint64_t settle(struct board *board)
{
    uint64_t pit = pit_settle(&board->pit);
    uint64_t rtc = rtc_settle(&board->rtc);
    uint64_t kbc = kbc_settle(&board->kbc);
    uint64_t pm = pm_settle(&board->pm);
    uint64_t first = earlier(board, PC_IRQ_PIT, pit, CLOCK_NEVER);

    first = earlier(board, PC_IRQ_RTC, rtc, first);
    first = earlier(board, PC_IRQ_KBC, kbc, first);
    return earlier(board, PC_IRQ_SCI, pm, first);
}

static void before_access(void *context)
{
    (void)settle(context);
}

static uint64_t settle_for(struct board *board, unsigned index)
{
    uint64_t shared = settle(board);
    uint64_t own = lapic_settle(&board->of_cpu[index].lapic);

    return index == 0 && shared < own ? shared : own;
}

uint64_t board_deadline(struct board *board, unsigned index)
{
    struct board_cpu *cpu = &board->of_cpu[index];

    if (index >= board->n_cpus)
        return CLOCK_NEVER;
    if (atomic_load(&board->changes) == cpu->seen &&
        (cpu->deadline == CLOCK_NEVER ||
         machine_clock_now(&board->clock) < cpu->deadline))
        return cpu->deadline;
    cpu->deadline = settle_for(board, index);
    cpu->seen = atomic_load(&board->changes); /* that was settle() itself */
    return cpu->deadline;
}

/* --- for the CPU --- */

uint8_t board_take(struct board *board, unsigned cpu)
{
    struct lapic_taken taken = lapic_take(&board->of_cpu[cpu].lapic);

    return taken.from == LAPIC_TOOK_EXTERNAL ? pic_take(&board->pic)
                                             : taken.vector;
}

void board_give_back(struct board *board, unsigned cpu)
{
    struct lapic *lapic = &board->of_cpu[cpu].lapic;

    if (lapic->taken.from == LAPIC_TOOK_EXTERNAL)
        pic_give_back(&board->pic);
    lapic_give_back(lapic);
}

void board_take_nmi(struct board *board, unsigned cpu)
{
    (void)lapic_take_nmi(&board->of_cpu[cpu].lapic);
}

void board_give_back_nmi(struct board *board, unsigned cpu)
{
    lapic_give_back_nmi(&board->of_cpu[cpu].lapic);
}

bool board_access_own(struct board *board, unsigned index, bool is_write,
                      uint64_t gpa, unsigned size, void *data)
{
    struct board_cpu *cpu = &board->of_cpu[index];

    if (index >= board->n_cpus || !lapic_is_at(&cpu->lapic, gpa))
        return false;
    (void)settle(board);
    lapic_access(&cpu->lapic, is_write, gpa % LAPIC_PAGE, size, data);
    return true;
}

void board_hear_cpu(struct board *board, unsigned index, uint8_t cr8,
                    uint64_t apic_base)
{
    struct lapic *lapic = &board->of_cpu[index].lapic;

    if (index >= board->n_cpus)
        return;
    lapic_change_base(lapic, apic_base);
    lapic_set_cr8(lapic, cr8);
}

/* --- set-up --- */

/* The first one is as a BIOS leaves it, the others wait. */
static void pc_interrupt_add_cpu(struct board *board)
{
    unsigned index = board->n_cpus++;
    struct board_cpu *cpu = &board->of_cpu[index];
    const struct lapic_host host = {more_for_cpu, send_of_cpu, end_of_cpu, cpu};

    *cpu = (struct board_cpu){.board = board, .deadline = CLOCK_NEVER};
    lapic_init(&cpu->lapic, index, &board->clock, &board->changes, host);
    if (index == 0)
        lapic_post(&cpu->lapic.state);
}

void board_connect_cpu(struct board *board, unsigned index,
                       void (*interrupt)(void *context), void *context)
{
    while (board->n_cpus <= index)
        pc_interrupt_add_cpu(board);
    board->of_cpu[index].interrupt = interrupt;
    board->of_cpu[index].cpu = context;
}

void pc_interrupt_init(struct board *board)
{
    const struct pic_host pic = {before_access, board};
    const struct ioapic_host ioapic = {send_of_ioapic, before_access, board};
    const struct irq_sink out = {hear_pic, board};

    atomic_store(&board->changes, 1);
    board->n_cpus = 0;
    pc_interrupt_add_cpu(board);
    pic_init(&board->pic, &board->changes);
    pic_connect(&board->pic, pic);
    irq_connect(&board->pic.out, &out);
    ioapic_init(&board->ioapic, &board->changes, ioapic);
}
