/* SPDX-License-Identifier: MIT */
#include "stub/options.h"

#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kvm/mem.h"
#include "stub/log.h"

#define DEFAULT_MEMORY (UINT64_C(128) << 20)
#define DEFAULT_LISTEN "tcp::1234"

const char options_help[] =
    "usage: kvmgdbstub [options] GUEST\n"
    "Run GUEST (ELF, boot sector, disk image or flat binary) in a KVM virtual\n"
    "machine and serve it to gdb or lldb.\n"
    "\n"
    "  -p, --port PORT       listen on this TCP port of the loopback "
    "interface\n"
    "                        (default 1234; 0 picks a free one)\n"
    "  -l, --listen ADDR     tcp:HOST:PORT, unix:PATH, or stdio\n"
    "  -r, --run             run without waiting for a debugger\n"
    "      --gdb[=PROG]      start the debugger (gdb), connected, with "
    "symbols\n"
    "  -m, --memory SIZE     guest memory: bytes, or with K, M, G or T (128M)\n"
    "      --mode MODE       CPU mode to start in: auto, real, prot or long\n"
    "      --load-addr ADDR  where a flat binary goes (0)\n"
    "      --entry ADDR      first instruction (from the image)\n"
    "      --disk FILE       the first ATA disk, of which the guest changes a "
    "copy\n"
    "                        (the image, where that is a boot sector)\n"
    "      --on-detach WHAT  the guest after a detach: run, stop or exit "
    "(run)\n"
    "      --on-disconnect WHAT\n"
    "                        the same after a lost connection (stop)\n"
    "      --on-kill WHAT    the guest when the debugger kills it: exit, reset "
    "or\n"
    "                        detach (exit; reset for extended-remote)\n"
    "      --follow-mode[=WHAT]\n"
    "                        on: gdb changes with the guest between 16, 32 "
    "and\n"
    "                        64-bit code; off: it does not (on for flat "
    "images\n"
    "                        that do not start in long mode)\n"
    "      --trace TOPICS    print rsp, run, bp, mem, or all of them\n"
    "      --doctor[=HOW]    what this host's KVM gives a debugger, measured:\n"
    "                        a table; json; or needs:NAME, an exit status of "
    "0\n"
    "                        or 1 for one ability or FEATURE@MODE of the "
    "table\n"
    "  -h, --help            this text\n"
    "  -V, --version         the version\n"
    "\n"
    "Exit status: the guest's own (what it wrote to port 0xf4); 2 for a wrong\n"
    "command line, 69 if KVM cannot be used, 1 for other failures.\n";

enum long_only {
    OPT_GDB = 256,
    OPT_MODE,
    OPT_LOAD_ADDR,
    OPT_ENTRY,
    OPT_DISK,
    OPT_ON_DETACH,
    OPT_ON_DISCONNECT,
    OPT_ON_KILL,
    OPT_FOLLOW_MODE,
    OPT_TRACE,
    OPT_DOCTOR,
};

static const struct option long_options[] = {
    {"port", required_argument, NULL, 'p'},
    {"listen", required_argument, NULL, 'l'},
    {"run", no_argument, NULL, 'r'},
    {"gdb", optional_argument, NULL, OPT_GDB},
    {"memory", required_argument, NULL, 'm'},
    {"mode", required_argument, NULL, OPT_MODE},
    {"load-addr", required_argument, NULL, OPT_LOAD_ADDR},
    {"entry", required_argument, NULL, OPT_ENTRY},
    {"disk", required_argument, NULL, OPT_DISK},
    {"on-detach", required_argument, NULL, OPT_ON_DETACH},
    {"on-disconnect", required_argument, NULL, OPT_ON_DISCONNECT},
    {"on-kill", required_argument, NULL, OPT_ON_KILL},
    {"follow-mode", optional_argument, NULL, OPT_FOLLOW_MODE},
    {"trace", required_argument, NULL, OPT_TRACE},
    {"doctor", optional_argument, NULL, OPT_DOCTOR},
    {"help", no_argument, NULL, 'h'},
    {"version", no_argument, NULL, 'V'},
    {NULL, 0, NULL, 0},
};

