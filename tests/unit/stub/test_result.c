/* SPDX-License-Identifier: MIT */
/* How it ended: the exit status and the file of --result. */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sys/stat.h>

#include "stub/result.h"
#include "tests/unit/kvm/rows.h"

enum { TEXT_MAX = 2048 };

/* --- statuses --- */

/* clang-format off */
static const struct ending_row {
    enum ending_kind kind;
    int value, status;
    const char *name;
} ending_rows[] = {
    {ENDING_EXITED,  0,   0,   "exited"},
    {ENDING_EXITED,  255, 255, "exited"},
    {ENDING_EXITED,  124, 124, "exited"}, /* as it wrote it */
    {ENDING_STOPPED, 0,   123, "stopped"},
    {ENDING_TIMEOUT, 0,   124, "timeout"},
    {ENDING_FAILED,  0,   125, "failed"},
    {ENDING_SIGNAL,  15,  143, "signal"},
    {ENDING_KILLED,  0,   0,   "killed"},
    {ENDING_LEFT,    0,   0,   "left"},
    {ENDING_QUIT,    0,   0,   "quit"},
};
/* clang-format on */

ParameterizedTestParameters(result, statuses)
{
    return row_numbers(ROWS(ending_rows));
}

ParameterizedTest(const size_t *i, result, statuses)
{
    const struct ending_row *row = &ending_rows[*i];
    struct ending ending = {.kind = ENDING_NONE};

    ending_set(&ending, row->kind, row->value, "first");
    ending_set(&ending, ENDING_FAILED, 9, "second");
    cr_expect(eq(int, ending_status(&ending), row->status));
    cr_expect(strcmp(ending_name(ending.kind), row->name) == 0);
    cr_expect(strcmp(ending.reason, "first") == 0, "the first one counts");
}

/* --- the file --- */

static char folder[] = "/tmp/kvmgdb-result-XXXXXX";
static char path[64];

static void make_folder(void)
{
    cr_assert(mkdtemp(folder) != NULL);
    (void)snprintf(path, sizeof path, "%s/result", folder);
}

static void remove_folder(void)
{
    (void)unlink(path);
    (void)rmdir(folder);
}

static void put(const char *text)
{
    FILE *file = fopen(path, "w");

    cr_assert(file != NULL);
    (void)fputs(text, file);
    (void)fclose(file);
}

static const char *content(void)
{
    static char text[TEXT_MAX];
    FILE *file = fopen(path, "r");

    cr_assert(file != NULL);
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    (void)fclose(file);
    return text;
}

TestSuite(result_file, .init = make_folder, .fini = remove_folder);

Test(result_file, whole)
{
    struct ending ending = {.kind = ENDING_NONE};
    struct result result;
    struct diag diag = {""};

    put("{\n  \"version\": \"0.0.9\", an older one, and longer\n"
        "...........................................................");
    cr_assert(zero(int, result_open(&result, path, &diag)), "%s", diag.text);
    cr_expect(strcmp(content(), "") == 0, "emptied at the start");
    result.guest = "a \"guest\"\n\xfc";
    result.has_place = true;
    result.pc = UINT64_C(0xffffffff81000000);
    (void)strcpy(result.where, "0xffffffff81000000");
    ending_set(&ending, ENDING_SIGNAL, 15, "back\\slash");
    cr_assert(zero(int, result_write(&result, &ending, &diag)));
    cr_expect(strcmp(content(),
                     "{\n  \"version\": \"" KVMGDB_VERSION "\",\n"
                     "  \"guest\": \"a \\\"guest\\\"\\u000a\\u00fc\",\n"
                     "  \"what\": \"signal\",\n  \"status\": 143,\n"
                     "  \"guest_status\": null,\n  \"signal\": 15,\n"
                     "  \"reason\": \"back\\\\slash\",\n"
                     "  \"pc\": \"0xffffffff81000000\",\n"
                     "  \"where\": \"0xffffffff81000000\"\n}\n") == 0,
              "%s", content());
}

