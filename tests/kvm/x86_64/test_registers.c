/* SPDX-License-Identifier: MIT */
/*
 * Every register that a client is told of, on this host's KVM: written with P,
 * read back with p from what KVM has then; all of them with g and G; and what
 * must not be written is refused and leaves no trace.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "kvm/image/image.h"
#include "kvm/vm/types.h"
#include "kvm/vm/vm.h"
#include "kvm/x86_64/state/state.h"
#include "rsp/session.h"
#include "stub/arch.h"
#include "stub/front/debugger.h"
#include "stub/machine_kvm.h"
#include "stub/monitor/monitor.h"
#include "tests/support/wire.h"
#include "tests/unit/stub/x86_64/x86_values.h"

enum {
    SKIP = 77,
    MEMORY = 16 << 20,
    VALUE_MAX = 2 * RSP_REG_MAX_BYTES + 1,
    PACKET_MAX = 1 << 16,
};

struct client {
    const char *label;
    enum cpu_mode mode;
    bool lldb;
};

static const struct client clients[] = {
    {"GDB, 16 bit", CPU_MODE_REAL, false},
    {"GDB, 32 bit", CPU_MODE_PROT, false},
    {"GDB, 64 bit", CPU_MODE_LONG, false},
    {"LLDB, 16 bit", CPU_MODE_REAL, true},
    {"LLDB, 64 bit", CPU_MODE_LONG, true},
};

static struct machine_kvm machine;
static struct debugger debugger;
static unsigned checked;
static unsigned failures;

static void expect(bool good, const char *label, const char *name,
                   const char *saw)
{
    checked++;
    if (good)
        return;
    failures++;
    (void)printf("FAIL  %s: %s: %s\n", label, name, saw);
}

/* --- a guest and its client --- */

static struct vm *the_vm(void)
{
    return machine_kvm_vm(&machine);
}

static const char *ask(const char *packet)
{
    return wire_ask(&debugger.session, packet);
}

static const struct rsp_desc *description(void)
{
    return debugger.session.desc;
}

static bool begin(const struct client *client)
{
    const struct vm_config config = {.memory = MEMORY, .n_vcpus = 1};
    const struct image image = {.kind = IMAGE_FLAT, .mode = client->mode};
    struct diag diag = {""};

    machine_kvm_init(&machine);
    if (vm_create(the_vm(), &config, &diag) < 0 ||
        vm_boot(the_vm(), &image, &diag) < 0) {
        expect(false, client->label, "begin", diag.text);
        return false;
    }
    debugger_init(&debugger, &machine.machine, &image, &monitor_ops);
    rsp_connect(&debugger.session, false);
    (void)ask("QStartNoAckMode");
    if (client->lldb)
        (void)ask("QThreadSuffixSupported");
    (void)ask("qXfer:features:read:target.xml:0,1");
    return true;
}

static void end(void)
{
    debugger_done(&debugger);
    vm_destroy(the_vm());
}

/* The next look is at what KVM has. */
static void forget(void)
{
    struct vcpu *vcpu = &the_vm()->vcpu[0];

    expect(!x86_flush(vcpu) && !x86_refetch(vcpu, ~0u), "KVM", "flush",
           "failed");
}

/* Of the register at this index (rsp/regs.h). */
static size_t number_of(size_t i)
{
    return i < description()->n_base ? i : i + description()->n_foreign;
}

static void read_register(size_t i, char *ret)
{
    char packet[32];

    (void)snprintf(packet, sizeof packet, "p%zx", number_of(i));
    (void)snprintf(ret, VALUE_MAX, "%s", ask(packet));
}

static const char *write_register(size_t i, const char *digits)
{
    char packet[32 + VALUE_MAX];

    (void)snprintf(packet, sizeof packet, "P%zx=%s", number_of(i), digits);
    return ask(packet);
}

/* --- round trips --- */

/* Selectors must be those of descriptors that are there, but in real mode. */
static bool may_change(const struct rsp_reg *reg, enum cpu_mode mode)
{
    static const char selectors[] = " cs ss ds es fs gs ";
    char name[32];

    (void)snprintf(name, sizeof name, " %s ", reg->name);
    return mode == CPU_MODE_REAL || !strstr(selectors, name);
}

