/* SPDX-License-Identifier: MIT */
#include "stub/server/line_target.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static const struct word {
    const char *name;
    enum line_kind kind;
} words[] = {{"stdio", LINE_STDIO}, {"pty", LINE_PTY}, {"none", LINE_NONE}};

static bool is_word(struct line_target *target, const char *text)
{
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (strcmp(words[i].name, text) != 0)
            continue;
        target->kind = words[i].kind;
        return true;
    }
    return false;
}

/* What follows a prefix, if anything does; else NULL. */
static const char *behind(const char *text, const char *prefix)
{
    size_t n = strlen(prefix);

    return !strncmp(text, prefix, n) && text[n] ? text + n : NULL;
}

/* tcp:PORT, on the loopback interface; unix:PATH. */
static bool is_socket(struct line_target *target, const char *text)
{
    const char *port = behind(text, "tcp:");
    char tcp[32];

    target->kind = LINE_SOCKET;
    if (port && !strchr(port, ':') &&
        (size_t)snprintf(tcp, sizeof tcp, "tcp::%s", port) < sizeof tcp)
        return address_parse(&target->address, tcp, NULL) == 0;
    return behind(text, "unix:") &&
           address_parse(&target->address, text, NULL) == 0;
}

int line_target_parse(struct line_target *target, const char *text,
                      struct diag *diag)
{
    *target = (struct line_target){.kind = LINE_STDIO};
    if (is_word(target, text))
        return 0;
    target->path = behind(text, "file:");
    if (target->path) {
        target->kind = LINE_FILE;
        return 0;
    }
    if (is_socket(target, text)) {
        target->address.user = ADDRESS_LINE;
        return 0;
    }
    return diag_set(diag, -EINVAL,
                    "--serial does not know '%s': use stdio, pty, unix:PATH "
                    "(up to %zu characters), tcp:PORT, file:PATH or none",
                    text, sizeof target->address.path - 1);
}