/* --- values --- */

static bool parse_number(const char *text, uint64_t *ret, char **ret_end)
{
    if (!isdigit((unsigned char)*text))
        return false;
    errno = 0;
    *ret = strtoull(text, ret_end, 0);
    return errno == 0;
}

/* Binary logarithm of a unit, none for no suffix. */
static bool parse_unit(const char *suffix, unsigned *ret_shift)
{
    static const char units[] = "KMGT";
    const char *unit;

    *ret_shift = 0;
    if (!*suffix)
        return true;
    unit = strchr(units, toupper((unsigned char)*suffix));
    if (!unit || suffix[1])
        return false;
    *ret_shift = 10 * (unsigned)(unit - units + 1);
    return true;
}

bool options_parse_size(const char *text, uint64_t *ret)
{
    char *end;
    unsigned shift;

    if (!parse_number(text, ret, &end) || !parse_unit(end, &shift) ||
        *ret > UINT64_MAX >> shift)
        return false;
    *ret <<= shift;
    return true;
}

static int parse_memory(struct options *options, const char *text,
                        struct diag *diag)
{
    if (!options_parse_size(text, &options->memory))
        return diag_set(diag, -EINVAL,
                        "'%s' is not a memory size: use a number of bytes, "
                        "or one with K, M, G or T",
                        text);
    if (!options->memory || options->memory % MEM_PAGE)
        return diag_set(diag, -EINVAL,
                        "a guest cannot have %s bytes of memory: use a "
                        "multiple of 4K, at least one",
                        text);
    return 0;
}

static int parse_address(const char *name, const char *text, uint64_t *ret,
                         struct diag *diag)
{
    char *end;

    if (parse_number(text, ret, &end) && !*end)
        return 0;
    return diag_set(diag, -EINVAL, "--%s: '%s' is not an address", name, text);
}

struct word {
    const char *name;
    int value;
};

static int parse_word(const char *option, const char *text,
                      const struct word *words, size_t n, int *ret,
                      struct diag *diag)
{
    for (size_t i = 0; i < n; i++) {
        if (!strcmp(words[i].name, text)) {
            *ret = words[i].value;
            return 0;
        }
    }
    return diag_set(diag, -EINVAL,
                    "--%s does not know '%s'; --help lists "
                    "what it takes",
                    option, text);
}

static int parse_mode(struct options *options, const char *text,
                      struct diag *diag)
{
    static const struct word words[] = {{"auto", CPU_MODE_AUTO},
                                        {"real", CPU_MODE_REAL},
                                        {"prot", CPU_MODE_PROT},
                                        {"long", CPU_MODE_LONG}};
    int value = CPU_MODE_AUTO;
    int r = parse_word("mode", text, words, 4, &value, diag);

    options->load.mode = (enum cpu_mode)value;
    return r;
}

static int parse_gone(const char *option, const char *text, enum when_gone *ret,
                      struct diag *diag)
{
    static const struct word words[] = {
        {"stop", GONE_STOP}, {"run", GONE_RUN}, {"exit", GONE_EXIT}};
    int value = GONE_STOP;
    int r = parse_word(option, text, words, 3, &value, diag);

    *ret = (enum when_gone)value;
    return r;
}

static int parse_kill(struct options *options, const char *text,
                      struct diag *diag)
{
    static const struct word words[] = {{"exit", KILLED_EXIT},
                                        {"reset", KILLED_RESET},
                                        {"detach", KILLED_DETACH}};
    int value = KILLED_EXIT;
    int r = parse_word("on-kill", text, words, 3, &value, diag);

    options->on_kill = (enum when_killed)value;
    return r;
}

static int parse_follow(struct options *options, const char *text,
                        struct diag *diag)
{
    static const struct word words[] = {{"on", FOLLOW_ON}, {"off", FOLLOW_OFF}};
    int value = FOLLOW_ON;
    int r = text ? parse_word("follow-mode", text, words, 2, &value, diag) : 0;