static void randomize(const struct rsp_reg *reg, char *digits)
{
    uint8_t value[RSP_REG_MAX_BYTES] = {0};
    size_t n = reg->bits / 8u;

    for (size_t i = 0; i < n; i++)
        (void)sscanf(digits + 2 * i, "%2hhx", &value[i]);
    x86_randomize(reg, value);
    for (size_t i = 0; i < n; i++)
        (void)snprintf(digits + 2 * i, 3, "%02x", value[i]);
}

static void round_trip(const struct client *client, size_t i)
{
    const struct rsp_reg *reg = &description()->regs[i];
    char wanted[VALUE_MAX];
    char got[VALUE_MAX];

    read_register(i, wanted);
    expect(strlen(wanted) == reg->bits / 4u, client->label, reg->name, wanted);
    if (may_change(reg, client->mode))
        randomize(reg, wanted);
    expect(!strcmp(write_register(i, wanted), "OK"), client->label, reg->name,
           debugger.error);
    forget();
    read_register(i, got);
    expect(x86_moves(reg) || !strcmp(got, wanted), client->label, reg->name,
           got);
}

static void round_trips(const struct client *client)
{
    if (!begin(client))
        return;
    for (size_t i = 0; i < description()->n_regs; i++)
        round_trip(client, i);
    (void)printf("%s: %zu registers\n", client->label, description()->n_regs);
    end();
}

static const char *ask_long(const char *payload)
{
    static char packet[2 * PACKET_MAX];
    size_t n = wire_frame(packet, sizeof packet, payload, strlen(payload));

    (void)wire_feed(&debugger.session, packet, n, n);
    return wire_take(&debugger.session);
}

/* As long as the description says, nothing unknown, and taken back. */
static void all_at_once(const struct client *client)
{
    static char payload[PACKET_MAX] = "G";
    size_t bits = 0;
    size_t n;

    if (!begin(client))
        return;
    for (size_t r = 0; r < description()->n_regs; r++)
        bits += description()->regs[r].bits;
    (void)snprintf(payload + 1, sizeof payload - 1, "%s", ask("g"));
    n = strlen(payload);
    expect(n - 1 == bits / 4, client->label, "g", "not of this length");
    expect(strspn(payload + 1, "0123456789abcdef") == n - 1, client->label, "g",
           "something is unknown");
    expect(!strcmp(ask_long(payload), "[OK]"), client->label, "G",
           debugger.error);
    end();
}

/* --- refusals --- */

/* clang-format off */
static const struct refusal {
    const char *label;
    enum cpu_mode mode;
    const char *name, *value; /* little endian */
} refusals[] = {
    {"PG without PE",          CPU_MODE_REAL, "cr0",   "10000080"},
    {"NW without CD",          CPU_MODE_REAL, "cr0",   "10000020"},
    {"no paging in 64 bit",    CPU_MODE_LONG, "cr0",   "31000000"},
    {"a reserved bit",         CPU_MODE_REAL, "cr4",   "00800000"},
    {"no PAE in 64 bit",       CPU_MODE_LONG, "cr4",   "00060000"},
    {"five bits",              CPU_MODE_LONG, "cr8",   "1000000000000000"},
    {"a reserved bit",         CPU_MODE_REAL, "efer",  "00000080"},
    {"LMA alone",              CPU_MODE_PROT, "efer",  "00040000"},
    {"not canonical",          CPU_MODE_LONG, "gdtr_base", "0000000000000080"},
    {"not canonical",          CPU_MODE_LONG, "rip",   "0000000000000080"},
    {"not canonical",          CPU_MODE_LONG, "ip",    "0000000000000080"},
    {"not canonical",          CPU_MODE_LONG, "lstar", "0000000000000080"},
    {"33 bits",                CPU_MODE_PROT, "ip",    "0000000001000000"},
    {"beyond 64 KiB",          CPU_MODE_REAL, "eip",   "00000100"},
    {"VM",                     CPU_MODE_PROT, "eflags", "02000200"},
    {"data",                   CPU_MODE_PROT, "cs",    "10000000"},
    {"code",                   CPU_MODE_PROT, "ss",    "08000000"},
    {"not busy",               CPU_MODE_LONG, "tr_attr", "89000000"},
    {"data",                   CPU_MODE_LONG, "cs_attr", "93a00000"},
    {"null",                   CPU_MODE_PROT, "cs",    "00000000"},
    {"beyond the GDT",         CPU_MODE_PROT, "ds",    "28000000"},
    {"64-bit code in 32 bits", CPU_MODE_PROT, "cs_attr", "9ba00000"},
    {"a reserved bit",         CPU_MODE_REAL, "mxcsr", "80ff0f00"},
};
/* clang-format on */

