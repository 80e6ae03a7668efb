/* SPDX-License-Identifier: MIT */
/* Where to listen: words for it, and who may have the place already. */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "stub/server/address.h"
#include "tests/unit/kvm/rows.h"

/* --- words --- */

#define X10  "xxxxxxxxxx"
#define X100 X10 X10 X10 X10 X10 X10 X10 X10 X10 X10

/* clang-format off */
static const struct word_row {
    const char *text;
    const char *formatted; /* NULL: refused */
} word_rows[] = {
    {"stdio",               "stdio"},
    {"none",                "none"},
    {"tcp::0",              "tcp:127.0.0.1:0"},
    {"tcp::1234",           "tcp:127.0.0.1:1234"},
    {"tcp:host:65535",      "tcp:host:65535"},
    {"tcp:0.0.0.0:9",       "tcp:0.0.0.0:9"},
    {"tcp:[::1]:7",         "tcp:[::1]:7"},
    {"tcp:::1:7",           "tcp:[::1]:7"},
    {"tcp:[]:7",            "tcp:127.0.0.1:7"},
    {"tcp:[:7",             "tcp:[:7"},
    {"tcp:a]:7",            "tcp:a]:7"},
    {"unix:a",              "unix:a"},
    {"unix:/a:b",           "unix:/a:b"},
    {"unix:" X100 "7bytes7", "unix:" X100 "7bytes7"},
    {"unix:" X100 "8bytes88", NULL},
    {"tcp:" X100 X100 X10 X10 X10 X10 X10 "5byte:7",
     "tcp:" X100 X100 X10 X10 X10 X10 X10 "5byte:7"},
    {"tcp:" X100 X100 X10 X10 X10 X10 X10 "6bytes:7", NULL},
    {"", NULL},
    {"stdio:", NULL},
    {"none:", NULL},
    {"tcp", NULL},
    {"tcp:", NULL},
    {"tcp::", NULL},
    {"tcp:host", NULL},
    {"tcp::65536", NULL},
    {"tcp::18446744073709551617", NULL},
    {"tcp::-1", NULL},
    {"tcp::+1", NULL},
    {"tcp:: 1", NULL},
    {"tcp::12a", NULL},
    {"tcp::0000000000000000001", NULL}, /* would not fit */
    {"tcp::000000000000001", "tcp:127.0.0.1:000000000000001"},
    {"unix:", NULL},
    {"unix", NULL},
    {"1234", NULL},
};
/* clang-format on */

ParameterizedTestParameters(address, words)
{
    return row_numbers(ROWS(word_rows));
}

ParameterizedTest(const size_t *i, address, words)
{
    const struct word_row *row = &word_rows[*i];
    struct address address;
    struct diag diag = {""};
    char text[300];

    cr_expect(eq(int, address_parse(&address, row->text, &diag),
                 row->formatted ? 0 : -EINVAL),
              "%s: %s", row->text, diag.text);
    if (!row->formatted) {
        cr_expect(strstr(diag.text, "tcp:HOST:PORT") != NULL, "%s", diag.text);
        return;
    }
    address_format(&address, text, sizeof text);
    cr_expect(strcmp(text, row->formatted) == 0, "%s: %s", row->text, text);
}

/* --- sockets --- */

static char folder[] = "/tmp/kvmgdb-address-XXXXXX";
static char path[64];

static struct address unix_address(void)
{
    struct address address = {.kind = ADDRESS_UNIX};

    (void)snprintf(address.path, sizeof address.path, "%s", path);
    return address;
}

static void make_folder(void)
{
    cr_assert(mkdtemp(folder) != NULL);
    (void)snprintf(path, sizeof path, "%s/s", folder);
}

static void remove_folder(void)
{
    (void)unlink(path);
    (void)rmdir(folder);
}

/* A socket of this type at path; its file stays when it is closed. */
static int bind_socket(int type)
{
    struct sockaddr_un where = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, type, 0);

    memcpy(where.sun_path, path, strlen(path) + 1);
    cr_assert(ge(int, fd, 0));
    cr_assert(
        zero(int, bind(fd, (const struct sockaddr *)&where, sizeof where)));
    return fd;
}

static int make_nothing(void)
{
    return -1;
}

static int make_stale(void)
{
    (void)close(bind_socket(SOCK_STREAM));
    return -1;
}

static int make_listener(void)
{
    int fd = bind_socket(SOCK_STREAM);

    cr_assert(zero(int, listen(fd, 1)));
    return fd;
}

static int connect_to(int fd)
{
    struct sockaddr_un where = {.sun_family = AF_UNIX};

    memcpy(where.sun_path, path, strlen(path) + 1);
    return connect(fd, (const struct sockaddr *)&where, sizeof where);
}

/* Whose clients have filled its queue: whoever connects has to wait. */
static int make_busy(void)
{
    int fd = bind_socket(SOCK_STREAM);

    cr_assert(zero(int, listen(fd, 0)));
    while (!connect_to(socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0)))
        ;
    cr_assert(eq(int, errno, EAGAIN));
    return fd;
}