    options->follow_mode = (enum follow_mode)value;
    return r;
}

static int parse_trace(const char *text, struct diag *diag)
{
    if (log_enable(text))
        return 0;
    return diag_set(diag, -EINVAL,
                    "--trace does not know '%s': the topics are rsp, run, bp, "
                    "mem and all, with commas between them",
                    text);
}

static int parse_port(struct options *options, const char *text,
                      struct diag *diag)
{
    char address[32];
    int n = snprintf(address, sizeof address, "tcp::%s", text);

    if (n < (int)sizeof address &&
        address_parse(&options->address, address, NULL) == 0)
        return 0;
    return diag_set(diag, -EINVAL, "'%s' is not a TCP port: use 0 to 65535",
                    text);
}

/* --- the line --- */

static int apply(struct options *options, int option, char *arg,
                 struct diag *diag)
{
    struct load_options *load = &options->load;

    switch (option) {
    case 'p':
        return parse_port(options, arg, diag);
    case 'l':
        return address_parse(&options->address, arg, diag);
    case 'm':
        return parse_memory(options, arg, diag);
    case 'r':
        options->run = true;
        return 0;
    case OPT_GDB:
        options->gdb = arg ? arg : "gdb";
        return 0;
    case OPT_MODE:
        return parse_mode(options, arg, diag);
    case OPT_LOAD_ADDR:
        load->has_load_addr = true;
        return parse_address("load-addr", arg, &load->load_addr, diag);
    case OPT_ENTRY:
        load->has_entry = true;
        return parse_address("entry", arg, &load->entry, diag);
    case OPT_DISK:
        options->disk = arg;
        return 0;
    case OPT_ON_DETACH:
        return parse_gone("on-detach", arg, &options->on_detach, diag);
    case OPT_ON_DISCONNECT:
        return parse_gone("on-disconnect", arg, &options->on_disconnect, diag);
    case OPT_ON_KILL:
        return parse_kill(options, arg, diag);
    case OPT_FOLLOW_MODE:
        return parse_follow(options, arg, diag);
    case OPT_TRACE:
        return parse_trace(arg, diag);
    default:
        return -EINVAL;
    }
}

static int complain(char **argv, int option, struct diag *diag)
{
    const char *word = argv[optind - 1];

    if (option == ':')
        return diag_set(diag, -EINVAL, "%s wants a value; see --help", word);
    if (optopt && optopt < 256)
        return diag_set(diag, -EINVAL, "unknown option '-%c'; see --help",
                        optopt);
    return diag_set(diag, -EINVAL, "unknown option '%s'; see --help", word);
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
    if (options->gdb && options->address.kind == ADDRESS_STDIO)
        return diag_set(diag, -EINVAL,
                        "--gdb needs the terminal that -l stdio would take");
    return 0;
}

enum options_verdict options_parse(struct options *options, int argc,
                                   char **argv, struct diag *diag)
{
    int option;

    *options = (struct options){.memory = DEFAULT_MEMORY,
                                .on_detach = GONE_RUN,
                                .on_disconnect = GONE_STOP};
    (void)address_parse(&options->address, DEFAULT_LISTEN, NULL);
    opterr = 0;
    optind = 0; /* start afresh: tests parse more than one line */
    while ((option = getopt_long(argc, argv, ":p:l:m:rhV", long_options,
                                 NULL)) != -1) {
        if (option == 'h')
            return OPTIONS_HELP;
        if (option == 'V')
            return OPTIONS_VERSION;
        if (option == OPT_DOCTOR)
            return doctor_parse(optarg, &options->doctor, diag) < 0
                       ? OPTIONS_BAD
                       : OPTIONS_DOCTOR;
        if (option == '?' || option == ':') {
            (void)complain(argv, option, diag);
            return OPTIONS_BAD;
        }
        if (apply(options, option, optarg, diag) < 0)
            return OPTIONS_BAD;
    }
    return take_guest(options, argc, argv, diag) < 0 ? OPTIONS_BAD
                                                     : OPTIONS_RUN;
}
