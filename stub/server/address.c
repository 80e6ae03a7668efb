/* SPDX-License-Identifier: MIT */
#include "stub/server/address.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#define LOOPBACK "127.0.0.1"

/* --- text --- */

static bool address_copy(char *to, size_t cap, const char *from, size_t n)
{
    if (n >= cap)
        return false;
    memcpy(to, from, n);
    to[n] = '\0';
    return true;
}

static bool is_port(const char *text)
{
    unsigned long port = 0;
    const char *at;

    for (at = text; *at >= '0' && *at <= '9' && port <= 0xffff; at++)
        port = port * 10 + (unsigned long)(*at - '0');
    return at != text && !*at && port <= 0xffff;
}

/* HOST:PORT; the host may be an IPv6 address in brackets. */
static bool parse_tcp(struct address *address, const char *text)
{
    const char *colon = strrchr(text, ':');
    size_t n;

    if (!colon || !is_port(colon + 1))
        return false;
    n = (size_t)(colon - text);
    if (n >= 2 && text[0] == '[' && text[n - 1] == ']') {
        text++;
        n -= 2;
    }
    return address_copy(address->host, sizeof address->host, text, n) &&
           address_copy(address->port, sizeof address->port, colon + 1,
                        strlen(colon + 1));
}

int address_parse(struct address *address, const char *text, struct diag *diag)
{
    bool good = false;

    *address = (struct address){.kind = ADDRESS_TCP, .mode = S_IRUSR | S_IWUSR};
    if (!strcmp(text, "stdio")) {
        address->kind = ADDRESS_STDIO;
        good = true;
    } else if (!strcmp(text, "none")) {
        address->kind = ADDRESS_NONE;
        good = true;
    } else if (!strncmp(text, "tcp:", 4)) {
        good = parse_tcp(address, text + 4);
    } else if (!strncmp(text, "unix:", 5)) {
        address->kind = ADDRESS_UNIX;
        good = text[5] && address_copy(address->path, sizeof address->path,
                                       text + 5, strlen(text + 5));
    }
    if (good)
        return 0;
    return diag_set(diag, -EINVAL,
                    "cannot listen on '%s': use tcp:HOST:PORT, unix:PATH (up "
                    "to %zu characters), stdio or none",
                    text, sizeof address->path - 1);
}

void address_format(const struct address *address, char *text, unsigned cap)
{
    const char *host = address->host[0] ? address->host : LOOPBACK;
    bool v6 = strchr(host, ':') != NULL;

    if (address->kind == ADDRESS_UNIX)
        (void)snprintf(text, cap, "unix:%s", address->path);
    else if (address->kind == ADDRESS_STDIO || address->kind == ADDRESS_NONE)
        (void)snprintf(text, cap, "%s",
                       address->kind == ADDRESS_STDIO ? "stdio" : "none");
    else
        (void)snprintf(text, cap, "tcp:%s%s%s:%s", v6 ? "[" : "", host,
                       v6 ? "]" : "", address->port);
}

/* --- sockets --- */

/* By which another one is chosen. */
static const char *address_option(const struct address *address)
{
    static const struct {
        const char *tcp, *unix_;
    } options[] = {
        [ADDRESS_DEBUGGER] = {"-p or -l, or -p 0 for any free port", "-l"},
        [ADDRESS_LINE] = {"--serial, or tcp:0 for any free port", "--serial"},
        [ADDRESS_VNC] = {"--vnc, or --vnc=tcp::0 for any free port", "--vnc"},
    };

    return address->kind == ADDRESS_UNIX ? options[address->user].unix_
                                         : options[address->user].tcp;
}

static int address_describe(const struct address *address, int err,
                            struct diag *diag)
{
    char text[300];

    address_format(address, text, sizeof text);
    if (err == -EADDRINUSE)
        return diag_set(diag, err,
                        "%s is in use: another program listens there; choose "
                        "another with %s",
                        text, address_option(address));
    if (err == -EEXIST)
        return diag_set(diag, err,
                        "%s: there is a file of that name, and it is no "
                        "socket: choose another name, or remove it if nobody "
                        "needs it",
                        address->path);
    return diag_set(diag, err, "cannot listen on %s: %s", text, strerror(-err));
}

/* The file of a UNIX socket has its mode from the beginning. */
static int bind_as(int fd, const struct sockaddr *where, socklen_t size,
                   mode_t mode)
{
    mode_t before = umask(0777 & ~mode);
    int r = bind(fd, where, size);

    (void)umask(before);
    return r;
}

