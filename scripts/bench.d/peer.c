/* SPDX-License-Identifier: MIT */
#include "scripts/bench.d/peer.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <sys/mman.h>
#include <sys/prctl.h>

#include "scripts/bench.d/net.h"
#include "scripts/bench.d/probe.h"
#include "scripts/bench.d/spawn.h"

#define DEBUGGEE_BASE UINT64_C(0x10000000)
#define SECONDS       UINT64_C(1000000000)

/* --- what has to be there before the start --- */

static int write_image(struct stub *stub, enum guest_mode mode)
{
    uint8_t page[GUEST_SIZE];
    ssize_t written;
    int fd;

    strcpy(stub->argument, "/tmp/kvmgdb-bench-XXXXXX");
    fd = mkstemp(stub->argument);
    if (fd < 0)
        return -errno;
    guest_image(mode, page);
    written = write(fd, page, sizeof page);
    close(fd);
    return written == sizeof page ? 0 : -EIO;
}

/* QEMU does not tell which port it took, so it is given a free one. */
static int pick_port(struct stub *stub, enum guest_mode mode)
{
    int fd = net_listen(&stub->port);

    (void)mode;
    if (fd < 0)
        return fd;
    close(fd);
    (void)snprintf(stub->argument, sizeof stub->argument, "tcp:127.0.0.1:%u",
                   (unsigned)stub->port);
    return 0;
}

static void *map_debuggee(void)
{
    /* NOLINTNEXTLINE(performance-no-int-to-ptr): where it shall be */
    return mmap((void *)(uintptr_t)DEBUGGEE_BASE, (size_t)PEER_RAM_MIB << 20,
                PROT_READ | PROT_WRITE | PROT_EXEC,
                MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
}

static _Noreturn void debuggee_main(enum guest_mode mode)
{
    uint8_t *page = map_debuggee();
    void (*loop)(void);

    setpgid(0, 0); /* gdbserver interrupts a process group */
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY);
    if (page == MAP_FAILED)
        _exit(1);
    guest_image(mode, page);
    memcpy(&loop, &page, sizeof loop);
    loop();
    _exit(1);
}

/* gdbserver is given a process that runs the 64-bit loop. */
static int start_debuggee(struct stub *stub, enum guest_mode mode)
{
    stub->debuggee = fork();
    if (stub->debuggee < 0)
        return -errno;
    if (stub->debuggee == 0)
        debuggee_main(mode);
    (void)snprintf(stub->argument, sizeof stub->argument, "%d",
                   (int)stub->debuggee);
    return 0;
}

/* --- getting the guest to its loop --- */

/* A PC at reset, not yet run: the guest goes to address 0, CS and IP to 0.
 * P numbers are those of GDB's amd64 description: 0x10 rip, 0x12 cs. */
static int place_in_reset_pc(struct wire *wire, enum guest_mode mode)
{
    uint8_t page[GUEST_SIZE];
    int err;

    guest_image(mode, page);
    err = wire_poke(wire, 0, page, sizeof page);
    if (!err) /* QEMU knows no P before target.xml was read */
        err = wire_expect(wire, "qXfer:features:read:target.xml:0,ff0", "");
    if (!err)
        err = wire_expect(wire, "P12=00000000", "OK");
    return err ? err : wire_expect(wire, "P10=0000000000000000", "OK");
}

/* The process may have been attached to before it came to the loop. */
static int place_by_breakpoint(struct wire *wire, enum guest_mode mode)
{
    int err = wire_expect(wire, "Z0,10000000,1", "OK");

    (void)mode;
    if (!err)
        err = wire_expect(wire, "vCont;c", "T");
    return err ? err : wire_expect(wire, "z0,10000000,1", "OK");
}

/* --- the table --- */

/* Placeholders in argv. */
static const char mode_argument[] = "MODE";
static const char own_argument[] = "ARGUMENT";

