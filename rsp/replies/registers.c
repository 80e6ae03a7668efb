/* SPDX-License-Identifier: MIT */
#include "rsp/replies/registers.h"

/* Its number on the wire: rsp/regs.h. */
static size_t number_of(const struct rsp_desc *desc, size_t i)
{
    return i < desc->n_base ? i : i + desc->n_foreign;
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
        expedited_key(r, number_of(s->desc, i));
        reply_hex(r, value, reg->bits / 8u);
        reply_char(r, ';');
    }
}
