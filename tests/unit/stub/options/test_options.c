/* SPDX-License-Identifier: MIT */
/* Command lines: what they mean, and what goes with what. */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "kvm/image/image.h"
#include "stub/options/options.h"
#include "stub/options/rows.h"
#include "stub/options/values.h"
#include "tests/unit/kvm/rows.h"

enum { WORDS_MAX = 16, LINE_MAX_BYTES = 256 };

/* --- values --- */

/* clang-format off */
static const struct value_row {
    bool (*parse)(const char *text, uint64_t *ret);
    const char *text;
    bool good;
    uint64_t value;
} value_rows[] = {
    {value_size,    "4096",                 true,  4096},
    {value_size,    "0x1000",               true,  4096},
    {value_size,    "64k",                  true,  65536},
    {value_size,    "1T",                   true,  UINT64_C(1) << 40},
    {value_size,    "16777215T",            true,  UINT64_C(16777215) << 40},
    {value_size,    "16777216T",            false, 0},
    {value_size,    "18446744073709551616", false, 0},
    {value_size,    "4KB",                  false, 0},
    {value_size,    "K",                    false, 0},
    {value_size,    "-1",                   false, 0},
    {value_size,    " 1",                   false, 0},
    {value_size,    "",                     false, 0},
    {value_number,  "0x7c00",               true,  0x7c00},
    {value_number,  "0xffffffffffffffff",   true,  UINT64_MAX},
    {value_number,  "0x10000000000000000",  false, 0},
    {value_number,  "7c00",                 false, 0},
    {value_number,  "4K",                   false, 0},
    {value_date,    "1970-01-01",           true,  0},
    {value_date,    "2000-02-29",           true,  951782400},
    {value_date,    "2026-11-29T06:51:58",  true,  1795935118},
    {value_date,    "2099-12-31T23:59:59",  true,  4102444799},
    {value_date,    "1969-12-31",           false, 0},
    {value_date,    "2100-01-01",           false, 0},
    {value_date,    "2026-02-29",           false, 0},
    {value_date,    "2026-11-29T",          false, 0},
    {value_date,    "2026-11-29T06:51",     false, 0},
    {value_date,    "2026-11-29T06:51:60",  false, 0},
    {value_date,    "2026-11-29Z",          false, 0},
    {value_date,    "",                     false, 0},
    {value_seconds, "10",                   true,  UINT64_C(10000000000)},
    {value_seconds, "0.5",                  true,  500000000},
    {value_seconds, "1.000000001",          true,  1000000001},
    {value_seconds, "00.25",                true,  250000000},
    {value_seconds, "2.0000000009",         true,  2000000000},
    {value_seconds, "316224000",            true,  UINT64_C(316224000000000000)},
    {value_seconds, "316224001",            false, 0},
    {value_seconds, "99999999999999999999", false, 0},
    {value_seconds, "0",                    false, 0},
    {value_seconds, "0.0",                  false, 0},
    {value_seconds, "0.0000000001",         false, 0},
    {value_seconds, "1.",                   false, 0},
    {value_seconds, ".5",                   false, 0},
    {value_seconds, "-1",                   false, 0},
    {value_seconds, "1e3",                  false, 0},
    {value_seconds, "5s",                   false, 0},
    {value_seconds, "inf",                  false, 0},
    {value_seconds, "",                     false, 0},
};
/* clang-format on */

ParameterizedTestParameters(options, values)
{
    return row_numbers(ROWS(value_rows));
}

ParameterizedTest(const size_t *i, options, values)
{
    const struct value_row *row = &value_rows[*i];
    uint64_t value = 77;

    cr_expect(eq(int, row->parse(row->text, &value), row->good), "%s",
              row->text);
    cr_expect(eq(u64, value, row->good ? row->value : 77), "%s", row->text);
}

/* --- lines --- */

/* Splits at spaces; line and argv live as long as the test. */
static enum options_verdict parse(const char *text, struct options *options,
                                  struct diag *diag)
{
    static char line[LINE_MAX_BYTES];
    static char name[] = "kvmgdbstub";
    static char *argv[WORDS_MAX] = {name};
    int argc = 1;

    (void)snprintf(line, sizeof line, "%s", text);
    for (char *word = strtok(line, " "); word; word = strtok(NULL, " "))
        argv[argc++] = word;
    argv[argc] = NULL;
    return options_parse(options, argc, argv, diag);
}

