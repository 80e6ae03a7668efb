/* SPDX-License-Identifier: MIT */
#include "stub/options/rows.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <sys/stat.h>

#include "kvm/core/mem.h"
#include "kvm/image/image.h"
#include "stub/log.h"
#include "stub/options/values.h"

/* 2000-01-01, UTC. */
#define DATE_2000 UINT64_C(946684800)

/* --- the machine --- */

static int set_memory(struct options *options, const char *arg,
                      struct diag *diag)
{
    if (!value_size(arg, &options->memory))
        return diag_set(diag, -EINVAL,
                        "'%s' is not a memory size: use a number of bytes, "
                        "or one with K, M, G or T",
                        arg);
    if (!options->memory || options->memory % MEM_PAGE)
        return diag_set(diag, -EINVAL,
                        "a guest cannot have %s bytes of memory: use a "
                        "multiple of 4K, at least one",
                        arg);
    return 0;
}

static int set_mode(struct options *options, const char *arg, struct diag *diag)
{
    static const struct value_word words[] = {{"auto", CPU_MODE_AUTO},
                                              {"real", CPU_MODE_REAL},
                                              {"prot", CPU_MODE_PROT},
                                              {"long", CPU_MODE_LONG},
                                              {NULL, 0}};
    int value = CPU_MODE_AUTO;
    int r = value_word("mode", arg, words, &value, diag);

    options->load.mode = (enum cpu_mode)value;
    return r;
}

static int set_address(const char *name, const char *arg, uint64_t *ret,
                       struct diag *diag)
{
    if (value_number(arg, ret))
        return 0;
    return diag_set(diag, -EINVAL, "--%s: '%s' is not an address", name, arg);
}

static int set_load_addr(struct options *options, const char *arg,
                         struct diag *diag)
{
    options->load.has_load_addr = true;
    return set_address("load-addr", arg, &options->load.load_addr, diag);
}

static int set_entry(struct options *options, const char *arg,
                     struct diag *diag)
{
    options->load.has_entry = true;
    return set_address("entry", arg, &options->load.entry, diag);
}

static int set_disk(struct options *options, const char *arg, struct diag *diag)
{
    (void)diag;
    options->disk = arg;
    return 0;
}

/* Without a file it is the guest's image: stub/options/options.c. */
static int set_floppy(struct options *options, const char *arg,
                      struct diag *diag)
{
    (void)diag;
    options->is_floppy = true;
    options->floppy = arg;
    return 0;
}

static int set_cdrom(struct options *options, const char *arg,
                     struct diag *diag)
{
    (void)diag;
    options->cdrom = arg;
    return 0;
}

static int set_bios(struct options *options, const char *arg, struct diag *diag)
{
    (void)diag;
    options->bios = arg;
    return 0;
}

static int set_append(struct options *options, const char *arg,
                      struct diag *diag)
{
    (void)diag;
    options->load.append = arg;
    return 0;
}

static int set_initrd(struct options *options, const char *arg,
                      struct diag *diag)
{
    (void)diag;
    options->load.initrd = arg;
    return 0;
}

static int set_module(struct options *options, const char *arg,
                      struct diag *diag)
{
    struct load_options *load = &options->load;

    if (load->n_modules == IMAGE_MODULES_MAX)
        return diag_set(diag, -EINVAL, "--module: a guest can have %d at most",
                        IMAGE_MODULES_MAX);
    load->module[load->n_modules++] = arg;
    return 0;
}

static int set_serial(struct options *options, const char *arg,
                      struct diag *diag)
{
    if (options->n_serial == LINES)
        return diag_set(diag, -EINVAL,
                        "--serial: this machine has %d serial ports at most",
                        LINES);
    return line_target_parse(&options->serial[options->n_serial++], arg, diag);
}

static int set_clock(struct options *options, const char *arg,
                     struct diag *diag)
{
    enum { AT_DATE = sizeof "virtual=" - 1 };