/* clang-format off */
static const struct peer peers[] = {
    {
        .name = "kvmgdbstub",
        .ready = "listening on tcp:127.0.0.1:",
        .modes = 1u << GUEST_16 | 1u << GUEST_32 | 1u << GUEST_64,
        .prepare = write_image,
        .argv = {"kvmgdbstub", "-p", "0", "-m", "80M", "--mode",
                 mode_argument, own_argument},
    },
    {
        .name = "qemu",
        .modes = 1u << GUEST_16,
        .prepare = pick_port,
        .place = place_in_reset_pc,
        .argv = {"qemu-system-x86_64", "-accel", "kvm",
                 "-cpu", "max,-arch-capabilities", "-m", "80M", "-nodefaults",
                 "-display", "none", "-S", "-gdb",
                 own_argument},
    },
    {
        .name = "gdbserver",
        .ready = "Listening on port ",
        .base = DEBUGGEE_BASE,
        .modes = 1u << GUEST_64,
        .prepare = start_debuggee,
        .place = place_by_breakpoint,
        .argv = {"gdbserver", "--once", "--attach", "127.0.0.1:0",
                 own_argument},
    },
};
/* clang-format on */

_Static_assert(PEER_RAM_MIB == 80, "the -m of the table");

const struct peer *peer_find(const char *name)
{
    for (size_t i = 0; i < sizeof peers / sizeof *peers; i++)
        if (strcmp(peers[i].name, name) == 0)
            return &peers[i];
    return NULL;
}

static const char *fill_in(const char *arg, const struct stub *stub,
                           enum guest_mode mode)
{
    if (arg == mode_argument)
        return guests[mode].mode;
    return arg == own_argument ? stub->argument : arg;
}

static int launch(struct stub *stub, const struct peer *peer,
                  const char *program, enum guest_mode mode)
{
    const char *argv[PEER_ARGS] = {NULL};

    for (size_t i = 0; i < PEER_ARGS - 1 && peer->argv[i]; i++)
        argv[i] = fill_in(peer->argv[i], stub, mode);
    if (program)
        argv[0] = program;
    return spawn_logged(&stub->pid, argv, &stub->log);
}

/* Reads what the stub says until it has said the port. */
static int wait_for_port(struct stub *stub, const char *ready)
{
    char text[4096] = "";
    size_t n = 0;
    const char *at;

    for (;;) {
        ssize_t got = read(stub->log, text + n, sizeof text - 1 - n);

        if (got <= 0)
            return -ECHILD;
        n += (size_t)got;
        text[n] = '\0';
        at = strstr(text, ready);
        if (at && strchr(at, '\n'))
            break;
    }
    stub->port = (uint16_t)strtoul(at + strlen(ready), NULL, 10);
    return 0;
}

/* For a peer that says nothing: tries every 0.2 ms, for ten seconds. */
static int wait_for_listener(const struct stub *stub)
{
    const struct timespec pause = {.tv_nsec = 200000};
    uint64_t end = now_ns() + 10 * SECONDS;
    int fd;

    while ((fd = net_connect(stub->port)) < 0 && now_ns() < end)
        nanosleep(&pause, NULL);
    if (fd >= 0)
        close(fd);
    return fd < 0 ? fd : 0;
}

int stub_start(struct stub *stub, const struct peer *peer, const char *program,
               enum guest_mode mode)
{
    int err;

    *stub = (struct stub){0};
    err = peer->prepare(stub, mode);
    if (!err)
        err = launch(stub, peer, program, mode);
    if (!err)
        err = peer->ready ? wait_for_port(stub, peer->ready)
                          : wait_for_listener(stub);
    if (err)
        stub_stop(stub);
    return err;
}

void stub_stop(struct stub *stub)
{
    if (stub->pid > 0 && stub->log >= 0)
        close(stub->log);
    spawn_end(stub->pid);
    spawn_end(stub->debuggee);
    if (*stub->argument == '/')
        unlink(stub->argument);
    *stub = (struct stub){0};
}

int stub_connect(const struct stub *stub, const struct peer *peer,
                 enum guest_mode mode, struct wire *wire)
{
    int fd = net_connect(stub->port);
    int err = fd < 0 ? fd : wire_open(wire, fd);

    if (err)
        return err;
    err = peer->place ? peer->place(wire, mode) : 0;
    if (err)
        wire_close(wire);
    return err;
}
