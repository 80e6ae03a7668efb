/* SPDX-License-Identifier: MIT */
#include "scripts/bench.d/net.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <unistd.h>

#include <sys/socket.h>
#include <sys/time.h>

static struct sockaddr_in loopback(uint16_t port)
{
    return (struct sockaddr_in){
        .sin_family = AF_INET,
        .sin_port = htons(port),
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
    };
}

static int close_with(int fd, int err)
{
    close(fd);
    return err;
}

int net_listen(uint16_t *ret_port)
{
    struct sockaddr_in at = loopback(0);
    socklen_t size = sizeof at;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (fd < 0)
        return -errno;
    if (bind(fd, (struct sockaddr *)&at, size) || listen(fd, 1) ||
        getsockname(fd, (struct sockaddr *)&at, &size))
        return close_with(fd, -errno);
    *ret_port = ntohs(at.sin_port);
    return fd;
}

int net_nodelay(int fd)
{
    int one = 1;

    return setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one) ? -errno
                                                                      : 0;
}

int net_connect(uint16_t port)
{
    struct sockaddr_in to = loopback(port);
    struct timeval patience = {.tv_sec = 10};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (fd < 0)
        return -errno;
    if (connect(fd, (struct sockaddr *)&to, sizeof to) || net_nodelay(fd) ||
        setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience))
        return close_with(fd, -errno);
    return fd;
}

ssize_t net_read_some(int fd, void *out, size_t cap)
{
    ssize_t n = recv(fd, out, cap, 0);

    if (n < 0)
        return -errno;
    return n ? n : -EPIPE;
}

int net_read(int fd, void *out, size_t n)
{
    char *at = out;

    while (n > 0) {
        ssize_t got = net_read_some(fd, at, n);

        if (got < 0)
            return (int)got;
        at += got;
        n -= (size_t)got;
    }
    return 0;
}

int net_writev(int fd, struct iovec *iov, int count)
{
    while (count > 0) {
        struct msghdr message = {.msg_iov = iov, .msg_iovlen = (size_t)count};
        ssize_t sent = sendmsg(fd, &message, MSG_NOSIGNAL);

        if (sent < 0)
            return -errno;
        while (count > 0 && (size_t)sent >= iov->iov_len) {
            sent -= (ssize_t)iov->iov_len;
            iov++;
            count--;
        }
        if (count > 0) {
            iov->iov_base = (char *)iov->iov_base + sent;
            iov->iov_len -= (size_t)sent;
        }
    }
    return 0;
}

struct iovec net_piece(const void *bytes, size_t n)
{
    union {
        const void *constant;
        void *plain;
    } as = {.constant = bytes};

    return (struct iovec){as.plain, n};
}

int net_write(int fd, const void *bytes, size_t n)
{
    struct iovec iov = net_piece(bytes, n);

    return net_writev(fd, &iov, 1);
}