/* In use, but to connect a stream to it is an error of its own. */
static int make_datagram(void)
{
    return bind_socket(SOCK_DGRAM);
}

static int make_file(void)
{
    int fd = open(path, O_WRONLY | O_CREAT, 0600);

    cr_assert(eq(int, (int)write(fd, "mine", 4), 4));
    return fd;
}

static int make_folder_there(void)
{
    cr_assert(zero(int, mkdir(path, 0700)));
    return -1;
}

/* To a listener, which is not ours to take away. */
static int make_link(void)
{
    char target[80];
    int fd = make_stale();

    (void)snprintf(target, sizeof target, "%s.stale", path);
    cr_assert(zero(int, rename(path, target)));
    cr_assert(zero(int, symlink(target, path)));
    return fd;
}

/* clang-format off */
static const struct place_row {
    const char *label;
    int (*make)(void);
    int err;
} place_rows[] = {
    {"nothing there",                 make_nothing,      0},
    {"a socket that nobody answers",  make_stale,        0},
    {"a listener",                    make_listener,     -EADDRINUSE},
    {"one with a full queue",         make_busy,         -EADDRINUSE},
    {"a datagram socket",             make_datagram,     -EADDRINUSE},
    {"a file",                        make_file,         -EEXIST},
    {"a folder",                      make_folder_there, -EEXIST},
    {"a link to such a socket",       make_link,         -EEXIST},
};
/* clang-format on */

ParameterizedTestParameters(address, places)
{
    return row_numbers(ROWS(place_rows));
}

ParameterizedTest(const size_t *i, address, places)
{
    const struct place_row *row = &place_rows[*i];
    struct address address;
    struct stat before = {0}, after = {0};
    struct diag diag = {""};
    int fd, taken;

    make_folder();
    address = unix_address();
    taken = row->make();
    (void)lstat(path, &before);
    fd = address_listen(&address, &diag);
    cr_expect(eq(int, fd < 0 ? fd : 0, row->err), "%s: %s", row->label,
              diag.text);
    cr_expect(zero(int, lstat(path, &after)), "%s", row->label);
    if (row->err) {
        cr_expect(strstr(diag.text, path) != NULL, "%s: %s", row->label,
                  diag.text);
        cr_expect(eq(int, strstr(diag.text, "another with -l") != NULL,
                     row->err == -EADDRINUSE),
                  "%s: %s", row->label, diag.text);
        cr_expect(strstr(diag.text, "port") == NULL, "%s", diag.text);
        cr_expect(after.st_ino == before.st_ino &&
                      after.st_mode == before.st_mode,
                  "%s is left alone", row->label);
        address_unlink(&address);
        cr_expect(zero(int, lstat(path, &after)), "%s is not ours", row->label);
    }
    if (!row->err) {
        cr_expect(eq(u32, after.st_mode & S_IFMT, S_IFSOCK), "%s", row->label);
        cr_expect(zero(int, connect_to(socket(AF_UNIX, SOCK_STREAM, 0))), "%s",
                  row->label);
        address_unlink(&address);
        cr_expect(lt(int, lstat(path, &after), 0), "%s", row->label);
    }
    (void)close(fd);
    (void)close(taken);
    remove_folder();
}

/* A socket whose folder is missing: there is nothing to be in use. */
Test(address, no_folder)
{
    struct address address = {.kind = ADDRESS_UNIX,
                              .path = "/no-such-folder/s"};
    struct diag diag = {""};

    cr_expect(eq(int, address_listen(&address, &diag), -ENOENT));
    cr_expect(strstr(diag.text, "No such file") != NULL, "%s", diag.text);
}

/* clang-format off */
static const struct tcp_row {
    const char *text;
    int family;
} tcp_rows[] = {
    {"tcp::0", AF_INET}, {"tcp:127.0.0.1:0", AF_INET}, {"tcp:[::1]:0", AF_INET6},
};
/* clang-format on */

ParameterizedTestParameters(address, tcp)
{
    return row_numbers(ROWS(tcp_rows));
}

/* A port of its own, which the address then has. */
ParameterizedTest(const size_t *i, address, tcp)
{
    const struct tcp_row *row = &tcp_rows[*i];
    struct address address, again;
    struct sockaddr_storage where;
    socklen_t size = sizeof where;
    struct diag diag = {""};
    int fd, client;

    cr_assert(zero(int, address_parse(&address, row->text, &diag)));
    fd = address_listen(&address, &diag);
    if (row->family == AF_INET6 && fd < 0)
        return; /* a machine without */
    cr_assert(ge(int, fd, 0), "%s", diag.text);
    cr_expect(strcmp(address.port, "0") != 0);
    cr_expect(ne(int, fcntl(fd, F_GETFL) & O_NONBLOCK, 0));
    cr_expect(ne(int, fcntl(fd, F_GETFD) & FD_CLOEXEC, 0));
    cr_assert(zero(int, getsockname(fd, (struct sockaddr *)&where, &size)));
    cr_expect(eq(int, where.ss_family, row->family));
    client = socket(row->family, SOCK_STREAM, 0);
    cr_expect(
        zero(int, connect(client, (const struct sockaddr *)&where, size)));
    again = address;
    cr_expect(eq(int, address_listen(&again, &diag), -EADDRINUSE));
    cr_expect(strstr(diag.text, "in use") != NULL, "%s", diag.text);
    cr_expect(strstr(diag.text, "-p 0 for any free port") != NULL, "%s",
              diag.text);
    (void)close(client);
    (void)close(fd);
}