static size_t index_of(const char *name)
{
    size_t i = 0;

    while (i < description()->n_regs &&
           strcmp(description()->regs[i].name, name) != 0)
        i++;
    return i;
}

static void refuse(const struct refusal *row)
{
    const struct client client = {row->label, row->mode, false};
    char before[VALUE_MAX];
    char after[VALUE_MAX];
    size_t i;

    if (!begin(&client))
        return;
    i = index_of(row->name);
    read_register(i, before);
    expect(write_register(i, row->value)[0] == 'E', row->label, row->name,
           "was taken");
    expect(debugger.error[0], row->label, row->name, "no reason given");
    (void)printf("%s\n", debugger.error);
    read_register(i, after);
    expect(!strcmp(before, after), row->label, row->name, after);
    forget();
    read_register(i, after);
    expect(!strcmp(before, after), row->label, row->name, after);
    end();
}

/* All registers get other values, but for one that is to be refused. */
static void change_all(const struct refusal *row, char *digits)
{
    char value[VALUE_MAX];

    for (size_t i = 0; i < description()->n_regs; i++) {
        const struct rsp_reg *reg = &description()->regs[i];
        size_t n = reg->bits / 4u;

        (void)snprintf(value, sizeof value, "%.*s", (int)n, digits);
        if (may_change(reg, row->mode))
            randomize(reg, value);
        memcpy(digits, i == index_of(row->name) ? row->value : value, n);
        digits += n;
    }
}

static void compare_all(const struct refusal *row, const char *before,
                        const char *after)
{
    size_t at = 0;

    for (size_t i = 0; i < description()->n_regs; i++) {
        const struct rsp_reg *reg = &description()->regs[i];
        size_t n = reg->bits / 4u;

        expect(x86_moves(reg) || !strncmp(before + at, after + at, n),
               row->label, reg->name, "not as it was");
        at += n;
    }
}

/* With one of them all are refused. */
static void refuse_all(const struct refusal *row)
{
    static char before[PACKET_MAX];
    static char payload[PACKET_MAX];
    const struct client client = {row->label, row->mode, false};

    if (!begin(&client))
        return;
    (void)snprintf(before, sizeof before, "%s", ask("g"));
    payload[0] = 'G';
    memcpy(payload + 1, before, sizeof payload - 1);
    change_all(row, payload + 1);
    expect(ask_long(payload)[1] == 'E', row->label, "G", "was taken");
    compare_all(row, before, ask("g"));
    forget();
    compare_all(row, before, ask("g"));
    end();
}

static bool kvm_is_there(void)
{
    int fd = open(VM_DEVICE, O_RDWR | O_CLOEXEC);

    if (fd < 0) {
        (void)printf("SKIP: %s: %s\n", VM_DEVICE, strerror(errno));
        return false;
    }
    (void)close(fd);
    return true;
}

int main(void)
{
    if (!kvm_is_there())
        return SKIP;
    for (size_t i = 0; i < sizeof clients / sizeof clients[0]; i++) {
        round_trips(&clients[i]);
        all_at_once(&clients[i]);
    }
    for (size_t i = 0; i < sizeof refusals / sizeof refusals[0]; i++) {
        refuse(&refusals[i]);
        refuse_all(&refusals[i]);
    }
    (void)printf("%u of %u checks failed\n", failures, checked);
    return failures || !checked;
}
