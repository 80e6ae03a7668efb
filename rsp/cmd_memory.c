/* SPDX-License-Identifier: MIT */
/*
 * Memory: m, M, x, X. Bytes are read straight into the output buffer and
 * written straight from the input buffer.
 */
#include <errno.h>

#include "rsp/command.h"

/* "ADDR,LENGTH" and nothing else. */
static bool parse_range(struct rsp_args *a, uint64_t *ret_addr,
                        uint64_t *ret_len)
{
    *ret_addr = args_num(a);
    args_skip(a, ',');
    *ret_len = args_num(a);
    return args_ok(a);
}

/*
 * Reads up to len bytes, at most max, to where *ret_bytes says. A short reply
 * is legal, the client asks again for the rest; none at all is not, because an
 * empty reply means "unsupported".
 */
static ssize_t read_ahead(struct rsp_session *s, struct rsp_reply *r,
                          uint64_t addr, uint64_t len, size_t max,
                          void **ret_bytes)
{
    size_t n = len < max ? (size_t)len : max;

    *ret_bytes = reply_space(r, n);
    if (!*ret_bytes)
        return REPLY;
    ssize_t got = s->ops->mem_read(s->target, s->tid, addr, *ret_bytes, n);
    return got == 0 ? -EFAULT : got;
}

int cmd_read_memory(struct rsp_session *s, struct rsp_args *a,
                    struct rsp_reply *r)
{
    uint64_t addr, len;
    void *bytes;

    if (!parse_range(a, &addr, &len) || len == 0)
        return REFUSE_MALFORMED;
    ssize_t got = read_ahead(s, r, addr, len, RSP_PACKET_MAX / 2, &bytes);
    if (got < 0)
        return (int)got;
    reply_hex(r, bytes, (size_t)got);
    return REPLY;
}

/*
 * GDB wants a 'b' before the data; LLDB does not, and asks first whether there
 * is such a packet by reading nothing (lldb-gdb-remote.txt, "x").
 */
int cmd_read_binary(struct rsp_session *s, struct rsp_args *a,
                    struct rsp_reply *r)
{
    uint64_t addr, len;
    void *bytes;

    if (!parse_range(a, &addr, &len))
        return REFUSE_MALFORMED;
    if (len == 0 && s->client.lldb)
        return REPLY_OK;
    if (!s->client.lldb)
        reply_char(r, 'b');
    if (len == 0)
        return REPLY;
    ssize_t got = read_ahead(s, r, addr, len, RSP_PACKET_MAX - 1, &bytes);
    if (got < 0)
        return (int)got;
    reply_binary(r, bytes, (size_t)got);
    return REPLY;
}

/* "ADDR,LENGTH:" */
static void parse_header(struct rsp_args *a, uint64_t *ret_addr,
                         uint64_t *ret_len)
{
    *ret_addr = args_num(a);
    args_skip(a, ',');
    *ret_len = args_num(a);
    args_skip(a, ':');
}

static int write_memory(struct rsp_session *s, uint64_t addr, const void *bytes,
                        size_t n)
{
    if (n == 0)
        return REPLY_OK; /* a probe: GDB asks so whether there is X */
    int err = s->ops->mem_write(s->target, s->tid, addr, bytes, n);
    return err ? err : REPLY_OK;
}

int cmd_write_memory(struct rsp_session *s, struct rsp_args *a,
                     struct rsp_reply *r)
{
    uint64_t addr, len;
    size_t n;

    (void)r;
    parse_header(a, &addr, &len);
    const void *bytes = args_hex(a, &n);
    if (!args_ok(a) || n != len)
        return REFUSE_MALFORMED;
    return write_memory(s, addr, bytes, n);
}

int cmd_write_binary(struct rsp_session *s, struct rsp_args *a,
                     struct rsp_reply *r)
{
    uint64_t addr, len;
    size_t n;

    (void)r;
    parse_header(a, &addr, &len);
    const void *bytes = args_rest(a, &n);
    if (!args_ok(a) || n != len)
        return REFUSE_MALFORMED;
    return write_memory(s, addr, bytes, n);
}
