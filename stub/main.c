/* SPDX-License-Identifier: MIT */
/* Puts the parts together; the one file that exits. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kvm/arch_cpu.h"
#include "kvm/image/image.h"
#include "stub/front/debugger.h"
#include "stub/front/gdb.h"
#include "stub/launch.h"
#include "stub/log.h"
#include "stub/machine_kvm.h"
#include "stub/monitor/monitor.h"
#include "stub/options/options.h"
#include "stub/result.h"
#include "stub/sandbox/broker.h"
#include "stub/sandbox/sandbox.h"
#include "stub/server/console.h"
#include "stub/server/line.h"
#include "stub/server/server.h"
#include "stub/server/terminal.h"
#include "stub/vnc/vnc.h"

static bool is_elf(const struct image *image)
{
    return image->kind == IMAGE_ELF32 || image->kind == IMAGE_ELF64;
}

static void main_announce(const struct address *address,
                          const struct options *options,
                          const struct image *image)
{
    char where[300];
    char line[LAUNCH_LINE];

    address_format(address, where, sizeof where);
    log_user("listening on %s", where);
    launch_line(line, sizeof line, address,
                is_elf(image) ? options->load.path : NULL);
    log_user("%s", line);
}

/* What belongs to a run. */
struct parts {
    const struct options *options;
    struct launch launch;
    struct broker broker;
    struct file_opener opener;
    struct console console;
    struct line lines[LINES]; /* of the serial ports */
    struct console_sink sinks[LINES];
    struct terminal terminal;
    bool has_terminal; /* it is the guest's */
    struct machine_kvm machine;
    struct vnc vnc;
};

/* From here on nothing is opened that was not foreseen. */
static int enter_sandbox(struct parts *parts, const struct address *address,
                         struct diag *diag)
{
    struct address addresses[1 + LINES + 1] = {*address};
    unsigned n = 1;

    for (unsigned i = 0; i < LINES; i++)
        addresses[n++] = parts->lines[i].target.address;
    if (parts->options->has_vnc)
        addresses[n++] = parts->vnc.address;
    broker_seal(&parts->broker, addresses, n);
    parts->vnc.owns_file = false;
    return parts->options->no_sandbox ? 0 : sandbox_enter(diag);
}

static void say_ready(struct parts *parts, const struct address *address,
                      const struct image *image)
{
    bool is_socket =
        address->kind == ADDRESS_TCP || address->kind == ADDRESS_UNIX;

    if (parts->options->gdb)
        launch_ready(&parts->launch, address);
    else if (is_socket)
        main_announce(address, parts->options, image);
}

static void announce_vnc(const struct vnc *vnc)
{
    char where[300];

    address_format(&vnc->address, where, sizeof where);
    log_user("VNC clients come to %s", where);
}

/* Not what packets come from, nor what gdb reads. */
static bool has_input(const struct options *options)
{
    return options->address.kind != ADDRESS_STDIO && !options->gdb;
}

/* Both begin when all is ready. */
static int begin_serving(struct parts *parts, struct server *server,
                         const struct address *address, struct diag *diag)
{
    int r = 0;

    if (parts->options->has_vnc)
        r = vnc_attach(&parts->vnc, server_loop(server),
                       &parts->machine.machine, diag);
    if (!r)
        r = enter_sandbox(parts, address, diag);
    if (!r && parts->options->has_vnc)
        announce_vnc(&parts->vnc);
    return r;
}

static int main_serve(struct parts *parts, struct debugger *d,
                      const struct image *image, struct diag *diag)
{
    const struct options *options = parts->options;
    struct server_config config = {
        .address = options->address,
        .once = options->gdb != NULL,
        .debugger = options->gdb ? parts->launch.debugger : -1,
        .timeout_ns = options->timeout_ns,
        .lines = {&parts->console, parts->lines},
        .has_input = has_input(options),
        .terminal = parts->has_terminal ? &parts->terminal : NULL};
    struct server *server;
    int r = server_create(&server, d, &config, diag);

    if (r < 0)
        return r;
    r = begin_serving(parts, server, &config.address, diag);
    if (!r) {
        say_ready(parts, &config.address, image);
        if (parts->has_terminal)
            log_user("keys go to the guest; Ctrl-A x leaves");
        if (options->run)
            debugger_start(d);
        server_run(server);
    }
    broker_end(&parts->broker); /* while the socket is open */
    vnc_detach(&parts->vnc);
    server_free(server);
    return r;
}

