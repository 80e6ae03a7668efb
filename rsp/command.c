/* SPDX-License-Identifier: MIT */
/*
 * The command table, and the one place where the result of a handler becomes
 * "", "OK", "Exx" or a payload. A packet that is not in the table, or whose
 * feature the target lacks, is answered "", one that makes no sense by an
 * error: a client stops using what is answered "" (GDB manual, "Overview").
 */
#include "rsp/command.h"

#include <errno.h>
#include <string.h>

#include "rsp/follow.h"

/* clang-format off */
static const struct rsp_command commands[] = {
    {"!",                       cmd_extended,          WHEN_ANY},
    {"?",                       cmd_why,               WHEN_ANY},
    {"C",                       cmd_continue_signal,   WHEN_PROCESS},
    {"D",                       cmd_detach,            WHEN_ANY},
    {"G",                       cmd_write_registers,   WHEN_PROCESS},
    {"H",                       cmd_set_thread,        WHEN_ANY},
    {"M",                       cmd_write_memory,      WHEN_PROCESS},
    {"P",                       cmd_write_register,    WHEN_PROCESS},
    {"QEnableErrorStrings",     cmd_error_strings,     WHEN_ANY},
    {"QListThreadsInStopReply", cmd_list_threads,      WHEN_ANY},
    {"QStartNoAckMode",         cmd_no_ack,            WHEN_ANY},
    {"QThreadSuffixSupported",  cmd_thread_suffix,     WHEN_ANY},
    {"Qqemu.PhyMemMode",        cmd_set_physical,      WHEN_ANY},
    {"Qqemu.sstepbits",         cmd_step_bits,         WHEN_ANY},
    {"R",                       cmd_restart,           WHEN_ANY},
    {"S",                       cmd_step_signal,       WHEN_PROCESS},
    {"T",                       cmd_thread_alive,      WHEN_ANY},
    {"X",                       cmd_write_binary,      WHEN_PROCESS},
    {"Z",                       cmd_insert_breakpoint, WHEN_PROCESS},
    {"c",                       cmd_continue,          WHEN_PROCESS},
    {"g",                       cmd_read_registers,    WHEN_PROCESS},
    {"k",                       cmd_kill,              WHEN_ANY},
    {"m",                       cmd_read_memory,       WHEN_PROCESS},
    {"p",                       cmd_read_register,     WHEN_PROCESS},
    {"qAttached",               cmd_attached,          WHEN_ANY},
    {"qC",                      cmd_current_thread,    WHEN_ANY},
    {"qHostInfo",               cmd_host_info,         WHEN_ANY},
    {"qMemoryRegionInfo",       cmd_region_info,       WHEN_PROCESS},
    {"qProcessInfo",            cmd_process_info,      WHEN_ANY},
    {"qRcmd",                   cmd_monitor,           WHEN_STOPPED},
    {"qSearch",                 cmd_search,            WHEN_STOPPED},
    {"qSupported",              cmd_supported,         WHEN_ANY},
    {"qSupportsDetachAndStayStopped", cmd_can_stay_stopped, WHEN_ANY},
    {"qSymbol",                 cmd_symbol,            WHEN_ANY},
    {"qThreadExtraInfo",        cmd_thread_info,       WHEN_ANY},
    {"qWatchpointSupportInfo",  cmd_watchpoint_info,   WHEN_ANY},
    {"qXfer",                   cmd_transfer,          WHEN_ANY},
    {"qfThreadInfo",            cmd_first_threads,     WHEN_ANY},
    {"qqemu.PhyMemMode",        cmd_get_physical,      WHEN_ANY},
    {"qqemu.sstepbits",         cmd_step_bits,         WHEN_ANY},
    {"qsThreadInfo",            cmd_next_threads,      WHEN_ANY},
    {"s",                       cmd_step,              WHEN_PROCESS},
    {"vAttach",                 cmd_attach,            WHEN_STOPPED},
    {"vCont",                   cmd_resume,            WHEN_PROCESS},
    {"vCont?",                  cmd_resume_actions,    WHEN_ANY},
    {"vCtrlC",                  cmd_interrupt,         WHEN_ANY},
    {"vKill",                   cmd_kill_process,      WHEN_ANY},
    {"vRun",                    cmd_run,               WHEN_STOPPED},
    {"x",                       cmd_read_binary,       WHEN_PROCESS},
    {"z",                       cmd_remove_breakpoint, WHEN_PROCESS},
};

