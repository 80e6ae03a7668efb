/* SPDX-License-Identifier: MIT */
#include "stub/options/options.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "stub/options/rows.h"

#define DEFAULT_MEMORY (UINT64_C(128) << 20)
#define DEFAULT_LISTEN "tcp::1234"

/* An option without a letter is known to getopt_long by this and its row. */
enum { LONG_ONLY = 256, HELP_COLUMN = 24 };

static bool is_optional(const struct option_row *row)
{
    return row->arg && row->arg[0] == '[';
}

/* "[ X]": a value that may be left out, and otherwise is the next word, which
 * getopt_long does not know. */
static bool may_be_next_word(const struct option_row *row)
{
    return row->arg && !strncmp(row->arg, "[ ", 2);
}

/* --- help --- */

static void print_row(const struct option_row *row, FILE *out)
{
    bool next_word = may_be_next_word(row);
    const char *space = next_word                       ? " ["
                        : row->arg && !is_optional(row) ? " "
                                                        : "";
    const char *text = row->help;
    char letter[] = "  -x, ";
    int n;

    letter[3] = row->letter;
    n = fprintf(out, "%s--%s%s%s", row->letter ? letter : "      ", row->name,
                space,
                !row->arg   ? ""
                : next_word ? row->arg + 2
                            : row->arg);
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
    for (const struct option_row *row = option_rows; row->name; row++)
        print_row(row, out);
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
    char letters[1 + 2 * OPTION_ROWS_MAX + 1];
    struct option longs[OPTION_ROWS_MAX + 1];
};

static void make_tables(struct getopt_tables *tables)
{
    char *letter = tables->letters;
    int n = 0;

    *letter++ = ':'; /* a missing value is told apart */
    for (const struct option_row *row = option_rows;
         row->name && n < OPTION_ROWS_MAX; row++) {
        int has_arg = !row->arg          ? no_argument
                      : is_optional(row) ? optional_argument
                                         : required_argument;

        tables->longs[n] =
            (struct option){row->name, has_arg, NULL, LONG_ONLY + n};
        n++;
        if (row->letter)
            *letter++ = row->letter;
        if (row->letter && row->arg)
            *letter++ = ':';
    }
    *letter = '\0';
    tables->longs[n] = (struct option){NULL, 0, NULL, 0};
}

static const struct option_row *options_find(int option)
{
    for (int i = 0; option_rows[i].name; i++)
        if (option == LONG_ONLY + i || option == option_rows[i].letter)
            return &option_rows[i];
    return NULL;
}

static int options_complain(char **argv, int option, struct diag *diag)
{
    const char *word = argv[optind - 1];

    if (option == ':')
        return diag_set(diag, -EINVAL, "%s wants a value; see --help", word);
    if (optopt && optopt < LONG_ONLY)
        return diag_set(diag, -EINVAL, "unknown option '-%c'; see --help",
                        optopt);
    return diag_set(diag, -EINVAL, "unknown option '%s'; see --help", word);
}

/* A firmware is what is loaded, and the guest is a disk. */
static int settle_bios(struct options *options, struct diag *diag)
{
    if (options->is_floppy)
        return diag_set(diag, -EINVAL,
                        "--bios: there is no floppy drive for a firmware, only "
                        "our own BIOS knows one: use --disk");
    if (options->disk && options->load.path)
        return diag_set(diag, -EINVAL,
                        "--bios boots one disk: '%s', or --disk %s",
                        options->load.path, options->disk);
    if (options->load.path)
        options->disk = options->load.path;
    options->load.path = options->bios;
    options->load.is_firmware = true;
    return 0;
}

static int settle_cdrom(struct options *options, struct diag *diag)
{
    if (options->load.path || options->disk || options->is_floppy ||
        options->bios)
        return diag_set(
            diag, -EINVAL,
            "--cdrom is the guest and its disk: name no other guest, "
            "disk or firmware");
    options->load.path = options->cdrom;
    options->load.is_cd = true;
    return 0;
}

/* Options that go together, and what follows from them. */
static int options_settle(struct options *options, struct diag *diag)
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
    if (options->socket_mode && options->address.kind != ADDRESS_UNIX)
        return diag_set(diag, -EINVAL,
                        "--socket-mode is about the file of -l unix:PATH, and "
                        "this does not listen there");
    if (options->socket_mode)
        options->address.mode = options->socket_mode;
    if (options->is_floppy && options->disk)
        return diag_set(diag, -EINVAL,
                        "this machine has one disk: --disk or --floppy, not "
                        "both");
    if (options->is_floppy)
        options->disk = options->floppy ? options->floppy : options->load.path;
    for (unsigned i = options->n_serial ? options->n_serial : 1; i < LINES; i++)
        options->serial[i].kind = LINE_NONE;
    if (options->serial[0].kind == LINE_STDIO &&
        options->serial[1].kind == LINE_STDIO)
        return diag_set(diag, -EINVAL,
                        "--serial stdio twice: the terminal goes to one serial "
                        "port");
    if (none) {
        options->run = true;
        options->on_stop = STOPPED_EXIT;
    }
    return 0;
}

static int take_guest(struct options *options, int argc, char **argv,
                      struct diag *diag)
{
    options->load.path = optind < argc ? argv[optind] : options->floppy;
    if (!options->load.path && !options->bios && !options->cdrom)
        return diag_set(diag, -EINVAL,
                        "no guest is named: kvmgdbstub [options] GUEST; see "
                        "--help");
    if (optind + 1 < argc)
        return diag_set(diag, -EINVAL,
                        "only one guest can run, but '%s' and '%s' are named",
                        argv[optind], argv[optind + 1]);
    if (options->cdrom && settle_cdrom(options, diag) < 0)
        return -EINVAL;
    if (options->bios && settle_bios(options, diag) < 0)
        return -EINVAL;
    return options_settle(options, diag);
}

static void take_next_word(const struct option_row *row, int argc, char **argv)
{
    if (may_be_next_word(row) && !optarg && optind < argc &&
        argv[optind][0] != '-')
        optarg = argv[optind++];
}

static int options_apply(struct options *options, int argc, char **argv,
                         int option, struct diag *diag)
{
    const struct option_row *row = options_find(option);

    if (!row)
        return options_complain(argv, option, diag);
    take_next_word(row, argc, argv);
    return row->apply(options, optarg, diag);
}

/* After an error --result is still looked for: it shall be told, too. */
static enum options_verdict options_fail(struct options *options, int argc,
                                         char **argv,
                                         const struct getopt_tables *tables)
{
    int option;

    while ((option = getopt_long(argc, argv, tables->letters, tables->longs,
                                 NULL)) != -1) {
        const struct option_row *row = options_find(option);

        if (row && !strcmp(row->name, "result"))
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
        if (options_apply(options, argc, argv, option, diag) < 0)
            return options_fail(options, argc, argv, &tables);
        if (options->question != OPTIONS_RUN)
            return options->question;
    }
    return take_guest(options, argc, argv, diag) < 0 ? OPTIONS_BAD
                                                     : OPTIONS_RUN;
}