/* What there is to tell at the end. */
struct outcome {
    struct ending ending;
    struct result result;
};

static void note_place(struct result *result, struct vcpu *vcpu)
{
    result->has_place = true;
    result->pc = arch_pc(vcpu);
    arch_where(vcpu, result->where, sizeof result->where);
}

static int main_debug(struct parts *parts, const struct image *image,
                      struct outcome *ret, struct diag *diag)
{
    const struct options *options = parts->options;
    struct machine_kvm *machine = &parts->machine;
    /* Large, and much of it is never touched. */
    struct debugger *d = calloc(1, sizeof *d);
    int r;

    if (!d)
        return diag_set(diag, -ENOMEM, "out of memory");
    debugger_init(d, &machine->machine, image, &monitor_ops);
    d->follow_mode = options->follow_mode;
    d->on_detach = options->on_detach;
    d->on_disconnect = options->on_disconnect;
    d->on_kill = options->on_kill;
    d->on_stop = options->on_stop;
    d->engine.on_reset = options->on_reset;
    d->broker = &parts->broker;
    r = main_serve(parts, d, image, diag);
    ret->ending = d->ending;
    if (!r)
        note_place(&ret->result, &machine_kvm_vm(machine)->vcpu[0]);
    debugger_done(d);
    free(d);
    return r;
}

static int make_machine(struct parts *parts, struct image *ret,
                        struct diag *diag)
{
    const struct console_sink console = {console_put, &parts->console};

    for (unsigned i = 0; i < LINES; i++)
        parts->sinks[i] = line_sink(&parts->lines[i]);
    return machine_kvm_create(&parts->machine, parts->options, &parts->opener,
                              console, parts->sinks, ret, diag);
}

static int run_machine(struct parts *parts, struct outcome *ret,
                       struct diag *diag)
{
    struct image image;
    int r = make_machine(parts, &image, diag);

    if (r < 0)
        return r;
    r = main_debug(parts, &image, ret, diag);
    machine_kvm_destroy(&parts->machine);
    return r;
}

/* Is it one of a serial port's? */
static bool takes_terminal(const struct options *options)
{
    bool is_line = false;

    for (unsigned i = 0; i < LINES; i++)
        is_line |= options->serial[i].kind == LINE_STDIO;
    return is_line && has_input(options);
}

static int open_lines(struct parts *parts, struct diag *diag)
{
    int r = 0;

    for (unsigned i = 0; !r && i < LINES; i++)
        r = line_open(&parts->lines[i], i, &parts->options->serial[i],
                      &parts->console, diag);
    return r;
}

static void close_lines(struct parts *parts)
{
    for (unsigned i = 0; i < LINES; i++)
        line_close(&parts->lines[i]);
}

static int run_connected(struct parts *parts, struct outcome *ret,
                         struct diag *diag)
{
    bool stdio = parts->options->address.kind == ADDRESS_STDIO;
    int r;

    parts->console =
        (struct console){.fd = stdio ? STDERR_FILENO : STDOUT_FILENO};
    parts->opener = (struct file_opener){broker_open, &parts->broker};
    for (unsigned i = 0; i < LINES; i++)
        parts->lines[i].own.fd = -1;
    parts->has_terminal = takes_terminal(parts->options) &&
                          terminal_open(&parts->terminal, STDIN_FILENO);
    r = open_lines(parts, diag);
    if (!r)
        r = run_machine(parts, ret, diag);
    close_lines(parts);
    return r;
}