/* clang-format off */
static const struct line_row {
    const char *line;
    enum options_verdict verdict;
    const char *error; /* a part of the sentence */
} line_rows[] = {
    {"g",                                   OPTIONS_RUN,     NULL},
    {"g -r -p 0 -m 1M",                     OPTIONS_RUN,     NULL},
    {"-rp0 -m1M g",                         OPTIONS_RUN,     NULL},
    {"-- -g",                               OPTIONS_RUN,     NULL},
    {"-h",                                  OPTIONS_HELP,    NULL},
    {"--vers",                              OPTIONS_VERSION, NULL},
    {"--help --bogus",                      OPTIONS_HELP,    NULL},
    {"--doctor=json",                       OPTIONS_DOCTOR,  NULL},
    {"--bogus --help",                      OPTIONS_BAD,     "'--bogus'"},
    {"--doctor=vet",                        OPTIONS_BAD,     "vet"},
    {"",                                    OPTIONS_BAD,     "no guest"},
    {"a b",                                 OPTIONS_BAD,     "'a' and 'b'"},
    {"g --timeout",                         OPTIONS_BAD,     "--timeout wants"},
    {"g --timeout 0",                       OPTIONS_BAD,     "--timeout: '0'"},
    {"g --timeout=1h",                      OPTIONS_BAD,     "'1h'"},
    {"g --on-stop=run",                     OPTIONS_BAD,     "'run'"},
    {"g --on-stop=wait --on-stop=exit",     OPTIONS_RUN,     NULL},
    {"g --serial=pty --serial=tcp:0",       OPTIONS_RUN,     NULL},
    {"g --serial none --serial stdio",      OPTIONS_RUN,     NULL},
    {"g --serial stdio --serial stdio",     OPTIONS_BAD,     "stdio twice"},
    {"g --serial a",                        OPTIONS_BAD,     "know 'a'"},
    {"g --serial pty --serial pty --serial pty", OPTIONS_BAD, "2 serial ports"},
    {"g --clock=real",                      OPTIONS_RUN,     NULL},
    {"g --clock=virtual",                   OPTIONS_RUN,     NULL},
    {"g --clock=virtual=2026-01-31",        OPTIONS_RUN,     NULL},
    {"g --clock=virtual=",                  OPTIONS_BAD,     "'virtual='"},
    {"g --clock=virtual=soon",              OPTIONS_BAD,     "2026-01-31"},
    {"g --clock=virtually",                 OPTIONS_BAD,     "'virtually'"},
    {"g --clock=icount",                    OPTIONS_BAD,     "use real"},
    {"g --on-reset=run",                    OPTIONS_BAD,     "--on-reset"},
    {"-m 4096 g",                           OPTIONS_RUN,     NULL},
    {"-m 4097 g",                           OPTIONS_BAD,     "4097 bytes"},
    {"-m 1 g",                              OPTIONS_BAD,     "1 bytes"},
    {"-m 0 g",                              OPTIONS_BAD,     "0 bytes"},
    {"-m 4K1 g",                            OPTIONS_BAD,     "memory size"},
    {"-p 65535 g",                          OPTIONS_RUN,     NULL},
    {"-p 65536 g",                          OPTIONS_BAD,     "'65536'"},
    {"-p 1: g",                             OPTIONS_BAD,     "'1:'"},
    {"--mode=vm86 g",                       OPTIONS_BAD,     "'vm86'"},
    {"--load-addr=4K g",                    OPTIONS_BAD,     "'4K'"},
    {"--entry=start g",                     OPTIONS_BAD,     "'start'"},
    {"--on-detach=go g",                    OPTIONS_BAD,     "--on-detach"},
    {"--on-disconnect=go g",                OPTIONS_BAD,     "--on-disc"},
    {"--on-kill=go g",                      OPTIONS_BAD,     "--on-kill"},
    {"--follow-mode=go g",                  OPTIONS_BAD,     "'go'"},
    {"--trace=rsp,go g",                    OPTIONS_BAD,     "'rsp,go'"},
    {"-x g",                                OPTIONS_BAD,     "'-x'"},
    {"g -l nowhere",                        OPTIONS_BAD,     "nowhere"},
    {"g -l none: ",                         OPTIONS_BAD,     "none:"},
    {"g -l none --gdb",                     OPTIONS_BAD,     "--gdb"},
    {"g -l stdio --gdb",                    OPTIONS_BAD,     "stdio"},
    {"g -l stdio -r",                       OPTIONS_BAD,     "stdio"},
    {"g -l none --on-stop=wait",            OPTIONS_BAD,     "--on-stop=wait"},
    {"g --on-stop=wait -l none",            OPTIONS_BAD,     "--on-stop=wait"},
    {"g -l none -p 1 --on-stop=wait",       OPTIONS_RUN,     NULL},
    {"g -l none -r --on-stop=exit",         OPTIONS_RUN,     NULL},
    {"g -l unix:s --socket-mode=660",       OPTIONS_RUN,     NULL},
    {"g --socket-mode=0600 -l unix:s",      OPTIONS_RUN,     NULL},
    {"g --socket-mode=660",                 OPTIONS_BAD,     "unix:PATH"},
    {"g -l none --socket-mode=660",         OPTIONS_BAD,     "unix:PATH"},
    {"g -l unix:s --socket-mode=9",         OPTIONS_BAD,     "'9'"},
    {"g -l unix:s --socket-mode=1777",      OPTIONS_BAD,     "'1777'"},
    {"g -l unix:s --socket-mode=0",         OPTIONS_BAD,     "'0'"},
    {"g -l unix:s --socket-mode=u+w",       OPTIONS_BAD,     "'u+w'"},
    {"g --append a --append=b --module m",  OPTIONS_RUN,     NULL},
    {"g --append",                          OPTIONS_BAD,     "--append wants"},
    {"g --initrd",                          OPTIONS_BAD,     "--initrd wants"},
    {"g --module",                          OPTIONS_BAD,     "--module wants"},
    {"g --files d --no-sandbox",            OPTIONS_RUN,     NULL},
    {"g --no-sandbox=no",                   OPTIONS_BAD,     "no-sandbox"},
};
/* clang-format on */

