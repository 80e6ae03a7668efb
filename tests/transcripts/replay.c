/* SPDX-License-Identifier: MIT */
/*
 * Replays transcripts: usage: replay FILE...
 *
 *   # comment
 *   target fake-smp2        a fresh fake target and session
 *   <- PAYLOAD              a packet from the client; \xNN is a byte
 *   <. BYTES                bytes that are no packet, as they are
 *   -> PAYLOAD              the next packet to the client is this ...
 *   -> /REGEX/              ... or is matched by this, as a whole
 *   -> %PAYLOAD             a notification; /%REGEX/ likewise
 *   !! stop TID KIND [N]    the target stops; N is an address, or the signal
 *   !! console TEXT         the guest says something; \xNN as above
 *   !! connect [running]    another client
 *   !! mode N               the target describes itself in another way
 *   !! runs TID             this thread runs when non-stop mode is set on
 *   == actions LETTERS      how each thread was resumed: c s r or -
 *   == stopping LETTERS     t for each thread that was asked to stop, or -
 *   == points N             how many breakpoints there are
 *   == interrupts N         how often the target was asked to stop
 *   == state NAME           stopped, running or done
 *
 * Each packet to the client must be matched by a line before the next one goes
 * in. A line that fails is told as file:line, and the rest is still played.
 */
#include <regex.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rsp/session.h"
#include "tests/support/fake_target.h"
#include "tests/support/wire.h"

enum { LINE_BYTES = 8192, OUTPUT_BYTES = 65536 };

static struct fake_target fake;
static struct rsp_session session;
static const char *file_name;
static unsigned line_number, failures;
static char output[OUTPUT_BYTES]; /* what no line has matched yet */

static void fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

static void fail(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    printf("%s:%u: ", file_name, line_number);
    vprintf(format, args);
    printf("\n");
    va_end(args);
    failures++;
}

/* Decodes \xNN in place; returns the length. */
static size_t decode(char *text)
{
    size_t n = 0;

    for (const char *p = text; *p;) {
        char digits[3] = "";

        if (p[0] == '\\' && p[1] == 'x')
            memcpy(digits, p + 2, strnlen(p + 2, 2));
        bool escape = strlen(digits) == 2;
        text[n] = *p;
        if (escape)
            text[n] = (char)strtoul(digits, NULL, 16);
        p += escape ? 4 : 1;
        n++;
    }
    text[n] = '\0';
    return n;
}

/* Takes what the session has to say; acks go without saying. */
static void take_output(void)
{
    const char *more = wire_take(&session);
    size_t n = strlen(output);

    more += *more == '+';
    if (n + strlen(more) >= sizeof output)
        fail("too much output");
    else
        memcpy(output + n, more, strlen(more) + 1);
}

static void nothing_left(void)
{
    if (output[0])
        fail("not expected: %s", output);
    output[0] = '\0';
}

static void feed(const char *bytes, size_t n)
{
    if (wire_feed(&session, bytes, n, n) != n)
        fail("not all was taken");
    take_output();
}

static void client_sends(char *line)
{
    static char packet[2 * LINE_BYTES];
    size_t n = decode(line);

    nothing_left();
    feed(packet, wire_frame(packet, sizeof packet, line, n));
}

static void client_sends_bytes(char *line)
{
    size_t n = decode(line);

    nothing_left();
    feed(line, n);
}

static bool matches(char *pattern, const char *text)
{
    size_t n = strlen(pattern);
    regmatch_t match;
    regex_t regex;

    if (n < 2 || pattern[0] != '/' || pattern[n - 1] != '/')
        return strcmp(pattern, text) == 0;
    pattern[n - 1] = '\0';
    if (regcomp(&regex, pattern + 1, REG_EXTENDED) != 0) {
        fail("bad pattern: %s", pattern + 1);
        return false;
    }
    bool found = regexec(&regex, text, 1, &match, 0) == 0 && match.rm_so == 0 &&
                 text[match.rm_eo] == '\0';
    regfree(&regex);
    return found;
}

static void client_gets(char *pattern)
{
    char *end = strstr(output, "][");

    if (!end)
        end = output + strlen(output) - (output[0] != '\0');
    if (output[0] != '[' || *end != ']') {
        fail("expected %s, got \"%s\"", pattern, output);
        return;
    }
    *end = '\0';
    if (!matches(pattern, output + 1))
        fail("expected %s, got %s", pattern, output + 1);
    memmove(output, end + 1, strlen(end + 1) + 1);
}

/* clang-format off */
static const struct {
    const char *name;
    enum rsp_stop_kind kind;
} kinds[] = {
    {"signal", RSP_STOP_SIGNAL}, {"step", RSP_STOP_STEP},
    {"swbreak", RSP_STOP_SWBREAK}, {"hwbreak", RSP_STOP_HWBREAK},
    {"watch", RSP_STOP_WATCH}, {"rwatch", RSP_STOP_RWATCH},
    {"awatch", RSP_STOP_AWATCH}, {"exited", RSP_STOP_EXITED},
    {"killed", RSP_STOP_KILLED},
};
/* clang-format on */

