/* SPDX-License-Identifier: MIT */
/* Puts the parts together; the one file that exits. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kvm/vm.h"
#include "stub/launch.h"
#include "stub/log.h"
#include "stub/options.h"
#include "stub/server.h"

static void put_console(void *context, const char *text, size_t n)
{
    const int *fd = context;

    while (n > 0) {
        ssize_t written = write(*fd, text, n);

        if (written < 0 && errno != EINTR)
            return; /* nobody reads it: the guest goes on */
        if (written > 0) {
            text += written;
            n -= (size_t)written;
        }
    }
}

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
                 struct debugger *d, struct launch *launch, struct diag *diag)
{
    struct server *server;
    char target[300];
    int status;
    int r = server_create(&server, d, &options->address, options->gdb != NULL,
                          diag);

    if (r < 0)
        return r;
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

static int boot_and_serve(struct options *options, struct vm *vm,
                          struct launch *launch, struct diag *diag)
{
    struct debugger *d;
    struct image image;
    int r = load_image(&vm->mem, &options->load, &image, diag);

    if (!r)
        r = vm_boot(vm, &image, diag);
    if (r < 0)
        return r;
    d = malloc(sizeof *d);
    if (!d)
        return diag_set(diag, -ENOMEM, "out of memory");
    debugger_init(d, vm, &image);
    if (options->follow_mode != FOLLOW_AUTO)
        d->follow_mode = options->follow_mode == FOLLOW_ON;
    d->on_detach = options->on_detach;
    d->on_disconnect = options->on_disconnect;
    r = serve(options, &image, d, launch, diag);
    debugger_done(d);
    free(d);
    return r;
}

static int run(struct options *options, struct diag *diag)
{
    bool stdio = options->address.kind == ADDRESS_STDIO;
    int console = stdio ? STDERR_FILENO : STDOUT_FILENO;
    const struct vm_config config = {.memory = options->memory,
                                     .n_vcpus = 1,
                                     .console = {put_console, &console}};
    struct launch launch;
    struct vm vm;
    int r = 0;

    if (options->gdb)
        r = launch_debugger(&launch, options->gdb, options->load.path, true,
                            diag);
    if (r)
        return r;
    r = vm_create(&vm, &config, diag);
    if (r < 0)
        return r == -ENODEV || r == -EACCES ? -ENODEV : r;
    r = boot_and_serve(options, &vm, &launch, diag);
    vm_destroy(&vm);
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