ParameterizedTestParameters(options, lines)
{
    return row_numbers(ROWS(line_rows));
}

ParameterizedTest(const size_t *i, options, lines)
{
    const struct line_row *row = &line_rows[*i];
    struct options options;
    struct diag diag = {""};

    cr_expect(
        eq(int, (int)parse(row->line, &options, &diag), (int)row->verdict),
        "%s", row->line);
    cr_expect(strstr(diag.text, row->error ? row->error : "") != NULL, "%s: %s",
              row->line, diag.text);
    cr_expect(eq(int, *diag.text != '\0', row->error != NULL), "%s: %s",
              row->line, diag.text);
}

/* What is set by what, and by nothing. */
#define FIELD(f) offsetof(struct options, f), sizeof(((struct options *)0)->f)

/* clang-format off */
static const struct set_row {
    const char *line;
    size_t at, size;
    uint64_t value;
} set_rows[] = {
    {"g",                    FIELD(memory), UINT64_C(128) << 20},
    {"g -m 12K",             FIELD(memory), 12288},
    {"g",                    FIELD(load.mode), CPU_MODE_AUTO},
    {"g",                    FIELD(on_reset), RESET_ENDS},
    {"g",                    FIELD(serial[0].kind), LINE_STDIO},
    {"g",                    FIELD(serial[1].kind), LINE_NONE},
    {"g --serial=pty",       FIELD(serial[0].kind), LINE_PTY},
    {"g --serial=pty",       FIELD(serial[1].kind), LINE_NONE},
    {"g --serial none --serial=stdio", FIELD(serial[0].kind), LINE_NONE},
    {"g --serial none --serial=stdio", FIELD(serial[1].kind), LINE_STDIO},
    {"g --on-reset=exit",    FIELD(on_reset), RESET_ENDS},
    {"g --on-reset=reboot",  FIELD(on_reset), RESET_REBOOTS},
    {"g --on-reset stop",    FIELD(on_reset), RESET_STOPS},
    {"g",                    FIELD(virtual_clock), false},
    {"g --clock=virtual --clock=real", FIELD(virtual_clock), false},
    {"g --clock=virtual",    FIELD(virtual_clock), true},
    {"g --clock=virtual",    FIELD(date), 946684800},
    {"g --clock=virtual=1970-01-02", FIELD(virtual_clock), true},
    {"g --clock=virtual=1970-01-02", FIELD(date), 86400},
    {"g --mode=auto",        FIELD(load.mode), CPU_MODE_AUTO},
    {"g --mode=real",        FIELD(load.mode), CPU_MODE_REAL},
    {"g --mode=prot",        FIELD(load.mode), CPU_MODE_PROT},
    {"g --mode=long",        FIELD(load.mode), CPU_MODE_LONG},
    {"g",                    FIELD(load.has_load_addr), false},
    {"g --load-addr=0x7c00", FIELD(load.has_load_addr), true},
    {"g --load-addr=0x7c00", FIELD(load.load_addr), 0x7c00},
    {"g --load-addr=0x7c00", FIELD(load.has_entry), false},
    {"g --entry=31",         FIELD(load.has_entry), true},
    {"g --entry=31",         FIELD(load.entry), 31},
    {"g --entry=31",         FIELD(load.has_load_addr), false},
    {"g",                    FIELD(load.n_modules), 0},
    {"g --module a",         FIELD(load.n_modules), 1},
    {"--module a g --module b --module a", FIELD(load.n_modules), 3},
    {"g",                    FIELD(address.kind), ADDRESS_TCP},
    {"g -l stdio",           FIELD(address.kind), ADDRESS_STDIO},
    {"g -l none -p 7",       FIELD(address.kind), ADDRESS_TCP},
    {"g",                    FIELD(run), false},
    {"g --run",              FIELD(run), true},
    {"g",                    FIELD(on_detach), GONE_RUN},
    {"g --on-detach=stop",   FIELD(on_detach), GONE_STOP},
    {"g --on-detach=exit",   FIELD(on_detach), GONE_EXIT},
    {"g --on-detach=exit",   FIELD(on_disconnect), GONE_STOP},
    {"g",                    FIELD(on_disconnect), GONE_STOP},
    {"g --on-disconnect=run", FIELD(on_disconnect), GONE_RUN},
    {"g --on-disconnect=exit", FIELD(on_disconnect), GONE_EXIT},
    {"g --on-disconnect=exit", FIELD(on_detach), GONE_RUN},
    {"g",                    FIELD(on_kill), KILLED_AUTO},
    {"g --on-kill=exit",     FIELD(on_kill), KILLED_EXIT},
    {"g --on-kill=reset",    FIELD(on_kill), KILLED_RESET},
    {"g --on-kill=detach",   FIELD(on_kill), KILLED_DETACH},
    {"g --on-stop=exit",     FIELD(on_stop), STOPPED_EXIT},
    {"g",                    FIELD(timeout_ns), 0},
    {"g --timeout=0.5",      FIELD(timeout_ns), 500000000},
    {"g",                    FIELD(follow_mode), FOLLOW_AUTO},
    {"g --follow-mode",      FIELD(follow_mode), FOLLOW_ON},
    {"g --follow-mode=on",   FIELD(follow_mode), FOLLOW_ON},
    {"g --follow-mode=off",  FIELD(follow_mode), FOLLOW_OFF},
    {"g",                    FIELD(no_sandbox), false},
    {"g --no-sandbox",       FIELD(no_sandbox), true},
    {"g -l unix:s",          FIELD(address.mode), 0600},
    {"g --socket-mode=660 -l unix:s", FIELD(address.mode), 0660},
    {"g",                    FIELD(files), 0},
    {"g",                    FIELD(disk), 0},
    {"g",                    FIELD(gdb), 0},
    {"g",                    FIELD(result), 0},
    {"--doctor",             FIELD(doctor.format), DOCTOR_TEXT},
    {"--doctor=json",        FIELD(doctor.format), DOCTOR_JSON},
};
/* clang-format on */