static void stop_target(unsigned tid, enum rsp_stop_kind kind, uint64_t number)
{
    const struct rsp_stop stop = {.kind = kind,
                                  .tid = tid,
                                  .addr = number,
                                  .signal = (uint8_t)number,
                                  .exit_code = (uint8_t)number};

    fake.why = stop;
    rsp_stopped(&session, &stop);
    take_output();
}

static void target_stops(char *line)
{
    unsigned tid = (unsigned)strtoul(line, &line, 10);

    line += strspn(line, " ");
    size_t n = strcspn(line, " ");
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if (strlen(kinds[i].name) == n &&
            strncmp(kinds[i].name, line, n) == 0) {
            stop_target(tid, kinds[i].kind, strtoull(line + n, NULL, 16));
            return;
        }
    }
    fail("no such stop: %s", line);
}

static void guest_says(char *line)
{
    (void)rsp_console(&session, line, decode(line));
    take_output();
}

static void client_connects(char *line)
{
    nothing_left();
    rsp_connect(&session, strcmp(line, "running") == 0);
}

static void target_changes_mode(char *line)
{
    fake.mode = (unsigned)strtoul(line, NULL, 10) % FAKE_MODES;
}

static void thread_runs(char *line)
{
    fake.runs[(strtoul(line, NULL, 10) - 1) % FAKE_THREADS] = true;
}

static void use_target(char *line)
{
    nothing_left();
    for (unsigned i = 0; i < FAKE_KINDS; i++) {
        if (strcmp(fake_kind_name((enum fake_kind)i), line) != 0)
            continue;
        fake_init(&fake, (enum fake_kind)i);
        rsp_init(&session, &fake.ops, &fake);
        return;
    }
    fail("no such target: %s", line);
}

static void expect(const char *what, const char *expected, const char *actual)
{
    if (strcmp(expected, actual) != 0)
        fail("%s: expected %s, is %s", what, expected, actual);
}

static void expect_number(const char *what, const char *expected, unsigned is)
{
    char actual[16];

    (void)snprintf(actual, sizeof actual, "%u", is);
    expect(what, expected, actual);
}

static void check_actions(char *line)
{
    expect("actions", line, fake_actions(&fake));
}

static void check_stopping(char *line)
{
    fake.stopping[fake.n_threads] = '\0';
    expect("stopping", line, fake.stopping);
}

static void check_points(char *line)
{
    expect_number("points", line, fake_points(&fake));
}

static void check_interrupts(char *line)
{
    expect_number("interrupts", line, fake.interrupts);
}

static void check_state(char *line)
{
    static const char *const name[] = {[RSP_STOPPED] = "stopped",
                                       [RSP_RUNNING] = "running",
                                       [RSP_DONE] = "done"};

    expect("state", line, name[rsp_state(&session)]);
}

/* clang-format off */
static const struct {
    const char *prefix;
    void (*play)(char *line);
} verbs[] = {
    {"target ",        use_target},
    {"<- ",            client_sends},
    {"<. ",            client_sends_bytes},
    {"-> ",            client_gets},
    {"!! stop ",       target_stops},
    {"!! console ",    guest_says},
    {"!! connect",     client_connects},
    {"!! mode ",       target_changes_mode},
    {"!! runs ",       thread_runs},
    {"== actions ",    check_actions},
    {"== stopping ",   check_stopping},
    {"== points ",     check_points},
    {"== interrupts ", check_interrupts},
    {"== state ",      check_state},
};
/* clang-format on */

static void play_line(char *line)
{
    if (line[0] == '\0' || line[0] == '#')
        return;
    for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++) {
        size_t n = strlen(verbs[i].prefix);

        if (strncmp(line, verbs[i].prefix, n) == 0) {
            verbs[i].play(line + n + (line[n] == ' '));
            return;
        }
    }
    fail("what is this: %s", line);
}

static void play_file(const char *name)
{
    static char line[LINE_BYTES];
    FILE *file = fopen(name, "r");
    char first[] = "fake";

    file_name = name;
    line_number = 0;
    if (!file) {
        fail("cannot be opened");
        return;
    }
    use_target(first);
    while (fgets(line, sizeof line, file)) {
        line_number++;
        line[strcspn(line, "\n")] = '\0';
        play_line(line);
    }
    nothing_left();
    (void)fclose(file);
}

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++)
        play_file(argv[i]);
    printf("%d transcripts, %u failures\n", argc - 1, failures);
    return argc < 2 || failures ? EXIT_FAILURE : EXIT_SUCCESS;
}
