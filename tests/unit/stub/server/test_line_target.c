/* SPDX-License-Identifier: MIT */
/* What --serial is told. */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>
#include <string.h>

#include "stub/server/line_target.h"
#include "tests/unit/kvm/rows.h"

/* clang-format off */
static const struct row {
    const char *text;
    enum line_kind kind;
    const char *where; /* as an address, or a file */
} good[] = {
    {"stdio",           LINE_STDIO,  ""},
    {"pty",             LINE_PTY,    ""},
    {"none",            LINE_NONE,   ""},
    {"file:a",          LINE_FILE,   "a"},
    {"file:tcp:1",      LINE_FILE,   "tcp:1"},
    {"file: ",          LINE_FILE,   " "},
    {"tcp:0",           LINE_SOCKET, "tcp:127.0.0.1:0"},
    {"tcp:65535",       LINE_SOCKET, "tcp:127.0.0.1:65535"},
    {"unix:a",          LINE_SOCKET, "unix:a"},
    {"unix:/x/file:a",  LINE_SOCKET, "unix:/x/file:a"},
};

static const char *const bad[] = {
    "", "std", "stdio ", "ptys", "NONE", "file:", "file", "tcp:", "tcp", "tcp:x",
    "tcp:65536", "tcp:localhost:1", "tcp::1", "tcp:[::1]:1", "unix:", "tcp:-1",
    "tcp:1234567890123456789012345678901234567890",
};
/* clang-format on */

Test(line_target, good)
{
    for (size_t i = 0; i < ROWS(good); i++) {
        struct line_target target;
        struct diag diag = {""};
        char where[300] = "";

        cr_assert(zero(int, line_target_parse(&target, good[i].text, &diag)),
                  "%s: %s", good[i].text, diag.text);
        cr_expect(eq(int, target.kind, good[i].kind), "%s", good[i].text);
        if (target.kind == LINE_SOCKET)
            address_format(&target.address, where, sizeof where);
        cr_expect(eq(str, target.path ? (char *)(uintptr_t)target.path : where,
                     (char *)(uintptr_t)good[i].where));
        cr_expect(
            eq(int, target.address.user,
               target.kind == LINE_SOCKET ? ADDRESS_LINE : ADDRESS_DEBUGGER));
    }
}

Test(line_target, bad)
{
    for (size_t i = 0; i < ROWS(bad); i++) {
        struct line_target target;
        struct diag diag = {""};

        cr_expect(eq(int, line_target_parse(&target, bad[i], &diag), -EINVAL),
                  "%s", bad[i]);
        cr_expect(strstr(diag.text, "pty, unix:PATH") != NULL, "%s", diag.text);
    }
}