static const struct {
    uint8_t error;
    const char *text;
} refusals[RSP_RESULTS] = {
    [REFUSE_MALFORMED] = {EINVAL,   "the packet makes no sense"},
    [REFUSE_THREAD]    = {ESRCH,    "no such thread"},
    [REFUSE_PROCESS]   = {ESRCH,    "nothing is being debugged: run it first"},
    [REFUSE_BUSY]      = {EBUSY,    "the target is running"},
    [REFUSE_SUM]       = {EBADMSG,  "the checksum is wrong"},
    [REFUSE_LONG]      = {EMSGSIZE, "the packet is too long"},
};
/* clang-format on */

const struct rsp_command *command_at(size_t i)
{
    return i < sizeof commands / sizeof *commands ? &commands[i] : NULL;
}

static size_t name_length(const char *payload, size_t n)
{
    size_t i = 0;

    if (n == 0 || !strchr("qQv", payload[0]))
        return n > 0;
    while (i < n && payload[i] != ':' && payload[i] != ';' && payload[i] != ',')
        i++;
    return i;
}

static const struct rsp_command *find(const char *name, size_t n)
{
    const struct rsp_command *c;

    for (size_t i = 0; (c = command_at(i)); i++)
        if (strlen(c->name) == n && memcmp(c->name, name, n) == 0)
            return c;
    return NULL;
}

/* An error text may hold anything but what the framing is made of. */
static void reply_sentence(struct rsp_reply *r, const char *text)
{
    while (*text) {
        size_t plain = strcspn(text, "#$}*");

        reply_bytes(r, text, plain);
        text += plain;
        if (*text) {
            reply_char(r, ' ');
            text++;
        }
    }
}

/* GDB manual, "Standard Replies"; Exx;hex is LLDB's (lldb-gdb-remote.txt,
 * QEnableErrorStrings). */
static void reply_error(const struct rsp_session *s, struct rsp_reply *r,
                        uint8_t error, const char *text)
{
    if (text && client_has(s, CLIENT_ERROR_TEXT)) {
        reply_text(r, "E.");
        reply_sentence(r, text);
        return;
    }
    reply_char(r, 'E');
    reply_byte(r, error);
    if (text && client_has(s, CLIENT_ERROR_STRINGS)) {
        reply_char(r, ';');
        reply_hex(r, text, strlen(text));
    }
}

static const char *last_error(const struct rsp_session *s)
{
    return s->ops->last_error ? s->ops->last_error(s->target) : NULL;
}

int command_explain(const struct rsp_session *s, struct rsp_reply *r, int err)
{
    const char *text = err < 0 && err != -ENOTSUP ? last_error(s) : NULL;

    if (!text || s->client.lldb)
        return err;
    reply_text(r, "E.");
    reply_sentence(r, text);
    return REPLY;
}

/* The result of a handler becomes the payload. */
static void conclude(struct rsp_session *s, struct rsp_reply *r, int result)
{
    if (r->overflow && result == REPLY)
        result = REFUSE_LONG;
    if (result == REPLY)
        return;
    reply_clear(r);
    if (result == REPLY_OK)
        reply_text(r, "OK");
    else if (result > 0)
        reply_error(s, r, refusals[result].error, refusals[result].text);
    else if (result != -ENOTSUP)
        reply_error(s, r, (uint8_t)-result, last_error(s));
}

static int run(struct rsp_session *s, struct rsp_reply *r, char *payload,
               size_t n)
{
    size_t name = name_length(payload, n);
    const struct rsp_command *c = find(payload, name);
    struct rsp_args a = {.at = payload + name, .end = payload + n};

    if (!c)
        return -ENOTSUP;
    if (s->running && c->when != WHEN_ANY)
        return REFUSE_BUSY;
    if (s->no_process && c->when == WHEN_PROCESS)
        return REFUSE_PROCESS;
    return c->run(s, &a, r);
}

static void trace(const struct rsp_session *s, char direction,
                  const void *bytes, size_t n)
{
    if (s->ops->trace)
        s->ops->trace(s->target, direction, bytes, n);
}

void command_send(struct rsp_session *s, struct rsp_reply *r, int result)
{
    conclude(s, r, result);
    trace(s, '>', r->bytes, r->n);
    tx_end(&s->tx, r);
    if (follow_is_polled(s))
        tx_lead(&s->tx);
}

void command_run(struct rsp_session *s, char *payload, size_t n)
{
    struct rsp_reply r;

    trace(s, '<', payload, n);
    tx_begin(&s->tx, &r);
    int result = run(s, &r, payload, n);
    if (result != REPLY_NONE)
        command_send(s, &r, result);
}

void command_refuse(struct rsp_session *s, int why)
{
    struct rsp_reply r;

    tx_begin(&s->tx, &r);
    command_send(s, &r, why);
}