/* What is in use is told with the option by which another is chosen, and with
 * no other user's. */
Test(address, whose_option_is_told)
{
    static const char *const words[] = {
        [ADDRESS_DEBUGGER] = "another with -",
        [ADDRESS_LINE] = "another with --serial",
        [ADDRESS_VNC] = "another with --vnc",
    };
    struct address tcp;
    int fd, file;

    make_folder();
    file = make_listener();
    (void)address_parse(&tcp, "tcp::0", NULL);
    fd = address_listen(&tcp, NULL);
    for (size_t user = 0; user < ROWS(words); user++) {
        struct address both[] = {tcp, unix_address()};

        for (size_t i = 0; i < ROWS(both); i++) {
            struct diag diag = {""};
            const char *at;

            both[i].user = (enum address_user)user;
            cr_expect(eq(int, address_listen(&both[i], &diag), -EADDRINUSE));
            at = strstr(diag.text, words[user]);
            cr_assert(at != NULL, "%s", diag.text);
            cr_expect(eq(int, strstr(at, " -p") || strstr(at, " -l"),
                         user == ADDRESS_DEBUGGER),
                      "%s", diag.text);
        }
    }
    (void)close(fd);
    (void)close(file);
    remove_folder();
}

Test(address, no_such_host)
{
    struct address address;
    struct diag diag = {""};

    (void)address_parse(&address, "tcp:no host:0", NULL);
    cr_expect(eq(int, address_listen(&address, &diag), -EINVAL));
    cr_expect(strstr(diag.text, "'no host'") != NULL, "%s", diag.text);
}

/* clang-format off */
static const char *const anywhere[] = {"tcp:127.0.0.1:0", "unix:/tmp/kvmgdb-none"};
/* clang-format on */

ParameterizedTestParameters(address, no_descriptor_left)
{
    return row_numbers(ROWS(anywhere));
}

ParameterizedTest(const size_t *i, address, no_descriptor_left)
{
    struct rlimit limit;
    struct address address;
    struct diag diag = {""};
    int r;

    cr_assert(zero(int, address_parse(&address, anywhere[*i], NULL)));
    cr_assert(zero(int, getrlimit(RLIMIT_NOFILE, &limit)));
    limit.rlim_cur = 0;
    cr_assert(zero(int, setrlimit(RLIMIT_NOFILE, &limit)));
    r = address_listen(&address, &diag);
    limit.rlim_cur = limit.rlim_max;
    (void)setrlimit(RLIMIT_NOFILE, &limit);
    cr_expect(eq(int, r, -EMFILE), "%s", diag.text);
    cr_expect(strstr(diag.text, "open files") != NULL, "%s", diag.text);
}

/* 0 is a descriptor like any other, where standard input is closed. */
Test(address, descriptor_0)
{
    struct address address;
    struct diag diag = {""};
    int saved = dup(STDIN_FILENO);

    make_folder();
    for (unsigned is_unix = 0; is_unix < 2; is_unix++) {
        address = unix_address();
        if (!is_unix)
            (void)address_parse(&address, anywhere[0], NULL);
        (void)close(STDIN_FILENO);
        cr_expect(zero(int, address_listen(&address, &diag)));
        cr_expect(zero(chr, diag.text[0]), "%s", diag.text);
        (void)dup2(saved, STDIN_FILENO);
    }
    (void)close(saved);
    address_unlink(&address);
    remove_folder();
}

/* Whoever listens does not notice that the place was wanted. */
Test(address, a_listener_is_not_disturbed)
{
    struct address address;
    int fd;

    make_folder();
    address = unix_address();
    fd = make_listener();
    (void)fcntl(fd, F_SETFL, O_NONBLOCK);
    cr_expect(eq(int, address_listen(&address, NULL), -EADDRINUSE));
    cr_expect(lt(int, accept(fd, NULL, NULL), 0));
    cr_expect(eq(int, errno, EAGAIN));
    (void)close(fd);
    remove_folder();
}

/* What another program has put in the place of our socket stays. */
Test(address, unlink)
{
    static int (*const others[])(void) = {make_listener, make_file};
    struct address address;
    int fd, other;

    make_folder();
    for (size_t i = 0; i < ROWS(others); i++) {
        address = unix_address();
        fd = address_listen(&address, NULL);
        cr_assert(ge(int, fd, 0));
        (void)unlink(path);
        other = others[i]();
        address_unlink(&address);
        cr_expect(zero(int, access(path, F_OK)));
        (void)unlink(path);
        (void)close(other);
        (void)close(fd);
    }
    remove_folder();
}
