/* SPDX-License-Identifier: MIT */
#include "stub/server/lines.h"

#include "stub/server/address.h"
#include "stub/server/console.h"
#include "stub/server/listener.h"

static unsigned lines_count(const struct lines *lines)
{
    return lines->line ? LINES : 0;
}

int lines_attach(const struct lines *lines, const struct lines_config *config,
                 struct loop *loop, struct machine *machine, struct diag *diag)
{
    int r = 0;

    if (lines->console)
        lines->console->loop = loop;
    for (unsigned i = 0; !r && i < lines_count(lines); i++) {
        struct line *line = &lines->line[i];

        line->terminal = config->terminal;
        line->ended = config->ended;
        line->left = config->left;
        line->context = config->context;
        r = line_attach(line, loop, machine, config->has_stdin, diag);
    }
    return r;
}

void lines_unlink(const struct lines *lines)
{
    for (unsigned i = 0; i < lines_count(lines); i++)
        if (listener_is_open(&lines->line[i].listener))
            address_unlink(&lines->line[i].target.address);
}

void lines_detach(const struct lines *lines)
{
    if (lines->console) {
        console_end(lines->console);
        lines->console->loop = NULL;
    }
    for (unsigned i = 0; i < lines_count(lines); i++)
        line_detach(&lines->line[i]);
}

void lines_set_step(const struct lines *lines, bool is_step)
{
    if (lines->console)
        lines->console->is_step = is_step;
    for (unsigned i = 0; i < lines_count(lines); i++)
        lines->line[i].own.is_step = is_step;
}