static int open_socket(const struct sockaddr *where, socklen_t size,
                       mode_t mode)
{
    int one = 1;
    int fd =
        socket(where->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    int err;

    if (fd < 0)
        return -errno;
    if (where->sa_family != AF_UNIX)
        (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (bind_as(fd, where, size, mode) == 0 && listen(fd, SOMAXCONN) == 0)
        return fd;
    err = -errno;
    (void)close(fd);
    return err;
}

/*
 * What a file is whose name was taken: -EADDRINUSE for a socket in use,
 * -EEXIST for what is no socket, 0 for one whose program has died. A socket of
 * another type is refused as long as there is one, and otherwise nobody is
 * there to refuse it: so whoever listens does not notice (unix(7), "Errors").
 */
static int address_examine(const struct sockaddr_un *where, struct stat *ret)
{
    int fd = -1;
    bool is_dead = false;

    if (lstat(where->sun_path, ret) == 0) {
        if (!S_ISSOCK(ret->st_mode))
            return -EEXIST;
        fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    }
    if (fd >= 0) {
        is_dead =
            connect(fd, (const struct sockaddr *)where, sizeof *where) < 0 &&
            errno == ECONNREFUSED;
        (void)close(fd);
    }
    return is_dead ? 0 : -EADDRINUSE;
}

static bool is_same_file(const char *path, dev_t device, ino_t inode)
{
    struct stat stat;

    return lstat(path, &stat) == 0 && S_ISSOCK(stat.st_mode) &&
           stat.st_dev == device && stat.st_ino == inode;
}

/* What another program has put there meanwhile stays. */
static int address_replace(const struct sockaddr_un *where, mode_t mode)
{
    struct stat stat;
    int r = address_examine(where, &stat);

    if (r)
        return r;
    if (!is_same_file(where->sun_path, stat.st_dev, stat.st_ino))
        return -EADDRINUSE;
    if (unlink(where->sun_path) < 0)
        return -errno;
    return open_socket((const struct sockaddr *)where, sizeof *where, mode);
}

static int listen_unix(struct address *address)
{
    struct sockaddr_un where = {.sun_family = AF_UNIX};
    struct stat stat;
    int fd;

    memcpy(where.sun_path, address->path, strlen(address->path) + 1);
    fd = open_socket((const struct sockaddr *)&where, sizeof where,
                     address->mode);
    if (fd == -EADDRINUSE)
        fd = address_replace(&where, address->mode);
    if (fd >= 0 && lstat(address->path, &stat) == 0) {
        address->device = stat.st_dev;
        address->inode = stat.st_ino;
    }
    return fd;
}

static void address_read_port(struct address *address, int fd)
{
    struct sockaddr_storage where;
    socklen_t size = sizeof where;

    if (getsockname(fd, (struct sockaddr *)&where, &size) == 0)
        (void)getnameinfo((const struct sockaddr *)&where, size, NULL, 0,
                          address->port, sizeof address->port, NI_NUMERICSERV);
}

static int listen_tcp(struct address *address, struct diag *diag)
{
    const struct addrinfo hints = {.ai_family = AF_UNSPEC,
                                   .ai_socktype = SOCK_STREAM,
                                   .ai_flags = AI_NUMERICSERV};
    const char *host = address->host[0] ? address->host : LOOPBACK;
    struct addrinfo *found;
    int fd;
    int r = getaddrinfo(host, address->port, &hints, &found);

    if (r)
        return diag_set(diag, -EINVAL, "cannot listen on host '%s': %s", host,
                        gai_strerror(r));
    fd = open_socket(found->ai_addr, found->ai_addrlen, address->mode);
    freeaddrinfo(found);
    if (fd < 0)
        return address_describe(address, fd, diag);
    address_read_port(address, fd);
    return fd;
}

int address_listen(struct address *address, struct diag *diag)
{
    int fd;

    if (address->kind == ADDRESS_TCP)
        return listen_tcp(address, diag);
    fd = listen_unix(address);
    return fd < 0 ? address_describe(address, fd, diag) : fd;
}

void address_unlink(const struct address *address)
{
    if (address->kind == ADDRESS_UNIX &&
        is_same_file(address->path, address->device, address->inode))
        (void)unlink(address->path);
}
