/* SPDX-License-Identifier: MIT */
/* The table of options; getopt_long's own and --help follow from it. */
#include "stub/options.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "kvm/mem.h"
#include "stub/log.h"
#include "stub/option_values.h"

#define DEFAULT_MEMORY (UINT64_C(128) << 20)
#define DEFAULT_LISTEN "tcp::1234"

/* An option without a letter is known to getopt_long by this and its row. */
enum { LONG_ONLY = 256, HELP_COLUMN = 24 };

struct option_row {
    const char *name;
    char letter;     /* 0: none */
    const char *arg; /* as --help calls it; "[=X]": may be left out */
    /* arg: NULL where there is none. Borrowed, it is a part of argv. */
    int (*apply)(struct options *options, const char *arg, struct diag *diag);
    const char *help;
};

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
static const struct option_row rows[] = {
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
    {"disk", 0, "FILE", set_disk,
     "the first ATA disk, of which the guest changes a copy\n"
     "(the image, where that is a boot sector)"},
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
    {"timeout", 0, "SEC", set_timeout,
     "end after so many seconds with status 124, whatever\n"
     "guest and debugger do"},
    {"result", 0, "FILE", set_result,
     "write how it ended to FILE, as JSON"},
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
};
/* clang-format on */

enum { N_ROWS = sizeof rows / sizeof rows[0] };

static bool is_optional(const struct option_row *row)
{
    return row->arg && row->arg[0] == '[';
}

/* --- help --- */

static void print_row(const struct option_row *row, FILE *out)
{
    const char *space = row->arg && !is_optional(row) ? " " : "";
    const char *text = row->help;
    char letter[] = "  -x, ";
    int n;

    letter[3] = row->letter;
    n = fprintf(out, "%s--%s%s%s", row->letter ? letter : "      ", row->name,
                space, row->arg ? row->arg : "");
    if (n > HELP_COLUMN - 2) {
        (void)fputc('\n', out);
        n = 0;
    }
    while (*text) {
        size_t line = strcspn(text, "\n");

        (void)fprintf(out, "%*s%.*s\n", HELP_COLUMN - n, "", (int)line, text);
        text += line + (text[line] == '\n');
        n = 0;
    }
}

void options_print_help(FILE *out)
{
    (void)fputs(
        "usage: kvmgdbstub [options] GUEST\n"
        "Run GUEST (ELF, boot sector, disk image or flat binary) in a KVM "
        "virtual\n"
        "machine and serve it to gdb or lldb.\n\n",
        out);
    for (size_t i = 0; i < N_ROWS; i++)
        print_row(&rows[i], out);
    (void)fputs(
        "\n"
        "Exit status: the guest's own (what it wrote to port 0xf4), 0 if the\n"
        "debugger ended it; 123: it cannot go on (--on-stop=exit); 124: "
        "--timeout;\n"
        "125: kvmgdbstub could not do its work; 128+N: ended by signal N. A "
        "guest\n"
        "may write any of these: --result says which it was.\n",
        out);
}

/* --- the line --- */

struct getopt_tables {
    char letters[1 + 2 * N_ROWS + 1];
    struct option longs[N_ROWS + 1];
};

static void make_tables(struct getopt_tables *tables)
{
    char *letter = tables->letters;

    *letter++ = ':'; /* a missing value is told apart */
    for (int i = 0; i < N_ROWS; i++) {
        int has_arg = !rows[i].arg            ? no_argument
                      : is_optional(&rows[i]) ? optional_argument
                                              : required_argument;

        tables->longs[i] =
            (struct option){rows[i].name, has_arg, NULL, LONG_ONLY + i};
        if (rows[i].letter)
            *letter++ = rows[i].letter;
        if (rows[i].letter && rows[i].arg)
            *letter++ = ':';
    }
    *letter = '\0';
    tables->longs[N_ROWS] = (struct option){NULL, 0, NULL, 0};
}

static const struct option_row *find(int option)
{
    for (int i = 0; i < N_ROWS; i++)
        if (option == LONG_ONLY + i || option == rows[i].letter)
            return &rows[i];
    return NULL;
}

static int complain(char **argv, int option, struct diag *diag)
{
    const char *word = argv[optind - 1];

    if (option == ':')
        return diag_set(diag, -EINVAL, "%s wants a value; see --help", word);
    if (optopt && optopt < LONG_ONLY)
        return diag_set(diag, -EINVAL, "unknown option '-%c'; see --help",
                        optopt);
    return diag_set(diag, -EINVAL, "unknown option '%s'; see --help", word);
}

/* Options that go together, and what follows from them. */
static int settle(struct options *options, struct diag *diag)
{
    bool stdio = options->address.kind == ADDRESS_STDIO;
    bool none = options->address.kind == ADDRESS_NONE;

    if (options->gdb && stdio)
        return diag_set(diag, -EINVAL,
                        "--gdb needs the terminal that -l stdio would take");
    if (options->run && stdio)
        return diag_set(diag, -EINVAL,
                        "--run does not wait for a debugger, and with -l stdio "
                        "there is one from the start");
    if (options->gdb && none)
        return diag_set(diag, -EINVAL,
                        "--gdb wants a debugger, --listen none wants none");
    if (none && options->has_on_stop && options->on_stop == STOPPED_WAIT)
        return diag_set(diag, -EINVAL,
                        "--on-stop=wait waits for a debugger, and with "
                        "--listen none there is none");
    if (none) {
        options->run = true;
        options->on_stop = STOPPED_EXIT;
    }
    return 0;
}

static int take_guest(struct options *options, int argc, char **argv,
                      struct diag *diag)
{
    if (optind == argc)
        return diag_set(diag, -EINVAL,
                        "no guest is named: kvmgdbstub [options] GUEST; see "
                        "--help");
    if (optind + 1 < argc)
        return diag_set(diag, -EINVAL,
                        "only one guest can run, but '%s' and '%s' are named",
                        argv[optind], argv[optind + 1]);
    options->load.path = argv[optind];
    return settle(options, diag);
}

static int apply(struct options *options, char **argv, int option,
                 struct diag *diag)
{
    const struct option_row *row = find(option);

    if (!row)
        return complain(argv, option, diag);
    return row->apply(options, optarg, diag);
}

/* After an error --result is still looked for: it shall be told, too. */
static enum options_verdict fail(struct options *options, int argc, char **argv,
                                 const struct getopt_tables *tables)
{
    int option;

    while ((option = getopt_long(argc, argv, tables->letters, tables->longs,
                                 NULL)) != -1) {
        const struct option_row *row = find(option);

        if (row && row->apply == set_result)
            options->result = optarg;
    }
    return OPTIONS_BAD;
}

enum options_verdict options_parse(struct options *options, int argc,
                                   char **argv, struct diag *diag)
{
    struct getopt_tables tables;
    int option;

    *options = (struct options){.memory = DEFAULT_MEMORY,
                                .on_detach = GONE_RUN,
                                .on_disconnect = GONE_STOP,
                                .question = OPTIONS_RUN};
    (void)address_parse(&options->address, DEFAULT_LISTEN, NULL);
    make_tables(&tables);
    opterr = 0;
    optind = 0; /* start afresh: tests parse more than one line */
    while ((option = getopt_long(argc, argv, tables.letters, tables.longs,
                                 NULL)) != -1) {
        if (apply(options, argv, option, diag) < 0)
            return fail(options, argc, argv, &tables);
        if (options->question != OPTIONS_RUN)
            return options->question;
    }
    return take_guest(options, argc, argv, diag) < 0 ? OPTIONS_BAD
                                                     : OPTIONS_RUN;
}
