/* SPDX-License-Identifier: MIT */
/*
 * Registers: g, G, p, P and the expedited ones. All walk the description that
 * the client was given, so numbers and sizes cannot disagree with target.xml.
 */
#include <errno.h>
#include <string.h>

#include "rsp/command.h"
#include "rsp/hex.h"
#include "rsp/registers.h"

static size_t reg_bytes(const struct rsp_reg *reg)
{
    return reg->bits / 8;
}

static int reply_reg(const struct rsp_session *s, unsigned tid,
                     const struct rsp_reg *reg, struct rsp_reply *r)
{
    uint8_t value[RSP_REG_MAX_BYTES];
    int err = s->ops->reg_read(s->target, tid, reg, value);

    if (err == -ENODATA)
        reply_unknown(r, reg_bytes(reg));
    else if (err == 0)
        reply_hex(r, value, reg_bytes(reg));
    return err == -ENODATA ? 0 : err;
}

/*
 * The thread of a register packet: the Hg one, or that of a ";thread:ID;" at
 * the end (LLDB, QThreadSuffixSupported), which is cut off. 0 if there is no
 * such thread.
 */
static unsigned take_suffix(struct rsp_session *s, struct rsp_args *a)
{
    static const char key[] = ";thread:";
    const size_t key_n = sizeof key - 1;
    size_t n;

    if (!client_has(s, CLIENT_THREAD_SUFFIX))
        return s->tid;

    struct rsp_args suffix = *a;
    char *start = args_until(&suffix, ';', &n) + n;
    if (start == a->end)
        return s->tid;
    a->end = start;
    if ((size_t)(suffix.end - start) < key_n || memcmp(start, key, key_n) != 0)
        return 0;
    suffix.at = start + key_n;
    unsigned tid = thread_find(s, args_thread(&suffix));
    (void)args_try(&suffix, ';');
    return args_ok(&suffix) ? tid : 0;
}

int cmd_read_registers(struct rsp_session *s, struct rsp_args *a,
                       struct rsp_reply *r)
{
    unsigned tid = take_suffix(s, a);
    int err = 0;

    if (!args_ok(a))
        return REFUSE_MALFORMED;
    if (!tid)
        return REFUSE_THREAD;
    for (size_t i = 0; i < s->desc->n_regs && !err; i++)
        err = reply_reg(s, tid, &s->desc->regs[i], r);
    return err ? err : REPLY;
}

/* Hex digits, or all x for "leave it". */
static int write_reg(struct rsp_session *s, unsigned tid,
                     const struct rsp_reg *reg, const char *digits)
{
    uint8_t value[RSP_REG_MAX_BYTES];

    if (digits[0] == 'x')
        return 0;
    if (hex_decode(value, digits, reg_bytes(reg)))
        return REFUSE_MALFORMED;
    return s->ops->reg_write(s->target, tid, reg, value);
}

static size_t all_digits(const struct rsp_desc *desc)
{
    size_t n = 0;

    for (size_t i = 0; i < desc->n_regs; i++)
        n += 2 * reg_bytes(&desc->regs[i]);
    return n;
}

/* Looks before it writes: a mistyped packet changes no register. */
static bool well_formed(const char *digits, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (digits[i] != 'x' && hex_value(digits[i]) < 0)
            return false;
    return true;
}

int cmd_write_registers(struct rsp_session *s, struct rsp_args *a,
                        struct rsp_reply *r)
{
    unsigned tid = take_suffix(s, a);
    size_t n;
    const char *digits = args_rest(a, &n);
    int err = 0;

    if (n != all_digits(s->desc) || !well_formed(digits, n))
        return REFUSE_MALFORMED;
    if (!tid)
        return REFUSE_THREAD;
    for (size_t i = 0; i < s->desc->n_regs && !err; i++) {
        const struct rsp_reg *reg = &s->desc->regs[i];

        err = write_reg(s, tid, reg, digits);
        digits += 2 * reg_bytes(reg);
    }
    return err ? command_explain(s, r, err) : REPLY_OK;
}

/* The register of a number, or NULL. */
static const struct rsp_reg *reg_at(const struct rsp_session *s, uint64_t i)
{
    return i < s->desc->n_regs ? &s->desc->regs[i] : NULL;
}

int cmd_read_register(struct rsp_session *s, struct rsp_args *a,
                      struct rsp_reply *r)
{
    unsigned tid = take_suffix(s, a);
    const struct rsp_reg *reg = reg_at(s, args_num(a));

    if (!args_ok(a) || !reg)
        return REFUSE_MALFORMED;
    if (!tid)
        return REFUSE_THREAD;
    int err = reply_reg(s, tid, reg, r);
    return err ? err : REPLY;
}

int cmd_write_register(struct rsp_session *s, struct rsp_args *a,
                       struct rsp_reply *r)
{
    unsigned tid = take_suffix(s, a);
    const struct rsp_reg *reg = reg_at(s, args_num(a));
    size_t n;

    args_skip(a, '=');
    const char *digits = args_rest(a, &n);
    if (!args_ok(a) || !reg || n != 2 * reg_bytes(reg))
        return REFUSE_MALFORMED;
    if (!tid)
        return REFUSE_THREAD;
    int err = write_reg(s, tid, reg, digits);
    return err ? command_explain(s, r, err) : REPLY_OK;
}

/* Two digits at least: LLDB takes no fewer. */
static void expedited_key(struct rsp_reply *r, size_t number)
{
    if (number < 0x10)
        reply_char(r, '0');
    reply_num(r, number);
    reply_char(r, ':');
}

void registers_expedite(const struct rsp_session *s, unsigned tid,
                        struct rsp_reply *r)
{
    unsigned wanted =
        RSP_REG_EXPEDITE | (s->client.lldb ? RSP_REG_GENERAL : 0u);
    uint8_t value[RSP_REG_MAX_BYTES];

    for (size_t i = 0; i < s->desc->n_regs; i++) {
        const struct rsp_reg *reg = &s->desc->regs[i];

        if (!(reg->flags & wanted) ||
            s->ops->reg_read(s->target, tid, reg, value))
            continue;
        expedited_key(r, i);
        reply_hex(r, value, reg_bytes(reg));
        reply_char(r, ';');
    }
}
