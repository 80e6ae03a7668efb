/* SPDX-License-Identifier: MIT */
/* Names below a folder, and names that lead out of it. */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sys/stat.h>

#include "stub/sandbox/files.h"
#include "tests/unit/kvm/rows.h"

static char outside[] = "/tmp/kvmgdb-files-XXXXXX";
static char inside[64], command[128];
static int folder;

static void shell(const char *text)
{
    (void)snprintf(command, sizeof command, "cd %s && %s", outside, text);
    cr_assert(zero(int, system(command)), "%s", command);
}

/* outside/secret must not be reached from outside/in. */
static void begin(void)
{
    cr_assert(mkdtemp(outside) != NULL);
    shell("echo secret > secret && mkdir -p in/sub && echo old > in/old");
    shell("cd in && ln -s old to-old && ln -s ../secret up");
    shell("cd in && ln -s $PWD/../secret absolute && ln -s /proc/self magic");
    shell("cd in && ln -s sub/../../secret winding && ln -s loop loop");
    shell("cd in && ln -s .. parent && mkfifo fifo");
    (void)snprintf(inside, sizeof inside, "%s/in", outside);
    folder = files_open_folder(inside, NULL);
    cr_assert(ge(int, folder, 0));
}

static void end(void)
{
    (void)snprintf(command, sizeof command, "rm -r %s", outside);
    (void)!system(command);
}

TestSuite(files, .init = begin, .fini = end);

/* clang-format off */
static const struct name_row {
    const char *name;
    int read, write; /* 0 or -errno */
} name_rows[] = {
    {"old",               0,             0},
    {"new",               -ENOENT,       0},
    {"sub/new",           -ENOENT,       0},
    {"./sub/../old",      0,             0},
    {"to-old",            0,             0},
    {"none/new",          -ENOENT,       -ENOENT},
    {"",                  -ENOENT,       -ENOENT},
    {"sub",               -EISDIR,       -EISDIR},
    {".",                 -EISDIR,       -EISDIR},
    {"old/x",             -ENOTDIR,      -ENOTDIR},
    {"fifo",              -ENXIO,        -ENXIO},
    {"loop",              -ELOOP,        -ELOOP},
    {"..",                -EXDEV,        -EXDEV},
    {"../secret",         -EXDEV,        -EXDEV},
    {"sub/../../secret",  -EXDEV,        -EXDEV},
    {"../in/old",         -EXDEV,        -EXDEV},
    {"/etc/passwd",       -EXDEV,        -EXDEV},
    {"up",                -EXDEV,        -EXDEV},
    {"absolute",          -EXDEV,        -EXDEV},
    {"winding",           -EXDEV,        -EXDEV},
    {"parent/secret",     -EXDEV,        -EXDEV},
    {"magic/environ",     -EXDEV,        -EXDEV},
};
/* clang-format on */

static void expect(const struct name_row *row, enum files_access access,
                   int wanted)
{
    struct diag diag = {""};
    int fd = files_open(folder, row->name, access, &diag);

    cr_expect(eq(int, fd < 0 ? fd : 0, wanted), "'%s': %s", row->name,
              diag.text);
    cr_expect(eq(int, *diag.text != '\0', wanted < 0), "'%s'", row->name);
    if (fd < 0)
        return;
    cr_expect(ne(int, fcntl(fd, F_GETFD) & FD_CLOEXEC, 0));
    cr_expect(lseek(fd, 0, SEEK_END) == 0 || access == FILES_READ);
    (void)close(fd);
}

ParameterizedTestParameters(files, names)
{
    return row_numbers(ROWS(name_rows));
}

ParameterizedTest(const size_t *i, files, names)
{
    const struct name_row *row = &name_rows[*i];

    expect(row, FILES_READ, row->read);
    expect(row, FILES_WRITE, row->write);
    shell("test \"$(cat secret)\" = secret");
    shell("test $(ls | wc -l) = 2");
}

Test(files, nothing_is_lost_where_nothing_may_be_written)
{
    struct diag diag = {""};

    shell("chmod a-w in/old");
    if (geteuid() == 0)
        return; /* who may do everything */
    cr_expect(eq(int, files_open(folder, "old", FILES_WRITE, &diag), -EACCES));
    shell("test \"$(cat in/old)\" = old");
}

Test(files, no_folder)
{
    struct diag diag = {""};

    cr_expect(eq(int, files_open(-1, "old", FILES_READ, &diag), -EACCES));
    cr_expect(strstr(diag.text, "--files DIR") != NULL);
    (void)snprintf(inside, sizeof inside, "%s/none", outside);
    cr_expect(eq(int, files_open_folder(inside, &diag), -ENOENT));
    cr_expect(strstr(diag.text, inside) != NULL);
    (void)snprintf(inside, sizeof inside, "%s/secret", outside);
    cr_expect(eq(int, files_open_folder(inside, &diag), -ENOTDIR));
}
