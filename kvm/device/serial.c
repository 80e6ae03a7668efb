/* SPDX-License-Identifier: MIT */
#include "kvm/device/serial.h"

/*
 * What a driver uses, and what one reads to tell which chip this is: a plain
 * 16550A with FIFOs. What is received waits on the line as long as nobody reads
 * it, so there is no overrun, nor any other error of the line; the modem's
 * inputs do not change. So two of the four kinds of interrupt never come.
 * National Semiconductor PC16550D data sheet, section 8.
 *
 * A PC's adapter gates the interrupt with OUT2 (IBM PC Technical Reference,
 * "Asynchronous Communications Adapter"). Not here: kernels that were written
 * on emulators do not set it (xv6, uart.c).
 *
 * The sink is called without the lock, so it may take as long as it likes;
 * text of several vCPUs may interleave, as it would on the wire.
 */

/* Register offsets; DLL and DLM replace the first two while DLAB is set. */
enum { RBR_THR, IER, IIR_FCR, LCR, MCR, LSR, MSR, SCR, REGISTERS };

enum {
    IER_WRITABLE = 0x0f,
    IER_RECEIVED = 0x01,
    IER_THR_EMPTY = 0x02,
    IIR_NONE = 0x01, /* no interrupt pending */
    IIR_THR_EMPTY = 0x02,
    IIR_RECEIVED = 0x04,
    IIR_TIMEOUT = 0x0c, /* received, but less than the FIFO's trigger level */
    IIR_FIFOS = 0xc0,
    FCR_ENABLE = 0x01,
    FCR_CLEAR_RECEIVER = 0x02,
    FCR_TRIGGER_SHIFT = 6,
    LCR_DLAB = 0x80,
    MCR_WRITABLE = 0x1f,
    MCR_LOOP = 0x10,
    LSR_IDLE = 0x60, /* THR and transmitter empty */
    LSR_DATA = 0x01, /* a byte was received */
    MSR_READY = 0xb0 /* carrier, data set ready, clear to send */
};

/* In loopback the modem inputs are the modem outputs (data sheet 8.6.7):
 *   MCR   .   .   . LOOP OUT2 OUT1  RTS  DTR
 *   MSR DCD  RI DSR  CTS    .    .    .    .    (lower half: changes)
 * OUT2 -> DCD, OUT1 -> RI, DTR -> DSR, RTS -> CTS. */
static uint8_t looped_msr(uint8_t mcr)
{
    return (uint8_t)((mcr & 0x0c) << 4 | (mcr & 0x01) << 5 | (mcr & 0x02) << 3);
}

/* --- interrupts --- */

/* How much must have been received for an interrupt: "FIFO Control Register",
 * bits 6 and 7; without FIFOs a byte is all there is room for. */
static size_t trigger_level(const struct serial *s)
{
    static const uint8_t levels[] = {1, 4, 8, 14};

    return s->state.fcr & FCR_ENABLE ? levels[s->state.fcr >> FCR_TRIGGER_SHIFT]
                                     : 1;
}

/* What "Interrupt Identification Register" has: the enabled one of the highest
 * priority. The four characters' time after which less than the trigger level
 * is told, too, is always over. */
static uint8_t serial_pending(const struct serial *s)
{
    if (s->state.ier & IER_RECEIVED && s->state.n_typed)
        return s->state.n_typed < trigger_level(s) ? IIR_TIMEOUT : IIR_RECEIVED;
    return s->state.ier & IER_THR_EMPTY && s->state.thr_emptied ? IIR_THR_EMPTY
                                                                : IIR_NONE;
}

static void serial_update_line(const struct serial *s)
{
    irq_set(s->irq, serial_pending(s) != IIR_NONE);
}

/* Told once: reading it takes back "THR empty". */
static uint8_t read_iir(struct serial *s)
{
    uint8_t id = serial_pending(s);

    if (id == IIR_THR_EMPTY)
        s->state.thr_emptied = false;
    return s->state.fcr & FCR_ENABLE ? IIR_FIFOS | id : id;
}

/* THR is full while a byte goes out, which takes no time here. But the line
 * falls and rises, which an edge-triggered controller has to see. */
static void refill_thr(struct serial *s)
{
    s->state.thr_emptied = false;
    serial_update_line(s);
    s->state.thr_emptied = true;
}

/* Enabling the one of an empty THR, as it always is here, gives one at once:
 * drivers start their output so, and test for it (Linux, 8250_port.c). */
static void enable_interrupts(struct serial *s, uint8_t ier)
{
    if (ier & ~s->state.ier & IER_THR_EMPTY)
        s->state.thr_emptied = true;
    s->state.ier = ier;
}

/* --- registers --- */

static uint8_t serial_receive(struct serial *s)
{
    char byte = s->state.typed[s->state.next_typed];

    if (!s->state.n_typed)
        return 0;
    s->state.next_typed = (s->state.next_typed + 1) % SERIAL_TYPED_MAX;
    s->state.n_typed--;
    return (uint8_t)byte;
}

static uint8_t serial_read_register(struct serial *s, uint64_t offset)
{
    bool dlab = s->state.lcr & LCR_DLAB;

    if (offset == RBR_THR && !dlab)
        return serial_receive(s);
    if (offset == IIR_FCR)
        return read_iir(s);

    const uint8_t value[REGISTERS] = {
        [RBR_THR] = s->state.dll,
        [IER] = dlab ? s->state.dlm : s->state.ier,
        [LCR] = s->state.lcr,
        [MCR] = s->state.mcr,
        [LSR] = s->state.n_typed ? LSR_IDLE | LSR_DATA : LSR_IDLE,
        [MSR] = s->state.mcr & MCR_LOOP ? looped_msr(s->state.mcr) : MSR_READY,
        [SCR] = s->state.scr,
    };

    return value[offset];
}

