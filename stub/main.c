/* SPDX-License-Identifier: MIT */
/* Puts the parts together; the one file that exits. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kvm/vm.h"
#include "stub/console.h"
#include "stub/launch.h"
#include "stub/log.h"
#include "stub/options.h"
#include "stub/server.h"

static bool is_elf(const struct image *image)
{
    return image->kind == IMAGE_ELF32 || image->kind == IMAGE_ELF64;
}

static void announce(const struct options *options, const struct image *image)
{
    char where[300];
    char target[300];

    address_format(&options->address, where, sizeof where);
    address_for_gdb(&options->address, target, sizeof target);
    log_user("listening on %s", where);
    log_user("gdb -ex 'target remote %s'%s%s", target, is_elf(image) ? " " : "",
             is_elf(image) ? options->load.path : "");
}

static int serve(struct options *options, const struct image *image,
                 struct debugger *d, struct launch *launch,
                 struct console *console, struct diag *diag)
{
    struct server *server;
    char target[300];
    int status;
    int r = server_create(&server, d, &options->address, options->gdb != NULL,
                          diag);

    if (r < 0)
        return r;
    console->loop = server_descriptor(server);
    if (options->gdb) {
        address_for_gdb(&options->address, target, sizeof target);
        launch_ready(launch, target);
    } else if (options->address.kind != ADDRESS_STDIO) {
        announce(options, image);
    }
    if (options->run)
        debugger_start(d);
    status = server_run(server);
    server_free(server);
    return status;
}

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

static int debug(struct machine *m, struct launch *launch,
                 struct console *console, struct diag *diag)
{
    const struct options *options = m->options;
    struct debugger *d;
    struct image image;
    int r = load_and_boot(options, vm_in_use(m), &image, diag);

    if (r < 0)
        return r;
    d = malloc(sizeof *d);
    if (!d)
        return diag_set(diag, -ENOMEM, "out of memory");
    debugger_init(d, vm_in_use(m), &image);
    if (options->follow_mode != FOLLOW_AUTO)
        d->follow_mode = options->follow_mode == FOLLOW_ON;
    d->on_detach = options->on_detach;
    d->on_disconnect = options->on_disconnect;
    d->on_kill = options->on_kill;
    d->machine = (struct machine_maker){restart, m};
    r = serve(m->options, &image, d, launch, console, diag);
    debugger_done(d);
    free(d);
    return r;
}

static int run(struct options *options, struct diag *diag)
{
    bool stdio = options->address.kind == ADDRESS_STDIO;
    struct console console = {stdio ? STDERR_FILENO : STDOUT_FILENO, -1};
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
        return r == -ENODEV || r == -EACCES ? -ENODEV : r;
    r = debug(&m, &launch, &console, diag);
    vm_destroy(vm_in_use(&m));
    return r == -ENODEV ? -EIO : r;
}

int main(int argc, char **argv)
{
    struct options options;
    struct diag diag = {""};
    int r;

    switch (options_parse(&options, argc, argv, &diag)) {
    case OPTIONS_HELP:
        return fputs(options_help, stdout) < 0 ? EXIT_OTHER : EXIT_SUCCESS;
    case OPTIONS_VERSION:
        return puts("kvmgdbstub " KVMGDB_VERSION) < 0 ? EXIT_OTHER
                                                      : EXIT_SUCCESS;
    case OPTIONS_DOCTOR:
        return doctor_run(&options.doctor);
    case OPTIONS_BAD:
        log_user("%s", diag.text);
        return EXIT_USAGE;
    case OPTIONS_RUN:
        break;
    }
    r = run(&options, &diag);
    if (r >= 0)
        return r;
    log_user("%s", diag.text);
    return r == -ENODEV ? EXIT_NO_KVM : EXIT_OTHER;
}