static int start_broker(struct parts *parts, struct diag *diag)
{
    const struct options *options = parts->options;
    struct broker_config config = {.image = options->load.path,
                                   .disk = options->disk,
                                   .initrd = options->load.initrd,
                                   .modules = options->load.module,
                                   .n_modules = options->load.n_modules,
                                   .files = -1};

    if (options->files)
        config.files = files_open_folder(options->files, diag);
    if (options->files && config.files < 0)
        return config.files;
    return broker_start(&parts->broker, &config, !options->no_sandbox, diag);
}

static int start_vnc(struct parts *parts, struct diag *diag)
{
    const struct options *options = parts->options;

    return options->has_vnc ? vnc_start(&parts->vnc, &options->vnc,
                                        !options->no_sandbox, diag)
                            : 0;
}

/* Until the end, of which *ret tells. Positive: another process has come to it,
 * and told of it, with this exit status. */
static int main_run(const struct options *options, struct outcome *ret,
                    struct diag *diag)
{
    struct parts parts = {.options = options, .vnc.listen = -1};
    int r = 0;

    if (options->gdb)
        r = launch_debugger(&parts.launch, options->gdb, options->load.path,
                            true, diag);
    if (r)
        return r;
    sandbox_drop_privileges();
    r = start_broker(&parts, diag);
    if (r < 0)
        return r;
    r = start_vnc(&parts, diag);
    if (!r)
        r = run_connected(&parts, ret, diag);
    broker_end(&parts.broker);
    vnc_end(&parts.vnc);
    return r;
}

/* Says what must be said; the exit status. */
static int main_conclude(struct outcome *outcome, int r, struct diag *diag)
{
    struct ending *ending = &outcome->ending;

    if (r < 0) {
        log_user("%s", diag->text);
        ending_set(ending, ENDING_FAILED, 0, "%s", diag->text);
    }
    if (result_write(&outcome->result, ending, diag) == 0)
        return ending_status(ending);
    log_user("%s", diag->text);
    return EXIT_FAILED;
}

/* r < 0: the command line was wrong, as diag says. */
static int main_work(const struct options *options, int r, struct diag *diag)
{
    struct outcome outcome = {.ending = {.kind = ENDING_NONE}};
    struct diag unwritable;

    if (result_open(&outcome.result, options->result, &unwritable) < 0) {
        log_user("%s", r < 0 ? diag->text : unwritable.text);
        return EXIT_FAILED;
    }
    outcome.result.guest = options->load.path;
    if (!r)
        r = main_run(options, &outcome, diag);
    if (r <= 0)
        return main_conclude(&outcome, r, diag);
    result_leave(&outcome.result);
    return r;
}

static int main_flushed(void)
{
    return log_flush_output() ? EXIT_SUCCESS : EXIT_FAILED;
}

/* Where one of the three is closed the next file that is opened would take its
 * number, and a client or the guest's memory get what is meant for a reader.
 * They can be used no more than before: to read from the first fails, and so
 * does to write to the others. */
static void hold_standard_streams(void)
{
    static const int access[] = {O_WRONLY, O_RDONLY, O_RDONLY};

    for (int fd = 0; fd <= STDERR_FILENO; fd++)
        if (fcntl(fd, F_GETFD) < 0)
            (void)open("/dev/null", access[fd]);
}

int main(int argc, char **argv)
{
    struct options options;
    struct diag diag = {""};

    hold_standard_streams();
    switch (options_parse(&options, argc, argv, &diag)) {
    case OPTIONS_HELP:
        options_print_help(stdout);
        return main_flushed();
    case OPTIONS_VERSION:
        (void)puts("kvmgdbstub " KVMGDB_VERSION);
        return main_flushed();
    case OPTIONS_DOCTOR:
        return doctor_run(&options.doctor);
    case OPTIONS_BAD:
        return main_work(&options, -EINVAL, &diag);
    case OPTIONS_RUN:
        break;
    }
    return main_work(&options, 0, &diag);
}