/* True for a byte that goes out on the wire. */
static bool serial_transmits(const struct serial *s, uint64_t offset)
{
    return offset == RBR_THR && !(s->state.lcr & LCR_DLAB) &&
           !(s->state.mcr & MCR_LOOP);
}

static void serial_write_register(struct serial *s, uint64_t offset,
                                  uint8_t value)
{
    bool dlab = s->state.lcr & LCR_DLAB;
    struct {
        uint8_t *held;
        uint8_t mask;
    } const target[REGISTERS] = {
        [RBR_THR] = {dlab ? &s->state.dll : NULL, 0xff},
        [IER] = {dlab ? &s->state.dlm : NULL, 0xff},
        [IIR_FCR] = {&s->state.fcr, 0xff},
        [LCR] = {&s->state.lcr, 0xff},
        [MCR] = {&s->state.mcr, MCR_WRITABLE},
        [SCR] = {&s->state.scr, 0xff}, /* LSR and MSR are read-only */
    };

    if (target[offset].held)
        *target[offset].held = value & target[offset].mask;
    if (offset == IIR_FCR && value & FCR_CLEAR_RECEIVER)
        s->state.n_typed = 0;
    if (offset == RBR_THR && !dlab)
        refill_thr(s);
    if (offset == IER && !dlab)
        enable_interrupts(s, value & IER_WRITABLE);
}

size_t serial_type(struct serial *serial, const char *text, size_t n)
{
    size_t done = 0;

    (void)pthread_mutex_lock(&serial->lock);
    for (; done < n && serial->state.n_typed < SERIAL_TYPED_MAX; done++) {
        size_t end = serial->state.next_typed + serial->state.n_typed++;

        serial->state.typed[end % SERIAL_TYPED_MAX] = text[done];
    }
    serial_update_line(serial);
    (void)pthread_mutex_unlock(&serial->lock);
    return done;
}

bool serial_heeds_input(struct serial *serial)
{
    bool heeds;

    (void)pthread_mutex_lock(&serial->lock);
    heeds = serial->state.ier & IER_RECEIVED;
    (void)pthread_mutex_unlock(&serial->lock);
    return heeds;
}

static uint64_t serial_read(void *device, uint64_t offset, unsigned size)
{
    struct serial *s = device;
    uint64_t value;

    (void)size;
    (void)pthread_mutex_lock(&s->lock);
    value = serial_read_register(s, offset);
    serial_update_line(s);
    (void)pthread_mutex_unlock(&s->lock);
    return value;
}

static void serial_write_byte(struct serial *s, uint64_t offset, uint8_t byte)
{
    bool sent;
    char text = (char)byte;

    (void)pthread_mutex_lock(&s->lock);
    sent = serial_transmits(s, offset);
    serial_write_register(s, offset, byte);
    serial_update_line(s);
    (void)pthread_mutex_unlock(&s->lock);
    if (sent)
        s->sink.put(s->sink.context, &text, 1);
}

static void serial_write(void *device, uint64_t offset, unsigned size,
                         uint64_t value)
{
    (void)size;
    serial_write_byte(device, offset, (uint8_t)value);
}

/* A string to the transmitter reaches the sink in one piece. */
static void serial_write_bytes(void *device, uint64_t offset,
                               const uint8_t *bytes, size_t n)
{
    struct serial *s = device;
    bool sent;

    (void)pthread_mutex_lock(&s->lock);
    sent = serial_transmits(s, offset) && n > 0;
    if (sent) {
        refill_thr(s);
        serial_update_line(s);
    }
    (void)pthread_mutex_unlock(&s->lock);
    if (sent)
        s->sink.put(s->sink.context, (const char *)bytes, n);
    else if (n > 0) /* each overwrites the one before */
        serial_write_byte(s, offset, bytes[n - 1]);
}

void serial_init(struct serial *serial, struct console_sink sink)
{
    *serial = (struct serial){.sink = sink};
    (void)pthread_mutex_init(&serial->lock, NULL);
}

static void serial_drive(void *device, struct irq_line *line)
{
    ((struct serial *)device)->irq = line;
}

const struct device_kind serial_kind = {
    .name = "serial port",
    .state = DEVICE_STATE(struct serial, state),
    .block = {{REGISTERS,
               {serial_read, serial_write, serial_write_bytes, true}}},
    .drive = serial_drive,
};

/* Bochs: a read of port 0xe9 that gives 0xe9 says that the console is there. */
static uint64_t debug_console_read(void *device, uint64_t offset, unsigned size)
{
    (void)device, (void)offset, (void)size;
    return DEBUG_CONSOLE_ID;
}

static void debug_console_write_bytes(void *device, uint64_t offset,
                                      const uint8_t *bytes, size_t n)
{
    const struct console_sink *sink = device;

    (void)offset;
    sink->put(sink->context, (const char *)bytes, n);
}

static void debug_console_write(void *device, uint64_t offset, unsigned size,
                                uint64_t value)
{
    uint8_t byte = (uint8_t)value;

    (void)size; /* one port: never more than a byte */
    debug_console_write_bytes(device, offset, &byte, 1);
}

const struct device_kind debug_console_kind = {
    .name = "debug console",
    .block = {{1,
               {debug_console_read, debug_console_write,
                debug_console_write_bytes, false}}},
};
