/* SPDX-License-Identifier: MIT */
/*
 * What each reader of arguments takes, gives and leaves: rows of one call. A
 * failure is a failure at once, whatever would be read next.
 */
#include <limits.h>
#include <string.h>

#include "rsp/wire/args.h"
#include "tests/unit/rsp/bench.h"

enum reader {
    NUM,
    SKIP_COMMA,
    TRY_COMMA,
    CHAR,
    UNTIL_COMMA,
    REST,
    HEX,
    THREAD,
};

/* clang-format off */
static const struct args_row {
    const char *text;
    enum reader reader;
    uint64_t value; /* number, length, character or whether; pid of a thread */
    int tid;
    const char *left;
    bool bad;
} args_rows[] = {
    {"",                  NUM, 0, 0, "", true},
    {"0",                 NUM, 0, 0, "", false},
    {"1aF,",              NUM, 0x1af, 0, ",", false},
    {"g",                 NUM, 0, 0, "g", true},
    {"-1",                NUM, 0, 0, "-1", true},
    {"ffffffffffffffff",  NUM, UINT64_MAX, 0, "", false},
    {"0000000000000001",  NUM, 1, 0, "", false},
    {"00000000000000001", NUM, 0, 0, "", true},
    {",",                 SKIP_COMMA, 0, 0, "", false},
    {",,",                SKIP_COMMA, 0, 0, ",", false},
    {"",                  SKIP_COMMA, 0, 0, "", true},
    {";",                 SKIP_COMMA, 0, 0, ";", true},
    {",;",                TRY_COMMA, true, 0, ";", false},
    {";",                 TRY_COMMA, false, 0, ";", false},
    {"",                  TRY_COMMA, false, 0, "", false},
    {"ab",                CHAR, 'a', 0, "b", false},
    {"",                  CHAR, 0, 0, "", true},
    {"ab,c",              UNTIL_COMMA, 2, 0, ",c", false},
    {",c",                UNTIL_COMMA, 0, 0, ",c", false},
    {"abc",               UNTIL_COMMA, 3, 0, "", false},
    {"",                  UNTIL_COMMA, 0, 0, "", false},
    {"a,b",               REST, 3, 0, "", false},
    {"",                  REST, 0, 0, "", false},
    {"6162",              HEX, 2, 0, "", false},
    {"",                  HEX, 0, 0, "", false},
    {"616",               HEX, 1, 0, "", true},
    {"616g",              HEX, 2, 0, "", true},
    {"g1",                HEX, 1, 0, "", true},
    {"1",                 THREAD, TID_ANY, 1, "", false},
    {"0",                 THREAD, TID_ANY, TID_ANY, "", false},
    {"-1",                THREAD, TID_ANY, TID_ALL, "", false},
    {"-2",                THREAD, TID_ANY, TID_ALL, "2", true},
    {"-",                 THREAD, TID_ANY, TID_ALL, "", true},
    {"7fffffff",          THREAD, TID_ANY, INT_MAX, "", false},
    {"80000000",          THREAD, TID_ANY, INT_MAX, "", false},
    {"100000001",         THREAD, TID_ANY, INT_MAX, "", false},
    {"p1",                THREAD, 1, TID_ALL, "", false},
    {"p2.3;",             THREAD, 2, 3, ";", false},
    {"p-1.-1",            THREAD, (uint64_t)TID_ALL, TID_ALL, "", false},
    {"p",                 THREAD, 0, TID_ALL, "", true},
    {"p1.",               THREAD, 1, 0, "", true},
    {"",                  THREAD, TID_ANY, 0, "", true},
};
/* clang-format on */

static struct rsp_thread_id id;

static uint64_t call(enum reader reader, struct rsp_args *a)
{
    size_t n = 0;

    switch (reader) {
    case NUM:
        return args_num(a);
    case SKIP_COMMA:
        args_skip(a, ',');
        return 0;
    case TRY_COMMA:
        return args_try(a, ',');
    case CHAR:
        return (uint64_t)args_char(a);
    case UNTIL_COMMA:
        (void)args_until(a, ',', &n);
        return n;
    case REST:
        (void)args_rest(a, &n);
        return n;
    case HEX:
        (void)args_hex(a, &n);
        return n;
    default:
        id = args_thread(a);
        return (uint64_t)id.pid;
    }
}

TABLE_PARAMETERS(args, rows, args_rows)

ParameterizedTest(const size_t *i, args, rows)
{
    const struct args_row *row = &args_rows[*i];
    char text[32] = "";
    struct rsp_args a = {text, text + strlen(row->text), false};

    (void)strcpy(text, row->text);
    cr_expect(eq(u64, call(row->reader, &a), row->value), "%s", row->text);
    cr_expect(eq(int, id.tid, row->tid), "%s", row->text);
    cr_expect(eq(int, a.bad, row->bad), "%s", row->text);
    cr_expect(eq(sz, (size_t)(a.end - a.at), strlen(row->left)), "%s",
              row->text);
    cr_expect(eq(int, args_ok(&a), !row->bad && !*row->left), "%s", row->text);
}

/* It stays a failure. */
Test(args, a_failure_is_sticky)
{
    char text[] = "g1,a";
    struct rsp_args a = {text, text + 4, false};

    (void)args_num(&a);
    cr_expect(eq(chr, args_char(&a), 'g'));
    cr_expect(eq(u64, args_num(&a), 1));
    args_skip(&a, ',');
    cr_expect(eq(chr, args_char(&a), 'a'));
    cr_expect(not(args_ok(&a)));
}

/* What is given is in the packet, decoded there. */
Test(args, are_read_in_place)
{
    char text[] = "ab,6364";
    struct rsp_args a = {text, text + 7, false};
    size_t n;

    cr_expect(eq(ptr, args_until(&a, ',', &n), text));
    args_skip(&a, ',');
    cr_expect(eq(ptr, args_hex(&a, &n), text + 3));
    cr_expect(eq(int, memcmp(text, "ab,cd", 5), 0));
}
