/* SPDX-License-Identifier: MIT */
/*
 * The command table against its documentation, which is a table as well.
 */
#include <stdio.h>
#include <string.h>

#include "rsp/commands/table.h"
#include "rsp/handler.h"
#include "tests/unit/rsp/bench.h"

enum { DOCUMENTED_MAX = 200, LINE_BYTES = 200 };

static char documented[DOCUMENTED_MAX][LINE_BYTES];
static size_t n_documented;

/* Names in the first column of the table below "## Packets". */
static void read_documentation(void)
{
    FILE *file = fopen(RSP_README, "r");
    char line[LINE_BYTES];
    bool below = false;

    cr_assert(ne(ptr, file, NULL), "%s", RSP_README);
    while (fgets(line, sizeof line, file)) {
        char *end = strchr(line + 3, '`');

        below |= strcmp(line, "## Packets\n") == 0;
        if (!below || strncmp(line, "| `", 3) != 0 || !end)
            continue;
        *end = '\0';
        cr_assert(lt(sz, n_documented, DOCUMENTED_MAX));
        memcpy(documented[n_documented++], line + 3, (size_t)(end - line) - 2);
    }
    (void)fclose(file);
}

Test(commands, are_sorted_and_documented_in_that_order)
{
    const struct rsp_command *c;
    size_t i;

    read_documentation();
    for (i = 0; (c = command_at(i)); i++) {
        cr_assert(lt(sz, i, n_documented), "%s is not documented", c->name);
        cr_expect(eq(str, documented[i], str(c->name)));
        if (i > 0)
            cr_expect(lt(int, strcmp(command_at(i - 1)->name, c->name), 0),
                      "%s", c->name);
    }
    cr_expect(eq(sz, n_documented, i));
}
