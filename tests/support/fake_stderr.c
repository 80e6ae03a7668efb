/* SPDX-License-Identifier: MIT */
#include "tests/support/fake_stderr.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static FILE *ear;
static int before; /* what standard error was */

void hear(void)
{
    ear = tmpfile();
    before = dup(STDERR_FILENO);
    if (!ear || before < 0 || dup2(fileno(ear), STDERR_FILENO) < 0)
        abort();
}

const char *heard(void)
{
    static char text[1024];
    ssize_t n = pread(fileno(ear), text, sizeof text - 1, 0);

    if (n < 0 || dup2(before, STDERR_FILENO) < 0)
        abort();
    text[n] = '\0';
    (void)close(before);
    (void)fclose(ear);
    return text;
}
