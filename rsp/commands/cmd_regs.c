/* SPDX-License-Identifier: MIT */
/*
 * Registers: g, G, p and P. All walk the description that
 * the client was given, so numbers and sizes cannot disagree with target.xml.
 */
#include <errno.h>
#include <string.h>

#include "rsp/commands/handlers.h"
#include "rsp/handler.h"
#include "rsp/replies/answer.h"
#include "rsp/replies/threads.h"
#include "rsp/wire/hex.h"

/* --- numbers (rsp/regs.h) --- */

/* How many registers g and G have. */
static size_t n_in_g(const struct rsp_session *s)
{
    const struct rsp_desc *desc = s->desc;

    return s->described || !desc->n_base ? desc->n_regs : desc->n_base;
}

static bool is_foreign(const struct rsp_desc *desc, uint64_t number)
{
    return number >= desc->n_base && number - desc->n_base < desc->n_foreign;
}

/* One of those that GDB has for an operating system's registers, in its own
 * layout. */
static bool is_unknown(const struct rsp_session *s, uint64_t number)
{
    return !s->described && is_foreign(s->desc, number);
}

/* The register of a number, or NULL. */
static const struct rsp_reg *reg_at(const struct rsp_desc *desc,
                                    uint64_t number)
{
    if (is_foreign(desc, number))
        return NULL;
    uint64_t i = number < desc->n_base ? number : number - desc->n_foreign;
    return i < desc->n_regs ? &desc->regs[i] : NULL;
}

/* --- values --- */

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

    if (!args_ok(a))
        return REFUSE_MALFORMED;
    int err = thread_check(s, tid);
    for (size_t i = 0; i < n_in_g(s) && !err; i++)
        err = reply_reg(s, tid, &s->desc->regs[i], r);
    return err ? err : REPLY;
}

static int read_unknown(const struct rsp_session *s, struct rsp_args *a,
                        struct rsp_reply *r)
{
    if (!args_ok(a))
        return REFUSE_MALFORMED;
    reply_unknown(r, s->desc->foreign_bits / 8u);
    return REPLY;
}

int cmd_read_register(struct rsp_session *s, struct rsp_args *a,
                      struct rsp_reply *r)
{
    unsigned tid = take_suffix(s, a);
    uint64_t number = args_num(a);
    const struct rsp_reg *reg = reg_at(s->desc, number);

    if (is_unknown(s, number))
        return read_unknown(s, a, r);
    if (!args_ok(a) || !reg)
        return REFUSE_MALFORMED;
    int err = thread_check(s, tid);
    if (!err)
        err = reply_reg(s, tid, reg, r);
    return err ? err : REPLY;
}

/* --- changes --- */

/* Hex digits, or all x for "leave it". */
static bool is_value(const char *digits, size_t n)
{
    bool leave = n > 0 && digits[0] == 'x';

    for (size_t i = 0; i < n; i++)
        if (leave ? digits[i] != 'x' : hex_value(digits[i]) < 0)
            return false;
    return true;
}

static int regs_write_reg(struct rsp_session *s, unsigned tid,
                          const struct rsp_reg *reg, const char *digits)
{
    uint8_t value[RSP_REG_MAX_BYTES];

    if (digits[0] == 'x')
        return 0;
    (void)hex_decode(value, digits, reg_bytes(reg));
    return s->ops->reg_write(s->target, tid, reg, value);
}

/* Looks before anything is written. */
static bool are_values(const struct rsp_session *s, const char *digits,
                       size_t n)
{
    for (size_t i = 0; i < n_in_g(s); i++) {
        size_t take = 2 * reg_bytes(&s->desc->regs[i]);

        if (take > n || !is_value(digits, take))
            return false;
        digits += take;
        n -= take;
    }
    return n == 0;
}

static int write_all(struct rsp_session *s, unsigned tid, const char *digits)
{
    int err = s->ops->reg_begin(s->target, tid);

    if (err)
        return err;
    for (size_t i = 0; i < n_in_g(s) && !err; i++) {
        const struct rsp_reg *reg = &s->desc->regs[i];

        err = regs_write_reg(s, tid, reg, digits);
        digits += 2 * reg_bytes(reg);
    }
    s->ops->reg_end(s->target, tid, !err);
    return err;
}

int cmd_write_registers(struct rsp_session *s, struct rsp_args *a,
                        struct rsp_reply *r)
{
    unsigned tid = take_suffix(s, a);
    size_t n;
    const char *digits = args_rest(a, &n);

    if (!are_values(s, digits, n))
        return REFUSE_MALFORMED;
    int err = thread_check(s, tid);
    if (!err)
        err = write_all(s, tid, digits);
    return err ? command_explain(s, r, err) : REPLY_OK;
}

/*
 * With each pc GDB writes -1 to the first of them: for Linux, that no system
 * call is under way that would be begun anew (gdb/amd64-linux-tdep.c and
 * i386-linux-tdep.c, write_pc). There never is one.
 */
static int write_unknown(const struct rsp_session *s, struct rsp_args *a,
                         uint64_t number)
{
    size_t n;

    args_skip(a, '=');
    const char *digits = args_rest(a, &n);
    if (a->bad || number != s->desc->n_base || n != s->desc->foreign_bits / 4u)
        return REFUSE_MALFORMED;
    while (n > 0 && digits[n - 1] == 'f')
        n--;
    return n == 0 ? REPLY_OK : REFUSE_MALFORMED;
}

int cmd_write_register(struct rsp_session *s, struct rsp_args *a,
                       struct rsp_reply *r)
{
    unsigned tid = take_suffix(s, a);
    uint64_t number = args_num(a);
    const struct rsp_reg *reg = reg_at(s->desc, number);
    size_t n;

    if (is_unknown(s, number))
        return write_unknown(s, a, number);
    args_skip(a, '=');
    const char *digits = args_rest(a, &n);
    if (!args_ok(a) || !reg || n != 2 * reg_bytes(reg) || !is_value(digits, n))
        return REFUSE_MALFORMED;
    int err = thread_check(s, tid);
    if (!err)
        err = regs_write_reg(s, tid, reg, digits);
    return err ? command_explain(s, r, err) : REPLY_OK;
}