    options->virtual_clock = strncmp(arg, "virtual", AT_DATE - 1) == 0;
    options->date = DATE_2000;
    if (!strcmp(arg, "real") || !strcmp(arg, "virtual"))
        return 0;
    if (options->virtual_clock && arg[AT_DATE - 1] == '=' &&
        value_date(arg + AT_DATE, &options->date))
        return 0;
    return diag_set(diag, -EINVAL,
                    "--clock: '%s' is no clock: use real, virtual, or "
                    "virtual=DATE with the date that it begins with, UTC, as "
                    "2026-01-31 or 2026-01-31T12:00:00",
                    arg);
}

/* --- the debugger --- */

static int set_port(struct options *options, const char *arg, struct diag *diag)
{
    char address[32];
    int n = snprintf(address, sizeof address, "tcp::%s", arg);

    if (n < (int)sizeof address &&
        address_parse(&options->address, address, NULL) == 0)
        return 0;
    return diag_set(diag, -EINVAL, "'%s' is not a TCP port: use 0 to 65535",
                    arg);
}

static int set_listen(struct options *options, const char *arg,
                      struct diag *diag)
{
    return address_parse(&options->address, arg, diag);
}

static int set_vnc(struct options *options, const char *arg, struct diag *diag)
{
    struct address *vnc = &options->vnc;
    int r = address_parse(vnc, arg ? arg : "tcp::5900", NULL);

    options->has_vnc = true;
    vnc->user = ADDRESS_VNC;
    if (!r && (vnc->kind == ADDRESS_TCP || vnc->kind == ADDRESS_UNIX))
        return 0;
    return diag_set(diag, -EINVAL,
                    "--vnc: '%s' is no place for it: use --vnc=tcp:HOST:PORT "
                    "or --vnc=unix:PATH (up to %zu characters)",
                    arg, sizeof vnc->path - 1);
}

static int set_run(struct options *options, const char *arg, struct diag *diag)
{
    (void)arg;
    (void)diag;
    options->run = true;
    return 0;
}

static int set_gdb(struct options *options, const char *arg, struct diag *diag)
{
    (void)diag;
    options->gdb = arg ? arg : "gdb";
    return 0;
}

static int set_follow(struct options *options, const char *arg,
                      struct diag *diag)
{
    static const struct value_word words[] = {{"on", FOLLOW_ON},
                                              {"off", FOLLOW_OFF},
                                              {"auto", FOLLOW_AUTO},
                                              {NULL, 0}};
    int value = FOLLOW_ON;
    int r = arg ? value_word("follow-mode", arg, words, &value, diag) : 0;

    options->follow_mode = (enum follow_mode)value;
    return r;
}

/* --- what is kept from whom --- */

static int set_files(struct options *options, const char *arg,
                     struct diag *diag)
{
    (void)diag;
    options->files = arg;
    return 0;
}

static int set_socket_mode(struct options *options, const char *arg,
                           struct diag *diag)
{
    uint64_t mode;

    if (!value_octal(arg, &mode) || mode > 0777 || !(mode & S_IWUSR))
        return diag_set(diag, -EINVAL,
                        "--socket-mode: '%s' is no mode: use 600, 660 or 666, "
                        "as chmod does",
                        arg);
    options->socket_mode = (mode_t)mode;
    return 0;
}

static int set_no_sandbox(struct options *options, const char *arg,
                          struct diag *diag)
{
    (void)arg;
    (void)diag;
    options->no_sandbox = true;
    return 0;
}

/* --- the end --- */

static int set_gone(const char *name, const char *arg, enum when_gone *ret,
                    struct diag *diag)
{
    static const struct value_word words[] = {
        {"stop", GONE_STOP}, {"run", GONE_RUN}, {"exit", GONE_EXIT}, {NULL, 0}};
    int value = GONE_STOP;
    int r = value_word(name, arg, words, &value, diag);

    *ret = (enum when_gone)value;
    return r;
}