Test(result_file, without_a_machine)
{
    struct ending ending = {.kind = ENDING_NONE};
    struct result result;

    cr_assert(zero(int, result_open(&result, path, NULL)));
    ending_set(&ending, ENDING_EXITED, 123, "%s", "");
    cr_assert(zero(int, result_write(&result, &ending, NULL)));
    cr_expect(strstr(content(), "\"guest\": null") != NULL);
    cr_expect(strstr(content(), "\"status\": 123,\n  \"guest_status\": 123,") !=
              NULL);
    cr_expect(strstr(content(), "\"pc\": null,\n  \"where\": null") != NULL);
}

/* --- a file that takes it not at once, or not at all --- */

static const struct write_row {
    const char *label;
    int err;      /* the first write: -1 with this errno, or as follows */
    size_t takes; /* bytes at most */
    int r;
} write_rows[] = {
    {"all of it", 0, SIZE_MAX, 0},
    {"interrupted", EINTR, 0, 0},
    {"a byte", 0, 1, 0},
    {"nothing", 0, 0, -EIO},
    {"a full disk", ENOSPC, 0, -ENOSPC},
    {"a bad disk", EIO, 0, -EIO},
};

static const struct write_row *next_write; /* NULL: as it comes */

/* This is what all of the program calls: tests/CMakeLists.txt. */
ssize_t __real_write(int fd, const void *bytes, size_t n);
ssize_t __wrap_write(int fd, const void *bytes, size_t n);

ssize_t __wrap_write(int fd, const void *bytes, size_t n)
{
    const struct write_row *row = next_write;

    next_write = NULL;
    if (row && row->err) {
        errno = row->err;
        return -1;
    }
    if (row && row->takes == 0)
        return 0;
    return __real_write(fd, bytes, row && row->takes < n ? row->takes : n);
}

Test(result_file, in_pieces_or_not_at_all)
{
    for (size_t i = 0; i < ROWS(write_rows); i++) {
        struct ending ending = {.kind = ENDING_NONE};
        struct diag diag = {""};
        struct result result;
        const char *end;

        cr_assert(zero(int, result_open(&result, path, NULL)));
        ending_set(&ending, ENDING_EXITED, 3, "%s", "");
        next_write = &write_rows[i];
        cr_expect(
            eq(int, result_write(&result, &ending, &diag), write_rows[i].r),
            "%s", write_rows[i].label);
        end = strstr(content(), "\"where\": null\n}\n");
        cr_expect(eq(int, end != NULL, write_rows[i].r == 0), "%s",
                  write_rows[i].label);
        cr_expect(eq(int, strstr(diag.text, "cannot write it: ") != NULL,
                     write_rows[i].r < 0),
                  "%s", write_rows[i].label);
    }
}

/* Somebody's file is worth more than a result. */
Test(result_file, precious)
{
    static const char *const texts[] = {
        "\177ELF", "{}", "{\n  \"version\": ", "{\n  \"version\":\t\"1\"\n}"};

    for (size_t i = 0; i < ROWS(texts); i++) {
        bool ours = i == 2; /* one that was cut short */
        struct result result;
        struct diag diag = {""};

        put(texts[i]);
        cr_expect(
            eq(int, result_open(&result, path, &diag), ours ? 0 : -EEXIST));
        cr_expect(strcmp(content(), ours ? "" : texts[i]) == 0);
        cr_expect(eq(int, *diag.text != '\0', !ours));
        result_leave(&result);
    }
}

Test(result_file, unwritable)
{
    struct ending ending = {.kind = ENDING_NONE};
    struct result result;
    struct diag diag = {""};

    cr_expect(eq(int, result_open(&result, folder, &diag), -EISDIR));
    cr_expect(strstr(diag.text, folder) != NULL);
    cr_assert(zero(int, mkfifo(path, 0600)));
    cr_expect(eq(int, result_open(&result, path, &diag), -ENXIO),
              "nobody reads it, and nobody waits");
    cr_assert(zero(int, result_open(&result, "/dev/full", &diag)));
    cr_expect(eq(int, result_write(&result, &ending, &diag), -ENOSPC));
    cr_expect(strstr(diag.text, "/dev/full") != NULL);
}

Test(result_file, unwanted)
{
    struct ending ending = {.kind = ENDING_NONE};
    struct result result;

    cr_expect(zero(int, result_open(&result, NULL, NULL)));
    cr_expect(zero(int, result_write(&result, &ending, NULL)));
}
