/* SPDX-License-Identifier: MIT */
/* What may be opened and what not, by another process and by this one. */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "stub/sandbox/broker.h"
#include "tests/unit/kvm/rows.h"

enum { READ = O_RDONLY | O_NONBLOCK };

static char folder[] = "/tmp/kvmgdb-broker-XXXXXX";
static char image[64], disk[64], other[64], place[64], module[64], initrd[64];
static char module_words[80]; /* what the user said: a path and words */
static struct broker broker;

static void put(char path[64], const char *name)
{
    FILE *file;

    (void)snprintf(path, 64, "%s/%s", folder, name);
    file = fopen(path, "w");
    cr_assert(file != NULL);
    (void)fputs(name, file);
    (void)fclose(file);
}

/* 0: in this process; 1: in another. */
static void begin(size_t separate, bool has_files)
{
    static const char *const modules[] = {"/absent", module_words};
    struct broker_config config = {.image = image,
                                   .disk = disk,
                                   .initrd = initrd,
                                   .modules = modules,
                                   .n_modules = 2,
                                   .files = -1};

    (void)strcpy(folder + sizeof folder - 7, "XXXXXX");
    cr_assert(mkdtemp(folder) != NULL);
    put(image, "image");
    put(disk, "disk");
    put(other, "other");
    put(module, "module");
    put(initrd, "initrd");
    (void)snprintf(module_words, sizeof module_words, "%s with words", module);
    if (has_files)
        config.files = files_open_folder(folder, NULL);
    cr_assert(zero(int, broker_start(&broker, &config, separate, NULL)));
}

static void end(void)
{
    char command[80];

    broker_end(&broker);
    (void)snprintf(command, sizeof command, "rm -r %s", folder);
    (void)!system(command);
}

/* What is in a file that was opened; "" and the error if it was not. */
static const char *content(int fd)
{
    static char text[64];
    ssize_t n = fd < 0 ? 0 : read(fd, text, sizeof text - 1);

    text[n > 0 ? n : 0] = '\0';
    if (fd >= 0) {
        cr_expect(ne(int, fcntl(fd, F_GETFD) & FD_CLOEXEC, 0));
        (void)close(fd);
    }
    return text;
}

/* clang-format off */
static const struct open_row {
    const char *path; /* NULL: from the name below */
    char *name;
    int flags, result;
    const char *content;
} open_rows[] = {
    {NULL,          image, READ,                0,      "image"},
    {NULL,          disk,  READ,                0,      "disk"},
    {NULL,          other, READ,                -EPERM, ""},
    {NULL,          module, READ,               0,      "module"},
    {NULL,          initrd, READ,               0,      "initrd"},
    {NULL,          module, O_RDWR | O_NONBLOCK, -EPERM, ""},
    {NULL,          module_words, READ,         -EPERM, ""},
    {NULL,          image, O_RDONLY,            -EPERM, ""},
    {NULL,          image, O_RDWR | O_NONBLOCK, -EPERM, ""},
    {NULL,          image, READ | O_TRUNC,      -EPERM, ""},
    {NULL,          image, O_RDWR,              -EPERM, ""},
    {"/etc/passwd", NULL,  READ,                -EPERM, ""},
    {"/dev/kvm",    NULL,  READ,                -EPERM, ""},
    {"/dev/kvm",    NULL,  O_RDWR | O_CREAT,    -EPERM, ""},
    {"",            NULL,  READ,                -EPERM, ""},
};
/* clang-format on */

ParameterizedTestParameters(broker, paths)
{
    return row_numbers(ROWS(open_rows));
}

ParameterizedTest(const size_t *i, broker, paths)
{
    const struct open_row *row = &open_rows[*i];

    for (size_t separate = 0; separate < 2; separate++) {
        const char *path = row->path ? row->path : row->name;
        int fd;

        begin(separate, false);
        fd = broker_open(&broker, path, row->flags);
        cr_expect(eq(int, fd < 0 ? fd : 0, row->result), "%s", path);
        cr_expect(strcmp(content(fd), row->content) == 0, "%s", path);
        end();
    }
}

ParameterizedTestParameters(broker, opens_anew)
{
    return row_numbers(2);
}

/* By name: what was built meanwhile is another file. */
ParameterizedTest(const size_t *separate, broker, opens_anew)
{
    begin(*separate, false);
    (void)content(broker_open(&broker, image, READ));
    (void)rename(other, image);
    cr_expect(strcmp(content(broker_open(&broker, image, READ)), "other") == 0);
    (void)unlink(image);
    cr_expect(eq(int, broker_open(&broker, image, READ), -ENOENT));
    end();
}

ParameterizedTestParameters(broker, files)
{
    return row_numbers(2);
}