static int set_on_detach(struct options *options, const char *arg,
                         struct diag *diag)
{
    return set_gone("on-detach", arg, &options->on_detach, diag);
}

static int set_on_disconnect(struct options *options, const char *arg,
                             struct diag *diag)
{
    return set_gone("on-disconnect", arg, &options->on_disconnect, diag);
}

static int set_on_kill(struct options *options, const char *arg,
                       struct diag *diag)
{
    static const struct value_word words[] = {{"exit", KILLED_EXIT},
                                              {"reset", KILLED_RESET},
                                              {"detach", KILLED_DETACH},
                                              {NULL, 0}};
    int value = KILLED_AUTO;
    int r = value_word("on-kill", arg, words, &value, diag);

    options->on_kill = (enum when_killed)value;
    return r;
}

static int set_on_stop(struct options *options, const char *arg,
                       struct diag *diag)
{
    static const struct value_word words[] = {
        {"wait", STOPPED_WAIT}, {"exit", STOPPED_EXIT}, {NULL, 0}};
    int value = STOPPED_WAIT;
    int r = value_word("on-stop", arg, words, &value, diag);

    options->on_stop = (enum when_stopped)value;
    options->has_on_stop = true;
    return r;
}

static int set_on_reset(struct options *options, const char *arg,
                        struct diag *diag)
{
    static const struct value_word words[] = {{"exit", RESET_ENDS},
                                              {"reboot", RESET_REBOOTS},
                                              {"stop", RESET_STOPS},
                                              {NULL, 0}};
    int value = RESET_ENDS;
    int r = value_word("on-reset", arg, words, &value, diag);

    options->on_reset = (enum when_reset)value;
    return r;
}

static int set_timeout(struct options *options, const char *arg,
                       struct diag *diag)
{
    if (value_seconds(arg, &options->timeout_ns))
        return 0;
    return diag_set(diag, -EINVAL,
                    "--timeout: '%s' is not a time: use a number of seconds, "
                    "10 or 0.5",
                    arg);
}

static int set_result(struct options *options, const char *arg,
                      struct diag *diag)
{
    (void)diag;
    options->result = arg;
    return 0;
}

/* --- the rest --- */

static int set_trace(struct options *options, const char *arg,
                     struct diag *diag)
{
    (void)options;
    if (log_enable(arg))
        return 0;
    return diag_set(diag, -EINVAL,
                    "--trace does not know '%s': the topics are rsp, run, bp, "
                    "mem and all, with commas between them",
                    arg);
}

static int ask_doctor(struct options *options, const char *arg,
                      struct diag *diag)
{
    options->question = OPTIONS_DOCTOR;
    return doctor_parse(arg, &options->doctor, diag);
}

static int ask_help(struct options *options, const char *arg, struct diag *diag)
{
    (void)arg;
    (void)diag;
    options->question = OPTIONS_HELP;
    return 0;
}

static int ask_version(struct options *options, const char *arg,
                       struct diag *diag)
{
    (void)arg;
    (void)diag;
    options->question = OPTIONS_VERSION;
    return 0;
}

/* --- the table --- */

