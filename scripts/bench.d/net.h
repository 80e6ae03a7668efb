/* SPDX-License-Identifier: MIT */
#ifndef BENCH_NET_H
#define BENCH_NET_H

/* Loopback TCP with TCP_NODELAY and blocking transfers. All: -errno. */

#include <stddef.h>
#include <stdint.h>

#include <sys/types.h>
#include <sys/uio.h>

/* A listening socket on a free port of 127.0.0.1. */
int net_listen(uint16_t *ret_port);
/* A read that waits for more than ten seconds fails with -EAGAIN. */
int net_connect(uint16_t port);
int net_nodelay(int fd);

/* A piece of what is to be sent: only read, though an iovec cannot say so. */
struct iovec net_piece(const void *bytes, size_t n);

/* Exactly n bytes; -EPIPE when the peer is gone. */
int net_read(int fd, void *out, size_t n);
int net_write(int fd, const void *bytes, size_t n);
/* All of the pieces; iov is used up. */
int net_writev(int fd, struct iovec *iov, int count);
/* What there is, at least a byte. */
ssize_t net_read_some(int fd, void *out, size_t cap);

#endif
