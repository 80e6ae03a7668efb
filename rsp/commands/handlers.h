/* SPDX-License-Identifier: MIT */
#ifndef RSP_COMMANDS_HANDLERS_H
#define RSP_COMMANDS_HANDLERS_H

/* Those who answer a packet; they live in cmd_*.c, one file a topic. */

#include "rsp/handler.h"

rsp_handler cmd_insert_breakpoint, cmd_remove_breakpoint;
rsp_handler cmd_read_memory, cmd_write_memory, cmd_read_binary,
    cmd_write_binary, cmd_search;
rsp_handler cmd_monitor;
rsp_handler cmd_nonstop, cmd_next_stop;
rsp_handler cmd_get_physical, cmd_set_physical, cmd_step_bits;
rsp_handler cmd_host_info, cmd_process_info, cmd_watchpoint_info,
    cmd_can_stay_stopped, cmd_region_info;
rsp_handler cmd_supported, cmd_no_ack, cmd_symbol, cmd_error_strings,
    cmd_thread_suffix, cmd_list_threads;
rsp_handler cmd_read_registers, cmd_write_registers, cmd_read_register,
    cmd_write_register;
rsp_handler cmd_why, cmd_continue, cmd_continue_signal, cmd_step,
    cmd_step_signal, cmd_resume, cmd_resume_actions, cmd_interrupt;
rsp_handler cmd_extended, cmd_attached, cmd_detach, cmd_kill, cmd_kill_process,
    cmd_restart, cmd_run, cmd_attach;
rsp_handler cmd_set_thread, cmd_thread_alive, cmd_current_thread,
    cmd_first_threads, cmd_next_threads, cmd_thread_info;
rsp_handler cmd_transfer;

#endif