ParameterizedTestParameters(options, sets)
{
    return row_numbers(ROWS(set_rows));
}

ParameterizedTest(const size_t *i, options, sets)
{
    const struct set_row *row = &set_rows[*i];
    struct options options;
    uint64_t value = 0;

    (void)parse(row->line, &options, NULL);
    memcpy(&value, (const char *)&options + row->at, row->size);
    cr_expect(eq(u64, value, row->value), "%s", row->line);
}

Test(options, words_are_kept)
{
    struct options options;

    (void)parse("--disk d --gdb=my-gdb -p 77 g", &options, NULL);
    cr_expect(strcmp(options.load.path, "g") == 0);
    cr_expect(strcmp(options.disk, "d") == 0);
    cr_expect(strcmp(options.gdb, "my-gdb") == 0);
    cr_expect(strcmp(options.address.host, "") == 0, "loopback");
    cr_expect(strcmp(options.address.port, "77") == 0);
    (void)parse("--gdb g", &options, NULL);
    cr_expect(strcmp(options.gdb, "gdb") == 0);
    cr_expect(strcmp(options.address.port, "1234") == 0);
}

Test(options, cdrom)
{
    static const char *const bad[] = {"--cdrom c g", "--cdrom c --disk d",
                                      "--cdrom c --floppy",
                                      "--cdrom c --bios b"};
    struct options options;
    struct diag diag = {""};

    cr_expect(eq(int, (int)parse("--cdrom c", &options, &diag), OPTIONS_RUN));
    cr_expect(strcmp(options.load.path, "c") == 0);
    cr_expect(options.load.is_cd);
    cr_expect(options.disk == NULL, "it is the guest's own");
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        cr_expect(eq(int, (int)parse(bad[i], &options, &diag), OPTIONS_BAD),
                  "%s", bad[i]);
}