ParameterizedTest(const size_t *separate, broker, files)
{
    struct diag diag = {""};
    static char long_name[5000];
    int fd;

    memset(long_name, 'x', sizeof long_name - 1);
    begin(*separate, true);
    if (*separate)
        cr_expect(eq(int, broker.config.files, -1), "the folder is not here");
    fd = broker_open_file(&broker, "new", FILES_WRITE, &diag);
    cr_assert(ge(int, fd, 0), "%s", diag.text);
    cr_expect(eq(int, (int)write(fd, "new", 3), 3));
    (void)close(fd);
    fd = broker_open_file(&broker, "new", FILES_READ, &diag);
    cr_expect(strcmp(content(fd), "new") == 0);
    cr_expect(
        eq(int, broker_open_file(&broker, "../x", FILES_WRITE, &diag), -EXDEV));
    cr_expect(strstr(diag.text, "--files") != NULL, "%s", diag.text);
    cr_expect(eq(int, broker_open_file(&broker, long_name, FILES_READ, &diag),
                 -ENAMETOOLONG));
    end();
    begin(*separate, false);
    cr_expect(eq(int, broker_open_file(&broker, "image", FILES_READ, &diag),
                 -EACCES));
    cr_expect(strstr(diag.text, "--files DIR") != NULL, "%s", diag.text);
    end();
}

/* Its process is gone: an error, and no wait. */
Test(broker, gone)
{
    struct diag diag = {""};

    (void)signal(SIGPIPE, SIG_DFL); /* which is not to come */
    begin(1, true);
    (void)kill(broker.pid, SIGKILL);
    (void)waitpid(broker.pid, NULL, 0);
    cr_expect(eq(int, broker_open(&broker, image, READ), -EPIPE));
    cr_expect(
        lt(int, broker_open_file(&broker, "image", FILES_READ, &diag), 0));
    cr_expect(strstr(diag.text, "has gone") != NULL, "%s", diag.text);
    end();
}

/* A descriptor that cannot be taken is an error, and not standard input. */
Test(broker, no_number_left)
{
    struct rlimit limit;
    int fd;

    begin(1, false);
    fd = dup(0);
    (void)close(fd);
    cr_assert(zero(int, getrlimit(RLIMIT_NOFILE, &limit)));
    limit.rlim_cur = (rlim_t)fd;
    cr_assert(zero(int, setrlimit(RLIMIT_NOFILE, &limit)));
    cr_expect(eq(int, broker_open(&broker, image, READ), -EMFILE));
    limit.rlim_cur = limit.rlim_max;
    cr_assert(zero(int, setrlimit(RLIMIT_NOFILE, &limit)));
    cr_expect(strcmp(content(broker_open(&broker, image, READ)), "image") == 0);
    end();
}

static int listen_at(struct address *address)
{
    int fd;

    (void)snprintf(place, sizeof place, "unix:%s/socket", folder);
    cr_assert(zero(int, address_parse(address, place, NULL)));
    fd = address_listen(address, NULL);
    cr_assert(ge(int, fd, 0));
    return fd;
}

static bool is_there(const struct address *address)
{
    return access(address->path, F_OK) == 0;
}

ParameterizedTestParameters(broker, removes_the_socket)
{
    return row_numbers(2);
}

/* The one that was named at first, and no other. */
ParameterizedTest(const size_t *separate, broker, removes_the_socket)
{
    struct address first, second;
    int fds[2];

    begin(*separate, false);
    fds[0] = listen_at(&first);
    (void)rename(first.path, other);
    (void)strcpy(first.path, other);
    fds[1] = listen_at(&second);
    broker_seal(&broker, &first, 1);
    broker_seal(&broker, &second, 1);
    cr_expect(is_there(&first));
    broker_end(&broker);
    cr_expect(not(is_there(&first)));
    cr_expect(is_there(&second));
    (void)close(fds[0]);
    (void)close(fds[1]);
    end();
}

/* However the program ends. */
Test(broker, outlives_the_program)
{
    struct address address;
    int ends[2];
    char byte;
    pid_t program;

    cr_assert(zero(int, pipe(ends)));
    (void)strcpy(folder + sizeof folder - 7, "XXXXXX");
    program = fork();
    if (program == 0) {
        begin(1, false);
        (void)listen_at(&address);
        broker_seal(&broker, &address, 1);
        (void)!write(ends[1], folder, sizeof folder);
        (void)pause();
    }
    cr_assert(
        eq(int, (int)read(ends[0], folder, sizeof folder), (int)sizeof folder));
    (void)snprintf(place, sizeof place, "%s/socket", folder);
    cr_expect(zero(int, access(place, F_OK)));
    (void)kill(program, SIGKILL);
    (void)waitpid(program, NULL, 0);
    (void)close(ends[1]);
    /* The broker has closed its copy of the pipe long ago: who waits here waits
     * for nobody. */
    cr_expect(zero(int, (int)read(ends[0], &byte, 1)));
    while (access(place, F_OK) == 0)
        ;
    end();
}
