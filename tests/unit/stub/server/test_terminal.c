/* SPDX-License-Identifier: MIT */
/* Which keys are the guest's, and a reader that reads ahead for them. */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <string.h>
#include <unistd.h>

#include "stub/server/input.h"
#include "stub/server/terminal.h"
#include "tests/unit/kvm/rows.h"

static const struct row {
    const char *typed[3]; /* one after the other */
    const char *goes;     /* of all */
    bool leaves;
} rows[] = {
    {{"abc"}, "abc", false},
    {{"a\001\001b"}, "a\001b", false},
    {{"\001\001\001\001"}, "\001\001", false},
    {{"a\001", "\001b"}, "a\001b", false},
    {{"a\001zb"}, "ab", false},
    {{"\001", "z", "x"}, "x", false},
    {{"a\001x"}, "a", true},
    {{"a\001", "x"}, "a", true},
    {{"\001\001x"}, "\001x", false},
    {{"\001\001\001x"}, "\001", true},
    {{"\003\004\032\034"}, "\003\004\032\034", false},
    {{"\001h\001?x"}, "x", false},
};

ParameterizedTestParameters(terminal, keys)
{
    return row_numbers(ROWS(rows));
}

ParameterizedTest(const size_t *i, terminal, keys)
{
    const struct row *row = &rows[*i];
    struct terminal terminal = {.fd = -1};
    char all[32] = "";
    bool leaves = false;

    for (size_t part = 0; part < 3 && row->typed[part]; part++) {
        char text[16];
        size_t n = strlen(row->typed[part]);
        bool left;

        memcpy(text, row->typed[part], n);
        n = terminal_filter(&terminal, text, n, &left);
        strncat(all, text, n);
        leaves |= left;
    }
    cr_expect(zero(int, strcmp(all, row->goes)), "row %zu", *i);
    cr_expect(eq(int, leaves, row->leaves), "row %zu", *i);
}

Test(terminal, none)
{
    struct terminal terminal;
    int ends[2];

    cr_assert(zero(int, pipe(ends)));
    cr_expect(not(terminal_open(&terminal, ends[0])));
    terminal_enter(&terminal);
    cr_expect(not(terminal.is_raw));
    terminal_leave(&terminal);
    (void)close(ends[0]);
    (void)close(ends[1]);
}

/* --- a guest that reads nothing for long --- */

static size_t room, n_taken, n_filtered;
static char last_taken;

static size_t take(struct machine *machine, unsigned port, const char *text,
                   size_t n)
{
    size_t done = n < room ? n : room;

    (void)machine, (void)port;
    if (done)
        last_taken = text[done - 1];
    room -= done;
    n_taken += done;
    return done;
}

static void expect(struct machine *machine, unsigned port, bool on)
{
    (void)machine, (void)port, (void)on;
}

static size_t filter(void *context, char *text, size_t n)
{
    (void)context, (void)text;
    n_filtered += n;
    return n;
}

static void nothing(void *context)
{
    (void)context;
}

static const struct machine_ops ops = {.serial = take, .expect_serial = expect};
static struct machine machine = {&ops};

/* Every key is seen; what there is room for is kept, in order. */
Test(terminal, reads_ahead)
{
    static struct input input;
    static char text[1024];
    struct loop loop;
    int ends[2];

    input = (struct input){.ended = nothing, .filter = filter};
    cr_assert(zero(int, loop_init(&loop)));
    cr_assert(zero(int, pipe(ends)));
    cr_assert(zero(int, input_open(&input, &loop, &machine)));
    cr_assert(zero(int, input_take(&input, ends[0])));
    room = 10;
    for (size_t i = 0; i < INPUT_MAX / sizeof text + 2; i++) {
        memset(text, (int)('a' + i % 26), sizeof text);
        cr_assert(eq(long, write(ends[1], text, sizeof text), sizeof text));
        while (n_filtered < (i + 1) * sizeof text)
            (void)loop_once(&loop, 1);
    }
    cr_expect(eq(sz, n_taken, 10));
    room = SIZE_MAX;
    while (n_taken < INPUT_MAX)
        (void)loop_once(&loop, 1);
    cr_expect(le(sz, n_taken, INPUT_MAX + 10));
    cr_expect(eq(chr, last_taken, 'a' + INPUT_MAX / sizeof text % 26));
    input_close(&input);
    loop_done(&loop);
    (void)close(ends[0]);
    (void)close(ends[1]);
}