Test(options, bios)
{
    struct options options;
    struct diag diag = {""};

    cr_expect(eq(int, (int)parse("--bios b g", &options, &diag), OPTIONS_RUN));
    cr_expect(strcmp(options.load.path, "b") == 0);
    cr_expect(options.load.is_firmware);
    cr_expect(strcmp(options.disk, "g") == 0, "the guest is its disk");
    (void)parse("--bios b --disk d", &options, NULL);
    cr_expect(strcmp(options.load.path, "b") == 0);
    cr_expect(strcmp(options.disk, "d") == 0);
    cr_expect(eq(int, (int)parse("--bios b", &options, &diag), OPTIONS_RUN));
    cr_expect(options.disk == NULL);
    cr_expect(eq(int, (int)parse("--bios b --disk d g", &options, &diag),
                 OPTIONS_BAD));
    cr_expect(eq(int, (int)parse("--bios b --floppy g", &options, &diag),
                 OPTIONS_BAD));
    (void)parse("g", &options, NULL);
    cr_expect(not(options.load.is_firmware));
}

Test(options, floppy)
{
    struct options options;
    struct diag diag = {""};

    (void)parse("--floppy f", &options, NULL);
    cr_expect(strcmp(options.load.path, "f") == 0, "it is the guest");
    cr_expect(strcmp(options.disk, "f") == 0);
    cr_expect(options.is_floppy);
    (void)parse("g --floppy", &options, NULL);
    cr_expect(strcmp(options.load.path, "g") == 0);
    cr_expect(strcmp(options.disk, "g") == 0, "the guest is it");
    (void)parse("--floppy f -r g", &options, NULL);
    cr_expect(strcmp(options.load.path, "g") == 0);
    cr_expect(strcmp(options.disk, "f") == 0);
    cr_expect(options.run);
    (void)parse("--floppy=f -r g", &options, NULL);
    cr_expect(strcmp(options.disk, "f") == 0);
    (void)parse("--floppy -r g", &options, NULL);
    cr_expect(strcmp(options.disk, "g") == 0);
    cr_expect(eq(int, (int)parse("--floppy f --disk d g", &options, &diag),
                 OPTIONS_BAD));
    cr_expect(strstr(diag.text, "one disk") != NULL, "%s", diag.text);
    cr_expect(eq(int, (int)parse("--floppy", &options, &diag), OPTIONS_BAD));
    cr_expect(strstr(diag.text, "no guest is named") != NULL, "%s", diag.text);
    (void)parse("--disk d g", &options, NULL);
    cr_expect(not(options.is_floppy));
}

Test(options, nowhere_to_listen)
{
    struct options options;

    cr_assert(eq(int, (int)parse("-l none g", &options, NULL), OPTIONS_RUN));
    cr_expect(options.run);
    cr_expect(eq(int, (int)options.on_stop, STOPPED_EXIT));
    cr_assert(eq(int, (int)parse("g", &options, NULL), OPTIONS_RUN));
    cr_expect(not(options.run));
    cr_expect(eq(int, (int)options.on_stop, STOPPED_WAIT));
}

