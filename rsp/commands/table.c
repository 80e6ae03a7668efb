/* SPDX-License-Identifier: MIT */
/* The command table. */
#include "rsp/commands/table.h"

#include <errno.h>
#include <string.h>

#include "rsp/commands/handlers.h"
#include "rsp/handler.h"
#include "rsp/replies/answer.h"
#include "rsp/replies/nonstop.h"

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
    {"QNonStop",                cmd_nonstop,           WHEN_ANY},
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
    {"vStopped",                cmd_next_stop,         WHEN_ANY},
    {"x",                       cmd_read_binary,       WHEN_PROCESS},
    {"z",                       cmd_remove_breakpoint, WHEN_PROCESS},
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

static const struct rsp_command *table_find_row(const char *name, size_t n)
{
    const struct rsp_command *c;

    for (size_t i = 0; (c = command_at(i)); i++)
        if (strlen(c->name) == n && memcmp(c->name, name, n) == 0)
            return c;
    return NULL;
}

static int table_run(struct rsp_session *s, struct rsp_reply *r, char *payload,
                     size_t n)
{
    size_t name = name_length(payload, n);
    const struct rsp_command *c = table_find_row(payload, name);
    struct rsp_args a = {.at = payload + name, .end = payload + n};

    if (!c)
        return -ENOTSUP;
    if (s->running && c->when != WHEN_ANY)
        return REFUSE_BUSY;
    if (s->no_process && c->when == WHEN_PROCESS)
        return REFUSE_PROCESS;
    return c->run(s, &a, r);
}

void command_run(struct rsp_session *s, char *payload, size_t n)
{
    struct rsp_reply r;

    command_trace(s, '<', payload, n);
    tx_begin(&s->tx, &r);
    int result = table_run(s, &r, payload, n);
    if (result != REPLY_NONE)
        command_send(s, &r, result);
    nonstop_notify(s);
}

void command_refuse(struct rsp_session *s, int why)
{
    struct rsp_reply r;

    tx_begin(&s->tx, &r);
    command_send(s, &r, why);
}
