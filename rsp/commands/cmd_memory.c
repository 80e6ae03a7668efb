/* SPDX-License-Identifier: MIT */
/*
 * Memory: m, M, x, X, qSearch. Bytes are read straight into the output buffer
 * and written straight from the input buffer.
 */
#include <errno.h>
#include <string.h>

#include "rsp/commands/handlers.h"
#include "rsp/handler.h"

/* --- either address space --- */

static ssize_t mem_read(struct rsp_session *s, uint64_t addr, void *out,
                        size_t n)
{
    if (s->physical)
        return s->ops->physical->read(s->target, addr, out, n);
    return s->ops->mem_read(s->target, s->tid, addr, out, n);
}

static int mem_write(struct rsp_session *s, uint64_t addr, const void *in,
                     size_t n)
{
    if (s->physical)
        return s->ops->physical->write(s->target, addr, in, n);
    return s->ops->mem_write(s->target, s->tid, addr, in, n);
}

static int mem_search(struct rsp_session *s, uint64_t addr, uint64_t n,
                      const void *pattern, size_t n_pattern, uint64_t *ret)
{
    if (s->physical)
        return s->ops->physical->search(s->target, addr, n, pattern, n_pattern,
                                        ret);
    return s->ops->search->search(s->target, s->tid, addr, n, pattern,
                                  n_pattern, ret);
}

/* --- reading --- */

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
    ssize_t got = mem_read(s, addr, *ret_bytes, n);
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

/* --- writing --- */

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
    int err = mem_write(s, addr, bytes, n);
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

/* --- searching --- */

/*
 * GDB takes an error for "Pattern not found", in so many words (gdb/remote.c,
 * search_memory; gdb/findcmd.c), but shows a reply that it does not know. So
 * this one is none, that nobody believes what is not known.
 */
static int reply_came_to(struct rsp_reply *r, uint64_t addr)
{
    reply_text(r, "nothing before 0x");
    reply_num(r, addr);
    reply_text(r, ", and no more time: go on from there");
    return REPLY;
}

/* ":memory:ADDR;LENGTH;PATTERN" (GDB manual, "General Query Packets",
 * qSearch:memory). */
int cmd_search(struct rsp_session *s, struct rsp_args *a, struct rsp_reply *r)
{
    static const char memory[] = "memory";
    size_t what_n, n_pattern;
    uint64_t found = 0;

    args_skip(a, ':');
    const char *what = args_until(a, ':', &what_n);
    if (!s->ops->search || what_n != sizeof memory - 1 ||
        memcmp(what, memory, what_n) != 0)
        return -ENOTSUP;
    args_skip(a, ':');
    uint64_t addr = args_num(a);
    args_skip(a, ';');
    uint64_t n = args_num(a);
    args_skip(a, ';');
    const void *pattern = args_rest(a, &n_pattern);
    if (!args_ok(a) || n_pattern == 0)
        return REFUSE_MALFORMED;
    int result = mem_search(s, addr, n, pattern, n_pattern, &found);
    if (result == -ETIME)
        return reply_came_to(r, found);
    if (result < 0)
        return result;
    reply_text(r, result ? "1," : "0");
    if (result)
        reply_num(r, found);
    return REPLY;
}