/* Whatever was wrong with the line, and wherever. */
Test(options, result_of_a_bad_line)
{
    static const char *const lines[] = {
        "--result r --bogus g",     "--bogus --result=r g",
        "--timeout 0 g --result r", "--result r --timeout",
        "a b --result r",           "--bogus --result q --result r",
    };

    for (size_t i = 0; i < ROWS(lines); i++) {
        struct options options;

        cr_expect(eq(int, (int)parse(lines[i], &options, NULL), OPTIONS_BAD));
        cr_expect(options.result && strcmp(options.result, "r") == 0, "%s",
                  lines[i]);
    }
}

/* To be freed. */
static char *help(void)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);

    cr_assert(out != NULL);
    options_print_help(out);
    (void)fclose(out);
    return text;
}

/* clang-format off */
static const char *const help_lines[] = {
    "\n  -p, --port PORT       listen on this TCP port of the loopback interface"
    "\n                        (default 1234; 0 picks a free one)\n",
    "\n      --mode MODE       CPU mode to start in: auto, real, prot or long\n",
    "\n      --gdb[=PROG]      start the debugger (gdb), connected, with symbols\n",
    "\n      --on-disconnect WHAT"
    "\n                        the same after a lost connection (stop)\n",
};
/* clang-format on */

/* Letter, name, argument, and what it is, in columns. */
Test(options, help_has_columns)
{
    char *text = help();

    for (size_t i = 0; i < ROWS(help_lines); i++)
        cr_expect(strstr(text, help_lines[i]) != NULL, "%s", help_lines[i]);
    free(text);
}

Test(options, help_has_all)
{
    char *text = help();

    for (const struct option_row *row = option_rows; row->name; row++) {
        char start[64];

        (void)snprintf(start, sizeof start, "\n  %c%c%c --%s%s",
                       row->letter ? '-' : ' ', row->letter ? row->letter : ' ',
                       row->letter ? ',' : ' ', row->name,
                       !row->arg || row->arg[0] == '[' ? "" : " ");
        cr_expect(strstr(text, start) != NULL, "%s", start);
    }
    free(text);
}

/* A line of the terminal each, as long as the table is right. */
Test(options, help_fits)
{
    char *text = help();

    for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n"))
        cr_expect(le(sz, strlen(line), 79), "%s", line);
    free(text);
}

Test(options, vnc)
{
    static const struct {
        const char *line;
        enum address_kind kind;
        const char *port;
    } rows[] = {
        {"--vnc g", ADDRESS_TCP, "5900"},
        {"--vnc=tcp::1 g", ADDRESS_TCP, "1"},
        {"--vnc=unix:/v g", ADDRESS_UNIX, ""},
        {"--vnc=stdio g", ADDRESS_NONE, NULL},
        {"--vnc=none g", ADDRESS_NONE, NULL},
        {"--vnc=5900x g", ADDRESS_NONE, NULL},
        {"--vnc=tcp::x g", ADDRESS_NONE, NULL},
        {"--vnc=unix: g", ADDRESS_NONE, NULL},
    };
    struct options options;
    struct diag diag = {""};

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        bool good = rows[i].port != NULL;

        cr_expect(eq(int, (int)parse(rows[i].line, &options, &diag),
                     good ? OPTIONS_RUN : OPTIONS_BAD),
                  "%s", rows[i].line);
        if (!good) {
            cr_expect(strstr(diag.text, "use --vnc=tcp:HOST:PORT") &&
                          !strstr(diag.text, "stdio or none"),
                      "%s", diag.text);
            continue;
        }
        cr_expect(eq(int, options.vnc.user, ADDRESS_VNC));
        cr_expect(options.has_vnc, "%s", rows[i].line);
        cr_expect(eq(int, options.vnc.kind, rows[i].kind), "%s", rows[i].line);
        cr_expect(zero(int, strcmp(options.vnc.port, rows[i].port)), "%s",
                  rows[i].line);
        cr_expect(zero(int, strcmp(options.vnc.host, "")), "loopback");
        cr_expect(zero(int, strcmp(options.load.path, "g")), "%s",
                  rows[i].line);
    }
    (void)parse("g", &options, NULL);
    cr_expect(not(options.has_vnc));
}
