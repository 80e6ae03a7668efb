/* SPDX-License-Identifier: MIT */
#include "stub/log.h"

#include <ctype.h>
#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum {
    LINE_MAX_BYTES = 1024, /* a pipe takes it whole (PIPE_BUF) */
    PACKET_SHOWN = 240,
    GRACE_MS = 500, /* enough for a reader that is merely slow */
};

static const struct {
    const char *name;
    unsigned topics;
} topic_names[] = {
    {"rsp", LOG_RSP},
    {"run", LOG_RUN},
    {"bp", LOG_BP},
    {"mem", LOG_MEM},
    {"all", LOG_RSP | LOG_RUN | LOG_BP | LOG_MEM},
};

static unsigned enabled;
static unsigned long lost; /* lines, since the last that was written */

/* Whoever did not read for long is not waited for again. */
static bool log_has_room(void)
{
    struct pollfd fd = {.fd = STDERR_FILENO, .events = POLLOUT};
    int n;

    do {
        n = poll(&fd, 1, lost ? 0 : GRACE_MS);
    } while (n < 0 && errno == EINTR);
    return n > 0;
}

static bool try_write(const char *line, size_t n)
{
    return log_has_room() && write(STDERR_FILENO, line, n) == (ssize_t)n;
}

static bool tell_lost(void)
{
    char line[128];
    int n = snprintf(line, sizeof line,
                     "kvmgdbstub: %lu lines are missing here: nobody read "
                     "them\n",
                     lost);

    return !lost || try_write(line, (size_t)n);
}

static void write_line(const char *line, size_t n)
{
    if (tell_lost() && try_write(line, n))
        lost = 0;
    else
        lost++;
}

static void put_line(const char *prefix, const char *format, va_list args)
    __attribute__((format(printf, 2, 0)));

static void put_line(const char *prefix, const char *format, va_list args)
{
    char line[LINE_MAX_BYTES];
    int at = snprintf(line, sizeof line, "%s", prefix);
    int n = vsnprintf(line + at, sizeof line - (size_t)at - 1, format, args);
    size_t size = (size_t)at + (size_t)(n > 0 ? n : 0);

    if (size > sizeof line - 2)
        size = sizeof line - 2;
    line[size++] = '\n';
    write_line(line, size);
}

void log_user(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    put_line("kvmgdbstub: ", format, args);
    va_end(args);
}

bool log_flush_output(void)
{
    int err = fflush(stdout) == EOF ? errno : ferror(stdout) ? EIO : 0;

    if (err)
        log_user("cannot write to standard output: %s", strerror(err));
    return !err;
}

static unsigned topics_of(const char *name, size_t n)
{
    for (size_t i = 0; i < sizeof topic_names / sizeof topic_names[0]; i++)
        if (strlen(topic_names[i].name) == n &&
            !strncmp(topic_names[i].name, name, n))
            return topic_names[i].topics;
    return 0;
}

bool log_enable(const char *topics)
{
    for (const char *at = topics; *at;) {
        size_t n = strcspn(at, ",");
        unsigned found = topics_of(at, n);

        if (!found)
            return false;
        enabled |= found;
        at += n;
        if (*at == ',')
            at++;
    }
    return *topics != '\0';
}

bool log_enabled(enum log_topic topic)
{
    return enabled & topic;
}

void log_trace(enum log_topic topic, const char *format, ...)
{
    va_list args;

    if (!log_enabled(topic))
        return;
    va_start(args, format);
    put_line("", format, args);
    va_end(args);
}

void log_packet(char direction, const char *bytes, size_t n)
{
    char shown[4 * PACKET_SHOWN + 1];
    size_t at = 0;
    size_t count = n < PACKET_SHOWN ? n : PACKET_SHOWN;

    if (!log_enabled(LOG_RSP))
        return;
    for (size_t i = 0; i < count; i++) {
        unsigned char c = (unsigned char)bytes[i];

        if (isprint(c) && c != '\\')
            shown[at++] = (char)c;
        else
            at += (size_t)snprintf(shown + at, sizeof shown - at, "\\x%02x", c);
    }
    shown[at] = '\0';
    log_trace(LOG_RSP, "%s %s%s", direction == '<' ? "<-" : "->", shown,
              count < n ? "..." : "");
}