/* clang-format off */
const struct option_row option_rows[] = {
    {"port", 'p', "PORT", set_port,
     "listen on this TCP port of the loopback interface\n"
     "(default 1234; 0 picks a free one)"},
    {"listen", 'l', "ADDR", set_listen,
     "tcp:HOST:PORT, unix:PATH, stdio, or none: without a\n"
     "debugger; implies --run and --on-stop=exit"},
    {"run", 'r', NULL, set_run,
     "run without waiting for a debugger"},
    {"gdb", 0, "[=PROG]", set_gdb,
     "start the debugger (gdb), connected, with symbols"},
    {"memory", 'm', "SIZE", set_memory,
     "guest memory: bytes, or with K, M, G or T (128M)"},
    {"mode", 0, "MODE", set_mode,
     "CPU mode to start in: auto, real, prot or long"},
    {"load-addr", 0, "ADDR", set_load_addr,
     "where a flat binary goes (0)"},
    {"entry", 0, "ADDR", set_entry,
     "first instruction (from the image)"},
    {"clock", 0, "CLOCK", set_clock,
     "real, or virtual: by what the guest does, the same in\n"
     "each run; virtual=DATE begins then (real)"},
    {"append", 0, "TEXT", set_append,
     "what is added to the kernel's command line"},
    {"initrd", 0, "FILE", set_initrd,
     "the initial RAM disk of a Linux kernel"},
    {"module", 0, "FILE[ ARGS]", set_module,
     "a file that goes along with a multiboot or PVH kernel;\n"
     "may be said several times"},
    {"disk", 0, "FILE", set_disk,
     "the first ATA disk, of which the guest changes a copy\n"
     "(the image, where that is a boot sector)"},
    {"floppy", 0, "[ FILE]", set_floppy,
     "the disk is a floppy disk (FILE: and the guest, if no\n"
     "other is named), with zeros behind the file's end"},
    {"cdrom", 0, "FILE", set_cdrom,
     "the guest is this CD, though it may be a disk as well"},
    {"bios", 0, "FILE", set_bios,
     "start this firmware (SeaBIOS); GUEST, if there is one,\n"
     "is the disk that it boots"},
    {"serial", 0, "WHERE", set_serial,
     "what the serial port is connected to: stdio, pty,\n"
     "unix:PATH, tcp:PORT (loopback), file:PATH or none\n"
     "(stdio); said again, there is a second one"},
    {"on-detach", 0, "WHAT", set_on_detach,
     "the guest after a detach: run, stop or exit (run)"},
    {"on-disconnect", 0, "WHAT", set_on_disconnect,
     "the same after a lost connection (stop)"},
    {"on-kill", 0, "WHAT", set_on_kill,
     "the guest when the debugger kills it: exit, reset or\n"
     "detach (exit; reset for extended-remote)"},
    {"on-stop", 0, "WHAT", set_on_stop,
     "when the guest cannot go on and no debugger looks at\n"
     "it: wait for one, or exit with status 123 (wait)"},
    {"on-reset", 0, "WHAT", set_on_reset,
     "when the guest resets the machine: exit with status 0,\n"
     "reboot, or stop (exit)"},
    {"vnc", 0, "[=ADDR]", set_vnc,
     "show the screen to VNC clients, which may type:\n"
     "tcp:HOST:PORT or unix:PATH (tcp:127.0.0.1:5900)"},
    {"timeout", 0, "SEC", set_timeout,
     "end after so many seconds with status 124, whatever\n"
     "guest and debugger do"},
    {"result", 0, "FILE", set_result,
     "write how it ended to FILE, as JSON"},
    {"files", 0, "DIR", set_files,
     "let a debugger have files below DIR read and written\n"
     "(none; see `monitor help`)"},
    {"socket-mode", 0, "MODE", set_socket_mode,
     "who may connect to the socket of unix:PATH: 600, 660,\n"
     "... (600)"},
    {"no-sandbox", 0, NULL, set_no_sandbox,
     "do not restrict what kvmgdbstub may ask of this system"},
    {"follow-mode", 0, "[=WHAT]", set_follow,
     "on: gdb changes with the guest between 16, 32 and\n"
     "64-bit code; off: it does not; auto: on for flat\n"
     "images, for others to 64-bit code alone (auto)"},
    {"trace", 0, "TOPICS", set_trace,
     "print rsp, run, bp, mem, or all of them"},
    {"doctor", 0, "[=HOW]", ask_doctor,
     "what this host's KVM gives a debugger, measured: a\n"
     "table; json; or needs:NAME, an exit status of 0 or 1\n"
     "for one ability or FEATURE@MODE of the table"},
    {"help", 'h', NULL, ask_help,
     "this text"},
    {"version", 'V', NULL, ask_version,
     "the version"},
    {0},
};
/* clang-format on */
