/* SPDX-License-Identifier: MIT */
/* The line to paste: what the shell makes of it is what was meant. */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <string.h>

#include "stub/launch.h"
#include "tests/unit/kvm/rows.h"

#define BEGIN "gdb -iex 'set auto-connect-native-target off' -ex "
#define TCP   BEGIN "'target extended-remote 127.0.0.1:1234'"

/* clang-format off */
static const struct line_row {
    const char *address, *guest, *line;
} rows[] = {
    {"tcp::1234",       NULL,            TCP},
    {"tcp::1234",       "a/b-c_d.elf",   TCP " a/b-c_d.elf"},
    {"tcp::1234",       "my guest",      TCP " 'my guest'"},
    {"tcp::1234",       "it's",          TCP " 'it'\\''s'"},
    {"tcp::1234",       "$(reboot)",     TCP " '$(reboot)'"},
    {"tcp::1234",       "a\nb",          TCP " 'a\nb'"},
    {"tcp:[::1]:5",     NULL,            BEGIN "'target extended-remote [::1]:5'"},
    {"unix:/tmp/it's",  "g",             BEGIN
     "'target extended-remote /tmp/it'\\''s' g"},
};
/* clang-format on */

ParameterizedTestParameters(launch, lines)
{
    return row_numbers(ROWS(rows));
}

ParameterizedTest(const size_t *i, launch, lines)
{
    struct address address;
    char line[LAUNCH_LINE];

    cr_assert(zero(int, address_parse(&address, rows[*i].address, NULL)));
    launch_line(line, sizeof line, &address, rows[*i].guest);
    cr_expect(strcmp(line, rows[*i].line) == 0, "%s", line);
}

/* Cut, but inside of its quotes, and never past the end. */
Test(launch, a_name_without_end)
{
    struct address address;
    char line[LAUNCH_LINE];
    char guest[2 * LAUNCH_LINE];

    memset(guest, '\'', sizeof guest);
    guest[sizeof guest - 1] = '\0';
    cr_assert(zero(int, address_parse(&address, "tcp::1", NULL)));
    launch_line(line, sizeof line, &address, guest);
    cr_expect(lt(sz, strlen(line), sizeof line));
}
