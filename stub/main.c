/* SPDX-License-Identifier: MIT */
/* Puts the parts together; the one file that exits. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kvm/arch.h"
#include "kvm/vm.h"
#include "stub/console.h"
#include "stub/launch.h"
#include "stub/log.h"
#include "stub/options.h"
#include "stub/result.h"
#include "stub/server.h"

static bool is_elf(const struct image *image)
{
    return image->kind == IMAGE_ELF32 || image->kind == IMAGE_ELF64;
}

static void announce(const struct address *address,
                     const struct options *options, const struct image *image)
{
    char where[300];
    char line[LAUNCH_LINE];

    address_format(address, where, sizeof where);
    log_user("listening on %s", where);
    launch_line(line, sizeof line, address,
                is_elf(image) ? options->load.path : NULL);
    log_user("%s", line);
}

static int serve(const struct options *options, const struct image *image,
                 struct debugger *d, struct launch *launch,
                 struct console *console, struct diag *diag)
{
    struct server_config config = {.address = options->address,
                                   .once = options->gdb != NULL,
                                   .timeout_ns = options->timeout_ns};
    struct server *server;
    int r = server_create(&server, d, &config, diag);

    if (r < 0)
        return r;
    console->loop = server_descriptor(server);
    if (options->gdb) {
        launch_ready(launch, &config.address);
    } else if (config.address.kind == ADDRESS_TCP ||
               config.address.kind == ADDRESS_UNIX) {
        announce(&config.address, options, image);
    }
    if (options->run)
        debugger_start(d);
    server_run(server);
    server_free(server);
    return 0;
}

/* What there is to tell at the end. */
struct outcome {
    struct ending ending;
    struct result result;
};

/* The VM and what it is made of, over and over: the next one is made beside
 * the one in use, so that there is one if that fails. */
struct machine {
    struct options *options;
    struct vm_config config;
    struct vm vm[2];
    unsigned in_use;
};

static struct vm *vm_in_use(struct machine *m)
{
    return &m->vm[m->in_use];
}

/* What the user says, or what a boot sector comes from; NULL: none. */
static const char *disk_for(const struct options *options,
                            const struct image *image)
{
    if (options->disk)
        return options->disk;
    return image->kind == IMAGE_BOOT_SECTOR ? options->load.path : NULL;
}

static int load_and_boot(const struct options *options, struct vm *vm,
                         struct image *ret, struct diag *diag)
{
    int r = load_image(&vm->mem, &options->load, ret, diag);
    const char *disk = r ? NULL : disk_for(options, ret);

    if (disk)
        r = vm_attach_disk(vm, disk, diag);
    return r ? r : vm_boot(vm, ret, diag);
}

static int restart(void *context, struct vm **ret_vm, struct image *ret_image,
                   struct diag *diag)
{
    struct machine *m = context;
    struct vm *vm = &m->vm[!m->in_use];
    struct image image;
    int r = vm_create(vm, &m->config, diag);

    if (r < 0)
        return r;
    r = load_and_boot(m->options, vm, &image, diag);
    if (r < 0) {
        vm_destroy(vm);
        return r;
    }
    vm_destroy(vm_in_use(m));
    m->in_use = !m->in_use;
    *ret_vm = vm;
    *ret_image = image;
    return 0;
}

static void note_place(struct result *result, struct vcpu *vcpu)
{
    result->has_place = true;
    result->pc = arch_pc(vcpu);
    arch_where(vcpu, result->where, sizeof result->where);
}

static int debug(struct machine *m, struct launch *launch,
                 struct console *console, struct outcome *ret,
                 struct diag *diag)
{
    const struct options *options = m->options;
    struct debugger *d;
    struct image image;
    int r = load_and_boot(options, vm_in_use(m), &image, diag);

    if (r < 0)
        return r;
    d = calloc(1, sizeof *d); /* large, and much of it is never touched */
    if (!d)
        return diag_set(diag, -ENOMEM, "out of memory");
    debugger_init(d, vm_in_use(m), &image);
    d->follow_mode = options->follow_mode;
    d->on_detach = options->on_detach;
    d->on_disconnect = options->on_disconnect;
    d->on_kill = options->on_kill;
    d->on_stop = options->on_stop;
    d->machine = (struct machine_maker){restart, m};
    r = serve(options, &image, d, launch, console, diag);
    ret->ending = d->ending;
    if (!r)
        note_place(&ret->result, &vm_in_use(m)->vcpu[0]);
    debugger_done(d);
    free(d);
    return r;
}

/* Until the end, of which *ret tells. Positive: another process has come to it,
 * and told of it, with this exit status. */
static int run(struct options *options, struct outcome *ret, struct diag *diag)
{
    bool stdio = options->address.kind == ADDRESS_STDIO;
    struct console console = {.fd = stdio ? STDERR_FILENO : STDOUT_FILENO,
                              .loop = -1};
    struct machine m = {
        .options = options,
        .config = {.memory = options->memory,
                   .n_vcpus = 1,
                   .console = {console_put, &console}},
    };
    struct launch launch;
    int r = 0;

    if (options->gdb)
        r = launch_debugger(&launch, options->gdb, options->load.path, true,
                            diag);
    if (r)
        return r;
    r = vm_create(vm_in_use(&m), &m.config, diag);
    if (r < 0)
        return r;
    r = debug(&m, &launch, &console, ret, diag);
    vm_destroy(vm_in_use(&m));
    return r;
}

/* Says what must be said; the exit status. */
static int conclude(struct outcome *outcome, int r, struct diag *diag)
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
static int work(struct options *options, int r, struct diag *diag)
{
    struct outcome outcome = {.ending = {.kind = ENDING_NONE}};
    struct diag unwritable;

    if (result_open(&outcome.result, options->result, &unwritable) < 0) {
        log_user("%s", r < 0 ? diag->text : unwritable.text);
        return EXIT_FAILED;
    }
    outcome.result.guest = options->load.path;
    if (!r)
        r = run(options, &outcome, diag);
    if (r <= 0)
        return conclude(&outcome, r, diag);
    result_leave(&outcome.result);
    return r;
}

static int flushed(void)
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
        return flushed();
    case OPTIONS_VERSION:
        (void)puts("kvmgdbstub " KVMGDB_VERSION);
        return flushed();
    case OPTIONS_DOCTOR:
        return doctor_run(&options.doctor);
    case OPTIONS_BAD:
        return work(&options, -EINVAL, &diag);
    case OPTIONS_RUN:
        break;
    }
    return work(&options, 0, &diag);
}
